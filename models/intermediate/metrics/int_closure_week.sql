{{ config(**counterpoise.by_team_week('int_fed_team_weeks')) }}
{%- do ref('int_fed_team_weeks') %}
-- Family of the closure cohort: one row per team, week of first resolution, kind of item and week of knowledge. Σ columns only.
{% set first_contact =
    'public_replies <= 1 and handoffs_to_resolution = 0 and not coalesce(is_reopened_in_follow_up, false) and not is_repeated'
%}
{%- set blockable = 'tells_blocks and elapsed_hours > 0' %}
{%- set ln_size = 'ln(greatest(size, 0.000001))' %}
with

closures as (

    {{ counterpoise.signed_versions(ref('int_closures'), 'week', counterpoise.of_changed_team_weeks(keyword='and')) }}

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
        {{ counterpoise.signed_sum('least(paused_hours / elapsed_hours, 1) * least(paused_hours / elapsed_hours, 1)', 'tells_pauses and elapsed_hours > 0') }} as paused_shares_squares,
        {{ counterpoise.signed_sum('1', 'can_account_repeat') }} as items_with_account,
        {{ counterpoise.signed_sum('1', 'can_account_repeat and is_account_repeated') }} as account_repeated_items,
        {{ counterpoise.signed_sum('1', 'tells_escalations') }} as escalatable_items,
        {{ counterpoise.signed_sum('1', 'tells_escalations and is_escalated') }} as escalated_items,
        {{ counterpoise.signed_sum('1', 'tells_goals') }} as goal_known_items,
        {{ counterpoise.signed_sum('1', 'tells_goals and goal_id is not null') }} as goal_items,
        {{ counterpoise.signed_sum('1', blockable) }} as blockable_items,
        {{ counterpoise.signed_sum('blocked_hours', blockable) }} as blocked_hours,
        {{ counterpoise.signed_sum('elapsed_hours', blockable) }} as blockable_hours,
        {{ counterpoise.signed_sum('least(blocked_hours / elapsed_hours, 1)', blockable) }} as blocked_shares,
        {{ counterpoise.signed_sum('least(blocked_hours / elapsed_hours, 1) * least(blocked_hours / elapsed_hours, 1)', blockable) }} as blocked_shares_squares,
        {{ counterpoise.signed_sum('1', 'ai_assisted is not null') }} as ai_known_items,
        {{ counterpoise.signed_sum('1', 'ai_assisted') }} as ai_items,
        {{ counterpoise.signed_sum('1', 'ai_assisted and ai_policy_class is null') }} as ai_undeclared_items,
        {{ counterpoise.signed_sum('1', 'ai_assisted and tells_checks') }} as ai_checkable_items,
        {{ counterpoise.signed_sum('1', 'ai_assisted and tells_checks and checks = 0') }} as ai_unreviewed_items,
        {{ counterpoise.signed_sum('1', 'can_repeat and tells_requesters') }} as confirmable_items,
        {{ counterpoise.signed_sum('1', 'can_repeat and tells_requesters and not is_confirmed') }} as unconfirmed_items,
        {{ counterpoise.signed_sum('1', 'tells_checks') }} as checkable_items,
        {{ counterpoise.signed_sum('1', 'tells_checks and checks > 0') }} as checked_items,
        {{ counterpoise.signed_sum('1', 'is_hard is not null') }} as graded_items,
        {{ counterpoise.signed_sum('1', 'is_hard') }} as hard_items,
        {{ counterpoise.signed_sum('1', 'returned_before_resolution') }} as pingpong_items,
        {{ counterpoise.signed_sum('1', 'tells_tracking') }} as tracked_items,
        {{ counterpoise.signed_sum('tracking_events', 'tells_tracking') }} as tracking_events,
        {{ counterpoise.signed_sum('tracking_events * tracking_events', 'tells_tracking') }} as tracking_events_squares,
        {{ counterpoise.signed_sum('1', 'size > 0') }} as sized_items,
        {{ counterpoise.signed_sum('size', 'size > 0') }} as sizes,
        {{ counterpoise.signed_sum(ln_size, 'size > 0') }} as ln_sizes,
        {{ counterpoise.signed_sum(ln_size ~ ' * ' ~ ln_size, 'size > 0') }} as ln_sizes_squares,
        {{ counterpoise.signed_sum('1', 'business_hours is not null') }} as business_items,
        {{ counterpoise.signed_sum('business_hours', 'business_hours is not null') }} as business_hours,
        {{ counterpoise.signed_sum(counterpoise.ln_hours('business_hours'), 'business_hours is not null') }} as ln_business_hours,
        {{ counterpoise.signed_sum(counterpoise.ln_hours('business_hours') ~ ' * ' ~ counterpoise.ln_hours('business_hours'), 'business_hours is not null') }} as ln_business_hours_squares
    from closures
    group by team_id, week, stratum, known_week

)

select * from final
