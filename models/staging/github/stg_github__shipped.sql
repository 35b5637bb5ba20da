{{ config(enabled=var('counterpoise_github_enabled', false), materialized='table') }}
-- The deployment that first brought a merged pull request to users.
with

merged as (

    select * from {{ ref('stg_github__items') }}
    where merged_at is not null and is_into_default_branch

),

deployments as (

    select * from {{ ref('stg_github__deployments') }}
    where succeeded_at is not null

),

final as (

    select
        merged.source_system,
        merged.issue_id,
        deployments.deployment_id,
        merged.merged_at,
        deployments.succeeded_at as shipped_at
    from merged
    inner join deployments
        on
            merged.source_system = deployments.source_system
            and merged.repository_id = deployments.repository_id
            and merged.merged_at <= deployments.contains_until
            and (deployments.contained_before is null or merged.merged_at > deployments.contained_before)

)

select * from final
