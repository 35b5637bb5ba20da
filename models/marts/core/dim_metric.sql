-- Every metric: the package's and a user's own.
with

registered as (
    {{ counterpoise.registry_rows('metric_registry', 'own_metrics', {
        'is_proxy': 'boolean',
        'is_leading': 'boolean',
        'is_quantitative': 'boolean',
        'maturity_weeks': 'integer',
        'is_stratified': 'boolean',
        'min_n': 'integer',
        'effect_scale': 'double',
        'flat_margin': 'double',
        'shown_from_n': 'integer'
    }) }}
)

select * from registered
