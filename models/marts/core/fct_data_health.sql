{#- What was accepted, counted and kept: nothing is dropped in silence. `withhold` notes hold back every score they touch. -#}
with

steps as (

    select * from {{ ref('int_item_steps') }}
    where version_to_week is null

),

items as (

    select * from {{ ref('int_work_items') }}
    where version_to_week is null

),

events as (

    select * from {{ ref('stg_work_item_events') }}

),

team_weeks as (

    select * from {{ ref('int_team_weeks') }}

),

load_notes as (

    {{ counterpoise.contract_rows('load_notes', 'event_log') }}

),

{%- for table in ['work_items', 'work_item_events'] %}
raw_{{ table }} as (

    select count(*) as row_count
    from (
        {{ counterpoise.contract_rows(table) }}
    ) as raw_rows

),

{%- endfor %}

raw_event_log as (

    select count(*) as row_count
    from {{ ref('stg_event_log__events') }}

),

-- A log picked by closing date has its ends in one month and its beginnings in years: over time it shows the picking, not the work.
ends as (

    select
        source_system,
        count(*) as items,
        sum(case when is_open then 0 else 1 end) as ended,
        max(last_event_at) as last_event_at,
        min(created_at) as first_created_at
    from items
    group by source_system

),

late_ends as (

    select
        ends.source_system,
        max(ends.items) as items,
        max({{ counterpoise.hours_between('ends.first_created_at', 'ends.last_event_at') }}) / 168.0 as weeks,
        sum(case when not items.is_open and {{ counterpoise.hours_between('items.last_event_at', 'ends.last_event_at') }} <= 35 * 24 then 1 else 0 end) as ended_late,
        sum(case when {{ counterpoise.hours_between('items.created_at', 'ends.last_event_at') }} > 35 * 24 then 1 else 0 end) as begun_early,
        sum(case
            when {{ counterpoise.hours_between('items.created_at', 'ends.last_event_at') }} > 35 * 24
                and {{ counterpoise.hours_between('items.last_event_at', 'ends.last_event_at') }} > 35 * 24 then 1
            else 0
        end) as begun_and_ended_early
    from ends
    inner join items on ends.source_system = items.source_system
    group by ends.source_system

),

notes as (

    select
        'closing_date_sample' as note_id,
        'withhold' as severity,
        'work_items' as source_table,
        source_system as subject,
        ended_late as row_count,
        1.0 * ended_late / items as share,
        cast(ended_late as {{ counterpoise.type_of('string') }}) || ' of ' || cast(items as {{ counterpoise.type_of('string') }})
        || ' items end within the last five weeks of a log that reaches back ' || cast({{ counterpoise.as_integer('weeks') }} as {{ counterpoise.type_of('string') }})
        || ' weeks: the items were picked by closing date. Earlier months hold only what stayed open until the end, so a trend over closing months is an artefact of the picking. Read this log across teams, not over time.' as sentence
    from late_ends
    -- of a log that was not picked so, most of what began more than five weeks before its end is long over
    where begun_early >= 50 and weeks >= 13 and begun_and_ended_early <= 0.1 * begun_early

    union all

    select
        'resolved_before_created', 'warn', 'work_items', 'work_item_id',
        count(*), 1.0 * count(*) / nullif((select count(*) from items), 0),
        cast(count(*) as {{ counterpoise.type_of('string') }}) || ' items are resolved before they were created. They count, with a duration of nothing; mend the times in the source.'
    from items
    where first_resolved_at < created_at
    having count(*) > 0

    union all

    select
        'two_teams_at_once', 'warn', 'work_item_events', 'team_id',
        count(distinct steps.work_item_id), null,
        cast(count(distinct steps.work_item_id) as {{ counterpoise.type_of('string') }}) || ' items change team twice in the same instant. The order of the source''s numbers decides; where it gives none, the order of its event ids.'
    from steps
    inner join steps as earlier
        on
            steps.work_item_id = earlier.work_item_id
            and steps.version_from_week = earlier.version_from_week
            and steps.step = earlier.step + 1
    where steps.is_handoff and steps.occurred_at = earlier.occurred_at
    having count(*) > 0

    union all

    select
        'repeated_rows', 'info', 'work_item_events', 'event_id',
        raw_work_item_events.row_count + raw_event_log.row_count - (select count(*) from events), null,
        cast(raw_work_item_events.row_count + raw_event_log.row_count - (select count(*) from events) as {{ counterpoise.type_of('string') }})
        || ' event rows are repeats of others or marked deleted; each event counts once.'
    from raw_work_item_events
    cross join raw_event_log
    where raw_work_item_events.row_count + raw_event_log.row_count > (select count(*) from events)

    union all

    select
        'events_without_item', 'warn', 'work_item_events', 'work_item_id',
        count(*), 1.0 * count(*) / nullif((select count(*) from events), 0),
        cast(count(*) as {{ counterpoise.type_of('string') }}) || ' events name an item that work_items does not have. They wait for it; load the items.'
    from events
    left join {{ ref('stg_work_items') }} as known_items on events.work_item_id = known_items.work_item_id
    where known_items.work_item_id is null
    having count(*) > 0

    union all

    select
        'items_without_team', 'warn', 'work_items', 'team_id',
        count(*), 1.0 * count(*) / nullif((select count(*) from items), 0),
        cast(count(*) as {{ counterpoise.type_of('string') }}) || ' items belong to no team. They count for nobody; name an owner.'
    from items
    where last_team_id is null
    having count(*) > 0

    union all

    select
        'teams_not_listed', 'warn', 'work_item_events', 'team_id',
        count(distinct steps.team_id), null,
        cast(count(distinct steps.team_id) as {{ counterpoise.type_of('string') }}) || ' teams hold items and do not stand in teams. They are read without a name; add them to teams.'
    from steps
    left join {{ ref('stg_teams') }} as teams on steps.team_id = teams.team_id
    where steps.team_id is not null and teams.team_id is null
    having count(*) > 0

    union all

    select
        'late_rows', 'info', 'work_item_events', 'recorded_at',
        sum(case when is_late then 1 else 0 end), 1.0 * sum(case when is_late then 1 else 0 end) / count(*),
        cast(sum(case when is_late then 1 else 0 end) as {{ counterpoise.type_of('string') }}) || ' events became known in a later week than they happened. Past scores keep what was known then.'
    from {{ ref('int_item_events') }}
    having sum(case when is_late then 1 else 0 end) > 0

    union all

    select
        'history_loads', 'info', 'work_item_events', '_loaded_at',
        sum(loaded_rows), null,
        cast(sum(loaded_rows) as {{ counterpoise.type_of('string') }}) || ' rows came in loads that brought history. Their load time is not read as the time they became known.'
    from {{ ref('int_load_batches') }}
    where is_history_load and not is_first_load
    having sum(loaded_rows) > 0

    union all

    select
        'gap_weeks', 'warn', 'work_item_events', 'occurred_at',
        count(distinct week), null,
        cast(count(distinct week) as {{ counterpoise.type_of('string') }}) || ' weeks have no event of any team''s sources. They are read as a gap in the data, not as quiet weeks.'
    from team_weeks
    where is_complete and loaded_known_week is null
    having count(*) > 0

    union all

    select
        'one_team_only', 'info', 'teams', 'team_id',
        count(distinct team_id), null,
        'There is only one team with work, so nothing can be compared with peers.'
    from team_weeks
    having count(distinct team_id) = 1

    union all

    select
        'one_case_only', 'info', 'work_items', 'work_item_id',
        count(*), null,
        'There is only one item: too little to say anything about.'
    from items
    having count(*) = 1

    union all

    select
        note_id, 'warn', source_table, column_name, row_count, null, sentence
    from load_notes

),

final as (

    select
        note_id,
        severity,
        source_table,
        subject,
        cast(row_count as {{ counterpoise.type_of('bigint') }}) as row_count,
        {{ counterpoise.as_double('share') }} as share,
        sentence
    from notes

)

select * from final
