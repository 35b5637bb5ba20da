{{ config(enabled=var('counterpoise_jira_enabled', false)) }}
-- Words in the data that neither Jira nor the value map gives a meaning: statuses without a category, types, resolutions, links.
with

issues as (

    select * from {{ ref('stg_jira__issues') }}
    where not is_deleted

),

moments as (

    select * from {{ ref('stg_jira__moments') }}

),

links as (

    {{ counterpoise.connector_rows('jira', 'issue_link') }}

),

meanings as (

    select distinct
        source_system,
        raw_value
    from {{ ref('stg_value_map') }}
    where field_name in ('link_type', 'link_reversed')

),

unknown as (

    select
        source_system,
        'status' as field_name,
        status_name as raw_value
    from moments
    where is_status_change and status_now is not null and category is null
    union all
    select
        source_system,
        'item_type' as field_name,
        type_name as raw_value
    from issues
    where mapped_type is null and not is_subtask
    union all
    select
        source_system,
        'resolution' as field_name,
        resolution_name as raw_value
    from issues
    where resolution_id is not null and ending is null
    union all
    select
        links.source_system,
        'link_type' as field_name,
        links.relationship as raw_value
    from links
    left join meanings
        on
            links.source_system = meanings.source_system
            and lower(trim(links.relationship)) = meanings.raw_value
    where meanings.raw_value is null

),

final as (

    select
        source_system,
        field_name,
        raw_value,
        count(*) as row_count
    from unknown
    where raw_value is not null
    group by source_system, field_name, raw_value

)

select * from final
