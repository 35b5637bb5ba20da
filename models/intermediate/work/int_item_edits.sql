{{ config(**counterpoise.by_item('int_dated_items')) }}
-- What edits tell of an item version: the priority and due date it began with, and when its priority was first raised. The item
-- itself has only what stands there now.
with

edits as (

    select
        event_id,
        field_name,
        from_value,
        to_value,
        {{ counterpoise.priority_rank('from_value') }} as rank_before,
        {{ counterpoise.priority_rank('to_value') }} as rank_after
    from {{ ref('stg_work_item_events') }}
    where event_type = 'edited' and field_name in ('priority', 'due_at') {{ counterpoise.of_changed(keyword='and') }}

),

steps as (

    select
        work_item_id,
        version_from_week,
        step,
        event_id,
        occurred_at
    from {{ ref('int_item_steps') }}
    where event_type = 'edited' {{ counterpoise.of_changed(keyword='and') }}

),

placed as (

    select
        steps.work_item_id,
        steps.version_from_week,
        steps.occurred_at,
        edits.field_name,
        edits.from_value,
        edits.to_value,
        edits.field_name = 'priority' and edits.rank_after < edits.rank_before as is_raise,
        row_number() over (partition by steps.work_item_id, steps.version_from_week, edits.field_name order by steps.step) as place
    from steps
    inner join edits on steps.event_id = edits.event_id

),

final as (

    select
        work_item_id,
        version_from_week,
        max(case when place = 1 and field_name = 'priority' then from_value end) as first_priority,
        -- a date that was set later than the item was created is the first promise too
        max(case when place = 1 and field_name = 'due_at' then {{ counterpoise.timestamp_of_text('coalesce(from_value, to_value)') }} end) as first_due_at,
        min(case when is_raise then occurred_at end) as first_raised_at
    from placed
    group by work_item_id, version_from_week

)

select * from final
