-- Per source system: the weeks it speaks of, and what it records at all. A week is complete once the source has told something
-- from after its end. A kind of record that a source has never sent is unknown there, not zero.
with

events as (

    select * from {{ ref('int_item_events') }}

),

items as (

    select
        *,
        coalesce(source_system, 'unknown') as source_name,
        {{ counterpoise.week_index('created_at') }} as created_week
    from {{ ref('stg_work_items') }}

),

raises as (

    select event_id
    from {{ ref('stg_work_item_events') }}
    where event_type = 'edited' and field_name = 'priority'

),

links as (

    select * from {{ ref('stg_work_item_links') }}

),

told as (

    select
        events.source_system,
        max(events.known_week) - 1 as own_last_complete_week,
        min(case
            when events.event_type = 'first_response' then events.known_week
            when events.event_type = 'commented' and events.is_public and events.actor_role = 'agent' then events.known_week
        end) as first_response_week,
        min(case when events.tells_public_replies then events.known_week end) as first_public_reply_week,
        min(case when events.is_pause or events.state = 'paused' then events.known_week end) as first_pause_week,
        min(case when events.state = 'blocked' then events.known_week end) as first_block_week,
        min(case when events.event_type in ('reviewed', 'checked') then events.known_week end) as first_check_week,
        min(case when events.actor_role = 'requester' and events.event_type <> 'created' then events.known_week end) as first_requester_week,
        min(case when events.event_type = 'edited' then events.known_week end) as first_edit_week,
        min(case when events.event_type in ('edited', 'status_changed') then events.known_week end) as first_tracking_week,
        min(case when events.event_type = 'escalated' then events.known_week end) as first_escalated_week
    from events
    group by events.source_system

),

-- priorities that change are a way to tell of escalations
raised as (

    select
        events.source_system,
        min(events.known_week) as first_raise_week
    from events
    inner join raises on events.event_id = raises.event_id
    where events.event_type = 'edited'
    group by events.source_system

),

described as (

    select
        source_name as source_system,
        min(case when goal_id is not null then created_week end) as first_goal_week,
        min(case when origin is not null then created_week end) as first_origin_week,
        min(case when resolution is not null then created_week end) as first_resolution_week
    from items
    group by source_name

),

linked as (

    select
        items.source_name as source_system,
        min({{ counterpoise.week_index('coalesce(links.created_at, items.created_at)') }}) as first_link_week
    from links
    inner join items on links.from_item_id = items.work_item_id
    group by items.source_name

),

newest as (

    select max(own_last_complete_week) as last_complete_week from told

),

-- sources that keep step end with the same week, so that all their teams do; one that fell silent ends where it did
final as (

    select
        told.source_system,
        told.own_last_complete_week,
        told.first_response_week,
        told.first_public_reply_week,
        told.first_pause_week,
        told.first_block_week,
        told.first_check_week,
        told.first_requester_week,
        told.first_edit_week,
        told.first_tracking_week,
        case
            when told.first_escalated_week <= coalesce(raised.first_raise_week, told.first_escalated_week) then told.first_escalated_week
            else raised.first_raise_week
        end as first_escalation_week,
        described.first_goal_week,
        described.first_origin_week,
        described.first_resolution_week,
        linked.first_link_week,
        case
            when told.own_last_complete_week >= newest.last_complete_week - 1
                then min(case when told.own_last_complete_week >= newest.last_complete_week - 1 then told.own_last_complete_week end) over ()
            else told.own_last_complete_week
        end as last_complete_week
    from told
    cross join newest
    left join raised on told.source_system = raised.source_system
    left join described on told.source_system = described.source_system
    left join linked on told.source_system = linked.source_system

)

select * from final
