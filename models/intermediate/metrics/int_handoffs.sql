-- Every handover of an item version from one team to another, and every item that goes on as another team's item: who handed it on,
-- how long it then waited there, and whether it was back, or open again, within the follow-up window.
{%- set follow_up_seconds = counterpoise.setting('follow_up_days') * 86400 %}
with

spans as (

    select * from {{ ref('int_item_spans') }}
    where is_handoff or reopened_at is not null

),

-- each change of team twice, as leaving one team and as reaching another: the next row of the team that left is its coming back
lines as (

    select work_item_id, version_from_week, span_number, team_before as team_id, 1 as is_leaving, started_at
    from spans
    where is_handoff
    union all
    select work_item_id, version_from_week, span_number, team_id, 0 as is_leaving, started_at
    from spans
    where is_handoff

),

returns as (

    select
        *,
        lead(started_at) over (partition by work_item_id, version_from_week, team_id order by span_number) as back_at
    from lines

),

followed as (

    select
        *,
        min(reopened_at) over (
            partition by work_item_id, version_from_week order by span_number
            rows between 1 following and unbounded following
        ) as next_reopened_at
    from spans

),

handed_on as (

    select
        followed.work_item_id,
        followed.version_from_week,
        followed.version_to_week,
        followed.work_item_id as next_item_id,
        followed.team_before as team_id,
        followed.team_id as next_team_id,
        followed.started_at as handed_on_at,
        followed.state,
        followed.wait_ended_at,
        followed.next_reopened_at as reopened_at,
        returns.back_at,
        followed.span_number
    from followed
    inner join returns
        on
            followed.work_item_id = returns.work_item_id
            and followed.version_from_week = returns.version_from_week
            and followed.span_number = returns.span_number
            and returns.is_leaving = 1
    where followed.is_handoff
    union all
    select
        work_item_id,
        version_from_week,
        version_to_week,
        next_item_id,
        team_id,
        next_team_id,
        handed_on_at,
        state,
        wait_ended_at,
        reopened_at,
        back_at,
        0 as span_number
    from {{ ref('int_continued_items') }}

),

bounded as (

    select
        handed_on.*,
        teams.timezone,
        {{ counterpoise.add_seconds('handed_on.handed_on_at', follow_up_seconds) }} as follow_up_ends_at
    from handed_on
    left join {{ ref('stg_teams') }} as teams on handed_on.team_id = teams.team_id

),

final as (

    select
        work_item_id,
        version_from_week,
        version_to_week,
        next_item_id,
        span_number,
        team_id,
        next_team_id,
        handed_on_at,
        {{ counterpoise.week_index(counterpoise.to_local('handed_on_at', 'timezone')) }} as week,
        -- an item that still waits when the window ends counts to there, so that the past never changes
        case
            when state <> 'waiting' then 0
            when wait_ended_at < follow_up_ends_at then {{ counterpoise.hours_between('handed_on_at', 'wait_ended_at') }}
            when state is not null then {{ counterpoise.hours_between('handed_on_at', 'follow_up_ends_at') }}
        end as wait_hours,
        back_at,
        coalesce(back_at <= follow_up_ends_at, false) or coalesce(reopened_at <= follow_up_ends_at, false) as is_returned
    from bounded

)

select * from final
