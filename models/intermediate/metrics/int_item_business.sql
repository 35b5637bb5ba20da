-- Business hours of each promise of an item version, pauses taken out of the resolution's, and the instant at which the business
-- clock reaches what was promised: at closing time, not at the next opening.
with

calendars as (

    select * from {{ ref('int_item_calendars') }}

),

business_spans as (

    select * from {{ ref('int_business_spans') }}

),

stopped as (

    select
        work_item_id,
        version_from_week,
        sum(open_seconds_at_end - open_seconds_at_start) as stopped_seconds
    from business_spans
    where not is_running
    group by work_item_id, version_from_week

),

counted as (

    select
        calendars.*,
        case when calendars.open_seconds_at_keeping is not null then cast(greatest(
            calendars.open_seconds_at_keeping - calendars.open_seconds_at_creation
            - case when calendars.promise = 'resolution' then coalesce(stopped.stopped_seconds, 0) else 0 end, 0
        ) as {{ counterpoise.type_of('bigint') }}) end as business_seconds
    from calendars
    left join stopped
        on
            calendars.work_item_id = stopped.work_item_id
            and calendars.version_from_week = stopped.version_from_week

),

-- the first running stretch in which the promise is used up
used_up as (

    select
        counted.work_item_id,
        counted.version_from_week,
        min(business_spans.open_seconds_at_start + counted.target_seconds - business_spans.run_seconds_before) as wanted_seconds
    from counted
    inner join business_spans
        on
            counted.work_item_id = business_spans.work_item_id
            and counted.version_from_week = business_spans.version_from_week
    where
        counted.promise = 'resolution'
        and business_spans.is_running
        and business_spans.run_seconds_before < counted.target_seconds
        and (
            business_spans.open_seconds_at_end is null
            or business_spans.run_seconds_before + business_spans.open_seconds_at_end - business_spans.open_seconds_at_start >= counted.target_seconds
        )
    group by counted.work_item_id, counted.version_from_week

),

wanted as (

    select
        counted.calendar_id,
        counted.work_item_id,
        counted.version_from_week,
        counted.promise,
        case
            when counted.promise = 'first_response' then counted.open_seconds_at_creation + counted.target_seconds
            when counted.business_seconds < counted.target_seconds
                then counted.open_seconds_at_keeping + counted.target_seconds - counted.business_seconds
            else coalesce(used_up.wanted_seconds, counted.open_seconds_at_keeping + counted.target_seconds - counted.business_seconds)
        end as wanted_seconds
    from counted
    left join used_up
        on
            counted.work_item_id = used_up.work_item_id
            and counted.version_from_week = used_up.version_from_week
    where counted.target_seconds is not null

),

-- openings and wanted readings of the clock in one line: a reading lies in the last opening that began below it
line as (

    select
        calendar_id,
        open_seconds_before as reading,
        1 as kind,
        opens_second,
        closes_second,
        cast(null as {{ counterpoise.type_of('string') }}) as work_item_id,
        cast(null as {{ counterpoise.type_of('integer') }}) as version_from_week,
        cast(null as {{ counterpoise.type_of('string') }}) as promise
    from {{ ref('int_calendar_spans') }}
    where closes_second > opens_second
    union all
    select
        calendar_id,
        wanted_seconds as reading,
        0 as kind,
        cast(null as {{ counterpoise.type_of('bigint') }}) as opens_second,
        cast(null as {{ counterpoise.type_of('bigint') }}) as closes_second,
        work_item_id,
        version_from_week,
        promise
    from wanted
    where wanted_seconds is not null

),

placed as (

    select
        *,
        reading
        + max(opens_second) over (partition by calendar_id order by reading, kind rows unbounded preceding)
        - max(case when kind = 1 then reading end) over (partition by calendar_id order by reading, kind rows unbounded preceding) as deadline_second,
        max(closes_second) over (partition by calendar_id order by reading, kind rows unbounded preceding) as last_second
    from line

),

final as (

    select
        counted.work_item_id,
        counted.version_from_week,
        counted.promise,
        counted.calendar_id,
        counted.business_seconds / 3600e0 as business_hours,
        {{ counterpoise.timestamp_of_seconds('placed.deadline_second') }} as deadline_at
    from counted
    left join placed
        on
            counted.work_item_id = placed.work_item_id
            and counted.version_from_week = placed.version_from_week
            and counted.promise = placed.promise
            and placed.deadline_second <= placed.last_second

)

select * from final
