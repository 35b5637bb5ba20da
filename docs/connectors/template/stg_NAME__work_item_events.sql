-- 4. What happened to the items, one row per event, with the owners that held the item THEN. An event's id is made of what identifies
-- the change, so that the same row again is the same event. One change may be two events: give each an id of its own.
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

changes as (

    select
        *,
        {{ counterpoise.is_bot(['author_name']) }} as is_bot,
        row_number() over (
            partition by source_system, ticket_id
            order by changed_at, {{ counterpoise.byte_order('id') }}
        ) as change_number,
        lag(queue_id) over (
            partition by source_system, ticket_id
            order by changed_at, {{ counterpoise.byte_order('id') }}
        ) as queue_before
    from history

),

-- the first change tells who held the ticket when it was made; a ticket without history is with whom it is with now
made as (

    select
        tickets.source_system,
        tickets.id as ticket_id,
        'created' as change_id,
        'created' as event_type,
        tickets.created_at as changed_at,
        tickets.requester_id as author_id,
        false as is_bot,
        coalesce(changes.queue_id, tickets.queue_id) as queue_id,
        cast(null as {{ counterpoise.type_of('string') }}) as queue_before,
        cast(null as {{ counterpoise.type_of('string') }}) as status,
        cast(null as {{ counterpoise.type_of('string') }}) as status_category,
        cast(null as {{ counterpoise.type_of('string') }}) as waits_on,
        tickets.updated_at
    from tickets
    left join changes
        on
            tickets.source_system = changes.source_system
            and tickets.id = changes.ticket_id
            and changes.change_number = 1

),

changed as (

    select
        changes.source_system,
        changes.ticket_id,
        changes.id as change_id,
        case
            when statuses.mapped_value = 'done' then 'resolved'
            when statuses.mapped_value = 'waiting' then 'paused'
            else 'status_changed'
        end as event_type,
        changes.changed_at,
        changes.author_id,
        changes.is_bot,
        changes.queue_id,
        cast(null as {{ counterpoise.type_of('string') }}) as queue_before,
        changes.status,
        statuses.mapped_value as status_category,
        waits.mapped_value as waits_on,
        tickets.updated_at
    from changes
    inner join tickets on changes.source_system = tickets.source_system and changes.ticket_id = tickets.id
    left join meanings as statuses
        on
            changes.source_system = statuses.source_system
            and statuses.field_name = 'status'
            and statuses.raw_value = lower(trim(changes.status))
    left join meanings as waits
        on
            changes.source_system = waits.source_system
            and waits.field_name = 'waits_on'
            and waits.raw_value = lower(trim(changes.status))

),

-- from one queue to another. Whether that is another team the map decides later.
moved as (

    select
        changes.source_system,
        changes.ticket_id,
        changes.id || ':queue' as change_id,
        'handed_off' as event_type,
        changes.changed_at,
        changes.author_id,
        changes.is_bot,
        changes.queue_id,
        changes.queue_before,
        cast(null as {{ counterpoise.type_of('string') }}) as status,
        cast(null as {{ counterpoise.type_of('string') }}) as status_category,
        cast(null as {{ counterpoise.type_of('string') }}) as waits_on,
        tickets.updated_at
    from changes
    inner join tickets on changes.source_system = tickets.source_system and changes.ticket_id = tickets.id
    where changes.queue_before <> changes.queue_id

),

united as (

    select * from made
    union all
    select * from changed
    union all
    select * from moved

),

final as (

    select
        *,
        {{ counterpoise.owner_id('queue', 'queue_id') }} as queue_owner,
        {{ counterpoise.owner_id('queue', 'queue_before') }} as queue_owner_before
    from united

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
        'field_name': "case when status is not null then 'status' end",
        'to_value': 'status',
        'from_owner': "case when event_type = 'handed_off' then queue_owner_before end",
        'to_owner': "case when event_type = 'handed_off' then queue_owner end",
        '_loaded_at': 'updated_at',
        'owner_first': 'queue_owner',
        'own_team': 'queue_owner',
    }) }}
from final
