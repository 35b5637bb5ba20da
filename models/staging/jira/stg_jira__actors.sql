{{ config(enabled=var('counterpoise_jira_enabled', false)) }}
-- Accounts: which are apps, and which are customers of a service desk. Names stay in here.
with

users as (

    {{ counterpoise.connector_rows('jira', 'user') }}

),

memberships as (

    {{ counterpoise.connector_rows('jira', 'user_group') }}

),

members as (

    select distinct
        source_system,
        user_id
    from memberships

),

sites_with_groups as (

    select distinct source_system from memberships

),

final as (

    select
        users.source_system,
        users.id as actor_id,
        max(case when {{ counterpoise.is_bot(['users.name', 'users.username']) }} then 1 else 0 end) = 1 as is_app,
        -- customers of the portal are in no group; somebody who left is in none either
        max(case
            when members.user_id is null and sites_with_groups.source_system is not null and coalesce(users.is_active, true) then 1
            else 0
        end) = 1 as is_customer
    from users
    left join members
        on
            users.source_system = members.source_system
            and users.id = members.user_id
    left join sites_with_groups on users.source_system = sites_with_groups.source_system
    where users.id is not null
    group by users.source_system, users.id

)

select * from final
