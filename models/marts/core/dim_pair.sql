-- Every pair of an output and an outcome: the package's and a user's own.
with

registered as (
    {{ counterpoise.registry_rows('pair_registry', 'own_pairs') }}
)

select * from registered
