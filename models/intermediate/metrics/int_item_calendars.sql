-- The business calendar each promise of an item version is counted by: the item's own, else that of the target it is held
-- against, else the only one there is where no item names any; with what its clock showed when the item was created and when the
-- promise was kept. Without a calendar there is no row, and with one only for what it covers.
with

items as (

    select * from {{ ref('int_work_items') }}

),

targets as (

    select * from {{ ref('int_item_targets') }}
    where calendar_id is not null or clock = 'business'

),

named as (

    select count(calendar_id) as items from {{ ref('stg_work_items') }}

),

only_calendar as (

    select min(calendars.calendar_id) as calendar_id
    from {{ ref('stg_business_calendars') }} as calendars
    cross join named
    where named.items = 0
    having min(calendars.calendar_id) = max(calendars.calendar_id)

),

calendars as (

    select distinct calendar_id from {{ ref('stg_business_calendars') }}

),

promises as (

    select
        work_item_id,
        version_from_week,
        'first_response' as promise,
        'first_response_hours' as metric_id,
        calendar_id,
        created_at,
        first_response_at as kept_at
    from items
    union all
    select
        work_item_id,
        version_from_week,
        'resolution' as promise,
        'resolution_hours' as metric_id,
        calendar_id,
        created_at,
        first_resolved_at as kept_at
    from items

),

assigned as (

    select
        promises.work_item_id,
        promises.version_from_week,
        promises.promise,
        calendars.calendar_id,
        {{ counterpoise.epoch_seconds('promises.created_at') }} as created_second,
        {{ counterpoise.epoch_seconds('promises.kept_at') }} as kept_second,
        case when targets.clock = 'business' then {{ counterpoise.as_integer('round(targets.target_hours * 3600)') }} end as target_seconds
    from promises
    left join targets
        on
            promises.work_item_id = targets.work_item_id
            and promises.version_from_week = targets.version_from_week
            and promises.metric_id = targets.metric_id
    left join only_calendar on promises.metric_id is not null
    inner join calendars on coalesce(promises.calendar_id, targets.calendar_id, only_calendar.calendar_id) = calendars.calendar_id

),

created as (

    select
        assigned.*,
        {{ counterpoise.open_seconds_at('assigned.created_second') }} as open_seconds_at_creation
    from assigned
    inner join {{ ref('int_calendar_spans') }} as spans
        on
            {{ counterpoise.lies_in_span('assigned.calendar_id', 'assigned.created_second') }}

),

final as (

    select
        created.work_item_id,
        created.version_from_week,
        created.promise,
        created.calendar_id,
        created.target_seconds,
        created.open_seconds_at_creation,
        {{ counterpoise.open_seconds_at('created.kept_second') }} as open_seconds_at_keeping
    from created
    left join {{ ref('int_calendar_spans') }} as spans
        on
            {{ counterpoise.lies_in_span('created.calendar_id', 'created.kept_second') }}

)

select * from final
