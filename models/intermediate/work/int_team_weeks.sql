-- One row per team and week from the first week anything was known of the team, with who was there and whether the week's data
-- is complete. The last row of a team may be a week that is still running.
with

steps as (

    select
        team_id,
        source_system,
        min(event_known_week) as first_week,
        max(occurred_week) as last_event_week
    from {{ ref('int_item_steps') }}
    where team_id is not null
    group by team_id, source_system

),

sources as (

    select * from {{ ref('int_source_weeks') }}

),

loaded_weeks as (

    select * from {{ ref('int_source_loaded_weeks') }}

),

people as (

    select * from {{ ref('int_team_people') }}

),

teams as (

    select
        team_id,
        active_to
    from {{ ref('stg_teams') }}

),

numbers as (

    select cast(generated_number - 1 as {{ counterpoise.type_of('integer') }}) as number
    from ({{ dbt.generate_series(counterpoise.setting('max_weeks')) }}) as series

),

reach as (

    select
        steps.team_id,
        min(steps.first_week) as first_week,
        max(sources.last_complete_week) as last_complete_week
    from steps
    inner join sources on steps.source_system = sources.source_system
    group by steps.team_id

),

bounded as (

    select
        reach.team_id,
        reach.first_week,
        reach.last_complete_week,
        least(
            reach.last_complete_week + 1,
            coalesce({{ counterpoise.week_index_of_date('teams.active_to') }}, reach.last_complete_week + 1)
        ) as last_week
    from reach
    left join teams on reach.team_id = teams.team_id

),

weeks as (

    select
        bounded.team_id,
        bounded.first_week + numbers.number as week,
        bounded.first_week,
        bounded.last_complete_week
    from bounded
    inner join numbers on bounded.first_week + numbers.number <= bounded.last_week

),

told as (

    select
        steps.team_id,
        loaded_weeks.week,
        min(loaded_weeks.known_week) as loaded_known_week
    from steps
    inner join loaded_weeks on steps.source_system = loaded_weeks.source_system
    group by steps.team_id, loaded_weeks.week

),

final as (

    select
        weeks.team_id,
        weeks.week,
        weeks.first_week,
        weeks.last_complete_week,
        weeks.week <= weeks.last_complete_week as is_complete,
        told.loaded_known_week,
        case when people.members > 0 then people.members else nullif(people.people_seen, 0) end as active_people,
        case when people.members > 0 then people.fte else 1 end as exposure
    from weeks
    left join told
        on
            weeks.team_id = told.team_id
            and weeks.week = told.week
    left join people
        on
            weeks.team_id = people.team_id
            and weeks.week >= people.from_week
            and weeks.week < people.until_week

)

select * from final
