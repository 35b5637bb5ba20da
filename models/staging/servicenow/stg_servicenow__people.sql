{{ config(enabled=var('counterpoise_servicenow_enabled', false), materialized='table') }}
-- Users: machine or not, since when an agent (first group or role), when first somebody who asked. One row per person.
with

user_rows as (

    {{ counterpoise.connector_rows('servicenow', 'sys_user') }}

),

-- a user name that two users have had is the active one's
users as (

    select
        *,
        row_number() over (
            partition by source_system, login
            order by case when coalesce(active, true) then 0 else 1 end, {{ counterpoise.byte_order('person_id') }}
        ) as fits_best
    from user_rows
    where person_id is not null

),

members as (

    {{ counterpoise.connector_rows('servicenow', 'sys_user_grmember') }}

),

roles as (

    {{ counterpoise.connector_rows('servicenow', 'sys_user_has_role') }}

),

tasks as (

    {{ counterpoise.connector_rows('servicenow', 'task') }}

),

incidents as (

    {{ counterpoise.connector_rows('servicenow', 'incident') }}

),

given as (

    select source_system, user_value as person_id, sys_created_on, group_value, coalesce(_fivetran_deleted, false) as is_over
    from members
    where user_value is not null
    union all
    select source_system, user_value as person_id, sys_created_on, cast(null as {{ counterpoise.type_of('string') }}) as group_value, false as is_over
    from roles
    where user_value is not null

),

agents as (

    select
        source_system,
        person_id,
        min(sys_created_on) as agent_from,
        -- hours without an item belong to the only group somebody is in
        case
            when min(case when not is_over then group_value end) = max(case when not is_over then group_value end)
                then max(case when not is_over then group_value end)
        end as only_group
    from given
    group by source_system, person_id

),

callers as (

    select
        incidents.source_system,
        incidents.caller_id_value as person_id,
        min(tasks.opened_at) as first_asked_at
    from incidents
    inner join tasks on incidents.source_system = tasks.source_system and incidents.sys_id = tasks.sys_id
    where incidents.caller_id_value is not null
    group by incidents.source_system, incidents.caller_id_value

),

systems_with_roles as (

    select distinct source_system from roles

),

final as (

    select
        users.source_system,
        users.person_id,
        case when users.fits_best = 1 then users.login end as login,
        {{ counterpoise.is_bot(['users.user_name']) }}
        or coalesce(users.internal_integration_user, false)
        or coalesce(users.web_service_access_only, false) as is_automation,
        agents.only_group,
        case when not coalesce(users.active, true) then users.sys_updated_on end as left_at,
        -- until then somebody who asks and not somebody who answers; null = never, or the tool does not say
        case
            when agents.agent_from is null and systems_with_roles.source_system is not null then cast('9999-12-31' as {{ counterpoise.type_of('timestamp') }})
            when callers.first_asked_at < agents.agent_from then agents.agent_from
        end as end_user_until
    from users
    left join agents on users.source_system = agents.source_system and users.person_id = agents.person_id
    left join callers on users.source_system = callers.source_system and users.person_id = callers.person_id
    left join systems_with_roles on users.source_system = systems_with_roles.source_system

)

select * from final
