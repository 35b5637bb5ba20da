-- Kinds of log entries nobody gave a meaning to. They make no event; the data health lists them.
with

entries as (

    {{ counterpoise.connector_rows('pagerduty', 'log_entry') }}

),

meanings as (

    select * from {{ ref('counterpoise', 'stg_value_map') }}
    where field_name = 'log_entry'

),

final as (

    select
        entries.source_system,
        'log_entry' as field_name,
        entries.type as raw_value,
        count(*) as row_count
    from entries
    left join meanings on entries.source_system = meanings.source_system and meanings.raw_value = lower(trim(entries.type))
    where entries.type is not null and meanings.raw_value is null
    group by entries.source_system, entries.type

)

select * from final
