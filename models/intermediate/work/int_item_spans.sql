{{ config(**counterpoise.by_item('int_dated_items')) }}
-- One row per stretch in which an item stays in one state with one team: waiting (in a queue), active, paused (the clock is
-- stopped because somebody else must act), blocked, done. The last stretch is open (ended_at is null). Each with who ended it
-- and when an agent first worked on the item in it: a queue that is never left by name ends with the first touch.
{%- set untouching = ['created', 'queued', 'assigned', 'handed_off', 'escalated', 'reopened', 'edited', 'closed'] %}
with

steps as (

    select
        *,
        step = 1
        or coalesce(state, '') <> coalesce(state_before, '')
        or coalesce(team_id, '') <> coalesce(team_before, '') as is_change
    from {{ ref('int_item_steps') }}
    {{ counterpoise.of_changed() }}

),

numbered as (

    select
        *,
        sum(case when is_change then 1 else 0 end) over (
            partition by work_item_id, version_from_week order by step rows unbounded preceding
        ) as span_number
    from steps

),

gathered as (

    select
        work_item_id,
        version_from_week,
        {{ counterpoise.as_integer('span_number') }} as span_number,
        max(version_to_week) as version_to_week,
        max(source_system) as source_system,
        max(state) as state,
        max(team_id) as team_id,
        min(resolutions_before + case when event_type = 'resolved' then 1 else 0 end) as resolutions_so_far,
        min(occurred_at) as started_at,
        max(case when is_change then actor_role end) as started_by,
        max(case when is_change then waits_on end) as waits_on,
        min(case
            when not is_change and actor_role = 'agent' and event_type not in ('{{ untouching | join("', '") }}') then occurred_at
        end) as touched_at,
        min(case when is_reopening and resolutions_before > 0 then occurred_at end) as reopened_at,
        sum(case when not is_change and actor_role = 'requester' then 1 else 0 end) as requester_events
    from numbered
    group by work_item_id, version_from_week, span_number

),

bounded as (

    select
        *,
        lead(started_at) over (partition by work_item_id, version_from_week order by span_number) as ended_at,
        lead(started_by) over (partition by work_item_id, version_from_week order by span_number) as ended_by,
        lag(state) over (partition by work_item_id, version_from_week order by span_number) as state_before,
        lag(team_id) over (partition by work_item_id, version_from_week order by span_number) as team_before
    from gathered

),

final as (

    select
        work_item_id,
        version_from_week,
        version_to_week,
        span_number,
        source_system,
        state,
        state_before,
        team_id,
        team_before,
        team_id <> team_before as is_handoff,
        resolutions_so_far,
        waits_on,
        started_at,
        ended_at,
        {{ counterpoise.epoch_seconds('ended_at') }} - {{ counterpoise.epoch_seconds('started_at') }} as span_seconds,
        case when state = 'waiting' then coalesce(touched_at, ended_at) end as wait_ended_at,
        reopened_at,
        requester_events > 0 or coalesce(ended_by, '') = 'requester' as is_heard_of_requester
    from bounded

)

select * from final
