{{ config(enabled=var('counterpoise_servicenow_enabled', false)) }}
-- Contract table targets: definitions of service levels, for each group that has had an item under them. One that hangs on more than
-- priority and state is left out: the items it is for have their own due dates, and others it is not for.
{%- set others = ['impact', 'urgency', 'severity', 'category', 'caller', 'company', 'location', 'cmdb_ci', 'service', 'contract', 'account', 'vip', 'assignment_group'] %}
with

sla_definitions as (

    {{ counterpoise.connector_rows('servicenow', 'contract_sla') }}

),

task_slas as (

    {{ counterpoise.connector_rows('servicenow', 'task_sla') }}

),

tasks as (

    select * from {{ ref('stg_servicenow__tasks') }}

),

calendars as (

    select distinct calendar_id from {{ ref('stg_servicenow__business_calendars') }}

),

meanings as (

    select * from {{ ref('stg_value_map') }}
    where field_name = 'item_type'

),

priorities as (
    {% for priority in range(1, 6) %}
    select '{{ priority }}' as priority
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

held as (

    select
        task_slas.source_system,
        task_slas.sla_value as sla_id,
        tasks.group_id,
        min(task_slas.start_time) as first_used_at
    from task_slas
    inner join tasks on task_slas.source_system = tasks.source_system and task_slas.task_value = tasks.task_id
    where tasks.group_id is not null
    group by task_slas.source_system, task_slas.sla_value, tasks.group_id

),

defined as (

    select
        sla_definitions.*,
        case lower(sla_definitions.target) when 'response' then 'first_response_hours' when 'resolution' then 'resolution_hours' end as metric_id,
        {{ counterpoise.epoch_seconds('sla_definitions.duration') }} / 3600e0 as threshold,
        calendars.calendar_id,
        meanings.mapped_value as item_type,
        lower(coalesce(sla_definitions.start_condition, '')) as condition
    from sla_definitions
    left join calendars on sla_definitions.source_system || ':' || sla_definitions.schedule_value = calendars.calendar_id
    left join meanings
        on
            sla_definitions.source_system = meanings.source_system
            and lower(sla_definitions.collection) = meanings.raw_value
            and meanings.mapped_value <> 'none'
    where coalesce(sla_definitions.type, 'SLA') = 'SLA'

),

matched as (

    select
        defined.source_system,
        defined.sys_id,
        held.group_id,
        priorities.priority,
        defined.metric_id,
        defined.threshold,
        defined.calendar_id,
        defined.item_type,
        cast(least(coalesce(defined.sys_created_on, held.first_used_at), coalesce(held.first_used_at, defined.sys_created_on)) as date) as valid_from,
        case when not coalesce(defined.active, true) or coalesce(defined._fivetran_deleted, false) then cast(defined.sys_updated_on as date) end as valid_to
    from defined
    inner join held on defined.source_system = held.source_system and defined.sys_id = held.sla_id
    left join priorities
        on
            defined.condition like '%priority=' || priorities.priority || '%'
            {%- for before in ['', '_,', '_,_,', '_,_,_,'] %}
            or defined.condition like '%priorityin{{ before }}' || priorities.priority || '%'
            {%- endfor %}
    where
        defined.metric_id is not null
        and defined.threshold > 0
        and (priorities.priority is not null or defined.condition not like '%priority%')
        {%- for other in others %}
        and defined.condition not like '%{{ other }}%'
        {%- endfor %}

),

final as (

    select
        {{ counterpoise.as_adapter('targets', {
            'target_id': counterpoise.connector_id("'sla:' || sys_id || ':' || group_id || ':' || coalesce(priority, 'any')"),
            'metric_id': 'metric_id',
            'direction': "'at_most'",
            'threshold': 'threshold',
            'valid_from': 'valid_from',
            'valid_to': 'case when valid_to >= valid_from then valid_to end',
            'clock': "case when calendar_id is not null then 'business' when metric_id = 'resolution_hours' then 'working' else 'calendar' end",
            'calendar_id': 'calendar_id',
            'item_type': 'item_type',
            'priority': 'priority',
            'owner_first': counterpoise.owner_id('assignment_group', 'group_id'),
            'own_team': counterpoise.owner_id('assignment_group', 'group_id'),
        }) }}
    from matched
    where valid_from is not null

)

select * from final
