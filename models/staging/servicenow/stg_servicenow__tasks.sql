{{ config(enabled=var('counterpoise_servicenow_enabled', false), materialized='table') }}
-- Pieces of work as they stand now: tasks with what their class adds, and what class, state and close code mean. Deleted ones are gone.
{%- set classes = ['incident', 'problem', 'problem_task', 'change_request', 'change_task', 'sc_req_item', 'sc_task'] %}
with

task as (

    {{ counterpoise.connector_rows('servicenow', 'task') }}

),

{% for class in classes -%}
{{ class }} as (

    {{ counterpoise.connector_rows('servicenow', class) }}

),

{% endfor -%}
states as (

    select * from {{ ref('stg_servicenow__states') }}

),

people as (

    select * from {{ ref('stg_servicenow__people') }}

),

meanings as (

    select * from {{ ref('stg_value_map') }}

),

joined as (

    select
        task.source_system,
        task.sys_id as task_id,
        lower(task.sys_class_name) as class_name,
        trim(task.state) as state,
        task.assignment_group_value as group_id,
        coalesce(task.business_service_value, task.cmdb_ci_value) as service_id,
        task.company_value as company_id,
        task.sys_domain_value as domain_id,
        task.assigned_to_value as assignee_id,
        task.opened_by_value as opened_by_id,
        coalesce(opener.is_automation, false) as is_opened_by_automation,
        case
            when incident.sys_id is not null then incident.caller_id_value
            when sc_req_item.sys_id is not null then coalesce(sc_req_item.requested_for_value, task.opened_by_value)
            -- who asks for a change and carries it out works on it
            when change_request.requested_by_value <> coalesce(task.assigned_to_value, '') then change_request.requested_by_value
        end as asked_by_id,
        coalesce(task.opened_at, task.sys_created_on) as opened_at,
        task.sys_created_on as recorded_at,
        coalesce(incident.resolved_at, problem.resolved_at) as resolved_at,
        task.closed_at,
        task.work_start,
        task.due_date,
        task.priority,
        task.contact_type,
        coalesce(incident.category, problem.category, change_request.type) as category,
        incident.hold_reason,
        coalesce(incident.close_code, problem.resolution_code, change_request.close_code, change_task.close_code, problem_task.close_code) as close_code,
        coalesce(problem_task.problem_value, change_task.change_request_value, sc_task.request_item_value, task.parent_value) as parent_id,
        incident.caused_by_value as caused_by_id,
        incident.parent_incident_value as parent_incident_id,
        incident.problem_id_value as problem_id,
        coalesce(incident.rfc_value, problem.rfc_value) as mended_by_id,
        problem.duplicate_of_value as duplicate_of_id,
        problem.first_reported_by_task_value as first_reported_by_id,
        task._fivetran_synced as synced_at
    from task
    {%- for class in classes %}
    left join {{ class }} on task.source_system = {{ class }}.source_system and task.sys_id = {{ class }}.sys_id
    {%- endfor %}
    left join people as opener on task.source_system = opener.source_system and task.opened_by_value = opener.person_id
    where task.sys_id is not null and not coalesce(task._fivetran_deleted, false)

),

meant as (

    select
        joined.*,
        coalesce(item_types.mapped_value, 'other') as item_type,
        item_types.mapped_value is null as is_unknown_type,
        states.label as state_label,
        states.status_category,
        states.ending,
        case
            when states.status_category = 'done' then coalesce(
                states.resolution,
                case when joined.duplicate_of_id is not null then 'duplicate' end,
                codes.mapped_value,
                case when joined.close_code is null then 'done' end
            )
        end as resolution,
        codes.mapped_value is null and joined.close_code is not null as is_unknown_code,
        case when not coalesce(requester.is_automation, false) then joined.asked_by_id end as requester_id
    from joined
    left join states
        on
            joined.source_system = states.source_system
            and joined.class_name = states.class_name
            and joined.state = states.state
    left join meanings as item_types
        on
            joined.source_system = item_types.source_system
            and item_types.field_name = 'item_type'
            and joined.class_name = item_types.raw_value
    left join meanings as codes
        on
            joined.source_system = codes.source_system
            and codes.field_name = 'resolution'
            and lower(trim(joined.close_code)) = codes.raw_value
    left join people as requester on joined.source_system = requester.source_system and joined.asked_by_id = requester.person_id

),

final as (

    select
        *,
        {{ counterpoise.connector_id('task_id') }} as work_item_id
    from meant
    where item_type <> 'none'

)

select * from final
