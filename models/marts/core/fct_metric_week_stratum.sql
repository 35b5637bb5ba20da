{{ config(**counterpoise.by_team_week('int_changed_team_weeks', week='week_start')) }}
{%- do ref('int_changed_team_weeks') %}
with

weekly as (

    select
        team_id,
        metric_id,
        stratum,
        week,
        max(due_week) as due_week,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(n) as n
    from {{ ref('int_metric_rows') }}
    {{ counterpoise.of_changed_team_weeks() }}
    group by team_id, metric_id, stratum, week

),

reach as (

    select
        team_id,
        max(last_complete_week) as last_complete_week
    from {{ ref('int_team_weeks') }}
    group by team_id

),

metrics as (

    select metric_id, shown_from_n from {{ ref('dim_metric') }}

),

hidden as (

    select team_id, metric_id, week from {{ ref('int_hidden_metric_weeks') }}

),

measured as (

    select
        weekly.*,
        reach.last_complete_week,
        -- one kind of item with too few answers hides all: the whole less the others would tell it
        hidden.team_id is not null
        or (
            metrics.shown_from_n > 1
            and min(weekly.n) over (partition by weekly.team_id, weekly.metric_id, weekly.week) < metrics.shown_from_n
        ) as is_hidden
    from weekly
    inner join reach on weekly.team_id = reach.team_id
    inner join metrics on weekly.metric_id = metrics.metric_id
    left join hidden
        on
            weekly.team_id = hidden.team_id
            and weekly.metric_id = hidden.metric_id
            and weekly.week = hidden.week
    where weekly.week <= reach.last_complete_week + 1

),

final as (

    select
        team_id,
        {{ counterpoise.week_start('week') }} as week_start,
        metric_id,
        stratum,
        {{ counterpoise.shown_figures() }}
    from measured

)

select * from final
