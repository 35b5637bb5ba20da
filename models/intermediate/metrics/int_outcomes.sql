-- What customers and others downstream got, with the moment it became known and the source of the item it is about.
with

outcomes as (

    select * from {{ ref('stg_outcomes') }}

),

items as (

    select
        work_item_id,
        source_system,
        account_id
    from {{ ref('stg_work_items') }}

),

load_batches as (

    select * from {{ ref('int_load_batches') }}
    where source_table = 'outcomes'

),

final as (

    select
        outcomes.outcome_id,
        outcomes.outcome_type,
        outcomes.work_item_id,
        outcomes.team_id,
        coalesce(outcomes.account_id, items.account_id) as account_id,
        outcomes.occurred_at,
        outcomes.value,
        greatest(
            outcomes.occurred_at,
            coalesce(outcomes.recorded_at, outcomes.occurred_at),
            case when load_batches.is_history_load = false then outcomes.first_loaded_at else outcomes.occurred_at end
        ) as known_at
    from outcomes
    left join items on outcomes.work_item_id = items.work_item_id
    left join load_batches
        on
            coalesce(items.source_system, 'unknown') = load_batches.source_system
            and cast(outcomes.first_loaded_at as date) = load_batches.loaded_on

)

select * from final
