-- Deployments per item version, with the first week in which it was known that one had failed: taken back (`reverted`), or an
-- incident or escaped defect within seven days.
{%- set failure_seconds = 7 * 86400 %}
with

steps as (

    select * from {{ ref('int_item_steps') }}
    where event_type in ('deployed', 'reverted')

),

outcomes as (

    select * from {{ ref('int_outcomes') }}
    where outcome_type in ('incident', 'escaped_defect') and work_item_id is not null

),

incidents as (

    select
        links.to_item_id as work_item_id,
        items.created_at as failed_at,
        case when links.created_at > items.created_at then links.created_at else items.created_at end as known_at
    from {{ ref('stg_work_item_links') }} as links
    inner join {{ ref('stg_work_items') }} as items on links.from_item_id = items.work_item_id
    where links.link_type = 'caused_by' and items.item_type = 'incident'

),

teams as (

    select team_id, timezone from {{ ref('stg_teams') }}

),

failures as (

    select
        work_item_id,
        version_from_week,
        occurred_at as failed_at,
        occurred_at as known_at,
        event_known_week
    from steps
    where event_type = 'reverted'
    union all
    select
        work_item_id,
        cast(null as {{ counterpoise.type_of('integer') }}) as version_from_week,
        occurred_at as failed_at,
        known_at,
        cast(null as {{ counterpoise.type_of('integer') }}) as event_known_week
    from outcomes
    union all
    select
        work_item_id,
        cast(null as {{ counterpoise.type_of('integer') }}) as version_from_week,
        failed_at,
        known_at,
        cast(null as {{ counterpoise.type_of('integer') }}) as event_known_week
    from incidents

),

first_failure as (

    select min(coalesce(event_known_week, {{ counterpoise.week_index('known_at') }})) as week from failures

),

deployments as (

    select
        steps.work_item_id,
        steps.version_from_week,
        steps.version_to_week,
        steps.step,
        steps.team_id,
        steps.occurred_week as week,
        steps.occurred_at,
        {{ counterpoise.add_seconds('steps.occurred_at', failure_seconds) }} as judged_until,
        teams.timezone
    from steps
    left join teams on steps.team_id = teams.team_id
    where steps.event_type = 'deployed' and steps.team_id is not null

),

failed as (

    select
        deployments.work_item_id,
        deployments.version_from_week,
        deployments.step,
        min(coalesce(failures.event_known_week, {{ counterpoise.week_index(counterpoise.to_local('failures.known_at', 'deployments.timezone')) }})) as failure_known_week
    from deployments
    inner join failures
        on
            deployments.work_item_id = failures.work_item_id
            and failures.failed_at between deployments.occurred_at and deployments.judged_until
    where failures.version_from_week is null or failures.version_from_week = deployments.version_from_week
    group by deployments.work_item_id, deployments.version_from_week, deployments.step

),

final as (

    select
        deployments.work_item_id,
        deployments.version_from_week,
        deployments.version_to_week,
        deployments.step,
        deployments.team_id,
        deployments.week,
        failed.failure_known_week,
        -- where no failure has ever been told of, it is unknown whether any failed
        coalesce(deployments.week >= first_failure.week, false) as tells_failures
    from deployments
    cross join first_failure
    left join failed
        on
            deployments.work_item_id = failed.work_item_id
            and deployments.version_from_week = failed.version_from_week
            and deployments.step = failed.step

)

select * from final
