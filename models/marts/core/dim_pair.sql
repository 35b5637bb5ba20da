-- Every pair of an output and an outcome: the package's and a user's own.
with

registered as (
    {{ counterpoise.registry_rows('pair_registry', 'own_pairs', {
        'lag_min_weeks': 'integer',
        'lag_max_weeks': 'integer'
    }) }}
)

select * from registered
