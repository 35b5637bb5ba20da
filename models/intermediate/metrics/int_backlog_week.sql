-- Open items at each week's end, and those older than the team's own 85th percentile of resolved ages in its first weeks
-- (frozen, so that the past keeps its ruler). Every stretch of an open item adds one where it begins and takes one away where it
-- ends; the sum up to a week is that week's backlog. No row per item and week.
with

spans as (

    select * from {{ ref('int_item_spans') }}
    where team_id is not null and state <> 'done'

),

items as (

    select work_item_id, version_from_week, created_at from {{ ref('int_work_items') }}

),

rulers as (

    select * from {{ ref('int_aged_rulers') }}

),

team_weeks as (

    select * from {{ ref('int_team_weeks') }}

),

teams as (

    select team_id, timezone from {{ ref('stg_teams') }}

),

starts as (

    select team_id, min(first_week) as first_week
    from team_weeks
    group by team_id

),

open_spans as (

    select
        spans.team_id,
        spans.version_from_week,
        spans.version_to_week,
        spans.started_at,
        spans.ended_at,
        greatest(
            spans.started_at,
            {{ counterpoise.add_seconds('items.created_at', counterpoise.as_integer('least(rulers.aged_hours, 500000) * 3600')) }}
        ) as aged_at,
        rulers.from_week,
        teams.timezone
    from spans
    inner join items
        on
            spans.work_item_id = items.work_item_id
            and spans.version_from_week = items.version_from_week
    inner join rulers on spans.team_id = rulers.team_id
    left join teams on spans.team_id = teams.team_id

),

placed as (

    select
        team_id,
        version_from_week,
        version_to_week,
        from_week,
        {{ counterpoise.week_index(counterpoise.to_local('started_at', 'timezone')) }} as started_week,
        {{ counterpoise.week_index(counterpoise.to_local('ended_at', 'timezone')) }} as ended_week,
        case when ended_at is null or aged_at < ended_at then {{ counterpoise.week_index(counterpoise.to_local('aged_at', 'timezone')) }} end as aged_week
    from open_spans

),

changes as (

    select team_id, from_week, version_from_week, version_to_week, started_week as week, 1 as open_change, 0 as aged_change
    from placed
    union all
    select team_id, from_week, version_from_week, version_to_week, ended_week as week, -1 as open_change, 0 as aged_change
    from placed
    where ended_week is not null
    union all
    select team_id, from_week, version_from_week, version_to_week, aged_week as week, 0 as open_change, 1 as aged_change
    from placed
    where aged_week is not null
    union all
    select team_id, from_week, version_from_week, version_to_week, ended_week as week, 0 as open_change, -1 as aged_change
    from placed
    where aged_week is not null and ended_week is not null

),

signed as (

    {{ counterpoise.signed_versions('changes', 'week') }}

),

weekly_changes as (

    select
        team_id,
        from_week,
        week,
        known_week,
        sum(sign * open_change) as open_change,
        sum(sign * aged_change) as aged_change
    from signed
    group by team_id, from_week, week, known_week

),

-- what was known by the end of each week
known_changes as (

    select
        team_id,
        known_week as week,
        sum(open_change) as open_change,
        sum(aged_change) as aged_change
    from weekly_changes
    group by team_id, known_week

),

before_first_week as (

    select
        starts.team_id,
        sum(known_changes.open_change) as open_items,
        sum(known_changes.aged_change) as aged_items
    from known_changes
    inner join starts on known_changes.team_id = starts.team_id
    where known_changes.week < starts.first_week
    group by starts.team_id

),

standing as (

    select
        team_weeks.team_id,
        team_weeks.week,
        team_weeks.first_week,
        coalesce(before_first_week.open_items, 0) + sum(coalesce(known_changes.open_change, 0)) over (
            partition by team_weeks.team_id order by team_weeks.week rows unbounded preceding
        ) as open_items,
        coalesce(before_first_week.aged_items, 0) + sum(coalesce(known_changes.aged_change, 0)) over (
            partition by team_weeks.team_id order by team_weeks.week rows unbounded preceding
        ) as aged_items
    from team_weeks
    left join before_first_week on team_weeks.team_id = before_first_week.team_id
    left join known_changes
        on
            team_weeks.team_id = known_changes.team_id
            and team_weeks.week = known_changes.week

),

-- what became known later, for each week in between
learned as (

    select
        weekly_changes.team_id,
        team_weeks.week,
        weekly_changes.known_week,
        sum(weekly_changes.open_change) as open_items,
        sum(weekly_changes.aged_change) as aged_items
    from weekly_changes
    inner join team_weeks
        on
            weekly_changes.team_id = team_weeks.team_id
            and weekly_changes.week <= team_weeks.week
            and weekly_changes.known_week > team_weeks.week
    where weekly_changes.known_week > weekly_changes.week
    group by weekly_changes.team_id, team_weeks.week, weekly_changes.known_week
    -- what began and ended by then leaves a week as it was
    having sum(weekly_changes.open_change) <> 0 or sum(weekly_changes.aged_change) <> 0

),

backlog as (

    select team_id, week, week as known_week, open_items, aged_items from standing
    union all
    select team_id, week, known_week, open_items, aged_items from learned

),

final as (

    select
        backlog.team_id,
        backlog.week,
        'all' as stratum,
        backlog.known_week,
        {{ counterpoise.as_measure('backlog.open_items') }} as open_items,
        {{ counterpoise.as_measure('backlog.aged_items') }} as aged_items
    from backlog
    inner join rulers on backlog.team_id = rulers.team_id
    where backlog.week >= rulers.from_week

)

select * from final
