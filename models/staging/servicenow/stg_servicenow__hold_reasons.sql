{{ config(enabled=var('counterpoise_servicenow_enabled', false)) }}
-- Reasons of holds, and whom each waits for. A label goes before its number.
with

incidents as (

    {{ counterpoise.connector_rows('servicenow', 'incident') }}

),

audits as (

    {{ counterpoise.connector_rows('servicenow', 'sys_audit') }}

),

choices as (

    {{ counterpoise.connector_rows('servicenow', 'sys_choice') }}

),

meanings as (

    select * from {{ ref('stg_value_map') }}
    where field_name = 'waits_on'

),

seen as (

    select source_system, hold_reason from incidents
    where hold_reason is not null and trim(hold_reason) <> ''
    {{ counterpoise.union_distinct() }}
    select source_system, trim(newvalue) as hold_reason from audits
    where fieldname = 'hold_reason' and trim(newvalue) <> ''

),

labels as (

    select
        source_system,
        value,
        min(lower(trim(label))) as label
    from choices
    where
        element = 'hold_reason' and coalesce(language, 'en') = 'en'
        and not coalesce(inactive, false) and not coalesce(_fivetran_deleted, false)
    group by source_system, value

),

final as (

    select
        seen.source_system,
        seen.hold_reason,
        max(labels.label) as label,
        coalesce(max(by_label.mapped_value), max(by_number.mapped_value)) as waits_on
    from seen
    left join labels on seen.source_system = labels.source_system and seen.hold_reason = labels.value
    left join meanings as by_label on seen.source_system = by_label.source_system and labels.label = by_label.raw_value
    left join meanings as by_number on seen.source_system = by_number.source_system and 'hold:' || lower(seen.hold_reason) = by_number.raw_value
    group by seen.source_system, seen.hold_reason

)

select * from final
