-- What customers said, on the item it is about and so in the cohort of that item's first resolution; what names a team only
-- belongs to the week it came up.
with

outcomes as (

    select * from {{ ref('stg_outcomes') }}
    where outcome_type in ('csat', 'csat_asked', 'complaint')

),

closures as (

    select * from {{ ref('int_closures') }}

),

items as (

    select work_item_id, source_system from {{ ref('stg_work_items') }}

),

load_batches as (

    select * from {{ ref('int_load_batches') }}
    where source_table = 'outcomes'

),

teams as (

    select team_id, timezone from {{ ref('stg_teams') }}

),

known as (

    select
        outcomes.outcome_id,
        outcomes.outcome_type,
        outcomes.work_item_id,
        outcomes.team_id,
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

),

of_items as (

    select
        known.outcome_id,
        known.outcome_type,
        known.value,
        closures.team_id,
        closures.week,
        closures.stratum,
        closures.is_customer_work,
        known.known_at,
        closures.version_from_week,
        closures.version_to_week,
        {{ counterpoise.epoch_seconds('known.occurred_at') }} - {{ counterpoise.epoch_seconds('closures.first_resolved_at') }} as seconds_after_resolution
    from known
    inner join closures on known.work_item_id = closures.work_item_id

),

of_teams as (

    select
        known.outcome_id,
        known.outcome_type,
        known.value,
        known.team_id,
        {{ counterpoise.week_index(counterpoise.to_local('known.occurred_at', 'teams.timezone')) }} as week,
        'all' as stratum,
        true as is_customer_work,
        known.known_at,
        0 as version_from_week,
        cast(null as {{ counterpoise.type_of('integer') }}) as version_to_week,
        0 as seconds_after_resolution
    from known
    left join teams on known.team_id = teams.team_id
    where known.work_item_id is null and known.team_id is not null

),

both_kinds as (

    select * from of_items
    union all
    select * from of_teams

),

dated as (

    select
        both_kinds.*,
        {{ counterpoise.week_index(counterpoise.to_local('both_kinds.known_at', 'teams.timezone')) }} as outcome_known_week
    from both_kinds
    left join teams on both_kinds.team_id = teams.team_id

),

final as (

    select
        outcome_id,
        outcome_type,
        value,
        team_id,
        week,
        stratum,
        is_customer_work,
        seconds_after_resolution,
        outcome_known_week,
        -- an outcome is known once both it and the version of its item are
        greatest(version_from_week, outcome_known_week) as version_from_week,
        case when version_to_week is not null then greatest(version_to_week, outcome_known_week) end as version_to_week
    from dated

)

select * from final
