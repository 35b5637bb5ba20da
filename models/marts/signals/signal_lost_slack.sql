-- The team takes longer to get over a peak of requests than in the year before. Needs a peak in the last 26 weeks and one in the 52
-- before them whose recovery is known.
with

team_weeks as (

    select team_id, week from {{ ref('int_team_weeks') }}
    where is_complete

),

peaks as (

    select * from {{ ref('int_demand_peaks') }}

),

compared as (

    select
        team_weeks.team_id,
        team_weeks.week,
        {{ counterpoise.as_double('avg(case when peaks.known_week > team_weeks.week - 26 then ' ~ counterpoise.as_double('peaks.recovery_weeks') ~ ' end)') }} as weeks_now,
        {{ counterpoise.as_double('avg(case when peaks.known_week <= team_weeks.week - 26 then ' ~ counterpoise.as_double('peaks.recovery_weeks') ~ ' end)') }} as weeks_before,
        nullif(sum(case when peaks.known_week > team_weeks.week - 26 then 1 else 0 end), 0) as peaks_now,
        nullif(sum(case when peaks.known_week <= team_weeks.week - 26 then 1 else 0 end), 0) as peaks_before
    from team_weeks
    left join peaks
        on
            team_weeks.team_id = peaks.team_id
            and team_weeks.week >= peaks.known_week
            and team_weeks.week - 78 < peaks.known_week
    group by team_weeks.team_id, team_weeks.week

),

distances as (

    select
        *,
        ln(weeks_now / weeks_before) as change,
        sqrt(0.25 / peaks_now + 0.25 / peaks_before) as change_error
    from compared

),

weighed as (

    select
        team_id,
        week,
        {{ counterpoise.settled('weeks_now') }} as observed,
        {{ counterpoise.settled('weeks_before') }} as expected,
        {{ counterpoise.settled('-change') }} as effect,
        peaks_now as n,
        {{ counterpoise.settled(counterpoise.log_evidence('change', 'change_error', '0.5')) }} as log_evidence
    from distances

),

final as (
    {{ counterpoise.signal_rows('lost_slack', 'weighed') }}
)

select * from final
