{{ config(enabled=var('counterpoise_servicenow_enabled', false)) }}
-- How each item began: who opened it in which part, the group that held it first and the state it was born in. That is what its
-- first change of state replaced, or, where states are audited and none changed, what stands now.
with

tasks as (

    select * from {{ ref('stg_servicenow__tasks') }}

),

states as (

    select * from {{ ref('stg_servicenow__states') }}

),

changes as (

    select * from {{ ref('stg_servicenow__changes') }}

),

people as (

    select * from {{ ref('stg_servicenow__people') }}

),

first_holders as (

    select * from {{ ref('stg_servicenow__holdings') }}
    where held_from < cast('1000-01-01' as {{ counterpoise.type_of('timestamp') }})

),

numbered as (

    select
        *,
        row_number() over (partition by source_system, task_id order by seq) as place
    from changes
    where field = 'state'

),

audited_classes as (

    select distinct source_system, class_name from changes

),

final as (

    select
        tasks.source_system,
        tasks.task_id,
        tasks.work_item_id,
        tasks.opened_at,
        tasks.recorded_at,
        tasks.opened_by_id,
        case
            when tasks.is_opened_by_automation then 'automation'
            when tasks.opened_by_id = tasks.requester_id or people.end_user_until > tasks.opened_at then 'requester'
            else 'agent'
        end as opened_by_role,
        first_holders.group_id,
        coalesce(
            case
                when numbered.task_id is not null then nullif(was.status_category, 'done')
                when audited_classes.class_name is not null then nullif(tasks.status_category, 'done')
            end,
            'queued'
        ) as status_category,
        -- work that the item itself says has begun, where no audit tells its states
        case when numbered.task_id is null and tasks.work_start <= coalesce(tasks.resolved_at, tasks.closed_at, tasks.work_start) then tasks.work_start end as started_at
    from tasks
    left join first_holders on tasks.source_system = first_holders.source_system and tasks.task_id = first_holders.task_id
    left join numbered
        on
            tasks.source_system = numbered.source_system
            and tasks.task_id = numbered.task_id
            and numbered.place = 1
    left join states as was
        on
            tasks.source_system = was.source_system
            and tasks.class_name = was.class_name
            and numbered.old_value = was.state
    left join audited_classes on tasks.source_system = audited_classes.source_system and tasks.class_name = audited_classes.class_name
    left join people on tasks.source_system = people.source_system and tasks.opened_by_id = people.person_id

)

select * from final
