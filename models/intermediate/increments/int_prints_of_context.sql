-- What items are judged by and other items have a say in, as prints: what sources tell and since when, a team's kinds of item, and
-- what business clocks showed, and the registry of metrics.
with

sources as (

    select
        source_system as name,
        {{ counterpoise.row_print([
            'first_response_week', 'first_public_reply_week', 'first_pause_week', 'first_block_week', 'first_check_week',
            'first_requester_week', 'first_edit_week', 'first_tracking_week', 'first_escalation_week', 'first_goal_week',
            'first_origin_week', 'first_resolution_week', 'first_link_week',
        ]) }} as print
    from {{ ref('int_source_weeks') }}
    union all
    select
        source_system as name,
        {{ counterpoise.row_print(['first_edit_week', 'first_reopening_week', 'first_requester_week', 'first_move_week']) }} as print
    from {{ ref('int_source_traces') }}

),

strata as (

    select
        team_id as name,
        {{ counterpoise.row_print(['stratum', 'is_hard']) }} as print
    from {{ ref('int_team_strata') }}

),

clocks as (

    select
        work_item_id as name,
        {{ counterpoise.row_print(['version_from_week', 'promise', 'business_hours', 'deadline_at']) }} as print
    from {{ ref('int_item_business') }}

),

metrics as (

    select
        metric_id as name,
        {{ counterpoise.row_print([
            'kind', 'effect_scale', 'min_n', 'good_direction', 'is_proxy', 'maturity_weeks', 'flat_margin', 'shown_from_n',
        ]) }} as print
    from {{ ref('dim_metric') }}

),

final as (
    {{ counterpoise.prints_of({'source': 'sources', 'strata': 'strata', 'clock': 'clocks', 'metric': 'metrics'}) }}
)

select * from final
