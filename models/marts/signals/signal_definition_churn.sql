-- More requests to change what is counted than usual, by the team or for all teams; one whose new rule gives the better value counts
-- twice. Known from the week of the first such request of anybody: before that nobody kept a register.
with

team_weeks as (

    select team_id, week from {{ ref('int_team_weeks') }}
    where is_complete

),

changes as (

    select
        teams.team_id,
        {{ counterpoise.week_index(counterpoise.to_local('changes.requested_at', 'teams.timezone')) }} as week,
        case
            when metrics.good_direction = 'up' and changes.value_new_rule > changes.value_old_rule then 2
            when metrics.good_direction = 'down' and changes.value_new_rule < changes.value_old_rule then 2
            else 1
        end as weight
    from {{ ref('stg_metric_changes') }} as changes
    inner join {{ ref('stg_teams') }} as teams on changes.team_id is null or changes.team_id = teams.team_id
    left join {{ ref('dim_metric') }} as metrics on changes.metric_id = metrics.metric_id

),

register as (

    select min({{ counterpoise.week_index('requested_at') }}) as first_week from {{ ref('stg_metric_changes') }}

),

counted as (

    select
        team_weeks.team_id,
        team_weeks.week,
        sum(case when changes.week > team_weeks.week - 13 then changes.weight else 0 end) as changes_now,
        sum(case when changes.week > team_weeks.week - 13 then 1 else 0 end) as n,
        -- of the 52 weeks before, as many as 13 weeks would have brought
        greatest(
            sum(case when changes.week <= team_weeks.week - 13 then changes.weight else 0 end) / 4.0,
            {{ counterpoise.setting('definition_churn_usual') }}
        ) as usual
    from team_weeks
    inner join register on team_weeks.week >= register.first_week
    left join changes
        on
            team_weeks.team_id = changes.team_id
            and team_weeks.week >= changes.week
            and team_weeks.week - 65 < changes.week
    group by team_weeks.team_id, team_weeks.week

),

doubled as (

    select
        team_id,
        week,
        n,
        {{ counterpoise.as_double('changes_now') }} as changes_now,
        {{ counterpoise.as_double('usual') }} as usual
    from counted

),

weighed as (

    select
        team_weeks.team_id,
        team_weeks.week,
        doubled.changes_now as observed,
        doubled.usual as expected,
        {{ counterpoise.settled('ln((doubled.usual + 0.5) / (doubled.changes_now + 0.5))') }} as effect,
        doubled.n,
        case when doubled.usual is not null then {{ counterpoise.settled(counterpoise.counted_evidence('doubled.changes_now', 'doubled.usual')) }} end as log_evidence
    from team_weeks
    left join doubled
        on
            team_weeks.team_id = doubled.team_id
            and team_weeks.week = doubled.week

),

final as (
    {{ counterpoise.signal_rows('definition_churn', 'weighed') }}
)

select * from final
