-- AI beside the hours it takes and the hours it saves, by team and week. Null = not known, which is never read as none.
with

team_weeks as (

    select
        team_id,
        week,
        {{ counterpoise.week_start('week') }} as week_start
    from {{ ref('int_team_weeks') }}
    where is_complete

),

small_team_weeks as (

    select team_id, week from {{ ref('int_small_team_weeks') }}
    where is_small

),

effort as (

    select * from {{ ref('int_effort_week') }}
    where version_to_week is null

),

hours as (

    select team_id, week, meta_work_budget_hours from {{ ref('int_hours_week') }}

),

metrics as (

    select
        team_id,
        week_start,
        {%- for metric_id in ['ai_assisted_share', 'ai_unreviewed_share', 'ai_undeclared_share'] %}
        max(case when metric_id = '{{ metric_id }}' then value end) as {{ metric_id }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_metric_week') }}
    where metric_id in ('ai_assisted_share', 'ai_unreviewed_share', 'ai_undeclared_share')
    group by team_id, week_start

),

evidence as (

    select team_id, week, expected from {{ ref('int_evidence') }}
    where metric_id = 'hours_per_resolved'

),

final as (

    select
        team_weeks.team_id,
        team_weeks.week_start,
        {{ counterpoise.as_double('metrics.ai_assisted_share') }} as ai_assisted_share,
        {{ counterpoise.as_double('metrics.ai_unreviewed_share') }} as ai_unreviewed_share,
        {{ counterpoise.as_double('metrics.ai_undeclared_share') }} as ai_undeclared_share,
        {{ counterpoise.as_double('effort.meta_work_hours') }} as meta_work_hours,
        {{ counterpoise.as_double('hours.meta_work_budget_hours') }} as meta_work_budget_hours,
        {{ counterpoise.as_double('effort.unbudgeted_hours') }} as unbudgeted_hours,
        {{ counterpoise.as_double(counterpoise.settled(
            counterpoise.as_double('effort.meta_work_hours') ~ ' / nullif(' ~ counterpoise.as_double('effort.ai_work_hours') ~ ', 0)'
        )) }} as meta_work_overhead,
        {{ counterpoise.as_double(counterpoise.setting('reference_meta_work')) }} as reference_overhead,
        {{ counterpoise.as_double(counterpoise.settled(
            counterpoise.as_double('effort.total_hours') ~ ' / nullif(' ~ counterpoise.as_double('effort.resolved_events') ~ ', 0)'
        )) }} as hours_per_resolved,
        {{ counterpoise.as_double('evidence.expected') }} as hours_per_resolved_expected,
        -- what the week's work would have taken before, less all hours it took: meta-work is among them
        {{ counterpoise.as_double(counterpoise.settled(
            counterpoise.as_double('evidence.expected') ~ ' * ' ~ counterpoise.as_double('effort.resolved_events') ~ ' - ' ~ counterpoise.as_double('effort.total_hours')
        )) }} as net_hours_saved,
        small_team_weeks.team_id is not null as is_suppressed
    from team_weeks
    left join small_team_weeks
        on
            team_weeks.team_id = small_team_weeks.team_id
            and team_weeks.week = small_team_weeks.week
    left join effort
        on
            team_weeks.team_id = effort.team_id
            and team_weeks.week = effort.week
            and small_team_weeks.team_id is null
    left join hours
        on
            team_weeks.team_id = hours.team_id
            and team_weeks.week = hours.week
            and small_team_weeks.team_id is null
    left join metrics
        on
            team_weeks.team_id = metrics.team_id
            and team_weeks.week_start = metrics.week_start
    left join evidence
        on
            team_weeks.team_id = evidence.team_id
            and team_weeks.week = evidence.week
            and small_team_weeks.team_id is null

)

select * from final
