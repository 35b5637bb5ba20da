{{ config(enabled=var('counterpoise_servicenow_enabled', false)) }}
-- Changes of group, assignee, state and hold, as the events they are.
with

changes as (

    select * from {{ ref('stg_servicenow__changes') }}
    where field in ('assignment_group', 'assigned_to', 'state', 'on_hold', 'approval')

),

states as (

    select * from {{ ref('stg_servicenow__states') }}

),

hold_words as (

    select * from {{ ref('stg_servicenow__hold_reasons') }}

),

placed as (

    select
        changes.*,
        case when lower(coalesce(changes.on_hold, '')) in ('1', 'true') then 'waiting' else in_force.status_category end as in_force,
        before.status_category as category_before,
        coalesce(in_force.label, in_force.state) as state_word,
        coalesce(before.label, before.state) as state_word_before,
        in_force.status_category as category,
        in_force.ending,
        in_force.waits_on,
        hold_words.waits_on as hold_waits_on,
        before.milestone = 'implementing' and in_force.milestone = 'implemented' as is_deployment
    from changes
    left join states as in_force
        on
            changes.source_system = in_force.source_system
            and changes.class_name = in_force.class_name
            and changes.state = in_force.state
    left join states as before
        on
            changes.source_system = before.source_system
            and changes.class_name = before.class_name
            and changes.old_value = before.state
            and changes.field = 'state'
    left join hold_words
        on
            changes.source_system = hold_words.source_system
            and changes.hold_reason = hold_words.hold_reason

),

final as (

    select
        source_system,
        task_id,
        work_item_id,
        change_id,
        field,
        changed_at,
        seq,
        actor_id,
        actor_role,
        group_id,
        case when field = 'assignment_group' then old_value end as left_group_id,
        case when field in ('state', 'on_hold') then 'status' when field = 'assignment_group' then 'team_id' end as field_name,
        case when field = 'state' then state_word_before end as from_value,
        case when field in ('state', 'on_hold') then state_word end as to_value,
        class_name,
        case
            when field = 'assignment_group' then case when old_value is null then 'assigned' else 'handed_off' end
            when field = 'assigned_to' then 'assigned'
            when field = 'on_hold' then case when lower(new_value) in ('1', 'true') then 'paused' else 'resumed' end
            when field = 'approval' then case lower(new_value) when 'requested' then 'review_requested' else 'reviewed' end
            when category = 'done' then case
                when ending = 'dropped' then 'closed'
                when category_before = 'done' then case when ending = 'closed' then 'closed' else 'status_changed' end
                when ending = 'resolved' or coalesce(resolution, 'done') = 'done' then 'resolved'
                else 'closed'
            end
            when category_before = 'done' and category is not null then 'reopened'
            when category = coalesce(category_before, '') then 'status_changed'
            when category = 'waiting' then 'paused'
            when category = 'blocked' then 'blocked'
            when category_before = 'waiting' and category is not null then 'resumed'
            when category_before = 'blocked' and category is not null then 'unblocked'
            when category = 'active' then 'started'
            else 'status_changed'
        end as event_type,
        case
            -- whoever gets an item has it in the queue, unless its clock stands still
            when field = 'assignment_group' and old_value is not null then case when in_force in ('waiting', 'blocked', 'done') then in_force else 'queued' end
            when field = 'assigned_to' then case when in_force = 'active' then 'active' end
            when field = 'on_hold' then case when in_force = 'done' then 'done' else in_force end
            when field = 'state' then category
        end as status_category,
        case when in_force = 'waiting' and field in ('state', 'on_hold') then coalesce(hold_waits_on, waits_on) end as waits_on,
        is_deployment,
        field = 'state' and category = 'done' and coalesce(category_before, '') <> 'done' and class_name = 'change_request'
        and coalesce(ending, '') <> 'dropped' and resolution = 'not_done' as is_failure,
        -- what the update says of the resolution, but not before the last turn the item took: until then it was open
        case
            when {{ counterpoise.timestamp_of_text('resolved_at_stamp') }} < changed_at
                then greatest({{ counterpoise.timestamp_of_text('resolved_at_stamp') }}, coalesce(last_turn_at, {{ counterpoise.timestamp_of_text('resolved_at_stamp') }}))
            else changed_at
        end as resolved_at
    from placed
    where
        not (field = 'approval' and (class_name <> 'change_request' or lower(coalesce(new_value, '')) not in ('requested', 'approved', 'rejected')))
        and not (field = 'on_hold' and category = 'done')
        and not (field = 'state' and new_value is null)

)

select * from final
