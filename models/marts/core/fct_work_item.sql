{{ config(**counterpoise.by_item('int_reached_items')) }}
{%- do ref('int_reached_items') %}
with

items as (

    select * from {{ ref('int_work_items') }}
    where version_to_week is null {{ counterpoise.of_changed(keyword='and') }}

),

response_business as (

    select * from {{ ref('int_item_business') }}
    where promise = 'first_response'

),

resolution_business as (

    select * from {{ ref('int_item_business') }}
    where promise = 'resolution'

),

final as (

    select
        items.work_item_id,
        items.source_system,
        items.item_type,
        coalesce(items.resolved_team_id, items.last_team_id) as team_id,
        items.category,
        items.priority,
        items.is_customer_work,
        items.created_at,
        items.first_response_at,
        items.first_resolved_at,
        {{ counterpoise.week_start('items.first_resolved_week') }} as first_resolved_week,
        items.last_resolved_at,
        case when not items.is_open then items.last_event_at end as ended_at,
        items.is_open,
        items.is_closed_unresolved,
        {{ counterpoise.as_double(counterpoise.hours_between('items.created_at', 'case when not items.is_open then items.last_event_at end')) }} as duration_hours,
        {{ counterpoise.as_double('items.elapsed_hours') }} as elapsed_hours,
        {{ counterpoise.as_double('items.working_hours') }} as working_hours,
        {{ counterpoise.as_double('resolution_business.business_hours') }} as business_hours,
        {{ counterpoise.as_double('response_business.business_hours') }} as first_response_business_hours,
        {{ counterpoise.as_double('items.paused_hours') }} as paused_hours,
        {{ counterpoise.as_double('items.blocked_hours') }} as blocked_hours,
        {{ counterpoise.as_double('items.end_to_end_hours') }} as end_to_end_hours,
        {{ counterpoise.as_integer('items.pause_events') }} as pause_events,
        {{ counterpoise.as_integer('items.requester_pause_events') }} as requester_pause_events,
        {{ counterpoise.as_integer('items.handoffs') }} as handoffs,
        items.returned_to_team,
        {{ counterpoise.as_integer('items.review_rounds') }} as review_rounds,
        {{ counterpoise.as_integer('items.public_replies') }} as public_replies,
        {{ counterpoise.as_integer('items.reopenings') }} as reopenings
    from items
    left join response_business
        on
            items.work_item_id = response_business.work_item_id
            and items.version_from_week = response_business.version_from_week
    left join resolution_business
        on
            items.work_item_id = resolution_business.work_item_id
            and items.version_from_week = resolution_business.version_from_week

)

select * from final
