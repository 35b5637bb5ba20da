{{ config(enabled=var('counterpoise_zendesk_enabled', false)) }}
-- Words in the tickets that neither Zendesk nor the map gives a meaning.
with

value_map as (

    select * from {{ ref('stg_value_map') }}

),

words as (

    select source_system, 'status' as field_name, value as raw_value
    from {{ ref('stg_zendesk__steps') }}
    where kind = 'status' and value is not null and lower(value) <> 'deleted'
    union all
    select source_system, 'item_type' as field_name, type as raw_value
    from (
        {{ counterpoise.connector_rows('zendesk', 'ticket') }}
    ) as tickets
    where type is not null

),

zones as (

    select
        hours.source_system,
        'time_zone' as field_name,
        hours.time_zone as raw_value
    from (
        {{ counterpoise.connector_rows('zendesk', 'schedule') }}
    ) as hours
    left join {{ ref('zendesk_time_zones') }} as known_zones on lower(trim(hours.time_zone)) = lower(known_zones.zendesk_name)
    where known_zones.iana_name is null and hours.time_zone not like '%/%'

),

unknown as (

    select
        words.source_system,
        words.field_name,
        words.raw_value
    from words
    left join value_map
        on
            words.source_system = value_map.source_system
            and words.field_name = value_map.field_name
            and lower(trim(words.raw_value)) = value_map.raw_value
    where value_map.raw_value is null
    union all
    select * from zones

),

final as (

    select
        source_system,
        field_name,
        raw_value,
        count(*) as row_count
    from unknown
    group by source_system, field_name, raw_value

)

select * from final
