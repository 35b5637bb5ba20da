-- Resolved items whose requester opened another of the same category within the follow-up window. One pass: contacts and
-- resolutions of a requester in one line, each resolution looking at the first contact after it.
{%- set follow_up_seconds = counterpoise.setting('follow_up_days') * 86400 %}
with

splits as (

    select distinct from_item_id as work_item_id
    from {{ ref('stg_work_item_links') }}
    where link_type = 'split_from'

),

-- what the team split off itself is nobody coming back
contacts as (

    select
        items.requester_id,
        items.category,
        items.created_at as occurred_at,
        0 as kind,
        cast(null as {{ counterpoise.type_of('string') }}) as work_item_id,
        cast(null as {{ counterpoise.type_of('integer') }}) as version_from_week
    from {{ ref('stg_work_items') }} as items
    left join splits on items.work_item_id = splits.work_item_id
    where
        items.requester_id is not null
        and coalesce(items.origin, 'customer') = 'customer'
        and (items.origin is not null or splits.work_item_id is null)

),

resolutions as (

    select
        requester_id,
        category,
        -- an item resolved before it was created must not meet its own creation
        greatest(first_resolved_at, created_at) as occurred_at,
        1 as kind,
        work_item_id,
        version_from_week
    from {{ ref('int_work_items') }}
    where requester_id is not null and first_resolved_at is not null

),

line as (

    select * from contacts
    union all
    select * from resolutions

),

looked_ahead as (

    select
        *,
        min(case when kind = 0 then occurred_at end) over (
            partition by requester_id, category
            order by occurred_at, kind
            rows between 1 following and unbounded following
        ) as next_contact_at
    from line

),

final as (

    select
        work_item_id,
        version_from_week,
        next_contact_at,
        {{ counterpoise.epoch_seconds('next_contact_at') }} - {{ counterpoise.epoch_seconds('occurred_at') }} <= {{ follow_up_seconds }} as is_repeated
    from looked_ahead
    where kind = 1 and next_contact_at is not null

)

select * from final
