{{ config(**counterpoise.by_item('int_dated_items', week='occurred_week')) }}
-- Each version's events in order, with the state and team that hold from each event to the next.
{%- set in_order = 'partition by work_item_id, version_from_week order by occurred_at, event_seq, event_rank, ' ~ counterpoise.byte_order('event_id') %}
{%- set before = 'rows between unbounded preceding and 1 preceding' %}
with

events as (

    select * from {{ ref('int_item_events') }}
    {{ counterpoise.of_changed() }}

),

versions as (

    select * from {{ ref('int_item_versions') }}
    {{ counterpoise.of_changed() }}

),

teams as (

    select team_id, timezone from {{ ref('stg_teams') }}

),

known as (

    select
        events.*,
        versions.version_from_week,
        versions.version_to_week
    from events
    inner join versions on events.work_item_id = versions.work_item_id
    where not events.is_late or events.known_week <= versions.version_from_week

),

-- all in one pass over each item's events
linked as (

    select
        *,
        row_number() over ({{ in_order }}) as step,
        {{ counterpoise.last_known('state', in_order ~ ' rows unbounded preceding') }} as state_now,
        {{ counterpoise.last_known('team_id', in_order ~ ' rows unbounded preceding') }} as team_now,
        {{ counterpoise.last_known('state', in_order ~ ' ' ~ before) }} as state_before,
        {{ counterpoise.last_known('team_id', in_order ~ ' ' ~ before) }} as team_before,
        lead(occurred_at) over ({{ in_order }}) as next_occurred_at,
        lag(occurred_at) over ({{ in_order }}) as occurred_before_at,
        coalesce(sum(case when event_type = 'resolved' then 1 else 0 end) over ({{ in_order }} {{ before }}), 0) as resolutions_before
    from known

),

final as (

    select
        linked.work_item_id,
        linked.version_from_week,
        linked.version_to_week,
        linked.step,
        linked.event_id,
        linked.event_type,
        linked.field_name,
        linked.raw_status,
        linked.source_system,
        linked.occurred_at,
        linked.recorded_at,
        linked.next_occurred_at,
        {{ counterpoise.week_index(counterpoise.to_local('linked.occurred_at', 'teams.timezone')) }} as occurred_week,
        {{ counterpoise.week_index(counterpoise.to_local('linked.known_at', 'teams.timezone')) }} as event_known_week,
        {{ counterpoise.epoch_seconds('linked.next_occurred_at') }} - {{ counterpoise.epoch_seconds('linked.occurred_at') }} as seconds_to_next,
        linked.state_now as state,
        linked.state_before,
        linked.team_now as team_id,
        linked.team_before,
        linked.team_now <> linked.team_before as is_handoff,
        coalesce(linked.occurred_at = linked.occurred_before_at, false) as is_at_once,
        linked.event_type = 'reopened'
        or (linked.state_before = 'done' and linked.state_now <> 'done') as is_reopening,
        linked.is_pause,
        linked.waits_on,
        linked.actor_id,
        linked.actor_role,
        linked.is_public,
        linked.tells_public_replies,
        linked.resolutions_before
    from linked
    left join teams on linked.team_now = teams.team_id

)

select * from final
