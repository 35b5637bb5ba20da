{{ config(**counterpoise.by_item('int_dated_items')) }}
-- An item is one version unless something about it became known in a later week than it happened. Then there is a version for
-- what was known before, and one from each such week on. Metrics add a version's figures from its first week and take them
-- away from the week after its last: so every past week can be read as it was known then.
with

events as (

    select * from {{ ref('int_item_events') }}
    {{ counterpoise.of_changed() }}

),

starts as (

    select distinct
        work_item_id,
        0 as version_from_week
    from events
    union all
    select distinct
        work_item_id,
        known_week as version_from_week
    from events
    where is_late

),

final as (

    select
        work_item_id,
        version_from_week,
        lead(version_from_week) over (partition by work_item_id order by version_from_week) as version_to_week
    from starts

)

select * from final
