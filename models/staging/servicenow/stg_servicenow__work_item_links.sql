{{ config(enabled=var('counterpoise_servicenow_enabled', false)) }}
-- Contract table work_item_links: further reports of one incident, problems that are the same, changes that broke something, and
-- problems and changes that follow from what was reported.
{%- set links = [
    ('tasks.caused_by_id', 'caused_by', false), ('tasks.parent_incident_id', 'duplicates', false), ('tasks.duplicate_of_id', 'duplicates', false),
    ('tasks.first_reported_by_id', 'follows_up', false), ('tasks.problem_id', 'follows_up', true), ('tasks.mended_by_id', 'follows_up', true),
] %}
with

tasks as (

    select * from {{ ref('stg_servicenow__tasks') }}

),

changes as (

    select * from {{ ref('stg_servicenow__changes') }}

),

linked as (
    {% for column, link_type, is_turned in links %}
    select
        tasks.source_system,
        {% if is_turned %}others.work_item_id{% else %}tasks.work_item_id{% endif %} as from_item_id,
        {% if is_turned %}tasks.work_item_id{% else %}others.work_item_id{% endif %} as to_item_id,
        '{{ link_type }}' as link_type,
        tasks.synced_at
    from tasks
    inner join tasks as others on tasks.source_system = others.source_system and {{ column }} = others.task_id
    where tasks.task_id <> others.task_id
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

blamed as (

    select
        changes.source_system,
        changes.work_item_id as from_item_id,
        others.work_item_id as to_item_id,
        max(changes.changed_at) as created_at
    from changes
    inner join tasks as others on changes.source_system = others.source_system and changes.new_value = others.task_id
    where changes.field = 'caused_by'
    group by changes.source_system, changes.work_item_id, others.work_item_id

),

dated as (

    select
        linked.source_system,
        linked.from_item_id,
        linked.to_item_id,
        linked.link_type,
        max(blamed.created_at) as created_at,
        max(linked.synced_at) as synced_at
    from linked
    left join blamed
        on
            linked.link_type = 'caused_by'
            and linked.source_system = blamed.source_system
            and linked.from_item_id = blamed.from_item_id
            and linked.to_item_id = blamed.to_item_id
    group by linked.source_system, linked.from_item_id, linked.to_item_id, linked.link_type

),

final as (

    select
        {{ counterpoise.as_adapter('work_item_links', {
            'from_item_id': 'from_item_id',
            'to_item_id': 'to_item_id',
            'link_type': 'link_type',
            'created_at': 'created_at',
            '_loaded_at': 'synced_at',
        }) }}
    from dated

)

select * from final
