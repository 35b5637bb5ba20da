{{ config(enabled=var('counterpoise_servicenow_enabled', false)) }}
-- What the tool's service levels promise for each item: when the answer and the resolution are due, pauses counted in, and by which
-- schedule. Cancelled ones are no promise; of several the earliest counts.
with

task_slas as (

    {{ counterpoise.connector_rows('servicenow', 'task_sla') }}

),

sla_definitions as (

    {{ counterpoise.connector_rows('servicenow', 'contract_sla') }}

),

joined as (

    select
        task_slas.source_system,
        task_slas.task_value as task_id,
        lower(sla_definitions.target) as target,
        task_slas.planned_end_time,
        coalesce(task_slas.schedule_value, sla_definitions.schedule_value) as schedule_id
    from task_slas
    inner join sla_definitions on task_slas.source_system = sla_definitions.source_system and task_slas.sla_value = sla_definitions.sys_id
    where
        coalesce(task_slas.stage, '') <> 'cancelled'
        and coalesce(sla_definitions.type, 'SLA') = 'SLA'
        and lower(sla_definitions.target) in ('response', 'resolution')
        and task_slas.task_value is not null
        and task_slas.planned_end_time is not null
        and not coalesce(task_slas._fivetran_deleted, false)

),

final as (

    select
        source_system,
        task_id,
        min(case when target = 'response' then planned_end_time end) as first_response_due_at,
        min(case when target = 'resolution' then planned_end_time end) as due_at,
        min(case when target = 'resolution' then schedule_id end) as schedule_id
    from joined
    group by source_system, task_id

)

select * from final
