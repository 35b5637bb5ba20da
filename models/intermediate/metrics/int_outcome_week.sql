-- Family of customer outcomes: one row per team, week of the cohort, kind of item and week of knowledge. Σ columns only.
with

outcomes as (

    {{ counterpoise.signed_versions(ref('int_item_outcomes'), 'week') }}

),

final as (

    select
        team_id,
        week,
        stratum,
        known_week,
        {{ counterpoise.signed_sum('1', "outcome_type = 'csat' and value is not null and seconds_after_resolution <= " ~ counterpoise.setting('csat_follow_up_days') * 86400) }} as csat_answers,
        {{ counterpoise.signed_sum('value', "outcome_type = 'csat' and seconds_after_resolution <= " ~ counterpoise.setting('csat_follow_up_days') * 86400) }} as csat_scores,
        {{ counterpoise.signed_sum('value * value', "outcome_type = 'csat' and seconds_after_resolution <= " ~ counterpoise.setting('csat_follow_up_days') * 86400) }} as csat_squares,
        {{ counterpoise.signed_sum('1', "outcome_type = 'csat_asked'") }} as csat_asked,
        {{ counterpoise.signed_sum(
            'coalesce(value, 1)',
            "outcome_type = 'complaint' and is_customer_work and seconds_after_resolution <= " ~ counterpoise.setting('follow_up_days') * 86400
        ) }} as complaints,
        {{ counterpoise.signed_sum('1', 'is_first_escaped_defect') }} as defective_items
    from outcomes
    group by team_id, week, stratum, known_week

)

select * from final
