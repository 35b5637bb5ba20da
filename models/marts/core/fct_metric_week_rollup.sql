{#- Every metric of a team and all teams below it. What is counted is added up and divided once: never an average of averages. Teams that
    may not be seen count only in groups that may be (int_rollup_groups), so that no roll-up less its parts gives a small one away. -#}
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

    select metric_id, maturity_weeks from {{ ref('dim_metric') }}

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

hidden as (

    select team_id, metric_id, week from {{ ref('int_hidden_metric_weeks') }}

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

parts as (

    select
        weekly.team_id,
        weekly.metric_id,
        weekly.week,
        case when hidden.team_id is null then weekly.numerator end as numerator,
        case when hidden.team_id is null then weekly.denominator end as denominator,
        case when hidden.team_id is null then weekly.n end as n,
        case when hidden.team_id is null and weekly.denominator > 0 then 1 else 0 end as teams_with_data,
        case when hidden.team_id is null then 0 else 1 end as teams_left_out
    from weekly
    left join hidden
        on
            weekly.team_id = hidden.team_id
            and weekly.metric_id = hidden.metric_id
            and weekly.week = hidden.week
    union all
    select
        team_id,
        metric_id,
        week,
        numerator,
        denominator,
        n,
        teams_with_data,
        -teams as teams_left_out
    from {{ ref('int_rollup_groups') }}

),

added as (

    select
        members.parent_team_id,
        parts.metric_id,
        parts.week,
        sum(parts.numerator) as numerator,
        sum(parts.denominator) as denominator,
        sum(parts.n) as n,
        sum(parts.teams_with_data) as teams_with_data,
        sum(parts.teams_left_out) as teams_left_out
    from parts
    inner join members on parts.team_id = members.team_id
    group by members.parent_team_id, parts.metric_id, parts.week

),

final as (

    select
        added.parent_team_id,
        {{ counterpoise.week_start('added.week') }} as week_start,
        added.metric_id,
        {{ counterpoise.as_double('added.numerator') }} as numerator,
        {{ counterpoise.as_double('added.denominator') }} as denominator,
        case
            when added.week + metrics.maturity_weeks <= team_weeks.last_complete_week and added.denominator > 0
                then {{ counterpoise.as_double('added.numerator') }} / {{ counterpoise.as_double('added.denominator') }}
        end as value,
        {{ counterpoise.as_integer('added.n') }} as n,
        {{ counterpoise.as_integer('team_weeks.teams') }} as teams,
        {{ counterpoise.as_integer('added.teams_with_data') }} as teams_with_data,
        {{ counterpoise.as_integer('added.teams_left_out') }} as teams_left_out,
        added.week <= team_weeks.last_complete_week as is_complete,
        added.week + metrics.maturity_weeks <= team_weeks.last_complete_week as is_mature,
        added.n is null as is_suppressed
    from added
    inner join metrics on added.metric_id = metrics.metric_id
    inner join team_weeks
        on
            added.parent_team_id = team_weeks.parent_team_id
            and added.week = team_weeks.week

)

select * from final
