{{ config(enabled=var('counterpoise_servicenow_enabled', false)) }}
-- Contract table work_item_events. Resolutions and closings of items whose states no audit tells come from the item's own dates.
{%- set edited = {'priority': 'priority', 'category': 'category', 'due_date': 'due_at', 'opened_at': 'created_at', 'resolved_at': 'resolved_at'} %}
{%- set times = ['due_date', 'opened_at', 'resolved_at'] %}
with

tasks as (

    select * from {{ ref('stg_servicenow__tasks') }}

),

changes as (

    select * from {{ ref('stg_servicenow__changes') }}

),

steps as (

    select * from {{ ref('stg_servicenow__steps') }}

),

comments as (

    select * from {{ ref('stg_servicenow__comments') }}

),

promises as (

    select * from {{ ref('stg_servicenow__promises') }}
    where due_at is not null

),

openings as (

    select * from {{ ref('stg_servicenow__openings') }}

),

{%- set columns = ['event_id', 'event_type', 'occurred_at', 'recorded_at', 'event_seq', 'actor_id', 'actor_role', 'group_id', 'from_group_id',
    'status_category', 'waits_on', 'is_public', 'field_name', 'from_value', 'to_value'] %}
{%- set kinds = [
    ('openings', {
        'event_id': "work_item_id || '|created'", 'event_type': "'created'", 'occurred_at': 'opened_at', 'recorded_at': 'recorded_at', 'event_seq': '-1', 'actor_id': 'opened_by_id',
        'actor_role': 'opened_by_role',
        'group_id': 'group_id', 'status_category': 'status_category',
    }, 'opened_at is not null'),
    ('openings', {
        'event_id': "work_item_id || '|started'", 'event_type': "'started'", 'occurred_at': 'started_at', 'actor_role': "'agent'", 'group_id': 'group_id', 'status_category': "'active'",
    }, 'started_at is not null'),
    ('steps', {
        'event_id': counterpoise.connector_id("'audit:' || change_id"), 'event_type': 'event_type', 'occurred_at': "case when event_type = 'resolved' then resolved_at else changed_at end",
        'recorded_at': 'changed_at', 'event_seq': 'seq', 'actor_id': 'actor_id', 'actor_role': 'actor_role', 'group_id': 'group_id',
        'from_group_id': "case when event_type = 'handed_off' then left_group_id end", 'status_category': 'status_category', 'waits_on': 'waits_on',
        'field_name': 'field_name', 'from_value': 'from_value', 'to_value': 'to_value',
    }, 'true'),
    ('steps', {
        'event_id': counterpoise.connector_id("'audit:' || change_id || '|deployed'"), 'event_type': "'deployed'", 'occurred_at': 'changed_at', 'recorded_at': 'changed_at', 'event_seq': 'seq',
        'actor_id': 'actor_id', 'actor_role': 'actor_role', 'group_id': 'group_id',
    }, "is_deployment and field = 'state'"),
    ('steps', {
        'event_id': counterpoise.connector_id("'audit:' || change_id || '|reverted'"), 'event_type': "'reverted'", 'occurred_at': 'changed_at', 'recorded_at': 'changed_at', 'event_seq': 'seq',
        'actor_id': 'actor_id', 'actor_role': 'actor_role', 'group_id': 'group_id',
    }, 'is_failure'),
    ('edits', {
        'event_id': counterpoise.connector_id("'audit:' || change_id"), 'event_type': "'edited'", 'occurred_at': 'changed_at', 'recorded_at': 'changed_at', 'event_seq': 'seq',
        'actor_id': 'actor_id', 'actor_role': 'actor_role', 'group_id': 'group_id', 'field_name': 'field_name', 'from_value': 'from_value', 'to_value': 'to_value',
    }, 'true'),
    ('comments', {
        'event_id': counterpoise.connector_id('event_key'), 'event_type': 'event_type', 'occurred_at': 'said_at', 'recorded_at': 'said_at', 'actor_id': 'actor_id', 'actor_role': 'actor_role',
        'group_id': 'group_id', 'is_public': 'is_public',
    }, 'true'),
] %}
{%- set types = {'occurred_at': 'timestamp', 'recorded_at': 'timestamp', 'event_seq': 'bigint', 'is_public': 'boolean'} %}

-- a resolution that comes with a change of state is that change, not an edit; and what a service level promises, a due date does not move
edits as (

    select
        changes.source_system,
        changes.task_id,
        changes.change_id,
        changes.changed_at,
        changes.seq,
        changes.actor_id,
        changes.actor_role,
        changes.group_id,
        case changes.field
            {%- for field, column in edited.items() %}
            when '{{ field }}' then '{{ column }}'
            {%- endfor %}
        end as field_name,
        {%- for side, name in [('old', 'from_value'), ('new', 'to_value')] %}
        case
            when changes.field in ('{{ times | join("', '") }}') then replace(substring(changes.{{ side }}_value, 1, 19), ' ', 'T') || 'Z'
            else changes.{{ side }}_value
        end as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from changes
    left join promises on changes.source_system = promises.source_system and changes.task_id = promises.task_id
    where
        changes.field in ('{{ edited.keys() | join("', '") }}')
        and changes.new_value is not null
        and (changes.old_value is not null or changes.field = 'due_date')
        and not (changes.field = 'due_date' and promises.task_id is not null)
        and not (changes.field = 'resolved_at' and changes.is_with_state)

),

told as (
    {% for relation, expressions, condition in kinds %}
    select
        source_system,
        task_id,
        {%- for column in columns %}
        cast({{ expressions.get(column, 'null') }} as {{ counterpoise.type_of(types.get(column, 'string')) }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    where {{ condition }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

owned as (

    select
        told.*,
        tasks.work_item_id,
        tasks.service_id,
        tasks.company_id,
        tasks.domain_id,
        tasks.synced_at
    from told
    inner join tasks on told.source_system = tasks.source_system and told.task_id = tasks.task_id

),

final as (

    select
        {{ counterpoise.as_adapter('work_item_events', {
            'event_id': 'event_id',
            'work_item_id': 'work_item_id',
            'event_type': 'event_type',
            'occurred_at': 'occurred_at',
            'recorded_at': 'recorded_at',
            'event_seq': 'event_seq',
            'actor_id': 'actor_id',
            'actor_role': 'actor_role',
            'status_category': 'status_category',
            'waits_on': 'waits_on',
            'is_public': 'is_public',
            'field_name': 'field_name',
            'from_value': 'from_value',
            'to_value': 'to_value',
            'owner_first': counterpoise.owner_id('assignment_group', 'group_id'),
            'owner_second': counterpoise.owner_id('service', 'service_id'),
            'owner_third': 'coalesce(' ~ counterpoise.owner_id('company', 'company_id') ~ ', ' ~ counterpoise.owner_id('domain', 'domain_id') ~ ')',
            'own_team': counterpoise.owner_id('assignment_group', 'group_id'),
            'from_owner': counterpoise.owner_id('assignment_group', 'from_group_id'),
            'to_owner': "case when event_type = 'handed_off' then " ~ counterpoise.owner_id('assignment_group', 'group_id') ~ ' end',
            '_loaded_at': 'synced_at',
        }) }}
    from owned

)

select * from final
