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

final as (

    select
        statuses.source_system,
        statuses.id as status_id,
        statuses.name as status_name,
        coalesce(own.mapped_value, by_id.mapped_value, by_name.mapped_value) as category,
        coalesce(waits.mapped_value, case when own.mapped_value = 'waiting' then 'other' end) as waits_on,
        steps.mapped_value as step,
        coalesce(endings.mapped_value, case when lower(trim(statuses.name)) like 'won_t %' then 'not_done' end) as ending
    from statuses
    left join categories on statuses.source_system = categories.source_system and statuses.status_category_id = categories.id
    {%- for name, field, word in [
        ('own', 'status', 'statuses.name'), ('waits', 'waits_on', 'statuses.name'), ('steps', 'step', 'statuses.name'),
        ('endings', 'ending', 'statuses.name'), ('by_id', 'status_category', 'statuses.status_category_id'),
        ('by_name', 'status_category', 'categories.name'),
    ] %}
    left join value_map as {{ name }}
        on
            statuses.source_system = {{ name }}.source_system
            and {{ name }}.field_name = '{{ field }}'
            and lower(trim({{ word }})) = {{ name }}.raw_value
    {%- endfor %}

)

select * from final
