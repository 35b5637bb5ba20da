-- The clock of each business calendar: its days in UTC in stretches that follow each other without a gap, each with the opening
-- it holds and the open seconds before. An instant lies in one of them; between two instants lies the difference of the two.
{%- set timestamp = counterpoise.type_of('timestamp') %}
with

hours as (

    select * from {{ ref('int_calendar_hours') }}

),

-- a calendar says nothing of the time before its first day and after its last
dated as (

    select
        calendar_id,
        timezone,
        cast(valid_from as {{ timestamp }}) as begins_at,
        {{ counterpoise.add_seconds('cast(valid_to as ' ~ timestamp ~ ')', 86400) }} as ends_at
    from {{ ref('stg_business_calendars') }}

),

valid as (

    select
        calendar_id,
        min({{ counterpoise.epoch_seconds(counterpoise.to_utc('begins_at', 'timezone')) }}) as valid_from_second,
        -- no last day: the year 10000
        max(coalesce({{ counterpoise.epoch_seconds(counterpoise.to_utc('ends_at', 'timezone')) }}, 253402300800)) as valid_to_second
    from dated
    group by calendar_id

),

weeks as (
    {{ counterpoise.calendar_weeks() }}
),

-- the days of week 0 are 4 to 10: it begins on Monday 1970-01-05
weekdays as (

    select cast(generated_number + 3 as {{ counterpoise.type_of('integer') }}) as day
    from ({{ dbt.generate_series(7) }}) as series

),

days as (

    select
        valid.*,
        cast(weeks.week * 7 + weekdays.day as {{ counterpoise.type_of('bigint') }}) as utc_day
    from valid
    cross join weeks
    cross join weekdays

),

cut as (

    select
        calendar_id,
        {{ counterpoise.as_integer('utc_day') }} as utc_day,
        greatest(utc_day * 86400, valid_from_second) as from_second,
        least(utc_day * 86400 + 86400, valid_to_second) as until_second
    from days
    where utc_day * 86400 + 86400 > valid_from_second and utc_day * 86400 < valid_to_second

),

tiled as (

    select
        cut.calendar_id,
        cut.utc_day,
        row_number() over (partition by cut.calendar_id, cut.utc_day order by hours.opens_second) as stretch,
        cut.from_second,
        coalesce(
            lead(hours.opens_second) over (partition by cut.calendar_id, cut.utc_day order by hours.opens_second), cut.until_second
        ) as until_second,
        coalesce(hours.opens_second, cut.from_second) as opens_second,
        coalesce(hours.closes_second, cut.from_second) as closes_second
    from cut
    left join hours
        on
            cut.calendar_id = hours.calendar_id
            and cut.utc_day = hours.utc_day

),

final as (

    select
        calendar_id,
        utc_day,
        case when stretch = 1 then from_second else opens_second end as from_second,
        until_second,
        opens_second,
        closes_second,
        cast(coalesce(sum(closes_second - opens_second) over (
            partition by calendar_id order by utc_day, stretch
            rows between unbounded preceding and 1 preceding
        ), 0) as {{ counterpoise.type_of('bigint') }}) as open_seconds_before
    from tiled

)

select * from final
