-- Opening hours as stretches of one day in UTC: read on the local clock, holidays taken out, overlaps merged. A stretch over
-- midnight belongs to two local days, so that a holiday closes its own part of it.
{%- set timestamp = counterpoise.type_of('timestamp') %}
with

hours as (

    select
        calendar_id,
        weekday,
        timezone,
        {{ counterpoise.clock_seconds('opens_at') }} as opens,
        {{ counterpoise.clock_seconds('closes_at') }} as closes,
        {{ counterpoise.epoch_seconds('cast(valid_from as ' ~ timestamp ~ ')') }} as valid_from_second,
        {{ counterpoise.epoch_seconds('cast(valid_to as ' ~ timestamp ~ ')') }} as valid_to_second,
        {{ counterpoise.week_index_of_date('valid_from') }} as valid_from_week
    from {{ ref('stg_business_calendars') }}

),

holidays as (

    select
        calendar_id,
        {{ counterpoise.epoch_seconds('cast(day as ' ~ timestamp ~ ')') }} as day_second
    from {{ ref('stg_holidays') }}

),

weeks as (
    {{ counterpoise.calendar_weeks() }}
),

days as (

    select
        hours.*,
        cast(weeks.week * 7 + 3 + hours.weekday as {{ counterpoise.type_of('bigint') }}) * 86400 as day_second
    from hours
    inner join weeks on hours.valid_from_week <= weeks.week
    where hours.opens is not null and hours.closes is not null

),

stretches as (

    select
        calendar_id,
        timezone,
        day_second,
        day_second + opens as opens_second,
        day_second + case when closes > opens then closes else 86400 end as closes_second
    from days
    where day_second >= valid_from_second and (valid_to_second is null or day_second <= valid_to_second)
    union all
    select
        calendar_id,
        timezone,
        day_second + 86400 as day_second,
        day_second + 86400 as opens_second,
        day_second + 86400 + closes as closes_second
    from days
    where
        day_second >= valid_from_second
        and (valid_to_second is null or day_second <= valid_to_second)
        and closes <= opens

),

local_times as (

    select
        stretches.calendar_id,
        stretches.timezone,
        {{ counterpoise.timestamp_of_seconds('stretches.opens_second') }} as opens_at,
        {{ counterpoise.timestamp_of_seconds('stretches.closes_second') }} as closes_at
    from stretches
    left join holidays
        on
            stretches.calendar_id = holidays.calendar_id
            and stretches.day_second = holidays.day_second
    where holidays.day_second is null

),

instants as (

    select
        calendar_id,
        {{ counterpoise.epoch_seconds(counterpoise.to_utc('opens_at', 'timezone')) }} as opens_second,
        {{ counterpoise.epoch_seconds(counterpoise.to_utc('closes_at', 'timezone')) }} as closes_second
    from local_times

),

-- a local day, long as it may be, lies in at most three days of UTC
numbers as (

    select cast(generated_number - 1 as {{ counterpoise.type_of('integer') }}) as number
    from ({{ dbt.generate_series(3) }}) as series

),

parts as (

    select
        instants.calendar_id,
        instants.opens_second,
        instants.closes_second,
        {{ counterpoise.as_integer('floor(instants.opens_second / 86400.0)') }} + numbers.number as utc_day
    from instants
    cross join numbers

),

pieces as (

    select
        calendar_id,
        utc_day,
        greatest(opens_second, cast(utc_day as {{ counterpoise.type_of('bigint') }}) * 86400) as opens_second,
        least(closes_second, cast(utc_day as {{ counterpoise.type_of('bigint') }}) * 86400 + 86400) as closes_second
    from parts

),

reached as (

    select
        *,
        max(closes_second) over (
            partition by calendar_id, utc_day
            order by opens_second, closes_second
            rows between unbounded preceding and 1 preceding
        ) as reached_second
    from pieces
    where opens_second < closes_second

),

numbered as (

    select
        *,
        sum(case when opens_second <= reached_second then 0 else 1 end) over (
            partition by calendar_id, utc_day order by opens_second, closes_second rows unbounded preceding
        ) as stretch
    from reached

),

final as (

    select
        calendar_id,
        utc_day,
        min(opens_second) as opens_second,
        max(closes_second) as closes_second
    from numbered
    group by calendar_id, utc_day, stretch

)

select * from final
