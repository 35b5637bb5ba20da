{{ config(**counterpoise.by_team_week('int_changed_team_weeks', week='week_start')) }}
{%- do ref('int_changed_team_weeks') %}
with

weekly as (

    select
        team_id,
        metric_id,
        week,
        max(due_week) as due_week,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(n) as n
    from {{ ref('int_metric_rows') }}
    {{ counterpoise.of_changed_team_weeks() }}
    group by team_id, metric_id, week

),

team_weeks as (

    select * from {{ ref('int_team_weeks') }}

),

metrics as (

    select metric_id, maturity_weeks from {{ ref('dim_metric') }}

),

hidden as (

    select team_id, metric_id, week from {{ ref('int_hidden_metric_weeks') }}

),

-- also where there is nothing to hide: that a team of two did nothing is a figure too
small_team_weeks as (

    select team_id, week from {{ ref('int_small_team_weeks') }}
    where is_small

),

reach as (

    select
        team_id,
        max(last_complete_week) as last_complete_week
    from team_weeks
    group by team_id

),

-- of all weeks, whichever are made anew
series as (

    select
        metric_rows.team_id,
        metric_rows.metric_id,
        min(metric_rows.week) as first_week,
        max(reach.last_complete_week) as last_complete_week
    from {{ ref('int_metric_rows') }} as metric_rows
    inner join reach on metric_rows.team_id = reach.team_id
    group by metric_rows.team_id, metric_rows.metric_id

),

-- from a metric's first week on, every week of the team has a row: a week without data is there and says nothing
spine as (

    select
        series.team_id,
        series.metric_id,
        team_weeks.week,
        series.last_complete_week
    from series
    inner join team_weeks
        on
            series.team_id = team_weeks.team_id
            and series.first_week <= team_weeks.week
    {{ counterpoise.of_changed_team_weeks('team_weeks.team_id', 'team_weeks.week') }}
    {{ counterpoise.union_distinct() }}
    select
        weekly.team_id,
        weekly.metric_id,
        weekly.week,
        series.last_complete_week
    from weekly
    inner join series
        on
            weekly.team_id = series.team_id
            and weekly.metric_id = series.metric_id
    where weekly.week <= series.last_complete_week + 1

),

measured as (

    select
        spine.team_id,
        spine.metric_id,
        spine.week,
        spine.last_complete_week,
        spine.week + metrics.maturity_weeks as due_week,
        weekly.numerator,
        weekly.denominator,
        coalesce(weekly.n, 0) as n,
        hidden.team_id is not null or small_team_weeks.team_id is not null as is_hidden
    from spine
    inner join metrics on spine.metric_id = metrics.metric_id
    left join weekly
        on
            spine.team_id = weekly.team_id
            and spine.metric_id = weekly.metric_id
            and spine.week = weekly.week
    left join hidden
        on
            spine.team_id = hidden.team_id
            and spine.metric_id = hidden.metric_id
            and spine.week = hidden.week
    left join small_team_weeks
        on
            spine.team_id = small_team_weeks.team_id
            and spine.week = small_team_weeks.week

),

final as (

    select
        team_id,
        {{ counterpoise.week_start('week') }} as week_start,
        metric_id,
        {{ counterpoise.shown_figures() }}
    from measured

)

select * from final
