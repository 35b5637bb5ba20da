-- Opening hours of each business calendar in UTC, cut at midnight, with the open seconds before each piece: open time between two
-- instants is then the difference of two numbers. A day that is closed has one row without a piece.
{%- set ahead_days = counterpoise.setting('calendar_ahead_days') %}
with

hours as (

    select
        calendar_id,
        weekday,
        timezone,
        {{ counterpoise.epoch_day('valid_from') }} as valid_from_day,
        {{ counterpoise.epoch_day('valid_to') }} as valid_to_day,
        {{ counterpoise.clock_seconds('opens_at') }} as opens,
        {{ counterpoise.clock_seconds('closes_at') }} as closes
    from {{ ref('stg_business_calendars') }}

),

holidays as (

    select
        calendar_id,
        {{ counterpoise.epoch_day('day') }} as local_day
    from {{ ref('stg_holidays') }}

),

-- from two days before the first item to as long after the last event as a promise may reach
bounds as (

    select
        min({{ counterpoise.utc_day('created_at') }}) - 2 as first_day,
        max({{ counterpoise.utc_day('coalesce(last_event_at, created_at)') }}) + {{ ahead_days }} as last_day
    from {{ ref('int_work_items') }}

),

numbers as (

    select cast(generated_number - 1 as {{ counterpoise.type_of('integer') }}) as number
    from ({{ dbt.generate_series(counterpoise.setting('max_weeks')) }}) as series

),

mondays as (

    -- day 0 of the epoch is a Thursday
    select bounds.first_day - mod(bounds.first_day + 3, 7) + 7 * numbers.number as monday
    from numbers
    cross join bounds
    where bounds.first_day - mod(bounds.first_day + 3, 7) + 7 * numbers.number <= bounds.last_day

),

intervals as (

    select
        hours.calendar_id,
        {{ counterpoise.epoch_seconds(counterpoise.to_utc(counterpoise.add_seconds(
            "cast('1970-01-01' as " ~ counterpoise.type_of('timestamp') ~ ")", '(mondays.monday + hours.weekday - 1) * 86400 + hours.opens'
        ), 'hours.timezone')) }} as opens_second,
        -- closing at or before the opening is closing on the day after
        {{ counterpoise.epoch_seconds(counterpoise.to_utc(counterpoise.add_seconds(
            "cast('1970-01-01' as " ~ counterpoise.type_of('timestamp') ~ ")",
            '(mondays.monday + hours.weekday - 1) * 86400 + hours.closes + case when hours.closes <= hours.opens then 86400 else 0 end'
        ), 'hours.timezone')) }} as closes_second
    from hours
    cross join mondays
    left join holidays
        on
            hours.calendar_id = holidays.calendar_id
            and mondays.monday + hours.weekday - 1 = holidays.local_day
    where
        holidays.calendar_id is null
        and mondays.monday + hours.weekday - 1 >= hours.valid_from_day
        and (hours.valid_to_day is null or mondays.monday + hours.weekday - 1 <= hours.valid_to_day)

),

midnights as (
    {% for offset in [0, 1, 2] %}
    select
        calendar_id,
        opens_second,
        closes_second,
        cast(floor(opens_second / 86400.0) as {{ counterpoise.type_of('bigint') }}) + {{ offset }} as utc_day
    from intervals
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

pieces as (

    select
        calendar_id,
        utc_day,
        greatest(opens_second, utc_day * 86400) as opens_second,
        least(closes_second, (utc_day + 1) * 86400) as closes_second
    from midnights
    where greatest(opens_second, utc_day * 86400) < least(closes_second, (utc_day + 1) * 86400)

),

-- hours that overlap count once
begun as (

    select
        *,
        case
            when opens_second <= max(closes_second) over (
                partition by calendar_id, utc_day order by opens_second, closes_second
                rows between unbounded preceding and 1 preceding
            ) then 0
            else 1
        end as begins
    from pieces

),

joined as (

    select
        *,
        sum(begins) over (
            partition by calendar_id, utc_day order by opens_second, closes_second rows unbounded preceding
        ) as piece
    from begun

),

merged as (

    select
        calendar_id,
        utc_day,
        min(opens_second) as opens_second,
        max(closes_second) as closes_second
    from joined
    group by calendar_id, utc_day, piece

),

calendars as (

    select distinct calendar_id from hours

),

days as (

    select
        calendars.calendar_id,
        cast(mondays.monday + numbers.number as {{ counterpoise.type_of('bigint') }}) as utc_day
    from calendars
    cross join mondays
    cross join numbers
    where numbers.number < 7

),

final as (

    select
        days.calendar_id,
        days.utc_day,
        merged.opens_second,
        merged.closes_second,
        cast(coalesce(sum(merged.closes_second - merged.opens_second) over (
            partition by days.calendar_id order by days.utc_day, merged.opens_second
            rows between unbounded preceding and 1 preceding
        ), 0) as {{ counterpoise.type_of('bigint') }}) as seconds_before
    from days
    left join merged
        on
            days.calendar_id = merged.calendar_id
            and days.utc_day = merged.utc_day

)

select * from final
