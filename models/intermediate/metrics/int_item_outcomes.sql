-- What customers said and which defects escaped, on the item it is about and so in the cohort of that item's first resolution; what names a team only
-- belongs to the week it came up.
{%- set defect_seconds = 70 * 86400 %}
with

known as (

    select * from {{ ref('int_outcomes') }}
    where outcome_type in ('csat', 'csat_asked', 'complaint', 'escaped_defect')

),

closures as (

    select * from {{ ref('int_closures') }}

),

teams as (

    select team_id, timezone from {{ ref('stg_teams') }}

),

of_items as (

    select
        known.outcome_id,
        known.outcome_type,
        known.value,
        closures.work_item_id,
        closures.version_from_week as item_version_from_week,
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
        cast(null as {{ counterpoise.type_of('string') }}) as work_item_id,
        0 as item_version_from_week,
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
        {{ counterpoise.week_index(counterpoise.to_local('both_kinds.known_at', 'teams.timezone')) }} as outcome_known_week,
        both_kinds.outcome_type = 'escaped_defect'
        and both_kinds.work_item_id is not null
        and both_kinds.seconds_after_resolution <= {{ defect_seconds }} as is_escaped_defect
    from both_kinds
    left join teams on both_kinds.team_id = teams.team_id

),

-- an item with several escaped defects is one, from when the first of them is known
numbered as (

    select
        *,
        row_number() over (
            partition by work_item_id, item_version_from_week, is_escaped_defect
            order by outcome_known_week, {{ counterpoise.byte_order('outcome_id') }}
        ) as place
    from dated

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
        is_escaped_defect and place = 1 as is_first_escaped_defect,
        outcome_known_week,
        -- an outcome is known once both it and the version of its item are
        greatest(version_from_week, outcome_known_week) as version_from_week,
        case when version_to_week is not null then greatest(version_to_week, outcome_known_week) end as version_to_week
    from numbered

)

select * from final
