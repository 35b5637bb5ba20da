-- Resolved items whose requester opened another of the same category within the follow-up window. One pass: contacts and
-- resolutions of a requester in one line, each resolution looking at the first contact after it.
{%- set follow_up_seconds = counterpoise.setting('follow_up_days') * 86400 %}
with

contacts as (

    select
        requester_id,
        category,
        created_at as occurred_at,
        0 as kind,
        cast(null as {{ counterpoise.type_of('string') }}) as work_item_id,
        cast(null as {{ counterpoise.type_of('integer') }}) as version_from_week
    from {{ ref('stg_work_items') }}
    where requester_id is not null and coalesce(origin, 'customer') = 'customer'

),

resolutions as (

    select
        requester_id,
        category,
        first_resolved_at as occurred_at,
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
