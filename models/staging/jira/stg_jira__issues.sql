{{ config(enabled=var('counterpoise_jira_enabled', false), materialized='table') }}
-- Issues as they are now, with what their types and resolutions mean. Types of kind `goal` are no items but what items serve.
with

issues as (

    {{ counterpoise.connector_rows('jira', 'issue') }}

),

types as (

    {{ counterpoise.connector_rows('jira', 'issue_type') }}

),

priorities as (

    {{ counterpoise.connector_rows('jira', 'priority') }}

),

resolutions as (

    select * from {{ ref('stg_jira__resolutions') }}

),

actors as (

    select * from {{ ref('stg_jira__actors') }}

),

value_map as (

    select * from {{ ref('stg_value_map') }}

),

newest as (

    select
        *,
        coalesce(work_type, issue_type) as type_id,
        row_number() over (partition by source_system, id order by _fivetran_synced desc nulls last, {{ counterpoise.byte_order('key') }}) as newest_first
    from issues
    where id is not null and created is not null

),

named as (

    select
        newest.*,
        coalesce(types.name, newest.type_id) as type_name,
        coalesce(types.subtask, false) as is_subtask,
        coalesce(priorities.name, newest.priority) as priority_name,
        coalesce(resolutions.resolution_name, newest.resolution) as resolution_name,
        resolutions.ending,
        coalesce(reporters.is_app, newest.reporter is null and coalesce(creators.is_app, false)) as is_made_by_app
    from newest
    left join types on newest.source_system = types.source_system and newest.type_id = types.id
    left join priorities on newest.source_system = priorities.source_system and newest.priority = priorities.id
    left join resolutions on newest.source_system = resolutions.source_system and newest.resolution = resolutions.resolution_id
    left join actors as reporters on newest.source_system = reporters.source_system and newest.reporter = reporters.actor_id
    left join actors as creators on newest.source_system = creators.source_system and newest.creator = creators.actor_id
    where newest.newest_first = 1

),

meant as (

    select
        named.*,
        kinds.mapped_value as mapped_type,
        classes.mapped_value as work_class,
        activities.mapped_value as activity,
        outcomes.mapped_value as outcome_type,
        coalesce(kinds.mapped_value, case when named.is_subtask then 'task' else 'other' end) as item_kind
    from named
    {%- for name, field in [
        ('kinds', 'item_type'), ('classes', 'work_class'), ('activities', 'activity'), ('outcomes', 'outcome'),
    ] %}
    left join value_map as {{ name }}
        on
            named.source_system = {{ name }}.source_system
            and {{ name }}.field_name = '{{ field }}'
            and lower(trim(named.type_name)) = {{ name }}.raw_value
    {%- endfor %}

),

final as (

    select
        source_system,
        id as issue_id,
        {{ counterpoise.connector_id('id') }} as work_item_id,
        key as issue_key,
        project as project_id,
        type_name,
        is_subtask,
        mapped_type,
        item_kind,
        work_class,
        activity,
        outcome_type,
        status as status_id,
        resolution as resolution_id,
        resolution_name,
        ending,
        priority_name,
        reporter as reporter_id,
        creator as creator_id,
        is_made_by_app,
        parent_id,
        created as created_at,
        resolved as resolved_at,
        status_category_changed as status_category_changed_at,
        {{ counterpoise.add_seconds('cast(due_date as ' ~ counterpoise.type_of('timestamp') ~ ')', 86399) }} as due_at,
        coalesce(_fivetran_deleted, false) as is_deleted,
        not coalesce(_fivetran_deleted, false) and item_kind not in ('goal', 'left_out') as is_item,
        _fivetran_synced as _loaded_at
    from meant

)

select * from final
