-- Output metrics are reviewed without the outcome on the table, more often than usual. A quarter in which no review says whether the
-- outcome was shown cannot be judged.
{%- set usual = counterpoise.as_double(counterpoise.setting('unreviewed_usual_share')) %}
with

team_weeks as (

    select team_id, week from {{ ref('int_team_weeks') }}
    where is_complete

),

reviews as (

    select
        teams.team_id,
        {{ counterpoise.week_index(counterpoise.to_local('reviews.reviewed_at', 'teams.timezone')) }} as week,
        case when reviews.outcome_shown then 0 else 1 end as is_without
    from {{ ref('stg_metric_reviews') }} as reviews
    inner join {{ ref('dim_metric') }} as metrics on reviews.metric_id = metrics.metric_id
    inner join {{ ref('stg_teams') }} as teams on reviews.team_id is null or reviews.team_id = teams.team_id
    where
        metrics.room = 'output'
        and reviews.outcome_shown is not null

),

counted as (

    select
        team_weeks.team_id,
        team_weeks.week,
        {{ counterpoise.as_double('sum(reviews.is_without)') }} as k,
        {{ counterpoise.as_double('count(*)') }} as n
    from team_weeks
    inner join reviews
        on
            team_weeks.team_id = reviews.team_id
            and team_weeks.week >= reviews.week
            and team_weeks.week - 13 < reviews.week
    group by team_weeks.team_id, team_weeks.week

),

-- the distance of log odds from the usual share, with the error it has under that share
distances as (

    select
        *,
        ln((k + 0.5) / (n - k + 0.5)) - ln({{ usual }} / (1 - {{ usual }})) as change,
        sqrt(1 / ((n + 1) * {{ usual }} * (1 - {{ usual }}))) as change_error
    from counted

),

weighed as (

    select
        team_weeks.team_id,
        team_weeks.week,
        {{ counterpoise.settled('distances.k / distances.n') }} as observed,
        case when distances.n is not null then {{ usual }} end as expected,
        {{ counterpoise.settled('-distances.change') }} as effect,
        distances.n,
        {{ counterpoise.settled(counterpoise.log_evidence('distances.change', 'distances.change_error', '1.0')) }} as log_evidence
    from team_weeks
    left join distances
        on
            team_weeks.team_id = distances.team_id
            and team_weeks.week = distances.week

),

final as (
    {{ counterpoise.signal_rows('unreviewed_outcomes', 'weighed') }}
)

select * from final
