{{ config(enabled=var('counterpoise_github_enabled', false)) }}
-- Words that neither GitHub nor the map gives a meaning: labels in use, reasons for closing, environments.
with

value_map as (

    select * from {{ ref('stg_value_map') }}

),

label_names as (

    select * from (
        {{ counterpoise.connector_rows('github', 'label') }}
    ) as known_labels

),

words as (

    select
        labels.source_system,
        'label' as field_name,
        names.name as raw_value
    from (
        {{ counterpoise.connector_rows('github', 'issue_label') }}
    ) as labels
    inner join label_names as names
        on
            labels.source_system = names.source_system
            and labels.label_id = names.id
    union all
    select
        source_system,
        'state_reason' as field_name,
        state_reason as raw_value
    from {{ ref('stg_github__items') }}
    where lower(state_reason) <> 'reopened'
    union all
    select
        source_system,
        'environment' as field_name,
        environment as raw_value
    from (
        {{ counterpoise.connector_rows('github', 'deployment') }}
    ) as deployments
    where production_environment is null

),

unknown as (

    select words.*
    from words
    left join value_map
        on
            words.source_system = value_map.source_system
            -- a label may be known as any of several things
            and (words.field_name = value_map.field_name or (words.field_name = 'label' and value_map.field_name not in ('state_reason', 'environment')))
            and lower(trim(words.raw_value)) = value_map.raw_value
    where value_map.raw_value is null and words.raw_value is not null

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
