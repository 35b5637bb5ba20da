{{ config(enabled=counterpoise.has_connectors()) }}
-- Teams that come with the tools: those the team map names and teams does not have, and the tools' own groups where nothing is mapped.
{%- set named = counterpoise.setting('team_map') %}
with

given as (

    {{ counterpoise.contract_rows('team_map', 'connectors', counterpoise.user_ref(named) if named else none) }}

),

owners as (

    select * from {{ ref('stg_owners') }}

),

mapped_systems as (

    select distinct source_system from {{ ref('stg_team_map') }}

),

known as (

    select distinct team_id
    from (
        {{ counterpoise.contract_rows('teams') }}
    ) as teams

),

named as (

    select
        team_id,
        coalesce(max(team_name), team_id) as team_name,
        max(parent_team_id) as parent_team_id,
        max(function) as function,
        max(timezone) as timezone
    from given
    where team_id is not null
    group by team_id

),

teams as (

    select named.*
    from named
    left join known on named.team_id = known.team_id
    where known.team_id is null
    union all
    select
        owners.owner_id as team_id,
        coalesce(owners.owner_name, owners.owner_key, owners.owner_id) as team_name,
        owners.parent_owner_id as parent_team_id,
        owners.function,
        owners.timezone
    from owners
    left join mapped_systems on owners.source_system = mapped_systems.source_system
    left join known on owners.owner_id = known.team_id
    where owners.is_own_team and mapped_systems.source_system is null and known.team_id is null

)

select
    {{ counterpoise.as_contract('teams', {
        'team_id': 'team_id',
        'team_name': 'team_name',
        'parent_team_id': 'parent_team_id',
        'function': 'function',
        'timezone': 'timezone',
    }) }}
from teams
