{{ config(enabled=var('counterpoise_zendesk_enabled', false), materialized='table') }}
-- Who was an agent from when to when. Zendesk keeps the role of now; the audit log, where there is one, keeps its changes.
{%- set always = "cast('1970-01-01' as " ~ counterpoise.type_of('timestamp') ~ ")" %}
{%- set for_good = "cast('9999-12-31' as " ~ counterpoise.type_of('timestamp') ~ ")" %}
with

users as (

    select
        people.source_system,
        people.id as person_id,
        coalesce(lower(people.role), 'end-user') in ('agent', 'admin') as is_agent,
        {{ counterpoise.is_bot(['people.name']) }} as is_bot
    from (
        {{ counterpoise.connector_rows('zendesk', 'user') }}
    ) as people
    where people.id is not null

),

log as (

    select
        *,
        lower(change_description) as said
    from (
        {{ counterpoise.connector_rows('zendesk', 'audit_log') }}
    ) as entries
    where lower(source_type) = 'user' and person_id is not null

),

-- "Support role changed from X to Y", one of several lines; in older entries "Role changed from X to Y"
told as (

    select
        source_system,
        person_id,
        created_at as changed_at,
        id,
        case
            when said like '%support role changed from %' then substring(said, {{ dbt.position("'support role changed from '", 'said') }} + 26)
            when said like 'role changed from %' then substring(said, 19)
        end as roles
    from log

),

changes as (

    select
        source_system,
        person_id,
        changed_at,
        id,
        roles not like 'end-user to %' and roles not like 'end user to %' and roles not like 'not set to %' as was_agent,
        role_after not like 'end-user%' and role_after not like 'end user%' and role_after not like 'not set%' as is_agent
    from (
        select
            *,
            substring(roles, {{ dbt.position("' to '", 'roles') }} + 4) as role_after
        from told
        where roles is not null
    ) as read

),

in_turn as (

    select
        *,
        lead(changed_at) over (partition by source_system, person_id order by changed_at, {{ counterpoise.byte_order('id') }}) as next_at,
        row_number() over (partition by source_system, person_id order by changed_at, {{ counterpoise.byte_order('id') }}) as place
    from changes

),

spans as (

    select source_system, person_id, {{ always }} as valid_from, changed_at as valid_to, was_agent as is_agent
    from in_turn
    where place = 1
    union all
    select source_system, person_id, changed_at as valid_from, coalesce(next_at, {{ for_good }}) as valid_to, is_agent
    from in_turn
    where next_at is null or next_at > changed_at
    union all
    select users.source_system, users.person_id, {{ always }} as valid_from, {{ for_good }} as valid_to, users.is_agent
    from users
    left join in_turn
        on
            users.source_system = in_turn.source_system
            and users.person_id = in_turn.person_id
            and in_turn.place = 1
    where in_turn.person_id is null

),

final as (

    select
        spans.source_system,
        spans.person_id,
        spans.valid_from,
        spans.valid_to,
        spans.is_agent,
        coalesce(users.is_bot, false) as is_bot
    from spans
    left join users
        on
            spans.source_system = users.source_system
            and spans.person_id = users.person_id

)

select * from final
