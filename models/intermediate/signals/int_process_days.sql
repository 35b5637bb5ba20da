-- Days of teams with a run of work that nobody owns beside their other days: resolved events by weekday. One row per team, week,
-- weekday and week of knowing; only of teams that ever had such a run. A run counts for at most a week.
with

runs as (

    select
        teams.team_id,
        {{ counterpoise.to_local('runs.started_at', 'teams.timezone') }} as started_at,
        {{ counterpoise.to_local('coalesce(runs.ended_at, runs.started_at)', 'teams.timezone') }} as ended_at
    from {{ ref('stg_process_runs') }} as runs
    inner join {{ ref('stg_teams') }} as teams on runs.team_id is null or runs.team_id = teams.team_id
    where runs.owner_team_id is null

),

-- days since Thursday 1970-01-01
run_spans as (

    select
        team_id,
        {{ counterpoise.as_integer('floor(' ~ counterpoise.epoch_seconds('started_at') ~ ' / 86400.0)') }} as first_day,
        {{ counterpoise.as_integer('floor(' ~ counterpoise.epoch_seconds('ended_at') ~ ' / 86400.0)') }} as last_day
    from runs

),

weekdays as (

    select cast(generated_number - 1 as {{ counterpoise.type_of('integer') }}) as number
    from ({{ dbt.generate_series(7) }}) as series

),

run_days as (

    select distinct
        run_spans.team_id,
        run_spans.first_day + weekdays.number as day_number
    from run_spans
    inner join weekdays on run_spans.first_day + weekdays.number <= run_spans.last_day

),

concerned as (

    select distinct team_id from run_days

),

team_days as (

    select
        team_weeks.team_id,
        team_weeks.week,
        weekdays.number as weekday,
        4 + 7 * team_weeks.week + weekdays.number as day_number
    from {{ ref('int_team_weeks') }} as team_weeks
    inner join concerned on team_weeks.team_id = concerned.team_id
    cross join weekdays
    where team_weeks.is_complete

),

resolved as (

    select
        steps.team_id,
        {{ counterpoise.as_integer('floor(' ~ counterpoise.epoch_seconds(counterpoise.to_local('steps.occurred_at', 'teams.timezone')) ~ ' / 86400.0)') }} as day_number,
        steps.event_known_week as known_week
    from {{ ref('int_item_steps') }} as steps
    inner join concerned on steps.team_id = concerned.team_id
    left join {{ ref('stg_teams') }} as teams on steps.team_id = teams.team_id
    where
        steps.event_type = 'resolved'
        and steps.version_to_week is null

),

days as (

    select
        team_days.team_id,
        team_days.week,
        team_days.weekday,
        team_days.day_number,
        case when run_days.day_number is not null then 1 else 0 end as is_run_day
    from team_days
    left join run_days
        on
            team_days.team_id = run_days.team_id
            and team_days.day_number = run_days.day_number

),

-- each day once, known at its week's end, and its resolved events when they are known
counted as (

    select team_id, week, weekday, is_run_day, week as known_week, 1 as days, 0 as resolved_events
    from days
    union all
    select days.team_id, days.week, days.weekday, days.is_run_day, greatest(resolved.known_week, days.week) as known_week, 0 as days, 1 as resolved_events
    from days
    inner join resolved
        on
            days.team_id = resolved.team_id
            and days.day_number = resolved.day_number

),

final as (

    select
        team_id,
        week,
        weekday,
        known_week,
        sum(case when is_run_day = 1 then days else 0 end) as run_days,
        sum(case when is_run_day = 1 then resolved_events else 0 end) as run_resolved,
        sum(case when is_run_day = 0 then days else 0 end) as other_days,
        sum(case when is_run_day = 0 then resolved_events else 0 end) as other_resolved
    from counted
    group by team_id, week, weekday, known_week

)

select * from final
