-- A tracked output is better while its paired outcome is worse or, for a proxy, no better. Of a team's pairs the strongest speaks.
with

strongest as (

    select * from {{ ref('int_strongest_pairs') }}

),

final as (
    {{ counterpoise.signal_rows('outcome_divergence', 'strongest') }}
)

select * from final
