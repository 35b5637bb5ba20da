{{ config(enabled=var('counterpoise_servicenow_enabled', false), materialized='table') }}
-- The audit of the items, column by column in the order of what happened, each row with the group, state and hold in force after it.
-- Within an update the group comes first, then the assignee, the reason of a hold and the state.
{%- set ranks = {'assignment_group': 1, 'assigned_to': 2, 'hold_reason': 3, 'on_hold': 4, 'state': 5} %}
{%- set fields = ranks.keys() | list + ['approval', 'priority', 'category', 'due_date', 'opened_at', 'resolved_at', 'caused_by', 'comments'] %}
with

audits as (

    {{ counterpoise.connector_rows('servicenow', 'sys_audit') }}

),

tasks as (

    select * from {{ ref('stg_servicenow__tasks') }}

),

people as (

    select * from {{ ref('stg_servicenow__people') }}

),

cleaned as (

    select
        source_system,
        documentkey as task_id,
        sys_id as change_id,
        fieldname as field,
        sys_created_on as changed_at,
        coalesce(record_checkpoint, '') as checkpoint,
        actor_login,
        {{ counterpoise.is_bot(['actor_name']) }} as is_bot,
        -- an assignee is a person, a comment is a person's words
        case when fieldname = 'assigned_to' then 'somebody' when fieldname <> 'comments' then trim(oldvalue) end as old_value,
        case when fieldname = 'assigned_to' then 'somebody' when fieldname <> 'comments' then trim(newvalue) end as new_value
    from audits
    where
        fieldname in ('{{ fields | join("', '") }}')
        and sys_created_on is not null
        and coalesce(oldvalue, '') <> coalesce(newvalue, '')
        and not (fieldname in ('assigned_to', 'comments') and coalesce(newvalue, '') = '')

),

placed as (

    select
        cleaned.source_system,
        cleaned.task_id,
        tasks.work_item_id,
        tasks.class_name,
        cleaned.change_id,
        cleaned.field,
        cleaned.changed_at,
        cleaned.checkpoint,
        case when cleaned.old_value <> '' then cleaned.old_value end as old_value,
        case when cleaned.new_value <> '' then cleaned.new_value end as new_value,
        coalesce(people.person_id, cleaned.actor_login) as actor_id,
        case
            when cleaned.is_bot or people.is_automation then 'automation'
            when people.person_id = tasks.requester_id or cleaned.changed_at < people.end_user_until then 'requester'
            else 'agent'
        end as actor_role,
        tasks.group_id as group_now,
        tasks.state as state_now,
        tasks.hold_reason as hold_reason_now,
        tasks.resolution,
        row_number() over (
            partition by cleaned.source_system, cleaned.task_id
            order by
                cleaned.changed_at,
                {{ counterpoise.byte_order('cleaned.checkpoint') }},
                case cleaned.field
                    {%- for field, rank in ranks.items() %}
                    when '{{ field }}' then {{ rank }}
                    {%- endfor %}
                    else 6
                end,
                {{ counterpoise.byte_order('cleaned.change_id') }}
        ) as seq
    from cleaned
    inner join tasks on cleaned.source_system = tasks.source_system and cleaned.task_id = tasks.task_id
    left join people on cleaned.source_system = people.source_system and cleaned.actor_login = people.login

),

-- Portable "last value so far": number the runs that a change of the column begins, then take each run's only value.
runs as (

    select
        *
        {%- for field in ['assignment_group', 'state', 'on_hold', 'hold_reason'] %},
        sum(case when field = '{{ field }}' then 1 else 0 end) over (partition by source_system, task_id order by seq rows unbounded preceding) as {{ field }}_run
        {%- endfor %}
    from placed

),

-- the value before a column's first change is what that change replaced; of a column that never changed, what stands now
final as (

    select
        source_system,
        task_id,
        work_item_id,
        class_name,
        change_id,
        field,
        changed_at,
        checkpoint,
        old_value,
        new_value,
        actor_id,
        actor_role,
        resolution,
        seq,
        {%- for field, column, stands in [
            ('assignment_group', 'group_id', 'group_now'), ('state', 'state', 'state_now'), ('hold_reason', 'hold_reason', 'hold_reason_now'), ('on_hold', 'on_hold', none),
        ] %}
        case
            when {{ field }}_run > 0 then max(case when field = '{{ field }}' then new_value end) over (partition by source_system, task_id, {{ field }}_run)
            {%- if stands %}
            when max({{ field }}_run) over (partition by source_system, task_id) > 0
                then max(case when field = '{{ field }}' and {{ field }}_run = 1 then old_value end) over (partition by source_system, task_id)
            else {{ stands }}
            {%- endif %}
        end as {{ column }},
        {%- endfor %}
        max(case when field = 'state' then 1 else 0 end) over (partition by source_system, task_id) = 1 as tells_states,
        max(case when field = 'state' then 1 else 0 end) over (partition by source_system, task_id, changed_at, checkpoint) = 1 as is_with_state,
        max(case when field = 'resolved_at' then new_value end) over (partition by source_system, task_id, changed_at, checkpoint) as resolved_at_stamp,
        max(case when field in ('assignment_group', 'assigned_to', 'state', 'on_hold') then changed_at end) over (
            partition by source_system, task_id order by seq rows between unbounded preceding and 1 preceding
        ) as last_turn_at
    from runs

)

select * from final
