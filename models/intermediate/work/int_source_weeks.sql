-- Per source system: the weeks it speaks of, and what it records at all. A week is complete once the source has told something
-- from after its end. A kind of record that a source has never sent is unknown there, not zero.
with

events as (

    select * from {{ ref('int_item_events') }}

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
        min(case when events.is_pause or events.state = 'paused' then events.known_week end) as first_pause_week
    from events
    group by events.source_system

),

newest as (

    select max(own_last_complete_week) as last_complete_week from told

),

-- sources that keep step end with the same week, so that all their teams do; one that fell silent ends where it did
final as (

    select
        told.*,
        case
            when told.own_last_complete_week >= newest.last_complete_week - 1
                then min(case when told.own_last_complete_week >= newest.last_complete_week - 1 then told.own_last_complete_week end) over ()
            else told.own_last_complete_week
        end as last_complete_week
    from told
    cross join newest

)

select * from final
