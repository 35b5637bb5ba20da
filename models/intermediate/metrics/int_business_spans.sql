-- The stretches of an item up to its first resolution on the business clock: what its calendar showed when each began and ended,
-- and the opening hours it had run before. It stands still while the calendar is closed, and in stretches that stop the clock.
with

calendars as (

    select * from {{ ref('int_item_calendars') }}
    where promise = 'resolution'

),

begun as (

    select
        item_spans.work_item_id,
        item_spans.version_from_week,
        item_spans.span_number,
        coalesce(item_spans.state, '') not in ('paused', 'done') as is_running,
        calendars.open_seconds_at_keeping,
        {{ counterpoise.greatest_known([counterpoise.open_seconds_at(counterpoise.epoch_seconds('item_spans.started_at')), 'calendars.open_seconds_at_creation']) }} as open_seconds_at_start
    from calendars
    inner join {{ ref('int_item_spans') }} as item_spans
        on
            calendars.work_item_id = item_spans.work_item_id
            and calendars.version_from_week = item_spans.version_from_week
    inner join {{ ref('int_calendar_spans') }} as spans
        on
            {{ counterpoise.lies_in_span('calendars.calendar_id', counterpoise.epoch_seconds('item_spans.started_at')) }}
    where item_spans.resolutions_so_far = 0

),

bounded as (

    select
        *,
        coalesce(
            lead(open_seconds_at_start) over (partition by work_item_id, version_from_week order by span_number), open_seconds_at_keeping
        ) as open_seconds_at_end
    from begun

),

final as (

    select
        work_item_id,
        version_from_week,
        span_number,
        is_running,
        open_seconds_at_start,
        case when open_seconds_at_end is not null then greatest(open_seconds_at_end, open_seconds_at_start) end as open_seconds_at_end,
        cast(coalesce(sum(case when is_running then greatest(open_seconds_at_end - open_seconds_at_start, 0) else 0 end) over (
            partition by work_item_id, version_from_week order by span_number
            rows between unbounded preceding and 1 preceding
        ), 0) as {{ counterpoise.type_of('bigint') }}) as run_seconds_before
    from bounded

)

select * from final
