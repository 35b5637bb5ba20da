{{ config(enabled=var('counterpoise_zendesk_enabled', false), materialized='table') }}
-- All that happened to tickets in order (created, fields changed, commented), each with the group, brand, organisation and status
-- that held then. At one instant owners change first, then the rest, then the comment, then the status; creation sees them all.
{%- set places = {'group_id': 1, 'brand_id': 1, 'organization_id': 1, 'requester_id': 1, 'comment': 5, 'custom_status_id': 6, 'status': 7, 'created': 9} %}
{%- set owned = ['group_id', 'brand_id', 'organization_id', 'requester_id'] %}
{%- set kept = owned + ['status', 'custom_status_id'] %}
{%- set order = 'partition by source_system, ticket_id order by occurred_at asc, place asc, kind asc, '
    ~ counterpoise.byte_order('step_key') ~ ' asc, _fivetran_synced desc nulls last' %}
with

tickets as (

    select
        *,
        coalesce(_fivetran_deleted, false) or coalesce(lower(status), '') = 'deleted' as is_deleted
    from (
        {{ counterpoise.connector_rows('zendesk', 'ticket') }}
    ) as held
    where id is not null and created_at is not null

),

happenings as (

    select
        source_system,
        id as ticket_id,
        created_at as occurred_at,
        'created' as kind,
        'created' as step_key,
        cast(null as {{ counterpoise.type_of('string') }}) as value,
        submitter_id as actor_id,
        false as is_system,
        cast(null as {{ counterpoise.type_of('boolean') }}) as is_public,
        false as is_deleted,
        _fivetran_synced
    from tickets
    union all
    select
        source_system,
        ticket_id,
        updated as occurred_at,
        lower(field_name) as kind,
        lower(field_name) || ':' || cast({{ counterpoise.epoch_seconds('updated') }} as {{ counterpoise.type_of('string') }}) as step_key,
        case when lower(field_name) in ('assignee_id', 'requester_id') then person_value else value end as value,
        user_id as actor_id,
        coalesce(raw_user_id = '-1', false) as is_system,
        cast(null as {{ counterpoise.type_of('boolean') }}) as is_public,
        false as is_deleted,
        _fivetran_synced
    from (
        {{ counterpoise.connector_rows('zendesk', 'ticket_field_history') }}
    ) as history
    where
        updated is not null
        and lower(field_name) in ('{{ kept | join("', '") }}', 'assignee_id', 'priority', 'type', 'due_at')
    union all
    select
        source_system,
        ticket_id,
        created as occurred_at,
        'comment' as kind,
        'comment:' || id as step_key,
        cast(null as {{ counterpoise.type_of('string') }}) as value,
        user_id as actor_id,
        coalesce(raw_user_id = '-1', false) as is_system,
        public as is_public,
        coalesce(_fivetran_deleted, false) as is_deleted,
        _fivetran_synced
    from (
        {{ counterpoise.connector_rows('zendesk', 'ticket_comment') }}
    ) as comments
    where id is not null and created is not null

),

placed as (

    select
        happenings.source_system,
        happenings.ticket_id,
        happenings.occurred_at,
        happenings.kind,
        happenings.step_key,
        case happenings.kind
            {%- for kind, place in places.items() %}
            when '{{ kind }}' then {{ place }}
            {%- endfor %}
            else 3
        end as place,
        happenings.value,
        happenings.actor_id,
        happenings.is_system,
        happenings.is_public,
        happenings._fivetran_synced,
        happenings.is_deleted or tickets.is_deleted as is_deleted,
        tickets.created_at,
        tickets.requester_id as requester_now,
        tickets.submitter_id,
        -- what a ticket has and its history never tells, it has had from the beginning
        {%- for field in kept %}
        case
            when happenings.kind = '{{ field }}' then happenings.value
            {%- if field in owned %}
            when
                happenings.kind = 'created'
                and max(case when happenings.kind = '{{ field }}' then 1 else 0 end) over (partition by happenings.source_system, happenings.ticket_id) = 0
                then tickets.{{ field }}
            {%- endif %}
        end as own_{{ field }}{{ ',' if not loop.last }}
        {%- endfor %}
    from happenings
    inner join tickets
        on
            happenings.source_system = tickets.source_system
            and happenings.ticket_id = tickets.id

),

ordered as (

    select
        *,
        row_number() over ({{ order }}) as step,
        row_number() over ({{ order | replace('ticket_id order', 'ticket_id, kind order') }}) as place_in_kind,
        lag(value) over ({{ order | replace('ticket_id order', 'ticket_id, kind order') }}) as value_before,
        max(case when kind = 'status' then 1 else 0 end) over (partition by source_system, ticket_id, occurred_at) = 1 as is_beside_status,
        {%- for field in kept %}
        count(own_{{ field }}) over ({{ order }} rows unbounded preceding) as run_{{ field }}{{ ',' if not loop.last }}
        {%- endfor %}
    from placed

),

final as (

    select
        source_system,
        ticket_id,
        step,
        kind,
        step_key,
        occurred_at,
        value,
        value_before,
        place_in_kind = 1 as is_first,
        kind = 'status' or (kind = 'custom_status_id' and not is_beside_status) as is_status_step,
        actor_id,
        is_system,
        is_public,
        is_deleted,
        created_at,
        submitter_id,
        {%- for field in kept %}
        {{ "coalesce(" if field == 'requester_id' }}max(own_{{ field }}) over (partition by source_system, ticket_id, run_{{ field }})
        {{- ", requester_now)" if field == 'requester_id' }} as {{ field }},
        {%- endfor %}
        _fivetran_synced
    from ordered

)

select * from final
