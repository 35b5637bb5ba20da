-- The week in which something of a kind first happened to a team, or to all teams (`interventions`). A team that was left out of it, as the
-- control of an experiment, is not counted.
with

interventions as (

    select * from {{ ref('stg_interventions') }}
    where coalesce(arm, 'treated') <> 'control'

),

teams as (

    select team_id, timezone from {{ ref('stg_teams') }}

),

final as (

    select
        teams.team_id,
        interventions.kind,
        min({{ counterpoise.week_index(counterpoise.to_local('interventions.started_at', 'teams.timezone')) }}) as week
    from teams
    inner join interventions on interventions.team_id is null or teams.team_id = interventions.team_id
    group by teams.team_id, interventions.kind

)

select * from final
