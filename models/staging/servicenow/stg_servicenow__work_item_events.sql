{{ config(enabled=var('counterpoise_servicenow_enabled', false)) }}
-- Contract table work_item_events. Resolutions and closings of items whose states no audit tells come from the item's own dates.
{%- set edited = {'priority': 'priority', 'category': 'category', 'due_date': 'due_at', 'opened_at': 'created_at', 'resolved_at': 'resolved_at'} %}
{%- set times = ['due_date', 'opened_at', 'resolved_at'] %}
with

tasks as (

    select * from {{ ref('stg_servicenow__tasks') }}

),

states as (

    select * from {{ ref('stg_servicenow__states') }}

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

first_holders as (

    select * from {{ ref('stg_servicenow__holdings') }}
    where held_from < cast('1000-01-01' as {{ counterpoise.type_of('timestamp') }})

),

people as (

    select * from {{ ref('stg_servicenow__people') }}

),

numbered as (

    select
        *,
        row_number() over (partition by source_system, task_id order by seq) as place
    from changes
    where field = 'state'

),

audited_classes as (

    select distinct source_system, class_name from changes

),

-- the state an item was born in: what its first change of state replaced, or, where states are audited and none changed, what stands now
born as (

    select
        tasks.*,
        first_holders.group_id as first_group_id,
        numbered.task_id is not null as tells_states,
        case
            when numbered.task_id is not null then nullif(was.status_category, 'done')
            when audited_classes.class_name is not null then nullif(tasks.status_category, 'done')
        end as first_category,
        coalesce(people.end_user_until, tasks.opened_at) > tasks.opened_at as is_opened_by_end_user
    from tasks
    left join first_holders on tasks.source_system = first_holders.source_system and tasks.task_id = first_holders.task_id
    left join numbered
        on
            tasks.source_system = numbered.source_system
            and tasks.task_id = numbered.task_id
            and numbered.place = 1
    left join states as was
        on
            tasks.source_system = was.source_system
            and tasks.class_name = was.class_name
            and numbered.old_value = was.state
    left join audited_classes on tasks.source_system = audited_classes.source_system and tasks.class_name = audited_classes.class_name
    left join people on tasks.source_system = people.source_system and tasks.opened_by_id = people.person_id

),

{%- set columns = ['source_system', 'task_id', 'event_id', 'event_type', 'occurred_at', 'recorded_at', 'event_seq', 'actor_id', 'actor_role', 'group_id', 'from_group_id',
    'status_category', 'waits_on', 'is_public', 'field_name', 'from_value', 'to_value'] %}
{%- set kinds = [
    ('born', {
        'event_id': "work_item_id || '|created'", 'event_type': "'created'", 'occurred_at': 'opened_at', 'recorded_at': 'recorded_at', 'event_seq': '-1', 'actor_id': 'opened_by_id',
        'actor_role': "case when is_opened_by_automation then 'automation' when opened_by_id = requester_id or is_opened_by_end_user then 'requester' else 'agent' end",
        'group_id': 'first_group_id', 'status_category': "coalesce(first_category, 'queued')",
    }, 'opened_at is not null'),
    ('born', {
        'event_id': "work_item_id || '|started'", 'event_type': "'started'", 'occurred_at': 'work_start', 'actor_role': "'agent'", 'group_id': 'first_group_id', 'status_category': "'active'",
    }, 'work_start is not null and not tells_states and work_start <= coalesce(resolved_at, closed_at, work_start)'),
    ('steps', {
        'event_id': counterpoise.connector_id("'audit:' || change_id"), 'event_type': 'event_type', 'occurred_at': "case when event_type = 'resolved' then resolved_at else changed_at end",
        'recorded_at': 'changed_at', 'event_seq': 'seq', 'actor_id': 'actor_id', 'actor_role': 'actor_role', 'group_id': 'group_id',
        'from_group_id': "case when event_type = 'handed_off' then old_value end", 'status_category': 'status_category', 'waits_on': 'waits_on',
        'field_name': "case when field in ('state', 'on_hold') then 'status' when field = 'assignment_group' then 'team_id' end",
        'from_value': "case when field = 'state' then state_word_before end", 'to_value': "case when field in ('state', 'on_hold') then state_word end",
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

-- a resolution that comes with a change of state is that change, not an edit
edits as (

    select
        *,
        case field
            {%- for field, column in edited.items() %}
            when '{{ field }}' then '{{ column }}'
            {%- endfor %}
        end as field_name,
        {%- for side in ['old', 'new'] %}
        case when field in ('{{ times | join("', '") }}') then replace(substring({{ side }}_value, 1, 19), ' ', 'T') || 'Z' else {{ side }}_value end as {{ 'from' if side == 'old' else 'to' }}_value{{ ',' if not loop.last }}
        {%- endfor %}
    from changes
    where
        field in ('{{ edited.keys() | join("', '") }}')
        and new_value is not null
        and (old_value is not null or field = 'due_date')
        and not (field = 'resolved_at' and is_with_state)

),

told as (
    {% for relation, expressions, condition in kinds %}
    select
        {%- for column in columns %}
        cast({{ expressions.get(column, column if column in ['source_system', 'task_id'] else 'null') }} as {{ counterpoise.type_of(types.get(column, 'string')) }}) as {{ column }}{{ ',' if not loop.last }}
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
