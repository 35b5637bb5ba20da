with

teams as (

    select * from {{ ref('stg_teams') }}

),

latest as (

    select
        team_id,
        active_people,
        row_number() over (partition by team_id order by week desc) as newest_first
    from {{ ref('int_team_weeks') }}
    where is_complete

),

final as (

    select
        teams.team_id,
        coalesce(teams.team_name, teams.team_id) as team_name,
        teams.parent_team_id,
        teams.function,
        coalesce(teams.timezone, 'UTC') as timezone,
        cast(row_number() over (
            order by
                {{ counterpoise.byte_order("coalesce(teams.parent_team_id, '')") }},
                {{ counterpoise.byte_order('teams.team_name') }},
                {{ counterpoise.byte_order('teams.team_id') }}
        ) as {{ counterpoise.type_of('integer') }}) as sort_order,
        case
            when latest.active_people >= {{ counterpoise.min_people() }}
                then {{ counterpoise.as_integer('latest.active_people') }}
        end as active_people,
        coalesce(latest.active_people < {{ counterpoise.min_people() }}, false) as is_small,
        {{ counterpoise.as_integer(counterpoise.min_people()) }} as shown_from_people
    from teams
    left join latest on teams.team_id = latest.team_id and latest.newest_first = 1

)

select * from final
