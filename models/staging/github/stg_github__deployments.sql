{{ config(enabled=var('counterpoise_github_enabled', false), materialized='table') }}
-- Deployments to where users are that ended, in order, with the time up to which what was merged is in them.
with

statuses as (

    select
        source_system,
        deployment_id,
        min(case when lower(state) = 'success' then created_at end) as succeeded_at,
        min(case when lower(state) in ('failure', 'error') then created_at end) as failed_at
    from (
        {{ counterpoise.connector_rows('github', 'deployment_status') }}
    ) as known_statuses
    group by source_system, deployment_id

),

commits as (

    select * from (
        {{ counterpoise.connector_rows('github', 'commit') }}
    ) as known_commits

),

items as (

    select
        *,
        row_number() over (partition by source_system, merge_sha order by merged_at) as place
    from {{ ref('stg_github__items') }}
    where merge_sha is not null

),

value_map as (

    select * from {{ ref('stg_value_map') }}
    where field_name = 'environment'

),

ended as (

    select
        deployments.source_system,
        deployments.id as deployment_id,
        coalesce(items.repository_id, commits.repository_id) as repository_id,
        deployments.commit_sha,
        deployments.creator_id,
        deployments.created_at,
        statuses.succeeded_at,
        coalesce(statuses.succeeded_at, statuses.failed_at) as ended_at,
        -- the age of what was deployed, not of the deployment: an old commit brings nothing new
        least(coalesce(items.merged_at, commits.committer_date, deployments.created_at), deployments.created_at) as contains_until,
        deployments._fivetran_synced
    from (
        {{ counterpoise.connector_rows('github', 'deployment') }}
    ) as deployments
    inner join statuses
        on
            deployments.source_system = statuses.source_system
            and deployments.id = statuses.deployment_id
    left join items
        on
            deployments.source_system = items.source_system
            and deployments.commit_sha = items.merge_sha
            and items.place = 1
    left join commits
        on
            deployments.source_system = commits.source_system
            and deployments.commit_sha = commits.sha
    left join value_map
        on
            deployments.source_system = value_map.source_system
            and lower(trim(deployments.environment)) = value_map.raw_value
    where
        coalesce(value_map.mapped_value = 'production', deployments.production_environment, false)
        and coalesce(statuses.succeeded_at, statuses.failed_at) is not null

),

ordered as (

    select
        *,
        max(contains_until) over (
            partition by source_system, repository_id order by succeeded_at, deployment_id
            rows between unbounded preceding and 1 preceding
        ) as contained_before,
        lead(succeeded_at) over (partition by source_system, repository_id order by succeeded_at, deployment_id) as next_succeeded_at,
        lead(contains_until) over (partition by source_system, repository_id order by succeeded_at, deployment_id) as next_contains_until,
        lead(deployment_id) over (partition by source_system, repository_id order by succeeded_at, deployment_id) as next_deployment_id
    from ended
    where succeeded_at is not null

),

owners as (

    select distinct
        source_system,
        repository_id,
        team_id
    from {{ ref('stg_github__items') }}

),

final as (

    select
        ended.source_system,
        ended.deployment_id,
        ended.repository_id,
        owners.team_id,
        ended.creator_id,
        ended.created_at,
        ended.succeeded_at,
        ended.ended_at,
        ended.contains_until,
        ordered.contained_before,
        -- an older commit deployed next takes this one back
        case when ordered.next_contains_until < ordered.contains_until then ordered.next_succeeded_at end as rolled_back_at,
        case when ordered.next_contains_until < ordered.contains_until then ordered.next_deployment_id end as rolled_back_by,
        ended._fivetran_synced
    from ended
    left join ordered
        on
            ended.source_system = ordered.source_system
            and ended.deployment_id = ordered.deployment_id
    left join owners
        on
            ended.source_system = owners.source_system
            and ended.repository_id = owners.repository_id

)

select * from final
