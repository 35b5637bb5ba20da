{{ config(**counterpoise.by_team_week('int_summed_team_weeks')) }}
{%- do ref('int_summed_team_weeks') %}
-- Every metric in the one standard shape: team, week, kind of item, week of knowledge, numerator, denominator, n. What the
-- comparison over time works on stands in the link columns (counts for shares and rates, values for means, logarithms for hours).
with

closure_rows as (

    {{ counterpoise.metric_rows(ref('int_closure_week'), [
        {'id': 'resolution_hours', 'numerator': 'working_hours', 'denominator': 'resolved_items',
         'link_sum': 'ln_working_hours', 'link_squares': 'ln_working_hours_squares'},
        {'id': 'resolution_business_hours', 'numerator': 'business_hours', 'denominator': 'business_items',
         'link_sum': 'ln_business_hours', 'link_squares': 'ln_business_hours_squares'},
        {'id': 'end_to_end_hours', 'numerator': 'end_to_end_hours', 'denominator': 'customer_items',
         'link_sum': 'ln_end_to_end_hours', 'link_squares': 'ln_end_to_end_hours_squares'},
        {'id': 'reopen_rate', 'numerator': 'reopened_items', 'denominator': 'customer_items'},
        {'id': 'repeat_contact_rate', 'numerator': 'repeated_items', 'denominator': 'items_with_requester'},
        {'id': 'first_contact_resolution', 'numerator': 'first_contact_items', 'denominator': 'contact_items'},
        {'id': 'handoffs_per_item', 'numerator': 'handoffs', 'denominator': 'resolved_items', 'link_squares': 'handoffs_squares'},
        {'id': 'review_loops_per_item', 'numerator': 'review_rounds', 'denominator': 'reviewed_items', 'link_squares': 'review_rounds_squares'},
        {'id': 'paused_share', 'numerator': 'paused_hours', 'denominator': 'elapsed_hours', 'n': 'pausable_items',
         'link_sum': 'paused_shares', 'link_weight': 'pausable_items', 'link_squares': 'paused_shares_squares'},
    ]) }}

),

activity_rows as (

    {{ counterpoise.metric_rows(ref('int_activity_week'), [
        {'id': 'throughput', 'numerator': 'resolved_events', 'denominator': 0, 'n': 'resolved_events'},
        {'id': 'requester_pause_share', 'numerator': 'requester_pause_events', 'denominator': 'pausable_events'},
    ]) }}

),

-- a week in which the team's sources told anything counts for throughput even when nothing was resolved
exposure_rows as (
    {{ counterpoise.exposure_rows('throughput') }}
),

deadline_rows as (

    {{ counterpoise.metric_rows(ref('int_deadline_week'), [
        {'id': 'resolved_within_target', 'numerator': 'resolutions_in_time', 'denominator': 'resolutions_due'},
        {'id': 'first_response_within_target', 'numerator': 'responses_in_time', 'denominator': 'responses_due'},
    ]) }}

),

response_rows as (

    {{ counterpoise.metric_rows(ref('int_response_week'), [
        {'id': 'first_response_hours', 'numerator': 'response_hours', 'denominator': 'responses',
         'link_sum': 'ln_response_hours', 'link_squares': 'ln_response_hours_squares'},
        {'id': 'first_response_business_hours', 'numerator': 'response_business_hours', 'denominator': 'business_responses',
         'link_sum': 'ln_response_business_hours', 'link_squares': 'ln_response_business_hours_squares'},
    ]) }}

),

backlog_rows as (

    {{ counterpoise.metric_rows(ref('int_backlog_week'), [
        {'id': 'aged_backlog', 'numerator': 'aged_items', 'denominator': 'open_items'},
    ]) }}

),

outcome_rows as (

    {{ counterpoise.metric_rows(ref('int_outcome_week'), [
        {'id': 'csat', 'numerator': 'csat_scores', 'denominator': 'csat_answers', 'link_squares': 'csat_squares'},
        {'id': 'complaint_rate', 'numerator': 'complaints', 'denominator': 0, 'n': 0},
    ]) }}

),

first_complaints as (

    select min(outcome_known_week) as week
    from {{ ref('int_item_outcomes') }}
    where outcome_type = 'complaint'

),

-- items count towards the complaint rate from the week complaints are first heard of: before that, none is unknown, not zero
complaint_items as (

    select
        closures.team_id,
        closures.week,
        closures.stratum,
        closures.known_week,
        'complaint_rate' as metric_id,
        {{ counterpoise.as_measure('0') }} as numerator,
        closures.customer_items as denominator,
        closures.customer_items as n,
        {{ counterpoise.as_measure('0') }} as link_sum,
        closures.customer_items as link_weight,
        {{ counterpoise.as_measure('0') }} as link_squares
    from {{ ref('int_closure_week') }} as closures
    cross join first_complaints
    where closures.week >= first_complaints.week and closures.customer_items <> 0

),

pause_rows as (

    {{ counterpoise.metric_rows(ref('int_pause_week'), [
        {'id': 'late_pause_share', 'numerator': 'late_pauses', 'denominator': 'pauses'},
    ]) }}

),

bunching_rows as (

    {{ counterpoise.metric_rows(ref('int_bunching_week'), [
        {'id': 'target_bunching', 'numerator': 'bunching_weights', 'denominator': 'items_near_target', 'link_squares': 'bunching_squares'},
    ]) }}

),

rows_of_all as (

    select * from closure_rows
    union all
    select * from activity_rows
    union all
    select * from exposure_rows
    union all
    select * from deadline_rows
    union all
    select * from response_rows
    union all
    select * from backlog_rows
    union all
    select outcome_rows.*
    from outcome_rows
    cross join first_complaints
    where outcome_rows.metric_id <> 'complaint_rate' or outcome_rows.week >= first_complaints.week
    union all
    select * from complaint_items
    union all
    select * from pause_rows
    union all
    select * from bunching_rows
    {%- for model in ['int_metric_rows_items', 'int_metric_rows_traces', 'int_metric_rows_effort'] %}
    union all
    select * from {{ ref(model) }}
    {%- endfor %}
    {%- for model in counterpoise.setting('own_metric_models') %}
    union all
    {{ counterpoise.own_metric_rows(counterpoise.user_ref(model)) }}
    {%- endfor %}

),

metrics as (

    select metric_id, maturity_weeks, is_stratified from {{ ref('dim_metric') }}

),

final as (

    select
        rows_of_all.team_id,
        rows_of_all.metric_id,
        case when metrics.is_stratified then rows_of_all.stratum else 'all' end as stratum,
        rows_of_all.week,
        rows_of_all.week + metrics.maturity_weeks as due_week,
        greatest(rows_of_all.known_week, rows_of_all.week + metrics.maturity_weeks) as known_week,
        {{ counterpoise.as_measure('sum(rows_of_all.numerator)') }} as numerator,
        {{ counterpoise.as_measure('sum(rows_of_all.denominator)') }} as denominator,
        {{ counterpoise.as_measure('sum(rows_of_all.n)') }} as n,
        {{ counterpoise.as_measure('sum(rows_of_all.link_sum)') }} as link_sum,
        {{ counterpoise.as_measure('sum(rows_of_all.link_weight)') }} as link_weight,
        {{ counterpoise.as_measure('sum(rows_of_all.link_squares)') }} as link_squares
    from rows_of_all
    inner join metrics on rows_of_all.metric_id = metrics.metric_id
    {{ counterpoise.of_changed_team_weeks('rows_of_all.team_id', 'rows_of_all.week') }}
    group by 1, 2, 3, 4, 5, 6

)

select * from final
