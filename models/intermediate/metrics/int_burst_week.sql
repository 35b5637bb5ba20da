{{ config(**counterpoise.by_team_week('int_fed_team_weeks')) }}
{%- do ref('int_fed_team_weeks') %}
-- How bursty a team's resolutions were within a week: Kim and Jo's A of the gaps between them, for weeks with ten and more. Only
-- what was known in its own week counts (version 0 holds exactly that), so a week is never rewritten.
{%- set least_events = 10 %}
with

resolved as (

    select
        team_id,
        occurred_week as week,
        {{ counterpoise.epoch_seconds('occurred_at') }} as occurred_second
    from {{ ref('int_item_steps') }}
    where
        version_from_week = 0
        and event_type = 'resolved'
        and team_id is not null
        {{ counterpoise.of_changed_team_weeks(week='occurred_week', keyword='and') }}

),

gaps as (

    select
        team_id,
        week,
        {{ counterpoise.as_double('occurred_second - lag(occurred_second) over (partition by team_id, week order by occurred_second)') }} as gap_seconds
    from resolved

),

summed as (

    select
        team_id,
        week,
        count(gap_seconds) as gaps,
        sum(gap_seconds) as seconds,
        sum(gap_seconds * gap_seconds) as seconds_squares
    from gaps
    group by team_id, week
    having count(*) >= {{ least_events }} and sum(gap_seconds) > 0

),

spread as (

    select
        team_id,
        week,
        gaps,
        -- standard deviation of all gaps (not of a sample) over their mean
        sqrt(greatest(gaps * seconds_squares / (seconds * seconds) - 1, 0)) as variation
    from summed

),

final as (

    select
        team_id,
        week,
        'all' as stratum,
        week as known_week,
        1 as burst_weeks,
        {{ counterpoise.settled(counterpoise.burstiness('variation', 'gaps')) }} as burstiness
    from spread

)

select * from final
