{{ config(enabled=var('counterpoise_servicenow_enabled', false)) }}
-- Contract table team_members: members of groups, from the day they were put in. Who was taken out left on the day the connector saw
-- it; who left the company, on the day the user row changed last. Machines are no members.
with

members as (

    {{ counterpoise.connector_rows('servicenow', 'sys_user_grmember') }}

),

people as (

    select * from {{ ref('stg_servicenow__people') }}

),

-- groups that never held an item are no teams
teams as (

    select owner_id as team_owner_id from {{ ref('stg_servicenow__owners') }}
    where is_own_team

),

dated as (

    select
        members.source_system,
        members.user_value as person_id,
        members.group_value as group_id,
        cast(members.sys_created_on as date) as valid_from,
        case
            when coalesce(members._fivetran_deleted, false) and people.left_at is not null then least(members._fivetran_synced, people.left_at)
            when coalesce(members._fivetran_deleted, false) then members._fivetran_synced
            else people.left_at
        end as left_at,
        members._fivetran_synced as synced_at
    from members
    left join people on members.source_system = people.source_system and members.user_value = people.person_id
    where
        members.user_value is not null
        and members.group_value is not null
        and members.sys_created_on is not null
        and not coalesce(people.is_automation, false)

),

final as (

    select
        {{ counterpoise.as_adapter('team_members', {
            'person_id': 'person_id',
            'valid_from': 'valid_from',
            'valid_to': 'case when left_at is not null then greatest(cast(left_at as date), valid_from) end',
            'owner_first': counterpoise.owner_id('assignment_group', 'group_id'),
            'own_team': 'team_owner_id',
            '_loaded_at': 'synced_at',
        }) }}
    from dated
    left join teams on {{ counterpoise.owner_id('assignment_group', 'group_id') }} = teams.team_owner_id

)

select * from final
