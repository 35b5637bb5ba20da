{{ config(**counterpoise.by_item('int_dated_items')) }}
-- One row per item and version: what every metric of items is summed from.
{%- set follow_up_seconds = counterpoise.setting('follow_up_days') * 86400 %}
with

items as (

    select * from {{ ref('stg_work_items') }}
    {{ counterpoise.of_changed() }}

),

splits as (

    select distinct from_item_id as work_item_id
    from {{ ref('stg_work_item_links') }}
    where link_type = 'split_from'

),

teams as (

    select team_id, timezone from {{ ref('stg_teams') }}

),

first_resolutions as (

    select
        work_item_id,
        version_from_week,
        occurred_at as first_resolved_at
    from {{ ref('int_item_steps') }}
    where event_type = 'resolved' and resolutions_before = 0 {{ counterpoise.of_changed(keyword='and') }}

),

followed as (

    select
        steps.*,
        first_resolutions.first_resolved_at,
        {{ counterpoise.add_seconds('first_resolutions.first_resolved_at', follow_up_seconds) }} as follow_up_ends_at,
        steps.resolutions_before = 0 and steps.event_type = 'resolved' as is_first_resolution,
        steps.resolutions_before = 0 and steps.event_type <> 'resolved' as is_before_resolution,
        steps.resolutions_before = 0 as is_up_to_resolution
    from {{ ref('int_item_steps') }} as steps
    left join first_resolutions
        on
            steps.work_item_id = first_resolutions.work_item_id
            and steps.version_from_week = first_resolutions.version_from_week
    {{ counterpoise.of_changed('steps.work_item_id') }}

),

changes_of_team as (

    select
        work_item_id,
        version_from_week,
        team_id,
        resolutions_before = 0 as is_up_to_resolution,
        lag(team_id, 2) over (partition by work_item_id, version_from_week order by step) as team_two_before
    from {{ ref('int_item_steps') }}
    where team_id is not null and (team_before is null or is_handoff) {{ counterpoise.of_changed(keyword='and') }}

),

returns as (

    select
        work_item_id,
        version_from_week,
        max(case when team_id = team_two_before then 1 else 0 end) as returned_to_team,
        max(case when team_id = team_two_before and is_up_to_resolution then 1 else 0 end) as returned_before_resolution
    from changes_of_team
    group by work_item_id, version_from_week

),

summed as (

    select
        work_item_id,
        version_from_week,
        max(version_to_week) as version_to_week,
        max(source_system) as source_system,
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at,
        max(first_resolved_at) as first_resolved_at,
        max(case when event_type = 'resolved' then occurred_at end) as last_resolved_at,
        max(case when is_first_resolution then occurred_week end) as first_resolved_week,
        max(case when is_first_resolution then team_id end) as resolved_team_id,
        min(case when actor_role = 'agent' and (event_type = 'first_response' or (event_type = 'commented' and is_public)) then occurred_at end) as first_response_at,
        max(case when next_occurred_at is null then state end) as last_state,
        max(case when next_occurred_at is null then team_id end) as last_team_id,
        max(case when event_type = 'closed' and resolutions_before = 0 then 1 else 0 end) as closed_without_resolution,
        sum(case when is_before_resolution and state = 'paused' then seconds_to_next else 0 end) as paused_seconds,
        sum(case when is_before_resolution and state = 'blocked' then seconds_to_next else 0 end) as blocked_seconds,
        sum(case when is_before_resolution and state = 'waiting' then seconds_to_next else 0 end) as waiting_seconds,
        sum(case when is_before_resolution and state = 'done' then seconds_to_next else 0 end) as done_seconds,
        sum(case when is_pause then 1 else 0 end) as pause_events,
        sum(case when is_pause and waits_on = 'requester' then 1 else 0 end) as requester_pause_events,
        sum(case when is_handoff then 1 else 0 end) as handoffs,
        sum(case when is_handoff and is_up_to_resolution then 1 else 0 end) as handoffs_to_resolution,
        sum(case when event_type = 'review_requested' and is_up_to_resolution then 1 else 0 end) as review_rounds,
        sum(case when event_type = 'commented' and is_public and actor_role = 'agent' and is_up_to_resolution then 1 else 0 end) as public_comments,
        max(case when event_type = 'first_response' and actor_role = 'agent' and is_up_to_resolution then 1 else 0 end) as has_first_response_event,
        sum(case when is_reopening and resolutions_before > 0 then 1 else 0 end) as reopenings,
        min(case when is_reopening and resolutions_before > 0 then occurred_at end) as first_reopened_at,
        max(case when event_type = 'resolved' and occurred_at <= follow_up_ends_at then occurred_at end) as last_resolved_in_follow_up_at,
        max(case
            when occurred_at <= follow_up_ends_at and (next_occurred_at is null or next_occurred_at > follow_up_ends_at) and state <> 'done' then 1
            else 0
        end) as is_open_after_follow_up,
        max(follow_up_ends_at) as follow_up_ends_at,
        max(case when team_id is not null and team_before is null then team_id end) as first_team_id,
        max(case when team_id is not null and team_before is null then occurred_week end) as first_team_week,
        min(case when actor_role = 'agent' and event_type not in ('created', 'queued') then occurred_at end) as first_touched_at,
        min(case when event_type in ('resolved', 'closed') then occurred_at end) as first_ended_at,
        sum(case when event_type in ('edited', 'status_changed') and is_up_to_resolution then 1 else 0 end) as tracking_events,
        sum(case when event_type in ('reviewed', 'checked') and is_up_to_resolution then 1 else 0 end) as checks,
        sum(case when event_type = 'escalated' and (follow_up_ends_at is null or occurred_at <= follow_up_ends_at) then 1 else 0 end) as escalations,
        -- the last public reply of an agent and the requester's last word, up to the resolution
        max(case when actor_role = 'agent' and (event_type = 'first_response' or (event_type = 'commented' and is_public)) and is_up_to_resolution then step else 0 end) as last_reply_step,
        max(case when actor_role = 'requester' and event_type <> 'created' and is_up_to_resolution then step else 0 end) as last_word_step
    from followed
    group by work_item_id, version_from_week

),

