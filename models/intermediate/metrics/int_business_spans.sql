-- Spans of items that have a business calendar, up to the first resolution: open seconds in each, and how many of them were worked
-- before it. Pauses stop the clock here as they stop the working clock.
with

calendars as (

    select * from {{ ref('int_item_calendars') }}

),

spans as (

    select
        spans.*,
        calendars.calendar_id,
        {{ counterpoise.epoch_seconds('spans.started_at') }} as started_second,
        {{ counterpoise.epoch_seconds('spans.ended_at') }} as ended_second
    from {{ ref('int_item_spans') }} as spans
    inner join calendars
        on
            spans.work_item_id = calendars.work_item_id
            and spans.version_from_week = calendars.version_from_week
    where spans.resolutions_so_far = 0

),

instants as (

    select
        calendar_id,
        started_second as instant_second
    from spans
    union
    select
        calendar_id,
        ended_second as instant_second
    from spans
    where ended_second is not null

),

times as (

    {{ counterpoise.open_seconds_until('instants') }}

),

opened as (

    select
        spans.work_item_id,
        spans.version_from_week,
        spans.version_to_week,
        spans.span_number,
        spans.team_id,
        spans.state,
        spans.calendar_id,
        spans.started_at,
        spans.ended_at,
        begins.open_seconds as open_seconds_at_start,
        ends.open_seconds - begins.open_seconds as open_seconds
    from spans
    inner join times as begins
        on
            spans.calendar_id = begins.calendar_id
            and spans.started_second = begins.instant_second
    left join times as ends
        on
            spans.calendar_id = ends.calendar_id
            and spans.ended_second = ends.instant_second

),

final as (

    select
        *,
        coalesce(sum(case when state in ('paused', 'done') then 0 else open_seconds end) over (
            partition by work_item_id, version_from_week order by span_number
            rows between unbounded preceding and 1 preceding
        ), 0) as worked_seconds_before
    from opened

)

select * from final
