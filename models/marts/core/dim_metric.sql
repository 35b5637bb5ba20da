-- Every metric: the package's and a user's own.
with

registered as (
    {{ counterpoise.registry_rows('metric_registry', 'own_metrics') }}
)

select * from registered
