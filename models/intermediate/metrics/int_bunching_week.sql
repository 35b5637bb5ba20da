-- Family of the local count test at the target: one row per team, week of first resolution and week of knowledge. Σ columns only.
with

ratios as (

    {{ counterpoise.signed_versions(ref('int_target_ratios'), 'week') }}

),

final as (

    select
        team_id,
        week,
        'all' as stratum,
        known_week,
        {{ counterpoise.signed_sum('1') }} as items_near_target,
        {{ counterpoise.signed_sum('weight') }} as bunching_weights,
        {{ counterpoise.signed_sum('weight * weight') }} as bunching_squares
    from ratios
    group by team_id, week, known_week

)

select * from final
