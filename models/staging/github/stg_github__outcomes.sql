{{ config(enabled=var('counterpoise_github_enabled', false)) }}
-- Contract table outcomes: pull requests taken back, and bugs and incidents that name the pull request that caused them.
with

items as (

    select * from {{ ref('stg_github__items') }}

),

caused as (

    select
        mentions.source_system,
        'caused:' || effects.issue_id || ':' || causes.issue_id as outcome_key,
        case when effects.label_item_type = 'incident' then 'incident' else 'escaped_defect' end as outcome_type,
        causes.issue_id as item_key,
        effects.created_at as occurred_at,
        -- the cause may be found later than the fault
        mentions.created_at as recorded_at,
        effects._fivetran_synced
    from {{ ref('stg_github__mentions') }} as mentions
    inner join items as effects
        on
            mentions.source_system = effects.source_system
            and mentions.issue_id = effects.issue_id
    inner join items as causes
        on
            mentions.source_system = causes.source_system
            and mentions.mentioned_issue_id = causes.issue_id
    where
        mentions.kind = 'caused_by'
        and (effects.label_item_type = 'incident' or effects.label_work_class = 'rework')
        and effects.created_at >= causes.merged_at
        and coalesce(effects.label_resolution, effects.reason_resolution, '') not in ('duplicate', 'withdrawn')

),

final as (

    select * from caused
    union all
    select
        source_system,
        'reverted:' || revert_key || ':' || reverted_issue_id as outcome_key,
        'escaped_defect' as outcome_type,
        reverted_issue_id as item_key,
        reverted_at as occurred_at,
        reverted_at as recorded_at,
        _fivetran_synced
    from {{ ref('stg_github__reverts') }}

)

select
    {{ counterpoise.as_adapter('outcomes', {
        'outcome_id': counterpoise.connector_id('outcome_key'),
        'outcome_type': 'outcome_type',
        'work_item_id': counterpoise.connector_id('item_key'),
        'occurred_at': 'occurred_at',
        'recorded_at': 'recorded_at',
        'value': '1',
        '_loaded_at': '_fivetran_synced',
    }) }}
from final
