{{ config(enabled=var('counterpoise_servicenow_enabled', false)) }}
-- Which group held an item from when to when. Before the first change of group it is the group that change replaced.
with

tasks as (

    select * from {{ ref('stg_servicenow__tasks') }}

),

changes as (

    select
        *,
        row_number() over (partition by source_system, task_id order by seq) as place,
        lead(changed_at) over (partition by source_system, task_id order by seq) as next_changed_at
    from {{ ref('stg_servicenow__changes') }}
    where field = 'assignment_group'

),

final as (

    select
        tasks.source_system,
        tasks.task_id,
        case when changes.task_id is null then tasks.group_id else changes.old_value end as group_id,
        cast('0001-01-01' as {{ counterpoise.type_of('timestamp') }}) as held_from,
        coalesce(changes.changed_at, cast('9999-12-31' as {{ counterpoise.type_of('timestamp') }})) as held_to
    from tasks
    left join changes
        on
            tasks.source_system = changes.source_system
            and tasks.task_id = changes.task_id
            and changes.place = 1
    union all
    select
        source_system,
        task_id,
        new_value as group_id,
        changed_at as held_from,
        coalesce(next_changed_at, cast('9999-12-31' as {{ counterpoise.type_of('timestamp') }})) as held_to
    from changes
    -- of two groups in one second only the last held it
    where next_changed_at is null or next_changed_at > changed_at

)

select * from final
