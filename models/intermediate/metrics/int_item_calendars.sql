-- The business calendar of each item version: its own, else that of the promise on a business clock; else, for such a promise, the only
-- calendar there is. Items without one have no business hours.
with

items as (

    select
        work_item_id,
        version_from_week
    from {{ ref('int_work_items') }}

),

named as (

    select
        work_item_id,
        calendar_id
    from {{ ref('stg_work_items') }}
    where calendar_id is not null

),

targets as (

    select
        work_item_id,
        version_from_week,
        max(case when metric_id = 'resolution_hours' then calendar_id end) as resolution_calendar_id,
        max(calendar_id) as calendar_id
    from {{ ref('int_item_targets') }}
    where clock = 'business'
    group by work_item_id, version_from_week

),

calendars as (

    select distinct calendar_id from {{ ref('stg_business_calendars') }}

),

only_one as (

    select max(calendar_id) as calendar_id
    from calendars
    having count(*) = 1

),

chosen as (

    select
        items.work_item_id,
        items.version_from_week,
        coalesce(
            named.calendar_id,
            targets.resolution_calendar_id,
            targets.calendar_id,
            case when targets.work_item_id is not null then only_one.calendar_id end
        ) as calendar_id
    from items
    left join named on items.work_item_id = named.work_item_id
    left join targets
        on
            items.work_item_id = targets.work_item_id
            and items.version_from_week = targets.version_from_week
    left join only_one on targets.calendar_id is null

),

final as (

    select
        chosen.work_item_id,
        chosen.version_from_week,
        chosen.calendar_id
    from chosen
    inner join calendars on chosen.calendar_id = calendars.calendar_id

)

select * from final
