{#- One row per team and complete week, one column per metric of the package: for a sheet or a chart in one step. A view: its score is the one
    that is there when it is read, since scores are written after the build. Nothing in it is added up over teams. -#}
{{ config(materialized='view') }}
{%- set metric_ids = counterpoise.package_metric_ids() %}
with

team_weeks as (

    select
        team_id,
        week,
        active_people,
        {{ counterpoise.week_start('week') }} as week_start
    from {{ ref('int_team_weeks') }}
    where is_complete

),

small_team_weeks as (

    select team_id, week from {{ ref('int_small_team_weeks') }}
    where is_small

),

wide as (

    select
        team_id,
        week_start,
        {%- for metric_id in metric_ids %}
        max(case when metric_id = '{{ metric_id }}' then value end) as {{ metric_id }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_metric_week') }}
    group by team_id, week_start

),

signals as (

    select
        team_id,
        week_start,
        sum(case when status = 'fired' and not coalesce(is_excepted, false) then 1 else 0 end) as fired_signals
    from {{ ref('fct_signal_week') }}
    where status <> 'no_data'
    group by team_id, week_start

),

scores as (

    select * from {{ ref('team_risk') }}

),

final as (

    select
        team_weeks.team_id,
        team_weeks.week_start,
        case when small_team_weeks.team_id is null then {{ counterpoise.as_integer('team_weeks.active_people') }} end as active_people,
        small_team_weeks.team_id is not null as is_suppressed,
        scores.band,
        scores.story,
        scores.status,
        scores.alert,
        scores.risk,
        scores.risk_low,
        scores.risk_high,
        scores.coverage,
        scores.exposure,
        {{ counterpoise.as_integer('signals.fired_signals') }} as fired_signals,
        {%- for metric_id in metric_ids %}
        wide.{{ metric_id }}{{ ',' if not loop.last }}
        {%- endfor %}
    from team_weeks
    left join small_team_weeks
        on
            team_weeks.team_id = small_team_weeks.team_id
            and team_weeks.week = small_team_weeks.week
    left join wide
        on
            team_weeks.team_id = wide.team_id
            and team_weeks.week_start = wide.week_start
    left join signals
        on
            team_weeks.team_id = signals.team_id
            and team_weeks.week_start = signals.week_start
    left join scores
        on
            team_weeks.team_id = scores.team_id
            and team_weeks.week_start = scores.week_start

)

select * from final
