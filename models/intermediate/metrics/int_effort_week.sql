-- What a team's hours of a week are held against, one version for each time something about it became known. Null = unknown: an
-- activity that nobody's hours had named by then, a budget nobody set, a capacity nobody gave.
{%- set kinds = {
    'demand': 'delivery_hours',
    'rework': 'rework_hours',
    'coordination': 'coordination_hours',
    'reporting': 'reporting_hours',
    'maintenance': 'maintenance_hours',
    'learning': 'learning_hours',
    'experiment': 'experiment_hours',
    'meta_work': 'ai_prompting_hours + ai_review_hours',
} %}
with

hours as (

    select * from {{ ref('int_hours_week') }}

),

item_hours as (

    select * from {{ ref('int_item_hours_week') }}

),

-- the first week in which hours of a kind were known, in single entries and in totals each
firsts as (

    select
        basis,
        {%- for kind, column in kinds.items() %}
        min(case when {{ column }} > 0 then known_week end) as first_{{ kind }}_week{{ ',' if not loop.last }}
        {%- endfor %}
    from hours
    group by basis

),

closures as (

    {{ counterpoise.signed_versions(ref('int_closures'), 'week') }}

),

changes as (

    select
        team_id,
        week,
        known_week,
        resolved_events,
        {{ counterpoise.as_measure('0') }} as ai_known_items,
        {{ counterpoise.as_measure('0') }} as ai_assisted_items
    from {{ ref('int_activity_week') }}
    where resolved_events <> 0
    union all
    select
        closures.team_id,
        closures.week,
        closures.known_week,
        {{ counterpoise.as_measure('0') }} as resolved_events,
        {{ counterpoise.as_measure('sum(closures.sign)') }} as ai_known_items,
        {{ counterpoise.as_measure('sum(case when items.ai_assisted then closures.sign else 0 end)') }} as ai_assisted_items
    from closures
    inner join {{ ref('stg_work_items') }} as items on closures.work_item_id = items.work_item_id
    where items.ai_assisted is not null
    group by closures.team_id, closures.week, closures.known_week

),

moments as (
    {{ counterpoise.moments('hours', 'changes') }}
),

versions as (

    select
        moments.team_id,
        moments.week,
        moments.known_week as version_from_week,
        lead(moments.known_week) over (partition by moments.team_id, moments.week order by moments.known_week) as version_to_week,
        {{ counterpoise.as_measure('coalesce(sum(changes.resolved_events), 0)') }} as resolved_events,
        {{ counterpoise.as_double('sum(changes.ai_assisted_items)') }} / nullif({{ counterpoise.as_double('sum(changes.ai_known_items)') }}, 0) as ai_assisted_item_share
    from moments
    left join changes
        on
            moments.team_id = changes.team_id
            and moments.week = changes.week
            and moments.known_week >= changes.known_week
    group by moments.team_id, moments.week, moments.known_week

),

final as (

    select
        versions.team_id,
        versions.week,
        versions.version_from_week,
        versions.version_to_week,
        hours.total_hours,
        nullif(hours.available_hours, 0) as available_hours,
        hours.is_capacity_assumed,
        nullif(hours.fte, 0) as fte,
        versions.resolved_events,
        {%- for kind, column in kinds.items() if kind not in ('demand', 'coordination') %}
        case when hours.week >= firsts.first_{{ kind }}_week then hours.{{ column | replace('+ ', '+ hours.') }} end as {{ kind }}_hours,
        {%- endfor %}
        case when hours.week >= firsts.first_demand_week then hours.delivery_hours + hours.rework_hours + hours.review_hours end as demand_hours,
        case when hours.week >= firsts.first_coordination_week then hours.coordination_hours + coalesce(item_hours.helping_hours, 0) end as collaboration_hours,
        case
            when hours.week >= firsts.first_meta_work_week and hours.meta_work_budget_hours is not null
                then greatest(hours.ai_prompting_hours + hours.ai_review_hours - hours.meta_work_budget_hours, 0)
        end as unbudgeted_hours,
        -- the part of the work that AI assisted: by the hours that name an item where there are any, else by the items resolved
        {{ counterpoise.as_measure(counterpoise.settled(
            counterpoise.as_double('hours.delivery_hours + hours.rework_hours + hours.review_hours')
            ~ ' * coalesce(' ~ counterpoise.as_double('item_hours.ai_assisted_hours') ~ ' / nullif(' ~ counterpoise.as_double('item_hours.ai_known_hours') ~ ', 0), versions.ai_assisted_item_share)'
        )) }} as ai_work_hours
    from versions
    inner join hours
        on
            versions.team_id = hours.team_id
            and versions.week = hours.week
    inner join firsts on hours.basis = firsts.basis
    left join item_hours
        on
            versions.team_id = item_hours.team_id
            and versions.week = item_hours.week

)

select * from final
