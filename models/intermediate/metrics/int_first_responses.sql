{{ config(**counterpoise.by_item('int_reached_items')) }}
{%- do ref('int_reached_items') %}
-- First answers of an agent: which team gave it, in which week, how long after the request.
with

items as (

    select * from {{ ref('int_work_items') }}
    where first_response_at is not null and is_customer_work {{ counterpoise.of_changed(keyword='and') }}

),

spans as (

    select * from {{ ref('int_item_spans') }}
    {{ counterpoise.of_changed() }}

),

teams as (

    select team_id, timezone from {{ ref('stg_teams') }}

),

held as (

    select
        items.work_item_id,
        items.version_from_week,
        max(items.version_to_week) as version_to_week,
        max(items.created_at) as created_at,
        max(items.first_response_at) as first_response_at,
        max(spans.team_id) as team_id
    from items
    inner join spans
        on
            items.work_item_id = spans.work_item_id
            and items.version_from_week = spans.version_from_week
            and items.first_response_at >= spans.started_at
            and (spans.ended_at is null or items.first_response_at < spans.ended_at)
    group by items.work_item_id, items.version_from_week

),

business as (

    select * from {{ ref('int_item_business') }}
    where promise = 'first_response'

),

final as (

    select
        held.work_item_id,
        held.version_from_week,
        held.version_to_week,
        held.team_id,
        {{ counterpoise.week_index(counterpoise.to_local('held.first_response_at', 'teams.timezone')) }} as week,
        {{ counterpoise.greatest_known([counterpoise.hours_between('held.created_at', 'held.first_response_at'), '0']) }} as response_hours,
        business.business_hours as response_business_hours
    from held
    left join business
        on
            held.work_item_id = business.work_item_id
            and held.version_from_week = business.version_from_week
    left join teams on held.team_id = teams.team_id
    where held.team_id is not null

)

select * from final
