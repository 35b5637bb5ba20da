{{ config(enabled=var('counterpoise_servicenow_enabled', false)) }}
-- Contract table work_items. Where closing is the resolution, there is no close after it.
with

tasks as (

    select * from {{ ref('stg_servicenow__tasks') }}

),

promises as (

    select * from {{ ref('stg_servicenow__promises') }}

),

companies as (

    {{ counterpoise.connector_rows('servicenow', 'core_company') }}

),

schedules as (

    select distinct calendar_id from {{ ref('stg_servicenow__business_calendars') }}

),

joined as (

    select
        tasks.*,
        parents.work_item_id as parent_item_id,
        coalesce(promises.due_at, tasks.due_date) as due_at,
        promises.first_response_due_at,
        schedules.calendar_id,
        -- one's own company is nobody's customer
        case when companies.customer then companies.sys_id end as customer_id,
        tasks.status_category = 'done' and coalesce(tasks.ending, '') <> 'dropped'
        and (tasks.ending = 'resolved' or coalesce(tasks.resolution, 'done') = 'done' or tasks.resolved_at is not null) as is_resolved
    from tasks
    left join tasks as parents on tasks.source_system = parents.source_system and tasks.parent_id = parents.task_id
    left join promises on tasks.source_system = promises.source_system and tasks.task_id = promises.task_id
    left join companies on tasks.source_system = companies.source_system and tasks.company_id = companies.sys_id
    left join schedules on tasks.source_system || ':' || promises.schedule_id = schedules.calendar_id

),

final as (

    select
        {{ counterpoise.as_adapter('work_items', {
            'work_item_id': 'work_item_id',
            'item_type': 'item_type',
            'requester_id': 'requester_id',
            'account_id': counterpoise.connector_id('customer_id'),
            'category': 'category',
            'priority': 'priority',
            'channel': 'contact_type',
            'created_at': 'opened_at',
            'resolved_at': 'case when is_resolved then coalesce(resolved_at, closed_at) end',
            'closed_at': "case when status_category = 'done' and coalesce(ending, '') <> 'resolved' and not (is_resolved and coalesce(resolved_at, closed_at) >= closed_at) then closed_at end",
            'status': "case when coalesce(status_category, 'queued') <> 'done' then 'open' when ending = 'resolved' then 'resolved' else 'closed' end",
            'resolution': 'resolution',
            'calendar_id': 'calendar_id',
            'due_at': 'due_at',
            'first_response_due_at': 'first_response_due_at',
            'parent_item_id': 'parent_item_id',
            'origin': "case
            when item_type = 'task' and parent_item_id is not null then case when class_name = 'sc_task' or is_opened_by_automation then 'automation' else 'team' end
            when item_type in ('change', 'issue') then 'team'
            when requester_id is not null then 'customer'
            when is_opened_by_automation then 'automation'
        end",
            'owner_first': counterpoise.owner_id('assignment_group', 'group_id'),
            'owner_second': counterpoise.owner_id('service', 'service_id'),
            'owner_third': 'coalesce(' ~ counterpoise.owner_id('company', 'company_id') ~ ', ' ~ counterpoise.owner_id('domain', 'domain_id') ~ ')',
            'own_team': counterpoise.owner_id('assignment_group', 'group_id'),
            '_loaded_at': 'synced_at',
        }) }}
    from joined
    where opened_at is not null

)

select * from final
