{{ config(enabled=var('counterpoise_jira_enabled', false)) }}
-- What statuses mean: the team's word for the status, else Jira's category of it.
with

statuses as (

    {{ counterpoise.connector_rows('jira', 'status') }}

),

categories as (

    {{ counterpoise.connector_rows('jira', 'status_category') }}

),

value_map as (

    select * from {{ ref('stg_value_map') }}

),

-- one that is gone can be mapped by its id
named as (

    select
        source_system,
        id,
        name,
        status_category_id
    from statuses
    where id is not null
    union all
    select
        value_map.source_system,
        value_map.raw_value as id,
        value_map.raw_value as name,
        cast(null as {{ counterpoise.type_of('string') }}) as status_category_id
    from value_map
    left join statuses on value_map.source_system = statuses.source_system and value_map.raw_value = statuses.id
    where value_map.field_name = 'status' and statuses.id is null

),

final as (

    select
        named.source_system,
        named.id as status_id,
        named.name as status_name,
        coalesce(own.mapped_value, by_id.mapped_value, by_name.mapped_value) as category,
        coalesce(waits.mapped_value, case when own.mapped_value = 'waiting' then 'other' end) as waits_on,
        steps.mapped_value as step,
        coalesce(endings.mapped_value, case when lower(trim(named.name)) like 'won_t %' then 'not_done' end) as ending
    from named
    left join categories on named.source_system = categories.source_system and named.status_category_id = categories.id
    {%- for name, field, word in [
        ('own', 'status', 'named.name'), ('waits', 'waits_on', 'named.name'), ('steps', 'step', 'named.name'),
        ('endings', 'ending', 'named.name'), ('by_id', 'status_category', 'named.status_category_id'),
        ('by_name', 'status_category', 'categories.name'),
    ] %}
    left join value_map as {{ name }}
        on
            named.source_system = {{ name }}.source_system
            and {{ name }}.field_name = '{{ field }}'
            and lower(trim({{ word }})) = {{ name }}.raw_value
    {%- endfor %}

)

select * from final
