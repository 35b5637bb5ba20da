-- Families of items, their cohorts and what they led to, in the standard shape of int_metric_rows.
{{ config(materialized='view') }}
with

closure_rows as (

    {{ counterpoise.metric_rows(ref('int_closure_week'), [
        {'id': 'repeat_account_rate', 'numerator': 'account_repeated_items', 'denominator': 'items_with_account'},
        {'id': 'escalation_rate', 'numerator': 'escalated_items', 'denominator': 'escalatable_items'},
        {'id': 'served_goal_share', 'numerator': 'goal_items', 'denominator': 'goal_known_items'},
        {'id': 'blocked_share', 'numerator': 'blocked_hours', 'denominator': 'blockable_hours', 'n': 'blockable_items',
         'link_sum': 'blocked_shares', 'link_weight': 'blockable_items', 'link_squares': 'blocked_shares_squares'},
        {'id': 'ai_assisted_share', 'numerator': 'ai_items', 'denominator': 'ai_known_items'},
        {'id': 'ai_unreviewed_share', 'numerator': 'ai_unreviewed_items', 'denominator': 'ai_checkable_items'},
        {'id': 'ai_undeclared_share', 'numerator': 'ai_undeclared_items', 'denominator': 'ai_items'},
        {'id': 'unconfirmed_close_share', 'numerator': 'unconfirmed_items', 'denominator': 'confirmable_items'},
        {'id': 'checked_share', 'numerator': 'checked_items', 'denominator': 'checkable_items'},
        {'id': 'hard_resolved_share', 'numerator': 'hard_items', 'denominator': 'graded_items'},
        {'id': 'pingpong_share', 'numerator': 'pingpong_items', 'denominator': 'resolved_items'},
        {'id': 'tracking_events_per_item', 'numerator': 'tracking_events', 'denominator': 'tracked_items', 'link_squares': 'tracking_events_squares'},
        {'id': 'item_size', 'numerator': 'sizes', 'denominator': 'sized_items', 'link_sum': 'ln_sizes', 'link_squares': 'ln_sizes_squares'},
        {'id': 'delivered_requests', 'numerator': 'customer_items', 'denominator': 0, 'n': 'customer_items'},
    ]) }}

),

created_rows as (

    {{ counterpoise.metric_rows(ref('int_created_week'), [
        {'id': 'duplicate_share', 'numerator': 'duplicate_items', 'denominator': 'duplicable_items'},
        {'id': 'unplanned_share', 'numerator': 'unplanned_items', 'denominator': 'plan_known_items'},
        {'id': 'urgent_share', 'numerator': 'urgent_items', 'denominator': 'prioritised_items'},
        {'id': 'split_share', 'numerator': 'split_items', 'denominator': 'splittable_items'},
        {'id': 'period_end_created_share', 'numerator': 'period_end_items', 'denominator': 'created_items'},
        {'id': 'assigned_per_person', 'numerator': 'created_items', 'denominator': 0, 'n': 'created_items'},
        {'id': 'promised_hours', 'numerator': 'promised_hours', 'denominator': 'promised_items',
         'link_sum': 'ln_promised_hours', 'link_squares': 'ln_promised_hours_squares'},
        {'id': 'hard_created_share', 'numerator': 'hard_items', 'denominator': 'graded_items'},
        {'id': 'untouched_share', 'numerator': 'untouched_items', 'denominator': 'created_items'},
    ]) }}

),

activity_rows as (

    {{ counterpoise.metric_rows(ref('int_activity_week'), [
        {'id': 'period_end_share', 'numerator': 'period_end_resolved_events', 'denominator': 'resolved_events'},
    ]) }}

),

delivery_rows as (

    {{ counterpoise.metric_rows(ref('int_delivery_week'), [
        {'id': 'merged_pull_requests', 'numerator': 'merged_pull_requests', 'denominator': 0, 'n': 'merged_pull_requests'},
        {'id': 'deployments', 'numerator': 'deployments', 'denominator': 0, 'n': 'deployments'},
        {'id': 'change_failure_rate', 'numerator': 'failed_deployments', 'denominator': 'judged_deployments'},
    ]) }}

),

-- a team counts from its first delivery on: that one which has never merged or deployed does none is unknown
{% set delivered = {'merging': 'merged_pull_requests', 'deploying': 'deployments'} -%}
{% for name, column in delivered.items() %}
{{ name }} as (

    select
        team_id,
        min(week) as first_week,
        min(known_week) as first_known_week
    from {{ ref('int_delivery_week') }}
    where {{ column }} > 0
    group by team_id

),
{% endfor %}
exposure_rows as (

    {{ counterpoise.exposure_rows('delivered_requests') }}
    union all
    {{ counterpoise.exposure_rows('assigned_per_person') }}
    union all
    {{ counterpoise.exposure_rows('merged_pull_requests', since='merging') }}
    union all
    {{ counterpoise.exposure_rows('deployments', since='deploying') }}

),

first_defect as (

    select min(outcome_known_week) as week
    from {{ ref('int_item_outcomes') }}
    where outcome_type = 'escaped_defect'

),

defect_rows as (

    {{ counterpoise.metric_rows(ref('int_outcome_week'), [
        {'id': 'defect_escape_rate', 'numerator': 'defective_items', 'denominator': 0},
    ]) }}
    union all
    {{ counterpoise.metric_rows(ref('int_closure_week'), [
        {'id': 'defect_escape_rate', 'numerator': 0, 'denominator': 'resolved_items'},
    ]) }}

),

account_rows as (

    {{ counterpoise.metric_rows(ref('int_account_week'), [
        {'id': 'churn_rate', 'numerator': 'churned_accounts', 'denominator': 'accounts'},
    ]) }}

),

goal_rows as (

    {{ counterpoise.metric_rows(ref('int_goal_week'), [
        {'id': 'goal_progress', 'numerator': 'progress', 'denominator': 'goal_weeks', 'link_squares': 'progress_squares'},
    ]) }}

),

rows_of_all as (

    {%- for name in ['closure_rows', 'created_rows', 'activity_rows', 'delivery_rows', 'exposure_rows', 'account_rows', 'goal_rows'] %}
    select * from {{ name }}
    union all
    {%- endfor %}
    -- items count from the week escaped defects are first heard of: before that, none is unknown, not zero
    select defect_rows.*
    from defect_rows
    cross join first_defect
    where defect_rows.week >= first_defect.week

),

final as (

    select
        team_id,
        week,
        stratum,
        known_week,
        metric_id,
        {%- for column in ['numerator', 'denominator', 'n', 'link_sum', 'link_weight', 'link_squares'] %}
        {{ counterpoise.as_measure('sum(' ~ column ~ ')') }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from rows_of_all
    group by team_id, week, stratum, known_week, metric_id

)

select * from final
