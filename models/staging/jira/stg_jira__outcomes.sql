{{ config(enabled=var('counterpoise_jira_enabled', false)) }}
-- Contract table outcomes: bugs and incidents that a link gives to the issue that caused them, and satisfaction where a service desk asks.
with

issues as (

    select * from {{ ref('stg_jira__issues') }}
    where is_item

),

causes as (

    select * from {{ ref('stg_jira__work_item_links') }}
    where link_type = 'caused_by'

),

resolved as (

    select
        source_system,
        issue_id,
        min(occurred_at) as first_resolved_at
    from {{ ref('stg_jira__state_events') }}
    where event_type = 'resolved'
    group by source_system, issue_id

),

ratings as (

    select
        *,
        row_number() over (partition by source_system, issue_id order by changed_at desc) as newest_first
    from {{ ref('stg_jira__changes') }}
    where role = 'satisfaction'

),

-- a bug found before the work was called done did not escape
caused as (

    select
        effects.source_system,
        effects.issue_id || '|' || causing.issue_id as outcome_key,
        effects.outcome_type,
        causing.work_item_id,
        effects.created_at as occurred_at,
        1.0 as value,
        effects._loaded_at
    from causes
    inner join issues as effects on causes.from_item_id = effects.work_item_id
    inner join issues as causing on causes.to_item_id = causing.work_item_id
    left join resolved on causing.source_system = resolved.source_system and causing.issue_id = resolved.issue_id
    where
        effects.outcome_type in ('escaped_defect', 'incident')
        and coalesce(effects.ending, '') not in ('duplicate', 'withdrawn')
        and (effects.outcome_type = 'incident' or effects.created_at >= resolved.first_resolved_at)

),

rated as (

    select
        ratings.source_system,
        ratings.issue_id || '|satisfaction' as outcome_key,
        'csat' as outcome_type,
        issues.work_item_id,
        ratings.changed_at as occurred_at,
        case trim(ratings.value)
            {%- for score in [1, 2, 3, 4, 5] %}
            when '{{ score }}' then {{ (score - 1) / 4 }}
            when '{{ score }}.0' then {{ (score - 1) / 4 }}
            {%- endfor %}
        end as value,
        ratings._loaded_at
    from ratings
    inner join issues on ratings.source_system = issues.source_system and ratings.issue_id = issues.issue_id
    where ratings.newest_first = 1

),

final as (

    select * from caused
    union all
    select * from rated
    where value is not null

)

select
    {{ counterpoise.as_adapter('outcomes', {
        'outcome_id': counterpoise.connector_id('outcome_key'),
        'outcome_type': 'outcome_type',
        'work_item_id': 'work_item_id',
        'occurred_at': 'occurred_at',
        'recorded_at': 'occurred_at',
        'value': 'value',
        '_loaded_at': '_loaded_at',
    }) }}
from final
