{{ config(**counterpoise.by_item('int_dated_items')) }}
{%- do ref('int_dated_items') %}
{#- Order among events of one item at the same instant, where the source does not number them. -#}
{%- set ranks = {
    'created': 0, 'queued': 1, 'assigned': 2, 'handed_off': 2, 'escalated': 2, 'started': 3, 'resumed': 3, 'unblocked': 3,
    'first_response': 4, 'paused': 6, 'blocked': 6, 'reopened': 7, 'resolved': 8, 'closed': 9,
} -%}
{#- The state an event puts its item in. status_category, where the source gives it, wins. -#}
{%- set states = {
    'created': 'waiting', 'queued': 'waiting', 'handed_off': 'waiting', 'escalated': 'waiting', 'reopened': 'waiting',
    'started': 'active', 'resumed': 'active', 'unblocked': 'active', 'paused': 'paused', 'blocked': 'blocked',
    'resolved': 'done', 'closed': 'done',
} -%}
{%- set categories = {'queued': 'waiting', 'active': 'active', 'waiting': 'paused', 'blocked': 'blocked', 'done': 'done'} -%}
with

items as (

    select * from {{ ref('stg_work_items') }}
    {{ counterpoise.of_changed() }}

),

teams as (

    select team_id, timezone from {{ ref('stg_teams') }}

),

load_batches as (

    select * from {{ ref('int_load_batches') }}
    where source_table = 'work_item_events'

),

-- the table is read in two places and not by one import: engines would keep a copy of all of it
told as (

    select
        work_item_id,
        max(case when event_type = 'created' then 1 else 0 end) as has_created,
        max(case when event_type = 'first_response' then 1 else 0 end) as has_first_response,
        max(case when event_type = 'resolved' then 1 else 0 end) as has_resolved,
        max(case when event_type = 'closed' then 1 else 0 end) as has_closed,
        max(case when team_id is not null then 1 else 0 end) as has_team
    from {{ ref('stg_work_item_events') }}
    {{ counterpoise.of_changed() }}
    group by work_item_id

),

items_told as (

    select
        items.*,
        coalesce(told.has_created, 0) as has_created,
        coalesce(told.has_first_response, 0) as has_first_response,
        coalesce(told.has_resolved, 0) as has_resolved,
        coalesce(told.has_closed, 0) as has_closed,
        coalesce(told.has_team, 0) as has_team
    from items
    left join told on items.work_item_id = told.work_item_id

),

-- What the item says and no event tells is an event too.
{% set derived = [('created', 'created_at', -1), ('first_response', 'first_response_at', none), ('resolved', 'resolved_at', none), ('closed', 'closed_at', none)] -%}
derived as (
    {% for event_type, column, event_seq in derived %}
    select
        work_item_id,
        work_item_id || '|{{ event_type }}' as event_id,
        '{{ event_type }}' as event_type,
        cast({{ event_seq if event_seq is not none else 'null' }} as {{ counterpoise.type_of('bigint') }}) as event_seq,
        {{ column }} as occurred_at
    from items_told
    where has_{{ event_type }} = 0 and {{ column }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

events as (

    select
        source_events.work_item_id,
        source_events.event_id,
        source_events.event_type,
        source_events.event_seq,
        source_events.occurred_at,
        source_events.recorded_at,
        source_events.first_loaded_at,
        case
            when source_events.event_type = 'handed_off' then coalesce(source_events.to_value, source_events.team_id)
            else source_events.team_id
        end as team_id,
        source_events.actor_id,
        source_events.actor_role,
        source_events.status_category,
        source_events.waits_on,
        source_events.is_public,
        source_events.field_name,
        -- the status in the source's own words; of an event log, the activity
        case
            when
                source_events.event_type = 'status_changed'
                or source_events.field_name = 'status'
                or (source_events.status_category is not null and source_events.event_type not in ('handed_off', 'edited'))
                then source_events.to_value
        end as raw_status
    from {{ ref('stg_work_item_events') }} as source_events
    {{ counterpoise.of_changed('source_events.work_item_id') }}
    union all
    select
        derived.work_item_id,
        derived.event_id,
        derived.event_type,
        derived.event_seq,
        derived.occurred_at,
        cast(null as {{ counterpoise.type_of('timestamp') }}) as recorded_at,
        cast(null as {{ counterpoise.type_of('timestamp') }}) as first_loaded_at,
        cast(null as {{ counterpoise.type_of('string') }}) as team_id,
        cast(null as {{ counterpoise.type_of('string') }}) as actor_id,
        cast(null as {{ counterpoise.type_of('string') }}) as actor_role,
        cast(null as {{ counterpoise.type_of('string') }}) as status_category,
        cast(null as {{ counterpoise.type_of('string') }}) as waits_on,
        cast(null as {{ counterpoise.type_of('boolean') }}) as is_public,
        cast(null as {{ counterpoise.type_of('string') }}) as field_name,
        cast(null as {{ counterpoise.type_of('string') }}) as raw_status
    from derived

),

placed as (

    select
        events.work_item_id,
        events.event_id,
        events.event_type,
        coalesce(events.event_seq, 0) as event_seq,
        case events.event_type
            {%- for event_type, rank in ranks.items() %}
            when '{{ event_type }}' then {{ rank }}
            {%- endfor %}
            else 5
        end as event_rank,
        events.occurred_at,
        events.recorded_at,
        greatest(
            events.occurred_at,
            coalesce(events.recorded_at, events.occurred_at),
            case when load_batches.is_history_load = false then events.first_loaded_at else events.occurred_at end
        ) as known_at,
        -- an item whose events name no team belongs to the team the item names
        case when items.has_team = 1 then events.team_id else items.team_id end as team_id,
        coalesce(items.source_system, 'unknown') as source_system,
        events.actor_id,
        case
            when events.actor_role is not null then events.actor_role
            when events.actor_id = items.requester_id then 'requester'
            else 'agent'
        end as actor_role,
        case coalesce(events.status_category, 'none')
            {%- for category, state in categories.items() %}
            when '{{ category }}' then '{{ state }}'
            {%- endfor %}
            else case events.event_type
                {%- for event_type, state in states.items() %}
                when '{{ event_type }}' then '{{ state }}'
                {%- endfor %}
            end
        end as state,
        events.event_type = 'paused' as is_pause,
        events.waits_on,
        coalesce(events.is_public, false) as is_public,
        events.is_public is not null and events.event_type = 'commented' as tells_public_replies,
        events.field_name,
        events.raw_status
    from events
    inner join items_told as items on events.work_item_id = items.work_item_id
    left join load_batches
        on
            coalesce(items.source_system, 'unknown') = load_batches.source_system
            and cast(events.first_loaded_at as date) = load_batches.loaded_on

),

dated as (

    select
        placed.*,
        {{ counterpoise.week_index(counterpoise.to_local('placed.occurred_at', 'teams.timezone')) }} as occurred_week,
        {{ counterpoise.week_index(counterpoise.to_local('placed.known_at', 'teams.timezone')) }} as known_week
    from placed
    left join teams on placed.team_id = teams.team_id

),

final as (

    select
        *,
        known_week > occurred_week as is_late
    from dated

)

select * from final
