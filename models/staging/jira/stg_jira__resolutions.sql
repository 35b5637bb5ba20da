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

-- one that is gone can be mapped by its id
named as (

    select
        source_system,
        id,
        name
    from resolutions
    where id is not null
    union all
    select
        meanings.source_system,
        meanings.raw_value as id,
        meanings.raw_value as name
    from meanings
    left join resolutions on meanings.source_system = resolutions.source_system and meanings.raw_value = resolutions.id
    where resolutions.id is null

),

final as (

    select
        named.source_system,
        named.id as resolution_id,
        named.name as resolution_name,
        coalesce(meanings.mapped_value, case when lower(trim(named.name)) like 'won_t %' then 'not_done' end) as ending
    from named
    left join meanings
        on
            named.source_system = meanings.source_system
            and lower(trim(named.name)) = meanings.raw_value

)

select * from final
