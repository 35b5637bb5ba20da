select
    {{ counterpoise.as_contract('work_item_events', {
        'event_id': 'event_id',
        'work_item_id': 'work_item_id',
        'event_type': 'event_type',
        'event_seq': 'event_seq',
        'occurred_at': 'occurred_at',
        'recorded_at': 'recorded_at',
        'actor_id': 'actor_id',
        'actor_role': 'actor_role',
        'team_id': 'team_id',
        'status_category': 'status_category',
        'waits_on': 'waits_on',
        'field_name': "'status'",
        'to_value': 'activity',
        '_loaded_at': '_loaded_at',
    }) }}
from {{ ref('stg_event_log__events') }}
