-- Of the hours that name an item: those on items another team held then, and those on items of which it is known whether AI
-- assisted. Only where single entries are the week's hours.
with

hours as (

    select * from {{ ref('int_hours_week') }}
    where basis = 'time_entries'

),

teams as (

    select team_id, timezone from {{ ref('stg_teams') }}

),

items as (

    select work_item_id, ai_assisted from {{ ref('stg_work_items') }}

),

spans as (

    select * from {{ ref('int_item_spans') }}

),

entries as (

    select
        entries.time_entry_id,
        entries.team_id,
        {{ counterpoise.week_index(counterpoise.to_local('entries.started_at', 'teams.timezone')) }} as week,
        entries.work_item_id,
        entries.activity,
        entries.started_at,
        {{ counterpoise.as_measure('entries.hours') }} as hours
    from {{ ref('stg_time_entries') }} as entries
    left join teams on entries.team_id = teams.team_id
    where entries.work_item_id is not null

),

-- who held the item is read as it was known when the week's hours were
placed as (

    select
        entries.time_entry_id,
        entries.team_id,
        entries.week,
        entries.activity,
        entries.hours,
        items.ai_assisted,
        max(case when spans.team_id <> entries.team_id then 1 else 0 end) as is_elsewhere
    from entries
    inner join hours
        on
            entries.team_id = hours.team_id
            and entries.week = hours.week
    inner join items on entries.work_item_id = items.work_item_id
    left join spans
        on
            entries.work_item_id = spans.work_item_id
            and hours.known_week >= spans.version_from_week
            and (spans.version_to_week is null or hours.known_week < spans.version_to_week)
            and entries.started_at >= spans.started_at
            and (spans.ended_at is null or entries.started_at < spans.ended_at)
    group by entries.time_entry_id, entries.team_id, entries.week, entries.activity, entries.hours, items.ai_assisted

),

final as (

    select
        team_id,
        week,
        {{ counterpoise.as_measure("sum(case when activity <> 'coordination' and is_elsewhere = 1 then hours else 0 end)") }} as helping_hours,
        {{ counterpoise.as_measure("sum(case when activity in ('delivery', 'rework', 'review') and ai_assisted is not null then hours else 0 end)") }} as ai_known_hours,
        {{ counterpoise.as_measure("sum(case when activity in ('delivery', 'rework', 'review') and ai_assisted then hours else 0 end)") }} as ai_assisted_hours
    from placed
    group by team_id, week

)

select * from final
