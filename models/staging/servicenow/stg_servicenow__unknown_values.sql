{{ config(enabled=var('counterpoise_servicenow_enabled', false)) }}
-- Words and numbers in the data that neither the platform's defaults nor the user's map gives a meaning.
with

tasks as (

    select * from {{ ref('stg_servicenow__tasks') }}

),

changes as (

    select * from {{ ref('stg_servicenow__changes') }}

),

states as (

    select * from {{ ref('stg_servicenow__states') }}
    where status_category is null

),

hold_reasons as (

    select * from {{ ref('stg_servicenow__hold_reasons') }}
    where waits_on is null

),

entries as (

    select * from {{ ref('stg_servicenow__schedule_entries') }}
    where not is_understood

),

cards as (

    {{ counterpoise.connector_rows('servicenow', 'time_card') }}

),

meanings as (

    select * from {{ ref('stg_value_map') }}

),

said as (

    select source_system, 'item_type' as field_name, class_name as raw_value
    from tasks
    where is_unknown_type and class_name is not null
    union all
    select source_system, 'resolution' as field_name, close_code as raw_value
    from tasks
    where is_unknown_code
    union all
    select tasks.source_system, 'status' as field_name, states.class_name || ':' || coalesce(states.label, states.state) as raw_value
    from tasks
    inner join states on tasks.source_system = states.source_system and tasks.class_name = states.class_name and tasks.state = states.state
    union all
    select changes.source_system, 'status' as field_name, states.class_name || ':' || coalesce(states.label, states.state) as raw_value
    from changes
    inner join states on changes.source_system = states.source_system and changes.class_name = states.class_name and changes.new_value = states.state
    where changes.field = 'state'
    union all
    select changes.source_system, 'waits_on' as field_name, 'hold:' || coalesce(hold_reasons.label, hold_reasons.hold_reason) as raw_value
    from changes
    inner join hold_reasons on changes.source_system = hold_reasons.source_system and changes.new_value = hold_reasons.hold_reason
    where changes.field = 'hold_reason'
    union all
    select source_system, 'schedule_entry' as field_name, coalesce(kind, 'neither open nor closed') || ' ' || case when repeat_type = '' then 'once' else repeat_type end as raw_value
    from entries
    union all
    select cards.source_system, 'activity' as field_name, cards.category as raw_value
    from cards
    left join meanings
        on
            cards.source_system = meanings.source_system
            and meanings.field_name = 'activity'
            and lower(trim(cards.category)) = meanings.raw_value
    where cards.category is not null and meanings.raw_value is null

),

final as (

    select
        source_system,
        field_name,
        raw_value,
        count(*) as row_count
    from said
    group by source_system, field_name, raw_value

)

select * from final
