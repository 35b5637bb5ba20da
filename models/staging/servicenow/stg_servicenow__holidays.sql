{{ config(enabled=var('counterpoise_servicenow_enabled', false)) }}
-- Contract table holidays: whole days that a schedule excludes, once or every year.
with

entries as (

    select
        *,
        -- midnight of the day after closes the day before
        case
            when not is_all_day and closes_at = '24:00' and last_day > first_day then cast({{ dbt.dateadd('day', -1, 'last_day') }} as date)
            else last_day
        end as last_closed_day
    from {{ ref('stg_servicenow__schedule_entries') }}
    where kind = 'closed' and is_understood

),

years as (
    {% for year in range(40) %}
    select {{ year }} as years_on
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

days as (
    {% for day in range(31) %}
    select {{ day }} as days_on
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

spread as (

    select
        entries.source_system,
        entries.schedule_id,
        entries.until_day,
        cast({{ dbt.dateadd('day', 'days.days_on', 'entries.first_day') }} as date) as day,
        years.years_on
    from entries
    inner join days on cast({{ dbt.dateadd('day', 'days.days_on', 'entries.first_day') }} as date) <= entries.last_closed_day
    inner join years on years.years_on = 0 or entries.repeat_type = 'yearly'

),

repeated as (

    select
        source_system,
        schedule_id,
        until_day,
        cast({{ dbt.dateadd('year', 'years_on', 'day') }} as date) as day
    from spread

),

closed as (

    select distinct
        source_system,
        schedule_id,
        day
    from repeated
    where until_day is null or day <= until_day

),

final as (

    select
        {{ counterpoise.as_adapter('holidays', {
            'calendar_id': counterpoise.connector_id('schedule_id'),
            'day': 'day',
        }) }}
    from closed

)

select * from final
