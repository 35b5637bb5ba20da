-- Fewer items are resolved on days with a run of work that nobody owns than on other days of the same weekday, over the last weeks
-- (setting `invisible_work_weeks`). With a register of runs and none of them without an owner it is clear; with fewer than four such
-- days, or before the first run in the register, it cannot be judged. Days differ more than chance alone would have it, hence the factor.
with

team_weeks as (

    select team_id, week from {{ ref('int_team_weeks') }}
    where is_complete

),

register as (

    select min({{ counterpoise.week_index('started_at') }}) as first_week from {{ ref('stg_process_runs') }}

),

by_weekday as (

    select
        team_weeks.team_id,
        team_weeks.week,
        days.weekday,
        {{ counterpoise.as_double('sum(days.run_days)') }} as run_days,
        {{ counterpoise.as_double('sum(days.run_resolved)') }} as run_resolved,
        {{ counterpoise.as_double('sum(days.other_days)') }} as other_days,
        {{ counterpoise.as_double('sum(days.other_resolved)') }} as other_resolved
    from team_weeks
    inner join {{ ref('int_process_days') }} as days
        on
            team_weeks.team_id = days.team_id
            and team_weeks.week >= days.week
            and team_weeks.week - {{ counterpoise.setting('invisible_work_weeks') }} < days.week
            and team_weeks.week >= days.known_week
    group by team_weeks.team_id, team_weeks.week, days.weekday

),

-- weekdays on which it always runs have nothing to be compared with
comparable as (

    select
        team_id,
        week,
        sum(run_days) as unowned_days,
        sum(case when other_days > 0 then run_days end) as run_days,
        sum(case when other_days > 0 then run_resolved end) as run_resolved,
        sum(run_days * other_resolved / nullif(other_days, 0)) as expected_resolved,
        sum(case when other_days > 0 then other_resolved end) as other_resolved
    from by_weekday
    where run_days > 0
    group by team_id, week

),

judged as (

    select
        team_weeks.team_id,
        team_weeks.week,
        comparable.unowned_days,
        comparable.run_days,
        comparable.run_resolved,
        comparable.expected_resolved,
        case when register.first_week is null then 0 else 1 end as is_known,
        case when comparable.run_days >= 4 then ln((comparable.expected_resolved + 0.5) / (comparable.run_resolved + 0.5)) end as fall,
        {{ counterpoise.setting('null_ratio_without_history') }} * sqrt(1 / (comparable.run_resolved + 0.5) + 1 / (comparable.other_resolved + 0.5)) as fall_error
    from team_weeks
    left join register on team_weeks.week >= register.first_week
    left join comparable
        on
            team_weeks.team_id = comparable.team_id
            and team_weeks.week = comparable.week

),

weighed as (

    select
        team_id,
        week,
        {{ counterpoise.settled('run_resolved / run_days') }} as observed,
        {{ counterpoise.settled('expected_resolved / run_days') }} as expected,
        {{ counterpoise.settled('-fall') }} as effect,
        coalesce(run_days, 0) as n,
        case
            when is_known = 0 then null
            when unowned_days is null then 0
            else {{ counterpoise.settled(counterpoise.log_evidence('fall', 'fall_error', '0.3')) }}
        end as log_evidence
    from judged

),

final as (
    {{ counterpoise.signal_rows('invisible_work', 'weighed') }}
)

select * from final
