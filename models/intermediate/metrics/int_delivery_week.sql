-- Family of deliveries: one row per team that held the item then, week of the deployment or merge and week of knowledge. Σ columns
-- only.
with

deployments as (

    select * from {{ ref('int_deployments') }}

),

merged as (

    select
        steps.version_from_week,
        steps.version_to_week,
        steps.team_id,
        steps.occurred_week as week
    from {{ ref('int_item_steps') }} as steps
    inner join {{ ref('stg_work_items') }} as items on steps.work_item_id = items.work_item_id
    where steps.event_type = 'merged' and items.item_type = 'pull_request' and steps.team_id is not null

),

delivered as (

    select
        'merge' as kind,
        version_from_week,
        version_to_week,
        team_id,
        week
    from merged
    union all
    select
        case when tells_failures then 'judged_deployment' else 'deployment' end as kind,
        version_from_week,
        version_to_week,
        team_id,
        week
    from deployments
    union all
    -- a failure is known once both it and the version of its item are
    select
        'failure' as kind,
        greatest(version_from_week, failure_known_week) as version_from_week,
        case when version_to_week is not null then greatest(version_to_week, failure_known_week) end as version_to_week,
        team_id,
        week
    from deployments
    where failure_known_week is not null and tells_failures

),

signed as (

    {{ counterpoise.signed_versions('delivered', 'week') }}

),

final as (

    select
        team_id,
        week,
        'all' as stratum,
        known_week,
        {{ counterpoise.signed_sum('1', "kind = 'merge'") }} as merged_pull_requests,
        {{ counterpoise.signed_sum('1', "kind in ('deployment', 'judged_deployment')") }} as deployments,
        {{ counterpoise.signed_sum('1', "kind = 'judged_deployment'") }} as judged_deployments,
        {{ counterpoise.signed_sum('1', "kind = 'failure'") }} as failed_deployments
    from signed
    group by team_id, week, known_week

)

select * from final
