{{ config(enabled=var('counterpoise_github_enabled', false)) }}
-- Contract table work_items: issues, pull requests, and deployments that ended (item_type change).
{%- set text = counterpoise.type_of('string') %}
with

items as (

    select * from {{ ref('stg_github__items') }}

),

closes as (

    select
        source_system,
        issue_id,
        mentioned_issue_id,
        row_number() over (partition by source_system, issue_id order by length(mentioned_issue_id), {{ counterpoise.byte_order('mentioned_issue_id') }}) as place
    from {{ ref('stg_github__mentions') }}
    where kind = 'closes'

),

last_steps as (

    select
        source_system,
        issue_id,
        is_closed,
        row_number() over (partition by source_system, issue_id order by step desc) as newest_first
    from {{ ref('stg_github__steps') }}

),

united as (

    select
        items.source_system,
        items.issue_id as item_key,
        items.repository_id,
        items.team_id,
        case when items.is_pull_request then 'pull_request' else coalesce(items.label_item_type, 'issue') end as item_type,
        items.label_work_class as work_class,
        items.author_id as requester_id,
        items.label_priority as priority,
        items.created_at,
        case when items.merged_at is not null then 'resolved' when last_steps.is_closed then 'closed' else 'open' end as item_status,
        case
            when items.merged_at is not null then 'done'
            when last_steps.is_closed
                then coalesce(items.label_resolution, items.reason_resolution, case when items.is_pull_request then 'not_done' else 'done' end)
        end as resolution,
        case when items.is_by_bot then 'automation' when items.is_pull_request then 'team' end as origin,
        case when items.is_pull_request then closes.mentioned_issue_id end as parent_key,
        items._fivetran_synced
    from items
    left join closes on items.source_system = closes.source_system and items.issue_id = closes.issue_id and closes.place = 1
    left join last_steps on items.source_system = last_steps.source_system and items.issue_id = last_steps.issue_id and last_steps.newest_first = 1
    union all
    select
        deployments.source_system,
        'deployment:' || deployments.deployment_id as item_key,
        deployments.repository_id,
        deployments.team_id,
        'change' as item_type,
        cast(null as {{ text }}) as work_class,
        deployments.creator_id as requester_id,
        cast(null as {{ text }}) as priority,
        deployments.created_at,
        'closed' as item_status,
        case when deployments.succeeded_at is not null then 'done' else 'not_done' end as resolution,
        -- the same work as the pull requests it ships
        'automation' as origin,
        cast(null as {{ text }}) as parent_key,
        deployments._fivetran_synced
    from {{ ref('stg_github__deployments') }} as deployments

)

select
    {{ counterpoise.as_adapter('work_items', {
        'work_item_id': counterpoise.connector_id('item_key'),
        'item_type': 'item_type',
        'work_class': 'work_class',
        'requester_id': 'requester_id',
        'priority': 'priority',
        'created_at': 'created_at',
        'status': 'item_status',
        'resolution': 'resolution',
        'parent_item_id': counterpoise.connector_id('parent_key'),
        'origin': 'origin',
        'owner_first': counterpoise.owner_id('repository', 'repository_id'),
        'owner_second': counterpoise.owner_id('team', 'team_id'),
        'own_team': counterpoise.owner_id('repository', 'repository_id'),
        '_loaded_at': '_fivetran_synced',
    }) }}
from united
