{{ config(enabled=var('counterpoise_zendesk_enabled', false)) }}
-- What each step of a ticket means in the contract. A status says whose turn it is; values set at creation are part of it.
with

steps as (

    select * from {{ ref('stg_zendesk__steps') }}

),

people as (

    select * from {{ ref('stg_zendesk__people') }}

),

labels as (

    select
        source_system,
        id,
        agent_label,
        lower(status_category) as status_category
    from (
        {{ counterpoise.connector_rows('zendesk', 'ticket_custom_status') }}
    ) as statuses

),

value_map as (

    select * from {{ ref('stg_value_map') }}

),

meant as (

    select
        steps.*,
        coalesce(labels.agent_label, steps.status) as status_label,
        coalesce(label_map.mapped_value, status_map.mapped_value) as category,
        coalesce(label_waits.mapped_value, status_waits.mapped_value) as waits_on,
        case
            when steps.is_system or people.is_bot then 'automation'
            when steps.actor_id = steps.requester_id then 'requester'
            when people.is_agent then 'agent'
            when not people.is_agent then 'requester'
        end as actor_role
    from steps
    left join labels
        on
            steps.source_system = labels.source_system
            and steps.custom_status_id = labels.id
            and lower(steps.status) = coalesce(labels.status_category, lower(steps.status))
    left join people
        on
            steps.source_system = people.source_system
            and steps.actor_id = people.person_id
            and steps.occurred_at >= people.valid_from
            and steps.occurred_at < people.valid_to
    {%- for name, field, raw in [
        ('label_map', 'status', 'labels.agent_label'), ('status_map', 'status', 'steps.status'),
        ('label_waits', 'waits_on', 'labels.agent_label'), ('status_waits', 'waits_on', 'steps.status'),
    ] %}
    left join value_map as {{ name }}
        on
            steps.source_system = {{ name }}.source_system
            and {{ name }}.field_name = '{{ field }}'
            and lower(trim({{ raw }})) = {{ name }}.raw_value
    {%- endfor %}

),

related as (

    select
        *,
        lag(category) over (partition by source_system, ticket_id, is_status_step order by step) as category_before,
        lag(waits_on) over (partition by source_system, ticket_id, is_status_step order by step) as waits_on_before,
        lag(status_label) over (partition by source_system, ticket_id, is_status_step order by step) as label_before,
        is_first and occurred_at <= created_at as is_initial,
        value is not null and value_before is not null and value <> value_before as is_moved
    from meant

),

told as (

    select
        *,
        case
            when kind = 'created' then 'created'
            when kind = 'comment' then case
                -- the request itself
                when
                    is_first
                    and coalesce(actor_id = submitter_id, true)
                    and {{ counterpoise.epoch_seconds('occurred_at') }} - {{ counterpoise.epoch_seconds('created_at') }} <= 5
                    then null
                else 'commented'
            end
            when kind = 'group_id' and value is not null and value_before is null and not is_initial then 'assigned'
            when kind in ('group_id', 'brand_id', 'organization_id') then case when is_moved then 'handed_off' end
            when kind = 'requester_id' then null
            when kind = 'assignee_id' then case when value is not null and coalesce(value_before, '') <> value then 'assigned' end
            when not is_status_step then case
                when kind <> 'custom_status_id' and not is_initial and coalesce(value, '') <> coalesce(value_before, '') then 'edited'
            end
            when is_initial and category = 'queued' then null
            when status_label = label_before and coalesce(category, '') = coalesce(category_before, '') then null
            when category = 'done' and lower(status) = 'closed' then 'closed'
            when category = 'done' and coalesce(category_before, '') <> 'done' then 'resolved'
            when category_before = 'done' and category <> 'done' then 'reopened'
            when category = 'waiting' and (coalesce(category_before, '') <> 'waiting' or coalesce(waits_on, '') <> coalesce(waits_on_before, '')) then 'paused'
            when category = 'blocked' and coalesce(category_before, '') <> 'blocked' then 'blocked'
            when category_before = 'waiting' and category in ('queued', 'active') then 'resumed'
            when category_before = 'blocked' and category in ('queued', 'active') then 'unblocked'
            when category = 'active' and coalesce(category_before, '') <> 'active' then 'started'
            else 'status_changed'
        end as event_type
    from related

)

select
    {{ counterpoise.as_adapter('work_item_events', {
        'event_id': counterpoise.connector_id("'ticket:' || ticket_id || ':' || step_key"),
        'work_item_id': counterpoise.connector_id('ticket_id'),
        'event_type': 'event_type',
        'occurred_at': 'occurred_at',
        'actor_id': 'actor_id',
        'actor_role': 'actor_role',
        'status_category': "case when kind = 'created' then 'queued' when is_status_step or event_type = 'handed_off' then category end",
        'waits_on': "case when event_type = 'paused' then waits_on end",
        'is_public': "case when event_type = 'commented' then is_public end",
        'field_name': "case when is_status_step or kind = 'created' then 'status' when event_type = 'handed_off' then 'team_id' when event_type = 'edited' then case kind when 'type' then 'item_type' else kind end end",
        'from_value': "case when is_status_step then label_before when event_type = 'edited' then value_before end",
        'to_value': "case when is_status_step or (kind = 'created' and category = 'queued') then status_label when event_type = 'edited' then value end",
        'owner_first': counterpoise.owner_id('group', 'group_id'),
        'owner_second': counterpoise.owner_id('brand', 'brand_id'),
        'owner_third': counterpoise.owner_id('organization', 'organization_id'),
        'own_team': counterpoise.owner_id('group', 'group_id'),
        'from_owner': "case when event_type = 'handed_off' then source_system || ':' || replace(kind, '_id', '') || ':' || value_before end",
        'to_owner': "case when event_type = 'handed_off' then source_system || ':' || replace(kind, '_id', '') || ':' || value end",
        '_loaded_at': '_fivetran_synced',
        '_deleted': 'is_deleted',
    }) }}
from told
where event_type is not null
