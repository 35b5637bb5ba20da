-- Family of the closure cohort: one row per team, week of first resolution, kind of item and week of knowledge. Σ columns only.
{% set first_contact =
    'public_replies <= 1 and handoffs_to_resolution = 0 and not coalesce(is_reopened_in_follow_up, false) and not is_repeated'
%}
with

closures as (

    {{ counterpoise.signed_versions(ref('int_closures'), 'week') }}

),

final as (

    select
        team_id,
        week,
        stratum,
        known_week,
        {{ counterpoise.signed_sum('1') }} as resolved_items,
        {{ counterpoise.signed_sum('1', 'is_customer_work') }} as customer_items,
        {{ counterpoise.signed_sum('working_hours') }} as working_hours,
        {{ counterpoise.signed_sum(counterpoise.ln_hours('working_hours')) }} as ln_working_hours,
        {{ counterpoise.signed_sum(counterpoise.ln_hours('working_hours') ~ ' * ' ~ counterpoise.ln_hours('working_hours')) }} as ln_working_hours_squares,
        {{ counterpoise.signed_sum('end_to_end_hours', 'is_customer_work') }} as end_to_end_hours,
        {{ counterpoise.signed_sum(counterpoise.ln_hours('end_to_end_hours'), 'is_customer_work') }} as ln_end_to_end_hours,
        {{ counterpoise.signed_sum(counterpoise.ln_hours('end_to_end_hours') ~ ' * ' ~ counterpoise.ln_hours('end_to_end_hours'), 'is_customer_work') }} as ln_end_to_end_hours_squares,
        {{ counterpoise.signed_sum('1', 'is_customer_work and is_reopened_in_follow_up') }} as reopened_items,
        {{ counterpoise.signed_sum('1', 'can_repeat') }} as items_with_requester,
        {{ counterpoise.signed_sum('1', 'can_repeat and is_repeated') }} as repeated_items,
        {{ counterpoise.signed_sum('1', 'can_repeat and tells_public_replies') }} as contact_items,
        {{ counterpoise.signed_sum('1', 'can_repeat and tells_public_replies and ' ~ first_contact) }} as first_contact_items,
        {{ counterpoise.signed_sum('handoffs_to_resolution') }} as handoffs,
        {{ counterpoise.signed_sum('handoffs_to_resolution * handoffs_to_resolution') }} as handoffs_squares,
        {{ counterpoise.signed_sum('1', 'review_rounds > 0') }} as reviewed_items,
        {{ counterpoise.signed_sum('review_rounds') }} as review_rounds,
        {{ counterpoise.signed_sum('review_rounds * review_rounds') }} as review_rounds_squares,
        {{ counterpoise.signed_sum('1', 'tells_pauses and elapsed_hours > 0') }} as pausable_items,
        {{ counterpoise.signed_sum('paused_hours', 'tells_pauses and elapsed_hours > 0') }} as paused_hours,
        {{ counterpoise.signed_sum('elapsed_hours', 'tells_pauses and elapsed_hours > 0') }} as elapsed_hours,
        {{ counterpoise.signed_sum('least(paused_hours / elapsed_hours, 1)', 'tells_pauses and elapsed_hours > 0') }} as paused_shares,
        {{ counterpoise.signed_sum('least(paused_hours / elapsed_hours, 1) * least(paused_hours / elapsed_hours, 1)', 'tells_pauses and elapsed_hours > 0') }} as paused_shares_squares
    from closures
    group by team_id, week, stratum, known_week

)

select * from final
