{{ config(**counterpoise.by_item('int_reached_items')) }}
-- What happened to resolved item versions within the follow-up window without anybody saying that they were open again: fields that
-- say when or how were edited, or an agent went on working. Where a source records reopenings, work that no reopening announces is
-- silent; where it does not, leaving `done` is the reopening itself.
{%- set telling_fields = ['resolved_at', 'due_at', 'priority', 'category', 'size', 'first_response_at'] %}
with

steps as (

    select * from {{ ref('int_item_steps') }}
    where
        resolutions_before > 0
        and (is_reopening or event_type in ('edited', 'started', 'commented', 'status_changed', 'assigned', 'reopened'))
        {{ counterpoise.of_changed(keyword='and') }}

),

closures as (

    select
        closures.work_item_id,
        closures.version_from_week,
        closures.version_to_week,
        closures.team_id,
        closures.week,
        closures.first_resolved_at,
        closures.follow_up_ends_at,
        coalesce(traces.first_edit_week <= closures.week, false) as tells_edits,
        coalesce(traces.first_reopening_week <= closures.week, false) as tells_reopenings
    from {{ ref('int_closures') }} as closures
    left join {{ ref('int_source_traces') }} as traces on closures.source_system = traces.source_system
    {{ counterpoise.of_changed('closures.work_item_id') }}

),

judged as (

    select
        steps.work_item_id,
        steps.version_from_week,
        closures.first_resolved_at,
        steps.occurred_at,
        steps.event_type = 'edited'
        and steps.state = 'done'
        and steps.actor_role <> 'automation'
        and (steps.field_name is null or steps.field_name in ('{{ telling_fields | join("', '") }}')) as is_edit,
        steps.field_name,
        steps.actor_role = 'agent'
        and (
            steps.event_type in ('started', 'assigned')
            or (steps.event_type = 'commented' and steps.tells_public_replies and not steps.is_public)
            or (steps.event_type = 'status_changed' and steps.state = 'active' and coalesce(steps.state_before, '') <> 'active')
        ) as is_work,
        steps.event_type = 'reopened' or (steps.is_reopening and not closures.tells_reopenings) as is_said_reopening
    from steps
    inner join closures
        on
            steps.work_item_id = closures.work_item_id
            and steps.version_from_week = closures.version_from_week
            and steps.occurred_at <= closures.follow_up_ends_at

),

followed as (

    select
        work_item_id,
        version_from_week,
        sum(case when is_edit then 1 else 0 end) as edits,
        min(case when is_edit then occurred_at end) as first_edited_at,
        max(case when is_edit then field_name end) as edited_field,
        sum(case when is_work then 1 else 0 end) as works,
        max(case when is_said_reopening then 1 else 0 end) as said_reopenings
    from judged
    group by work_item_id, version_from_week

),

final as (

    select
        closures.work_item_id,
        closures.version_from_week,
        closures.version_to_week,
        closures.team_id,
        closures.week,
        closures.tells_edits,
        coalesce(followed.edits, 0) > 0 as is_edited_after,
        followed.edited_field,
        {{ counterpoise.hours_between('closures.first_resolved_at', 'followed.first_edited_at') }} / 24.0 as edited_after_days,
        coalesce(followed.works, 0) as works_after,
        coalesce(followed.works > 0 and followed.said_reopenings = 0, false) as is_silent_rework
    from closures
    left join followed
        on
            closures.work_item_id = followed.work_item_id
            and closures.version_from_week = followed.version_from_week

)

select * from final
