with

items as (

    select * from {{ ref('int_work_items') }}
    where version_to_week is null

),

final as (

    select
        work_item_id,
        source_system,
        item_type,
        coalesce(resolved_team_id, last_team_id) as team_id,
        category,
        priority,
        is_customer_work,
        created_at,
        first_response_at,
        first_resolved_at,
        {{ counterpoise.week_start('first_resolved_week') }} as first_resolved_week,
        last_resolved_at,
        case when not is_open then last_event_at end as ended_at,
        is_open,
        is_closed_unresolved,
        {{ counterpoise.as_double(counterpoise.hours_between('created_at', 'case when not is_open then last_event_at end')) }} as duration_hours,
        {{ counterpoise.as_double('elapsed_hours') }} as elapsed_hours,
        {{ counterpoise.as_double('working_hours') }} as working_hours,
        {{ counterpoise.as_double('paused_hours') }} as paused_hours,
        {{ counterpoise.as_double('blocked_hours') }} as blocked_hours,
        {{ counterpoise.as_double('end_to_end_hours') }} as end_to_end_hours,
        {{ counterpoise.as_integer('pause_events') }} as pause_events,
        {{ counterpoise.as_integer('requester_pause_events') }} as requester_pause_events,
        {{ counterpoise.as_integer('handoffs') }} as handoffs,
        returned_to_team,
        {{ counterpoise.as_integer('review_rounds') }} as review_rounds,
        {{ counterpoise.as_integer('public_replies') }} as public_replies,
        {{ counterpoise.as_integer('reopenings') }} as reopenings
    from items

)

select * from final
