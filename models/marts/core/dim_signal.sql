-- Every signal: the package's and a user's own, with the query that lists what it points at.
with

registered as (
    {{ counterpoise.registry_rows('signal_registry', 'own_signals', {
        'is_mechanism': 'boolean'
    }) }}
),

final as (

    select
        *,
        {{ counterpoise.text_literal("select * from signal_evidence where signal_id = '") }} || signal_id
        || {{ counterpoise.text_literal("' and team_id = ? and week_start = ? order by rank") }} as evidence_query
    from registered

)

select * from final
