with

events as (

    select * from {{ ref('stg_event_log__events') }}

),

placed as (

    select
        *,
        row_number() over (partition by work_item_id order by occurred_at desc, event_seq desc, event_id asc) as newest_first
    from events

),

cases as (

    select
        work_item_id,
        min(source_system) as source_system,
        min(item_type) as item_type,
        max(case when newest_first = 1 then team_id end) as team_id,
        min(requester_id) as requester_id,
        min(account_id) as account_id,
        -- case mix as it stands last, as in a snapshot of now
        max(case when newest_first = 1 then category end) as category,
        max(case when newest_first = 1 then priority end) as priority,
        min(occurred_at) as created_at,
        max(_loaded_at) as _loaded_at
    from placed
    group by work_item_id

)

select
    {{ counterpoise.as_contract('work_items', {
        'work_item_id': 'work_item_id',
        'source_system': 'source_system',
        'item_type': "coalesce(item_type, 'ticket')",
        'team_id': 'team_id',
        'requester_id': 'requester_id',
        'account_id': 'account_id',
        'category': 'category',
        'priority': 'priority',
        'created_at': 'created_at',
        '_loaded_at': '_loaded_at',
    }) }}
from cases
