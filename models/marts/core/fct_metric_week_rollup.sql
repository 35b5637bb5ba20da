{#- Every metric of a team and all teams below it. What is counted is added up and divided once: never an average of averages. Added before
    small groups are hidden; hidden again here, and also where what the teams themselves hide could be found by subtraction. -#}
with

ancestors as (

    select * from {{ ref('int_team_ancestors') }}

),

parents as (

    select distinct ancestor_team_id as parent_team_id
    from ancestors
    where depth > 0

),

members as (

    select
        parents.parent_team_id,
        ancestors.team_id
    from parents
    inner join ancestors on parents.parent_team_id = ancestors.ancestor_team_id

),

metrics as (

    select metric_id, maturity_weeks, shown_from_n from {{ ref('dim_metric') }}

),

weekly as (

    select
        team_id,
        metric_id,
        week,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(n) as n
    from {{ ref('int_metric_rows') }}
    group by team_id, metric_id, week

),

team_weeks as (

    select
        members.parent_team_id,
        team_weeks.week,
        count(*) as teams,
        min(team_weeks.last_complete_week) as last_complete_week
    from {{ ref('int_team_weeks') }} as team_weeks
    inner join members on team_weeks.team_id = members.team_id
    group by members.parent_team_id, team_weeks.week

),

added as (

    select
        members.parent_team_id,
        weekly.metric_id,
        weekly.week,
        sum(weekly.numerator) as numerator,
        sum(weekly.denominator) as denominator,
        sum(weekly.n) as n,
        sum(case when weekly.denominator > 0 then 1 else 0 end) as teams_with_data,
        sum(case when weekly.n < metrics.shown_from_n then weekly.n else 0 end) as n_hidden_below,
        max(metrics.shown_from_n) as shown_from_n,
        max(metrics.maturity_weeks) as maturity_weeks
    from weekly
    inner join members on weekly.team_id = members.team_id
    inner join metrics on weekly.metric_id = metrics.metric_id
    group by members.parent_team_id, weekly.metric_id, weekly.week

),

measured as (

    select
        added.*,
        team_weeks.teams,
        team_weeks.last_complete_week,
        added.shown_from_n > 1
        and (added.n < added.shown_from_n or (added.n_hidden_below > 0 and added.n_hidden_below < added.shown_from_n)) as is_hidden
    from added
    inner join team_weeks
        on
            added.parent_team_id = team_weeks.parent_team_id
            and added.week = team_weeks.week

),

final as (

    select
        parent_team_id,
        {{ counterpoise.week_start('week') }} as week_start,
        metric_id,
        case when not is_hidden then {{ counterpoise.as_double('numerator') }} end as numerator,
        case when not is_hidden then {{ counterpoise.as_double('denominator') }} end as denominator,
        case
            when week + maturity_weeks <= last_complete_week and denominator > 0 and not is_hidden
                then {{ counterpoise.as_double('numerator') }} / {{ counterpoise.as_double('denominator') }}
        end as value,
        {{ counterpoise.as_integer('n') }} as n,
        {{ counterpoise.as_integer('teams') }} as teams,
        {{ counterpoise.as_integer('teams_with_data') }} as teams_with_data,
        week <= last_complete_week as is_complete,
        week + maturity_weeks <= last_complete_week as is_mature
    from measured

)

select * from final
