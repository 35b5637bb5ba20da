-- Hours of each item version in its business calendar, and when its promises on a business clock fall due. One row per item version that
-- has a calendar.
with

items as (

    select
        items.work_item_id,
        items.version_from_week,
        calendars.calendar_id,
        items.first_resolved_at,
        {{ counterpoise.epoch_seconds('items.created_at') }} as created_second,
        {{ counterpoise.epoch_seconds('items.first_response_at') }} as responded_second,
        {{ counterpoise.epoch_seconds('items.first_resolved_at') }} as resolved_second
    from {{ ref('int_work_items') }} as items
    inner join {{ ref('int_item_calendars') }} as calendars
        on
            items.work_item_id = calendars.work_item_id
            and items.version_from_week = calendars.version_from_week

),

spans as (

    select * from {{ ref('int_business_spans') }}

),

targets as (

    select
        work_item_id,
        version_from_week,
        cast(max(case when metric_id = 'resolution_hours' then target_hours end) * 3600 as {{ counterpoise.type_of('bigint') }}) as resolution_seconds,
        cast(max(case when metric_id = 'first_response_hours' then target_hours end) * 3600 as {{ counterpoise.type_of('bigint') }}) as response_seconds
    from {{ ref('int_item_targets') }}
    where clock = 'business'
    group by work_item_id, version_from_week

),

instants as (
    {% for instant in ['created_second', 'responded_second', 'resolved_second'] %}
    select
        calendar_id,
        {{ instant }} as instant_second
    from items
    where {{ instant }} is not null
    {{ 'union' if not loop.last }}
    {%- endfor %}

),

times as (

    {{ counterpoise.open_seconds_until('instants') }}

),

worked as (

    select
        work_item_id,
        version_from_week,
        sum(case when state in ('paused', 'done') then 0 else open_seconds end) as worked_seconds
    from spans
    group by work_item_id, version_from_week

),

opened as (

    select
        items.*,
        created.open_seconds as created_open,
        responded.open_seconds as responded_open,
        resolved.open_seconds as resolved_open,
        case when items.first_resolved_at is not null then coalesce(worked.worked_seconds, 0) end as worked_seconds,
        targets.resolution_seconds,
        targets.response_seconds
    from items
    inner join times as created
        on
            items.calendar_id = created.calendar_id
            and items.created_second = created.instant_second
    left join times as responded
        on
            items.calendar_id = responded.calendar_id
            and items.responded_second = responded.instant_second
    left join times as resolved
        on
            items.calendar_id = resolved.calendar_id
            and items.resolved_second = resolved.instant_second
    left join worked
        on
            items.work_item_id = worked.work_item_id
            and items.version_from_week = worked.version_from_week
    left join targets
        on
            items.work_item_id = targets.work_item_id
            and items.version_from_week = targets.version_from_week

),

-- the open second at which the clock reaches the promise, for items still unresolved then
crossings as (

    select
        spans.work_item_id,
        spans.version_from_week,
        min(spans.open_seconds_at_start + targets.resolution_seconds - spans.worked_seconds_before) as due_open
    from spans
    inner join targets
        on
            spans.work_item_id = targets.work_item_id
            and spans.version_from_week = targets.version_from_week
    where
        coalesce(spans.state, '') not in ('paused', 'done')
        and spans.worked_seconds_before <= targets.resolution_seconds
        and (spans.open_seconds is null or spans.worked_seconds_before + spans.open_seconds > targets.resolution_seconds)
    group by spans.work_item_id, spans.version_from_week

),

due as (

    select
        opened.*,
        opened.created_open + opened.response_seconds as response_due_open,
        case
            when opened.worked_seconds <= opened.resolution_seconds then opened.resolved_open + opened.resolution_seconds - opened.worked_seconds
            else crossings.due_open
        end as resolution_due_open
    from opened
    left join crossings
        on
            opened.work_item_id = crossings.work_item_id
            and opened.version_from_week = crossings.version_from_week

),

dues as (

    select
        calendar_id,
        response_due_open as due_open
    from due
    where response_due_open is not null
    union
    select
        calendar_id,
        resolution_due_open as due_open
    from due
    where resolution_due_open is not null

),

instants_of_dues as (

    {{ counterpoise.instant_of_open_seconds('dues', 'due_open') }}

),

final as (

    select
        due.work_item_id,
        due.version_from_week,
        due.calendar_id,
        greatest(due.responded_open - due.created_open, 0) / 3600.0 as response_business_hours,
        greatest(due.resolved_open - due.created_open, 0) / 3600.0 as elapsed_business_hours,
        due.worked_seconds / 3600.0 as working_business_hours,
        response_dues.instant_at as response_deadline_at,
        resolution_dues.instant_at as resolution_deadline_at
    from due
    left join instants_of_dues as response_dues
        on
            due.calendar_id = response_dues.calendar_id
            and due.response_due_open = response_dues.due_open
    left join instants_of_dues as resolution_dues
        on
            due.calendar_id = resolution_dues.calendar_id
            and due.resolution_due_open = resolution_dues.due_open

)

select * from final
