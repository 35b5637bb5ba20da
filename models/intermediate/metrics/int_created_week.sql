{{ config(**counterpoise.by_team_week('int_fed_team_weeks')) }}
{%- do ref('int_fed_team_weeks') %}
-- Family of the created cohort: one row per team that held the item first, week of creation and week of knowledge. Σ columns only.
with

creations as (

    {{ counterpoise.signed_versions(ref('int_creations'), 'week', counterpoise.of_changed_team_weeks(keyword='and')) }}

),

final as (

    select
        team_id,
        week,
        'all' as stratum,
        known_week,
        {{ counterpoise.signed_sum('1') }} as created_items,
        {{ counterpoise.signed_sum('1', 'tells_duplicates') }} as duplicable_items,
        {{ counterpoise.signed_sum('1', 'tells_duplicates and is_duplicate') }} as duplicate_items,
        {{ counterpoise.signed_sum('1', 'planned is not null') }} as plan_known_items,
        {{ counterpoise.signed_sum('1', 'not planned') }} as unplanned_items,
        {{ counterpoise.signed_sum('1', 'is_urgent is not null') }} as prioritised_items,
        {{ counterpoise.signed_sum('1', 'is_urgent') }} as urgent_items,
        {{ counterpoise.signed_sum('1', 'tells_splits') }} as splittable_items,
        {{ counterpoise.signed_sum('1', 'tells_splits and is_split') }} as split_items,
        {{ counterpoise.signed_sum('1', 'is_period_end') }} as period_end_items,
        {{ counterpoise.signed_sum('1', 'promised_hours is not null') }} as promised_items,
        {{ counterpoise.signed_sum('promised_hours', 'promised_hours is not null') }} as promised_hours,
        {{ counterpoise.signed_sum(counterpoise.ln_hours('promised_hours'), 'promised_hours is not null') }} as ln_promised_hours,
        {{ counterpoise.signed_sum(counterpoise.ln_hours('promised_hours') ~ ' * ' ~ counterpoise.ln_hours('promised_hours'), 'promised_hours is not null') }} as ln_promised_hours_squares,
        {{ counterpoise.signed_sum('1', 'is_hard is not null') }} as graded_items,
        {{ counterpoise.signed_sum('1', 'is_hard') }} as hard_items,
        {{ counterpoise.signed_sum('1', 'is_untouched') }} as untouched_items
    from creations
    group by team_id, week, known_week

)

select * from final
