{{ config(enabled=var('counterpoise_github_enabled', false)) }}
-- Contract table work_item_links: duplicates, what caused an issue (a pull request, and the deployment that shipped it), and reverts.
with

mentions as (

    select * from {{ ref('stg_github__mentions') }}
    where kind in ('duplicates', 'caused_by')

),

reverts as (

    select * from {{ ref('stg_github__reverts') }}

),

links as (

    select
        source_system,
        issue_id as from_key,
        mentioned_issue_id as to_key,
        kind as link_type,
        created_at,
        cast(null as {{ counterpoise.type_of('timestamp') }}) as _fivetran_synced
    from mentions
    union all
    select
        mentions.source_system,
        mentions.issue_id as from_key,
        'deployment:' || shipped.deployment_id as to_key,
        'caused_by' as link_type,
        mentions.created_at,
        cast(null as {{ counterpoise.type_of('timestamp') }}) as _fivetran_synced
    from mentions
    inner join {{ ref('stg_github__shipped') }} as shipped
        on
            mentions.source_system = shipped.source_system
            and mentions.mentioned_issue_id = shipped.issue_id
    where mentions.kind = 'caused_by'
    union all
    select
        source_system,
        revert_issue_id as from_key,
        reverted_issue_id as to_key,
        'follows_up' as link_type,
        reverted_at as created_at,
        _fivetran_synced
    from reverts
    where revert_issue_id is not null

)

select
    {{ counterpoise.as_adapter('work_item_links', {
        'from_item_id': counterpoise.connector_id('from_key'),
        'to_item_id': counterpoise.connector_id('to_key'),
        'link_type': 'link_type',
        'created_at': 'created_at',
        '_loaded_at': '_fivetran_synced',
    }) }}
from links
