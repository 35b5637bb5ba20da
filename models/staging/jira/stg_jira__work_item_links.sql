{{ config(enabled=var('counterpoise_jira_enabled', false)) }}
-- Contract table work_item_links. Jira tells a link from both sides; here it stands once, and it carries no date.
with

links as (

    {{ counterpoise.connector_rows('jira', 'issue_link') }}

),

issues as (

    select * from {{ ref('stg_jira__issues') }}
    where is_item

),

meanings as (

    select * from {{ ref('stg_value_map') }}
    where field_name in ('link_type', 'link_reversed') and mapped_value is not null

),

meant as (

    select
        links.source_system,
        case when meanings.field_name = 'link_type' then links.issue_id else links.related_issue_id end as from_issue_id,
        case when meanings.field_name = 'link_type' then links.related_issue_id else links.issue_id end as to_issue_id,
        meanings.mapped_value as link_type,
        links._fivetran_synced as _loaded_at
    from links
    inner join meanings
        on
            links.source_system = meanings.source_system
            and lower(trim(links.relationship)) = meanings.raw_value

),

final as (

    select
        meant.source_system,
        from_issues.work_item_id as from_item_id,
        to_issues.work_item_id as to_item_id,
        meant.link_type,
        max(meant._loaded_at) as _loaded_at
    from meant
    inner join issues as from_issues on meant.source_system = from_issues.source_system and meant.from_issue_id = from_issues.issue_id
    inner join issues as to_issues on meant.source_system = to_issues.source_system and meant.to_issue_id = to_issues.issue_id
    where meant.from_issue_id <> meant.to_issue_id
    group by meant.source_system, from_issues.work_item_id, to_issues.work_item_id, meant.link_type

)

select
    {{ counterpoise.as_adapter('work_item_links', {
        'from_item_id': 'from_item_id',
        'to_item_id': 'to_item_id',
        'link_type': 'link_type',
        '_loaded_at': '_loaded_at',
    }) }}
from final
