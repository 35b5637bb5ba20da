-- For each metric the one of its facet whose weekly ups and downs it repeats most closely, team by team.
{{ config(schema='private') }}
with

weekly as (

    select
        weeks.team_id,
        weeks.metric_id,
        metrics.facet,
        {{ counterpoise.week_index_of_date('weeks.week_start') }} as week,
        weeks.value
    from {{ ref('fct_metric_week') }} as weeks
    inner join {{ ref('dim_metric') }} as metrics on weeks.metric_id = metrics.metric_id
    where weeks.value is not null and weeks.n >= metrics.shown_from_n

),

steps as (

    select
        *,
        case
            when week - lag(week) over (partition by team_id, metric_id order by week) = 1
                then value - lag(value) over (partition by team_id, metric_id order by week)
        end as change
    from weekly

),

compared as (

    select
        steps.metric_id,
        others.metric_id as other_metric_id,
        count(*) as team_weeks,
        {{ counterpoise.settled('abs(' ~ counterpoise.covariance('steps.change', 'others.change') ~ ') / nullif(stddev_pop(steps.change) * stddev_pop(others.change), 0)') }} as likeness
    from steps
    inner join steps as others
        on
            steps.facet = others.facet
            and steps.metric_id <> others.metric_id
            and steps.team_id = others.team_id
            and steps.week = others.week
    where steps.change is not null and others.change is not null
    group by steps.metric_id, others.metric_id

),

ranked as (

    select
        *,
        row_number() over (partition by metric_id order by likeness desc, {{ counterpoise.byte_order('other_metric_id') }}) as place
    from compared
    where team_weeks >= 26 and likeness >= 0.95

),

final as (

    select
        metric_id,
        other_metric_id as redundant_with,
        likeness,
        {{ counterpoise.as_integer('team_weeks') }} as team_weeks
    from ranked
    where place = 1

)

select * from final
