-- Family of goals: one row per team, week and week of knowledge, from the first week in which progress on a goal was known of the
-- team. From then on a week without progress is a week of none.
with

outcomes as (

    select * from {{ ref('int_outcomes') }}
    where outcome_type = 'goal_progress' and value is not null

),

closures as (

    select * from {{ ref('int_closures') }}

),

teams as (

    select team_id, timezone from {{ ref('stg_teams') }}

),

team_weeks as (

    select * from {{ ref('int_team_weeks') }}
    where loaded_known_week is not null

),

-- progress belongs to the team it names, else to the team that resolved its item
owned as (

    select
        team_id,
        value,
        occurred_at,
        known_at,
        0 as version_from_week,
        cast(null as {{ counterpoise.type_of('integer') }}) as version_to_week
    from outcomes
    where team_id is not null
    union all
    select
        closures.team_id,
        outcomes.value,
        outcomes.occurred_at,
        outcomes.known_at,
        closures.version_from_week,
        closures.version_to_week
    from outcomes
    inner join closures on outcomes.work_item_id = closures.work_item_id
    where outcomes.team_id is null

),

on_the_spot as (

    select
        owned.*,
        {{ counterpoise.week_index(counterpoise.to_local('owned.occurred_at', 'teams.timezone')) }} as week,
        {{ counterpoise.week_index(counterpoise.to_local('owned.known_at', 'teams.timezone')) }} as outcome_known_week
    from owned
    left join teams on owned.team_id = teams.team_id

),

versions as (

    select
        team_id,
        week,
        value,
        greatest(version_from_week, outcome_known_week) as version_from_week,
        case when version_to_week is not null then greatest(version_to_week, outcome_known_week) end as version_to_week
    from on_the_spot

),

signed as (

    {{ counterpoise.signed_versions('versions', 'week') }}

),

starts as (

    select team_id, min(version_from_week) as first_week
    from versions
    group by team_id

),

changes as (

    select
        team_weeks.team_id,
        team_weeks.week,
        greatest(team_weeks.week, team_weeks.loaded_known_week) as known_week,
        {{ counterpoise.as_measure('1') }} as goal_weeks,
        {{ counterpoise.as_measure('0') }} as progress
    from team_weeks
    inner join starts on team_weeks.team_id = starts.team_id
    where team_weeks.week >= starts.first_week
    union all
    select
        signed.team_id,
        signed.week,
        greatest(signed.known_week, team_weeks.loaded_known_week) as known_week,
        {{ counterpoise.as_measure('0') }} as goal_weeks,
        {{ counterpoise.as_measure('signed.sign * ' ~ counterpoise.settled('signed.value')) }} as progress
    from signed
    inner join starts on signed.team_id = starts.team_id
    inner join team_weeks
        on
            signed.team_id = team_weeks.team_id
            and signed.week = team_weeks.week
    where signed.week >= starts.first_week

),

weekly as (

    select
        team_id,
        week,
        known_week,
        sum(goal_weeks) as goal_weeks,
        sum(progress) as progress
    from changes
    group by team_id, week, known_week

),

running as (

    select
        *,
        sum(progress) over (partition by team_id, week order by known_week rows unbounded preceding) as progress_now
    from weekly

),

-- the square is of the week's whole: what is learnt later adds the difference
final as (

    select
        team_id,
        week,
        'all' as stratum,
        known_week,
        {{ counterpoise.as_measure('goal_weeks') }} as goal_weeks,
        {{ counterpoise.as_measure('progress') }} as progress,
        {{ counterpoise.as_measure(counterpoise.settled('progress_now * progress_now') ~ ' - ' ~ counterpoise.settled('(progress_now - progress) * (progress_now - progress)')) }} as progress_squares
    from running

)

select * from final
