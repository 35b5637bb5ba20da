{{ config(enabled=var('counterpoise_jira_enabled', false)) }}
-- What resolutions mean. An underscore stands for whatever apostrophe a site writes in Won't Do and Won't Fix.
with

resolutions as (

    {{ counterpoise.connector_rows('jira', 'resolution') }}

),

meanings as (

    select * from {{ ref('stg_value_map') }}
    where field_name = 'resolution'

),

final as (

    select
        resolutions.source_system,
        resolutions.id as resolution_id,
        resolutions.name as resolution_name,
        coalesce(meanings.mapped_value, case when lower(trim(resolutions.name)) like 'won_t %' then 'not_done' end) as ending
    from resolutions
    left join meanings
        on
            resolutions.source_system = meanings.source_system
            and lower(trim(resolutions.name)) = meanings.raw_value

)

select * from final
