-- What a team is held to in a week: one row per metric with a target valid then. A limit in hours and a goal for the share kept within it
-- are one promise, and so are the targets of one metric for several kinds of item.
{{ config(schema='private') }}
with

team_weeks as (

    select
        team_id,
        week
    from {{ ref('int_team_weeks') }}
    where is_complete

),

targets as (

    select
        team_id,
        metric_id,
        case metric_id
            when 'first_response_hours' then 'first_response_within_target'
            when 'resolution_hours' then 'resolved_within_target'
            else metric_id
        end as promise_id,
        {{ counterpoise.week_index_of_date('valid_from') }} as from_week,
        {{ counterpoise.week_index_of_date('valid_to') }} as to_week,
        case when tied_to_reward then 1 else 0 end as is_rewarded,
        case when publicly_ranked then 1 else 0 end as is_ranked,
        case when valid_to <= {{ dbt.dateadd('day', 92, 'valid_from') }} then 1 else 0 end as is_quarterly
    from {{ ref('stg_targets') }}

),

metrics as (

    select * from {{ ref('dim_metric') }}

),

final as (

    select
        team_weeks.team_id,
        {{ counterpoise.as_integer('team_weeks.week') }} as week,
        targets.promise_id,
        min({{ counterpoise.byte_order('targets.metric_id') }}) as metric_id,
        max(targets.is_rewarded) = 1 as is_rewarded,
        max(targets.is_ranked) = 1 as is_ranked,
        max(targets.is_quarterly) = 1 as is_quarterly,
        {{ counterpoise.as_integer('1 + max(targets.is_rewarded) + max(targets.is_ranked)') }} as weight,
        {{ counterpoise.as_integer("max(case when metrics.is_leading then 1 else 0 end)") }} as leading_targets,
        {{ counterpoise.as_integer("max(case when not metrics.is_leading then 1 else 0 end)") }} as lagging_targets,
        {{ counterpoise.as_integer("max(case when metrics.is_quantitative then 1 else 0 end)") }} as quantitative,
        {{ counterpoise.as_integer("max(case when not metrics.is_quantitative then 1 else 0 end)") }} as qualitative,
        {{ counterpoise.as_integer("max(case when metrics.room = 'output' then 1 else 0 end)") }} as outputs,
        {{ counterpoise.as_integer("max(case when metrics.room = 'outcome' then 1 else 0 end)") }} as outcomes
    from team_weeks
    inner join targets
        on
            team_weeks.team_id = targets.team_id
            and team_weeks.week >= targets.from_week
            and team_weeks.week <= coalesce(targets.to_week, team_weeks.week)
    left join metrics on targets.metric_id = metrics.metric_id
    group by team_weeks.team_id, team_weeks.week, targets.promise_id

)

select * from final
