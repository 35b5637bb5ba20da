{{ config(enabled=var('counterpoise_zendesk_enabled', false)) }}
-- Days on which a schedule is closed, one row a day.
with

stretches as (

    select
        *,
        cast({{ counterpoise.epoch_seconds('cast(end_date as ' ~ counterpoise.type_of('timestamp') ~ ')') }}
        - {{ counterpoise.epoch_seconds('cast(start_date as ' ~ counterpoise.type_of('timestamp') ~ ')') }} as bigint) / 86400 as days_more
    from (
        {{ counterpoise.connector_rows('zendesk', 'schedule_holiday') }}
    ) as closed
    where start_date is not null and end_date is not null

),

numbers as (

    select cast(generated_number - 1 as {{ counterpoise.type_of('integer') }}) as number
    from ({{ dbt.generate_series(366) }}) as series

),

days as (

    select
        stretches.source_system,
        stretches.schedule_id,
        cast({{ dbt.dateadd('day', 'numbers.number', 'stretches.start_date') }} as date) as day,
        stretches._fivetran_synced,
        stretches._fivetran_deleted
    from stretches
    inner join numbers on stretches.days_more >= numbers.number

)

select
    {{ counterpoise.as_adapter('holidays', {
        'calendar_id': counterpoise.connector_id('schedule_id'),
        'day': 'day',
        '_loaded_at': '_fivetran_synced',
        '_deleted': '_fivetran_deleted',
    }) }}
from days
