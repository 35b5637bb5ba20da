{{ config(enabled=var('counterpoise_github_enabled', false)) }}
-- What became of deployments (created, deployed, closed, reverted), and pull requests taken back. A deployment is closed, never resolved:
-- it is no throughput beside the pull requests it ships.
{%- set text = counterpoise.type_of('string') %}
with

deployments as (

    select
        deployments.*,
        'deployment:' || deployments.deployment_id as item_key,
        case when people.is_bot then 'automation' when deployments.creator_id is not null then 'agent' end as creator_role
    from {{ ref('stg_github__deployments') }} as deployments
    left join {{ ref('stg_github__people') }} as people
        on
            deployments.source_system = people.source_system
            and deployments.creator_id = people.person_id

),

reverts as (

    select * from {{ ref('stg_github__reverts') }}

),

final as (
    {% for event_type, moment in [('created', 'created_at'), ('deployed', 'succeeded_at'), ('closed', 'ended_at')] %}
    select
        source_system,
        item_key,
        repository_id,
        team_id,
        '{{ event_type }}' as event_key,
        '{{ event_type }}' as event_type,
        {{ moment }} as occurred_at,
        {{ 'creator_id' if event_type == 'created' else 'cast(null as ' ~ text ~ ')' }} as actor_id,
        {{ 'creator_role' if event_type == 'created' else "'automation'" }} as actor_role,
        _fivetran_synced
    from deployments
    where {{ moment }} is not null
    union all
    {%- endfor %}
    select
        source_system,
        item_key,
        repository_id,
        team_id,
        'rolled_back:' || rolled_back_by as event_key,
        'reverted' as event_type,
        rolled_back_at as occurred_at,
        cast(null as {{ text }}) as actor_id,
        'automation' as actor_role,
        _fivetran_synced
    from deployments
    where rolled_back_at is not null
    union all
    select
        deployments.source_system,
        deployments.item_key,
        deployments.repository_id,
        deployments.team_id,
        'reverted:' || reverts.revert_key as event_key,
        'reverted' as event_type,
        reverts.reverted_at as occurred_at,
        cast(null as {{ text }}) as actor_id,
        'automation' as actor_role,
        reverts._fivetran_synced
    from reverts
    inner join {{ ref('stg_github__shipped') }} as shipped
        on
            reverts.source_system = shipped.source_system
            and reverts.reverted_issue_id = shipped.issue_id
            and reverts.reverted_at >= shipped.shipped_at
    inner join deployments
        on
            shipped.source_system = deployments.source_system
            and shipped.deployment_id = deployments.deployment_id
    union all
    select
        items.source_system,
        items.issue_id as item_key,
        items.repository_id,
        items.team_id,
        'reverted:' || reverts.revert_key as event_key,
        'reverted' as event_type,
        reverts.reverted_at as occurred_at,
        cast(null as {{ text }}) as actor_id,
        'automation' as actor_role,
        reverts._fivetran_synced
    from reverts
    inner join {{ ref('stg_github__items') }} as items
        on
            reverts.source_system = items.source_system
            and reverts.reverted_issue_id = items.issue_id

)

select * from final
