{{ config(enabled=var('counterpoise_servicenow_enabled', false)) }}
-- Contract table time_entries: time worked on tasks, and of time cards what no time worked is behind. The hours belong to the group
-- that held the item that day; without an item, to the only group the person is in.
{%- set week_second = counterpoise.epoch_seconds('cast(week_starts_on as ' ~ counterpoise.type_of('timestamp') ~ ')') %}
{%- set days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] %}
with

worked as (

    {{ counterpoise.connector_rows('servicenow', 'task_time_worked') }}

),

cards as (

    {{ counterpoise.connector_rows('servicenow', 'time_card') }}

),

tasks as (

    select * from {{ ref('stg_servicenow__tasks') }}

),

holdings as (

    select * from {{ ref('stg_servicenow__holdings') }}

),

people as (

    select * from {{ ref('stg_servicenow__people') }}

),

meanings as (

    select * from {{ ref('stg_value_map') }}
    where field_name = 'activity'

),

time_worked as (

    select * from worked
    where not coalesce(_fivetran_deleted, false)

),

covered as (

    select cards.source_system, cards.sys_id
    from cards
    inner join time_worked on cards.source_system = time_worked.source_system and cards.sys_id = time_worked.time_card_value
    {{ counterpoise.union_distinct() }}
    select cards.source_system, cards.sys_id
    from cards
    inner join time_worked
        on
            cards.source_system = time_worked.source_system
            and cards.task_value = time_worked.task_value
            and cards.user_value = time_worked.user_value
    where
        time_worked.time_card_value is null
        and time_worked.work_date >= cards.week_starts_on
        and time_worked.work_date < cast({{ dbt.dateadd('day', 7, 'cards.week_starts_on') }} as date)

),

own_cards as (

    select cards.*
    from cards
    left join covered on cards.source_system = covered.source_system and cards.sys_id = covered.sys_id
    where
        covered.sys_id is null
        and cards.week_starts_on is not null
        and lower(coalesce(cards.state, '')) not in ('rejected', 'recalled')
        and not coalesce(cards._fivetran_deleted, false)

),

-- which weekday the card's week begins with, Monday = 0
begun as (

    select
        *,
        mod(cast(({{ week_second }} + 259200) / 86400 as {{ counterpoise.type_of('integer') }}) + 70000, 7) as first_weekday
    from own_cards

),

entries as (

    select
        source_system,
        'worked:' || sys_id as entry_id,
        task_value as task_id,
        user_value as person_id,
        cast(null as {{ counterpoise.type_of('string') }}) as category,
        coalesce(cast(work_date as {{ counterpoise.type_of('timestamp') }}), sys_created_on) as started_at,
        time_in_seconds / 3600e0 as hours
    from time_worked
    {%- for day in days %}
    union all
    select
        source_system,
        'card:' || sys_id || ':{{ loop.index }}' as entry_id,
        task_value as task_id,
        user_value as person_id,
        category,
        cast({{ dbt.dateadd('day', 'mod(' ~ loop.index0 ~ ' - first_weekday + 7, 7)', 'week_starts_on') }} as {{ counterpoise.type_of('timestamp') }}) as started_at,
        {{ day }} as hours
    from begun
    {%- endfor %}

),

-- groups that never held an item are no teams
teams as (

    select owner_id as team_owner_id from {{ ref('stg_servicenow__owners') }}
    where is_own_team

),

placed as (

    select
        entries.source_system,
        entries.entry_id,
        entries.person_id,
        entries.started_at,
        entries.hours,
        tasks.work_item_id,
        tasks.service_id,
        tasks.company_id,
        coalesce(meanings.mapped_value, case when entries.task_id is null then 'coordination' else 'delivery' end) as activity,
        case when tasks.task_id is null then people.only_group else holdings.group_id end as group_id
    from entries
    left join tasks on entries.source_system = tasks.source_system and entries.task_id = tasks.task_id
    left join holdings
        on
            entries.source_system = holdings.source_system
            and entries.task_id = holdings.task_id
            and entries.started_at >= holdings.held_from
            and entries.started_at < holdings.held_to
    left join people on entries.source_system = people.source_system and entries.person_id = people.person_id
    left join meanings on entries.source_system = meanings.source_system and lower(trim(entries.category)) = meanings.raw_value
    where entries.hours > 0 and entries.started_at is not null and not coalesce(people.is_automation, false)

),

final as (

    select
        {{ counterpoise.as_adapter('time_entries', {
            'time_entry_id': counterpoise.connector_id('entry_id'),
            'person_id': 'person_id',
            'work_item_id': 'work_item_id',
            'activity': 'activity',
            'started_at': 'started_at',
            'hours': 'hours',
            'owner_first': counterpoise.owner_id('assignment_group', 'group_id'),
            'owner_second': counterpoise.owner_id('service', 'service_id'),
            'owner_third': counterpoise.owner_id('company', 'company_id'),
            'own_team': 'team_owner_id',
        }) }}
    from placed
    left join teams on {{ counterpoise.owner_id('assignment_group', 'group_id') }} = teams.team_owner_id
    where activity <> 'none'

)

select * from final
