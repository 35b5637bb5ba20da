-- From which age on an open item of a team is old: the 85th percentile of the ages at which it resolved items in its first weeks,
-- frozen, so that the past keeps its ruler.
with

starts as (

    select
        team_id,
        min(first_week) as first_week
    from {{ ref('int_team_weeks') }}
    group by team_id

),

final as (

    select
        closures.team_id,
        max(starts.first_week) + {{ counterpoise.setting('aged_backlog_weeks') }} as from_week,
        count(*) as resolved_items,
        {{ counterpoise.percentile('closures.elapsed_hours', 0.85) }} as aged_hours
    from {{ ref('int_closures') }} as closures
    inner join starts on closures.team_id = starts.team_id
    where
        closures.version_from_week = 0
        and closures.week >= starts.first_week
        and closures.week < starts.first_week + {{ counterpoise.setting('aged_backlog_weeks') }}
    group by closures.team_id
    having count(*) >= {{ counterpoise.setting('aged_backlog_min_items') }}

)

select * from final