joined as (

    select
        summed.*,
        items.item_type,
        items.requester_id,
        items.account_id,
        items.category,
        items.priority,
        items.created_at,
        items.due_at,
        items.first_response_due_at,
        items.calendar_id,
        items.goal_id,
        items.size,
        items.planned,
        items.ai_assisted,
        items.ai_policy_class,
        items.resolution,
        {{ counterpoise.week_index(counterpoise.to_local('items.created_at', 'teams.timezone')) }} as created_week,
        -- the same work counted twice, or asked for by nobody, is not customer work
        coalesce(items.origin, 'customer') not in ('automation', 'split')
        and (items.origin is not null or splits.work_item_id is null) as is_customer_work,
        coalesce(items.origin, 'customer') = 'split' or splits.work_item_id is not null as is_split,
        coalesce(returns.returned_to_team, 0) as returned_to_team,
        coalesce(returns.returned_before_resolution, 0) as returned_before_resolution
    from summed
    inner join items on summed.work_item_id = items.work_item_id
    left join splits on summed.work_item_id = splits.work_item_id
    left join teams on summed.last_team_id = teams.team_id
    left join returns
        on
            summed.work_item_id = returns.work_item_id
            and summed.version_from_week = returns.version_from_week

),

final as (

    select
        work_item_id,
        version_from_week,
        version_to_week,
        source_system,
        item_type,
        requester_id,
        account_id,
        category,
        priority,
        is_customer_work,
        created_at,
        created_week,
        due_at,
        first_response_due_at,
        first_response_at,
        first_resolved_at,
        first_resolved_week,
        resolved_team_id,
        last_resolved_at,
        last_event_at,
        last_state,
        last_team_id,
        closed_without_resolution = 1 and first_resolved_at is null as is_closed_unresolved,
        coalesce(last_state, 'waiting') <> 'done' as is_open,
        paused_seconds / 3600e0 as paused_hours,
        blocked_seconds / 3600e0 as blocked_hours,
        waiting_seconds / 3600e0 as waiting_hours,
        -- the requester's clock to the first resolution, and the same with what stopped the clock taken out
        {{ counterpoise.hours_between('created_at', 'first_resolved_at') }} as elapsed_hours,
        case when first_resolved_at is not null then greatest(
            {{ counterpoise.hours_between('created_at', 'first_resolved_at') }} - (paused_seconds + done_seconds) / 3600e0, 0
        ) end as working_hours,
        pause_events,
        requester_pause_events,
        handoffs,
        handoffs_to_resolution,
        returned_to_team = 1 as returned_to_team,
        review_rounds,
        greatest(public_comments, has_first_response_event) as public_replies,
        reopenings,
        first_reopened_at,
        first_reopened_at <= follow_up_ends_at as is_reopened_in_follow_up,
        -- the requester's clock to the last resolution inside the follow-up window; an item open again when the window ends
        -- counts to the window's end, so that it never looks quicker for being unfinished
        {{ counterpoise.hours_between('created_at', 'case when is_open_after_follow_up = 1 then follow_up_ends_at else last_resolved_in_follow_up_at end') }} as end_to_end_hours,
        follow_up_ends_at,
        goal_id,
        size,
        planned,
        ai_assisted,
        ai_policy_class,
        resolution,
        is_split,
        first_team_id,
        first_team_week,
        first_touched_at,
        first_ended_at,
        returned_before_resolution = 1 as returned_before_resolution,
        tracking_events,
        checks,
        escalations,
        last_word_step > last_reply_step as is_confirmed,
        calendar_id
    from joined

)

select * from final
