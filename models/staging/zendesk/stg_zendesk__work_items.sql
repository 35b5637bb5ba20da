{{ config(enabled=var('counterpoise_zendesk_enabled', false)) }}
-- Tickets as they are now. When they were answered, resolved and closed stands in their events.
with

tickets as (

    select * from (
        {{ counterpoise.connector_rows('zendesk', 'ticket') }}
    ) as held
    where id is not null and created_at is not null

),

solved as (

    select distinct
        source_system,
        ticket_id
    from {{ ref('stg_zendesk__steps') }}
    where kind = 'status' and lower(value) = 'solved'

),

-- a ticket closed by a merge is marked by Zendesk with a tag, and listed by the ticket it went into
merged as (

    select
        source_system,
        ticket_id
    from (
        {{ counterpoise.connector_rows('zendesk', 'ticket_tag') }}
    ) as tags
    where lower(tag) = 'closed_by_merge'
    {{ counterpoise.union_distinct() }}
    select
        source_system,
        from_ticket_id as ticket_id
    from {{ ref('stg_zendesk__merges') }}

),

forms as (

    select
        source_system,
        id,
        name,
        row_number() over (partition by source_system, id order by updated_at desc nulls last, {{ counterpoise.byte_order('name') }}) as newest_first
    from (
        {{ counterpoise.connector_rows('zendesk', 'ticket_form_history') }}
    ) as form_versions

),

schedules as (

    select
        source_system,
        id,
        row_number() over (partition by source_system order by min(created_at) nulls last, {{ counterpoise.byte_order('id') }}) as oldest_first
    from (
        {{ counterpoise.connector_rows('zendesk', 'schedule') }}
    ) as hours
    where not coalesce(_fivetran_deleted, false)
    group by source_system, id

),

-- business hours are counted by one schedule: the last one applied, as Zendesk itself does
applied as (

    select
        source_system,
        ticket_id,
        schedule_id,
        row_number() over (partition by source_system, ticket_id order by created_at desc nulls last, {{ counterpoise.byte_order('schedule_id') }}) as newest_first
    from (
        {{ counterpoise.connector_rows('zendesk', 'ticket_schedule') }}
    ) as given_schedules

),

people as (

    select * from {{ ref('stg_zendesk__people') }}

),

value_map as (

    select * from {{ ref('stg_value_map') }}
    where field_name in ('item_type', 'work_class')

),

described as (

    select
        tickets.*,
        case when types.mapped_value is not null then types.mapped_value when tickets.type is null then 'ticket' else 'other' end as item_type,
        classes.mapped_value as work_class,
        coalesce(forms.name, tickets.type) as category,
        coalesce(applied.schedule_id, schedules.id) as schedule_id,
        case lower(tickets.status) when 'solved' then 'resolved' when 'closed' then 'closed' else 'open' end as item_status,
        case
            when merged.ticket_id is not null then 'duplicate'
            when lower(tickets.status) in ('solved', 'closed') then case when solved.ticket_id is not null then 'done' else 'not_done' end
        end as resolution,
        case
            when submitters.is_bot or requesters.is_bot then 'automation'
            when requesters.is_agent then 'team'
            when not requesters.is_agent then 'customer'
        end as origin
    from tickets
    left join solved on tickets.source_system = solved.source_system and tickets.id = solved.ticket_id
    left join merged on tickets.source_system = merged.source_system and tickets.id = merged.ticket_id
    left join forms on tickets.source_system = forms.source_system and tickets.ticket_form_id = forms.id and forms.newest_first = 1
    left join schedules on tickets.source_system = schedules.source_system and schedules.oldest_first = 1
    left join applied on tickets.source_system = applied.source_system and tickets.id = applied.ticket_id and applied.newest_first = 1
    {%- for name, person in [('requesters', 'requester_id'), ('submitters', 'submitter_id')] %}
    left join people as {{ name }}
        on
            tickets.source_system = {{ name }}.source_system
            and tickets.{{ person }} = {{ name }}.person_id
            and tickets.created_at >= {{ name }}.valid_from
            and tickets.created_at < {{ name }}.valid_to
    {%- endfor %}
    {%- for name, field in [('types', 'item_type'), ('classes', 'work_class')] %}
    left join value_map as {{ name }}
        on
            tickets.source_system = {{ name }}.source_system
            and {{ name }}.field_name = '{{ field }}'
            and lower(trim(tickets.type)) = {{ name }}.raw_value
    {%- endfor %}

)

select
    {{ counterpoise.as_adapter('work_items', {
        'work_item_id': counterpoise.connector_id('id'),
        'item_type': 'item_type',
        'work_class': 'work_class',
        'requester_id': 'requester_id',
        'account_id': counterpoise.connector_id('organization_id'),
        'category': 'category',
        'priority': 'priority',
        'channel': 'via_channel',
        'created_at': 'created_at',
        'due_at': "case when lower(type) = 'task' then due_at end",
        'status': 'item_status',
        'resolution': 'resolution',
        'calendar_id': counterpoise.connector_id('schedule_id'),
        'origin': 'origin',
        'owner_first': counterpoise.owner_id('group', 'group_id'),
        'owner_second': counterpoise.owner_id('brand', 'brand_id'),
        'owner_third': counterpoise.owner_id('organization', 'organization_id'),
        'own_team': counterpoise.owner_id('group', 'group_id'),
        '_loaded_at': '_fivetran_synced',
        '_deleted': "coalesce(_fivetran_deleted, false) or coalesce(lower(status), '') = 'deleted'",
    }) }}
from described
