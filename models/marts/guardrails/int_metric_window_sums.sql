{#- Sums of a metric over its last so many weeks that are due, per team and week, as known at that week's end: one row for every length that
    guardrails and governance ask for. A row counts from the week it is known until its week falls out of the window, so that each
    window is one running sum. -#}
{{ config(schema='private') }}
{%- set effective = ['served_goal_share', 'reopen_rate', 'repeat_contact_rate', 'resolved_within_target', 'exhaustion', 'blocked_share', 'duplicate_share'] -%}
{%- set norms = ['ai_permission', 'ai_definition', 'ai_boundaries', 'ai_coaching'] -%}
with

asked as (

    select
        metric_id,
        {{ counterpoise.as_integer('window_weeks') }} as window_weeks
    from {{ counterpoise.named_ref('guardrails') }}
    {{ counterpoise.union_distinct() }}
    select
        metric_id,
        13 as window_weeks
    from {{ ref('dim_metric') }}
    where metric_id in ('{{ effective | join("', '") }}')
    {{ counterpoise.union_distinct() }}
    select
        metric_id,
        26 as window_weeks
    from {{ ref('dim_metric') }}
    where metric_id in ('{{ norms | join("', '") }}')

),

team_weeks as (

    select
        team_id,
        week
    from {{ ref('int_team_weeks') }}
    where is_complete

),

weekly as (

    select
        rows_known.team_id,
        rows_known.metric_id,
        rows_known.due_week,
        rows_known.known_week,
        sum(rows_known.numerator) as numerator,
        sum(rows_known.denominator) as denominator,
        sum(rows_known.n) as n
    from {{ ref('int_metric_rows') }} as rows_known
    inner join team_weeks
        on
            rows_known.team_id = team_weeks.team_id
            and rows_known.due_week = team_weeks.week
    group by rows_known.team_id, rows_known.metric_id, rows_known.due_week, rows_known.known_week

),

series as (

    select
        team_id,
        metric_id,
        min(known_week) as first_known_week
    from weekly
    group by team_id, metric_id

),

-- in when it is known, out when its week is no longer among the last
changes as (

    {%- for sign, week in [(1, 'weekly.known_week'), (-1, 'weekly.due_week + asked.window_weeks')] %}
    select
        weekly.team_id,
        weekly.metric_id,
        asked.window_weeks,
        {{ week }} as week,
        {{ sign }} * weekly.numerator as numerator,
        {{ sign }} * weekly.denominator as denominator,
        {{ sign }} * weekly.n as n
    from weekly
    inner join asked on weekly.metric_id = asked.metric_id
    where weekly.known_week < weekly.due_week + asked.window_weeks
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

change_weeks as (

    select
        team_id,
        metric_id,
        window_weeks,
        week,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(n) as n
    from changes
    group by team_id, metric_id, window_weeks, week

),

windows as (

    select
        series.team_id,
        series.metric_id,
        asked.window_weeks,
        team_weeks.week,
        {%- for column in ['numerator', 'denominator', 'n'] %}
        sum(coalesce(change_weeks.{{ column }}, 0)) over (
            partition by series.team_id, series.metric_id, asked.window_weeks order by team_weeks.week
            rows between unbounded preceding and current row
        ) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from series
    inner join asked on series.metric_id = asked.metric_id
    inner join team_weeks
        on
            series.team_id = team_weeks.team_id
            and series.first_known_week <= team_weeks.week
    left join change_weeks
        on
            series.team_id = change_weeks.team_id
            and series.metric_id = change_weeks.metric_id
            and asked.window_weeks = change_weeks.window_weeks
            and team_weeks.week = change_weeks.week

),

final as (

    select
        team_id,
        metric_id,
        {{ counterpoise.as_integer('window_weeks') }} as window_weeks,
        {{ counterpoise.as_integer('week') }} as week,
        {{ counterpoise.as_double('numerator') }} as numerator,
        {{ counterpoise.as_double('denominator') }} as denominator,
        {{ counterpoise.as_integer('n') }} as n
    from windows

)

select * from final
