-- 5. Words nobody gave a meaning to. Their rows are kept; the data health lists them.
with

history as (

    {{ counterpoise.connector_rows('NAME', 'ticket_history') }}

),

meanings as (

    select * from {{ ref('counterpoise', 'stg_value_map') }}
    where field_name = 'status'

),

final as (

    select
        history.source_system,
        'status' as field_name,
        history.status as raw_value,
        count(*) as row_count
    from history
    left join meanings on history.source_system = meanings.source_system and meanings.raw_value = lower(trim(history.status))
    where history.status is not null and meanings.raw_value is null
    group by history.source_system, history.status

)

select * from final
