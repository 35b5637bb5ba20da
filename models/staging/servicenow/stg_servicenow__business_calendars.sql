{{ config(enabled=var('counterpoise_servicenow_enabled', false)) }}
-- Contract table business_calendars: the weekly hours of the schedules that service levels count by.
with

entries as (

    select * from {{ ref('stg_servicenow__schedule_entries') }}
    where kind = 'open' and is_understood

),

weekdays as (
    {% for weekday in range(1, 8) %}
    select {{ weekday }} as weekday
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

hours as (

    select
        entries.source_system,
        entries.schedule_id,
        weekdays.weekday,
        entries.opens_at,
        case when entries.is_over_midnight then '24:00' else entries.closes_at end as closes_at,
        entries.timezone,
        entries.first_day,
        entries.until_day
    from entries
    inner join weekdays on entries.days_of_week like '%' || cast(weekdays.weekday as {{ counterpoise.type_of('string') }}) || '%'
    union all
    select
        entries.source_system,
        entries.schedule_id,
        mod(weekdays.weekday, 7) + 1 as weekday,
        '00:00' as opens_at,
        entries.closes_at,
        entries.timezone,
        cast({{ dbt.dateadd('day', 1, 'entries.first_day') }} as date) as first_day,
        cast({{ dbt.dateadd('day', 1, 'entries.until_day') }} as date) as until_day
    from entries
    inner join weekdays on entries.days_of_week like '%' || cast(weekdays.weekday as {{ counterpoise.type_of('string') }}) || '%'
    where entries.is_over_midnight

),

-- two entries of a schedule that open at once are one
merged as (

    select
        source_system,
        schedule_id,
        weekday,
        opens_at,
        max(closes_at) as closes_at,
        max(timezone) as timezone,
        first_day,
        case when max(case when until_day is null then 1 else 0 end) = 0 then max(until_day) end as until_day
    from hours
    group by source_system, schedule_id, weekday, opens_at, first_day

),

final as (

    select
        {{ counterpoise.as_adapter('business_calendars', {
            'calendar_id': counterpoise.connector_id('schedule_id'),
            'weekday': 'weekday',
            'opens_at': 'opens_at',
            'closes_at': 'closes_at',
            'timezone': 'timezone',
            'valid_from': 'first_day',
            'valid_to': 'until_day',
        }) }}
    from merged

)

select * from final
