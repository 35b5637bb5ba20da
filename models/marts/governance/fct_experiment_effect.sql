{#- What a small experiment did to every metric: the change of the treated teams from up to 13 weeks before to up to 13 weeks after the start,
    less that of the control teams, on the link scale, positive = better, with a 90 % interval. The week of the start is left out. -#}
{%- set sure = 1.645 -%}
with

metrics as (

    select * from {{ ref('dim_metric') }}

),

team_changes as (

    select * from {{ ref('int_experiment_team') }}

),

-- how far apart such changes usually lie, in standard errors, when nothing happens; as the contrast has it for its newest week
usual as (

    select
        metric_id,
        max(null_ratio) as null_ratio
    from (
        select
            metric_id,
            null_ratio,
            row_number() over (partition by metric_id order by week desc) as newest_first
        from {{ ref('int_contrast') }}
        where window_weeks = {{ counterpoise.setting('recent_weeks') | max }}
    ) as numbered
    where newest_first = 1
    group by metric_id

),

by_arm as (

    select
        experiment_id,
        metric_id,
        sum(case when arm = 'treated' then 1 else 0 end) as treated_teams,
        sum(case when arm = 'control' then 1 else 0 end) as control_teams,
        min(weeks_after) as weeks,
        {%- for arm in ['treated', 'control'] %}
        avg(case when arm = '{{ arm }}' then change end) as {{ arm }}_change,
        var_samp(case when arm = '{{ arm }}' then change end) as {{ arm }}_spread,
        sum(case when arm = '{{ arm }}' then change_variance end) as {{ arm }}_variance{{ ',' if not loop.last }}
        {%- endfor %}
    from team_changes
    where change is not null
    group by experiment_id, metric_id

),

series as (

    select distinct
        experiment_id,
        metric_id
    from team_changes

),

widened as (

    select
        by_arm.*,
        coalesce(usual.null_ratio, {{ counterpoise.setting('null_ratio_without_history') }}) as null_ratio
    from by_arm
    left join usual on by_arm.metric_id = usual.metric_id

),

-- the spread between teams asks for Student's quantile (by its expansion in 1/df); with few teams it can be small by luck, so that
-- it never goes below what the teams' own figures leave open
errors as (

    select
        *,
        {{ sure }} * null_ratio
        * sqrt(treated_variance / (treated_teams * treated_teams) + control_variance / (control_teams * control_teams)) as half_within,
        case
            when treated_teams >= 2 and control_teams >= 2
                then ({{ sure }} + 1.5241 / (treated_teams + control_teams - 2) + 1.4207 / power(treated_teams + control_teams - 2, 2)
                    + 0.98348 / power(treated_teams + control_teams - 2, 3))
                * sqrt(treated_spread / treated_teams + control_spread / control_teams)
            else 0
        end as half_between
    from widened
    where treated_teams > 0 and control_teams > 0

),

effects as (

    select
        series.experiment_id,
        series.metric_id,
        metrics.room,
        metrics.flat_margin,
        {{ counterpoise.settled("case when metrics.good_direction = 'down' then -1 else 1 end * (errors.treated_change - errors.control_change)") }} as effect,
        {{ counterpoise.settled(counterpoise.greatest_known(['errors.half_within', 'errors.half_between'])) }} as half_width,
        coalesce(by_arm.treated_teams, 0) as treated_teams,
        coalesce(by_arm.control_teams, 0) as control_teams,
        coalesce(by_arm.weeks, 0) as weeks
    from series
    inner join metrics on series.metric_id = metrics.metric_id
    left join by_arm on series.experiment_id = by_arm.experiment_id and series.metric_id = by_arm.metric_id
    left join errors on series.experiment_id = errors.experiment_id and series.metric_id = errors.metric_id

),

final as (

    select
        experiment_id,
        metric_id,
        room,
        effect,
        {{ counterpoise.settled('effect - half_width') }} as effect_low,
        {{ counterpoise.settled('effect + half_width') }} as effect_high,
        {{ counterpoise.as_integer('treated_teams') }} as treated_teams,
        {{ counterpoise.as_integer('control_teams') }} as control_teams,
        {{ counterpoise.as_integer('weeks') }} as weeks,
        case
            when effect is null then 'no_data'
            when effect - half_width > 0 and effect > flat_margin / 2 then 'better'
            when effect + half_width < 0 and effect < -flat_margin / 2 then 'worse'
            when abs(effect) + half_width <= flat_margin then 'flat'
            else 'unclear'
        end as verdict
    from effects

)

select * from final
