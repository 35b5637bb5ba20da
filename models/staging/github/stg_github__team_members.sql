{{ config(enabled=var('counterpoise_github_enabled', false)) }}
-- Members of the teams that alone may write to a repository. GitHub dates no membership: it counts from a person's first act that is known.
with

people as (

    select * from {{ ref('stg_github__people') }}

),

held as (

    select distinct
        source_system,
        repository_id,
        team_id
    from {{ ref('stg_github__items') }}
    where team_id is not null and repository_id is not null

),

first_acts as (

    select
        source_system,
        actor_id,
        min(occurred_at) as first_act_at
    from {{ ref('stg_github__steps') }}
    where actor_id is not null
    group by source_system, actor_id

),

mapped as (

    select distinct
        source_system,
        owner_id
    from {{ ref('stg_team_map') }}

),

systems as (

    select distinct source_system from mapped

),

-- a team that is mapped is the owner; else the repositories it holds
places as (

    select
        held.source_system,
        held.team_id,
        case when mapped.owner_id is not null then held.source_system || ':team:' || held.team_id else held.source_system || ':repository:' || held.repository_id end as owner_id,
        systems.source_system is null as is_own
    from held
    left join mapped on held.source_system || ':team:' || held.team_id = mapped.owner_id
    left join systems on held.source_system = systems.source_system

),

distinct_places as (

    select distinct * from places

),

memberships as (

    select
        members.source_system,
        members.user_id,
        distinct_places.owner_id,
        distinct_places.is_own,
        cast(coalesce(first_acts.first_act_at, people.created_at, cast('1970-01-01' as {{ counterpoise.type_of('timestamp') }})) as date) as valid_from,
        1.0 / count(*) over (partition by members.source_system, members.user_id) as fte
    from (
        {{ counterpoise.connector_rows('github', 'team_membership') }}
    ) as members
    inner join distinct_places
        on
            members.source_system = distinct_places.source_system
            and members.team_id = distinct_places.team_id
    left join people
        on
            members.source_system = people.source_system
            and members.user_id = people.person_id
    left join first_acts
        on
            members.source_system = first_acts.source_system
            and members.user_id = first_acts.actor_id
    where members.user_id is not null and not coalesce(people.is_bot, false)

)

select
    {{ counterpoise.as_adapter('team_members', {
        'person_id': 'user_id',
        'valid_from': 'valid_from',
        'fte': 'fte',
        'owner_first': 'owner_id',
        'own_team': 'case when is_own then owner_id end',
    }) }}
from memberships
