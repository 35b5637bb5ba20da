-- 4. What happened to the items, one row per event, with the owners that held the item THEN. An event's id is made of what identifies
-- the change, so that the same row again is the same event.
with

tickets as (

    {{ counterpoise.connector_rows('NAME', 'ticket') }}

),

history as (

    {{ counterpoise.connector_rows('NAME', 'ticket_history') }}

),

meanings as (

    select * from {{ ref('counterpoise', 'stg_value_map') }}

),

first_changes as (

    select
        source_system,
        ticket_id,
        min(changed_at) as changed_at
    from history
    group by source_system, ticket_id

),

-- the first change tells who held the ticket when it was made
made as (

    select
        tickets.source_system,
        tickets.id as ticket_id,
        'created' as change_id,
        'created' as event_type,
        tickets.created_at as changed_at,
        tickets.requester_id as author_id,
        false as is_bot,
        coalesce(history.queue_id, tickets.queue_id) as queue_id,
        cast(null as {{ counterpoise.type_of('string') }}) as status,
        cast(null as {{ counterpoise.type_of('string') }}) as status_category,
        cast(null as {{ counterpoise.type_of('string') }}) as waits_on,
        tickets.updated_at
    from tickets
    left join first_changes on tickets.source_system = first_changes.source_system and tickets.id = first_changes.ticket_id
    left join history
        on
            first_changes.source_system = history.source_system
            and first_changes.ticket_id = history.ticket_id
            and first_changes.changed_at = history.changed_at

),

changed as (

    select
        history.source_system,
        history.ticket_id,
        history.id as change_id,
        case
            when statuses.mapped_value = 'done' then 'resolved'
            when statuses.mapped_value = 'waiting' then 'paused'
            else 'status_changed'
        end as event_type,
        history.changed_at,
        history.author_id,
        {{ counterpoise.is_bot(['history.author_name']) }} as is_bot,
        history.queue_id,
        history.status,
        statuses.mapped_value as status_category,
        waits.mapped_value as waits_on,
        tickets.updated_at
    from history
    inner join tickets on history.source_system = tickets.source_system and history.ticket_id = tickets.id
    left join meanings as statuses
        on
            history.source_system = statuses.source_system
            and statuses.field_name = 'status'
            and statuses.raw_value = lower(trim(history.status))
    left join meanings as waits
        on
            history.source_system = waits.source_system
            and waits.field_name = 'waits_on'
            and waits.raw_value = lower(trim(history.status))

),

final as (

    select
        *,
        {{ counterpoise.owner_id('queue', 'queue_id') }} as queue_owner
    from (
        select * from made
        union all
        select * from changed
    ) as united

)

select
    {{ counterpoise.as_adapter('work_item_events', {
        'event_id': counterpoise.connector_id("ticket_id || ':' || change_id"),
        'work_item_id': counterpoise.connector_id('ticket_id'),
        'event_type': 'event_type',
        'occurred_at': 'changed_at',
        'recorded_at': 'changed_at',
        'actor_id': 'author_id',
        'actor_role': "case when is_bot then 'automation' end",
        'status_category': 'status_category',
        'waits_on': 'waits_on',
        'field_name': "'status'",
        'to_value': 'status',
        '_loaded_at': 'updated_at',
        'owner_first': 'queue_owner',
        'own_team': 'queue_owner',
    }) }}
from final
