with

events as (

    select * from {{ ref('stg_event_log__events') }}

),

memberships as (

    select
        team_id,
        parent_team_id,
        count(*) as events
    from events
    where team_id is not null
    group by team_id, parent_team_id

),

-- a group that worked for several organisations belongs to the one it worked for most
placed as (

    select
        *,
        row_number() over (
            partition by team_id
            order by events desc, {{ counterpoise.byte_order('parent_team_id') }} nulls last
        ) as most_first
    from memberships

),

groups as (

    select
        team_id,
        case when parent_team_id <> team_id then parent_team_id end as parent_team_id
    from placed
    where most_first = 1

),

parents as (

    select distinct
        parent_team_id as team_id,
        cast(null as {{ counterpoise.type_of('string') }}) as parent_team_id
    from groups
    where
        parent_team_id is not null
        and parent_team_id not in (select known.team_id from groups as known)

),

teams as (

    select * from groups
    union all
    select * from parents

)

select
    {{ counterpoise.as_contract('teams', {
        'team_id': 'team_id',
        'team_name': 'team_id',
        'parent_team_id': 'parent_team_id',
    }) }}
from teams
