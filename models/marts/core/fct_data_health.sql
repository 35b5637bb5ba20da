{#- What was accepted, counted and kept: nothing is dropped in silence. `withhold` notes hold back every score they touch. -#}
with

items as (

    select * from {{ ref('int_work_items') }}
    where version_to_week is null

),

team_weeks as (

    select * from {{ ref('int_team_weeks') }}

),

load_notes as (

    {{ counterpoise.contract_rows('load_notes', 'event_log') }}

),

raw_work_item_events as (

    select count(*) as row_count
    from (
        {{ counterpoise.contract_rows('work_item_events') }}
    ) as raw_rows

),

raw_event_log as (

    select count(*) as row_count
    from {{ ref('stg_event_log__events') }}

),

-- A log picked by closing date has its ends in one month and its beginnings in years: over time it shows the picking, not the work.
ends as (

    select
        source_system,
        count(*) as items,
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

totals as (

    select
        (select count(*) from items) as items,
        (select count(*) from {{ ref('stg_work_item_events') }}) as events

),

repeats as (

    select raw_work_item_events.row_count + raw_event_log.row_count - totals.events as row_count
    from raw_work_item_events
    cross join raw_event_log
    cross join totals

),

simultaneous as (

    select distinct work_item_id
    from {{ ref('int_item_steps') }}
    where version_to_week is null and is_handoff and is_at_once

),

notes as (

    {{ counterpoise.counted_note(
        'closing_date_sample', 'withhold', 'work_items', 'closed_at', 'ended_late',
        'items end within the last five weeks of the log, and so do nearly all of those begun long before: the items were picked by '
        ~ 'closing date. Earlier months hold only what stayed open until the end, so a trend over closing months is an artefact of '
        ~ 'how the log was sampled. Read it across teams, not over time.',
        share='1.0 * ended_late / items',
        subject_column='source_system',
    ) }}
    from late_ends
    -- of a log that was not picked so, most of what began more than five weeks before its end is long over
    where begun_early >= 50 and weeks >= 13 and begun_and_ended_early <= 0.1 * begun_early

    union all

    {{ counterpoise.counted_note(
        'resolved_before_created', 'warn', 'work_items', 'resolved_at', 'count(*)',
        'items are resolved before they were created. They count, with a duration of nothing; mend the times in the source.',
        share='1.0 * count(*) / max(totals.items)',
    ) }}
    from items
    cross join totals
    where items.first_resolved_at < items.created_at
    having count(*) > 0

    union all

    {{ counterpoise.counted_note(
        'two_teams_at_once', 'warn', 'work_item_events', 'team_id', 'count(*)',
        "items change team twice in the same instant. The order of the source's numbers decides; where it gives none, the order "
        ~ 'of its event ids.',
    ) }}
    from simultaneous
    having count(*) > 0

    union all

    {{ counterpoise.counted_note(
        'repeated_rows', 'info', 'work_item_events', 'event_id', 'row_count',
        'event rows are repeats of others or marked deleted; each event counts once.',
    ) }}
    from repeats
    where row_count > 0

    union all

    {{ counterpoise.counted_note(
        'events_without_item', 'warn', 'work_item_events', 'work_item_id', 'count(*)',
        'events name an item that work_items does not have. They wait for it; load the items.',
        share='1.0 * count(*) / max(totals.events)',
    ) }}
    from {{ ref('stg_work_item_events') }} as events
    cross join totals
    left join {{ ref('stg_work_items') }} as known_items on events.work_item_id = known_items.work_item_id
    where known_items.work_item_id is null
    having count(*) > 0

    union all

    {{ counterpoise.counted_note(
        'items_without_team', 'warn', 'work_items', 'team_id', 'count(*)',
        'items belong to no team. They count for nobody; name an owner.',
        share='1.0 * count(*) / max(totals.items)',
    ) }}
    from items
    cross join totals
    where items.last_team_id is null
    having count(*) > 0

    union all

    {{ counterpoise.counted_note(
        'teams_above_cut', 'warn', 'teams', 'parent_team_id', 'count(distinct team_id)',
        'teams roll up in a circle, or through more than six levels. They are rolled up as far as the sixth level or the first '
        ~ 'repeat; mend parent_team_id.',
    ) }}
    from {{ ref('int_team_ancestors') }}
    where is_cut
    having count(distinct team_id) > 0

    union all

    {{ counterpoise.counted_note(
        'teams_not_listed', 'warn', 'work_item_events', 'team_id', 'count(distinct steps.team_id)',
        'teams hold items and do not stand in teams. They are read without a name; add them to teams.',
    ) }}
    from {{ ref('int_item_steps') }} as steps
    left join {{ ref('stg_teams') }} as teams on steps.team_id = teams.team_id
    where steps.version_to_week is null and steps.team_id is not null and teams.team_id is null
    having count(*) > 0

    union all

    {{ counterpoise.counted_note(
        'late_rows', 'info', 'work_item_events', 'recorded_at', 'count(*)',
        'events became known in a later week than they happened. Past scores keep what was known then.',
        share='1.0 * count(*) / max(totals.events)',
    ) }}
    from {{ ref('int_item_events') }} as item_events
    cross join totals
    where item_events.is_late
    having count(*) > 0

    union all

    {{ counterpoise.counted_note(
        'history_loads', 'info', 'work_item_events', '_loaded_at', 'sum(loaded_rows)',
        'rows came in loads that brought history. Their load time is not read as the time they became known.',
    ) }}
    from {{ ref('int_load_batches') }}
    where is_history_load and not is_first_load and source_table = 'work_item_events'
    having sum(loaded_rows) > 0

    union all

    {{ counterpoise.counted_note(
        'gap_weeks', 'warn', 'work_item_events', 'occurred_at', 'count(distinct week)',
        "weeks have no event of a team's sources. They are read as a gap in the data, not as quiet weeks.",
    ) }}
    from team_weeks
    where is_complete and loaded_known_week is null
    having count(*) > 0

    union all

    {{ counterpoise.counted_note(
        'one_team_only', 'info', 'teams', 'team_id', 'count(distinct team_id)',
        'team only has work, so nothing can be compared with peers.',
    ) }}
    from team_weeks
    having count(distinct team_id) = 1

    union all

    {{ counterpoise.counted_note(
        'one_case_only', 'info', 'work_items', 'work_item_id', 'items', 'item only: too little to say anything about.',
    ) }}
    from totals
    where items = 1

    {%- if counterpoise.has_connectors() %}

    union all

    select
        'no_team_of_owner' as note_id,
        'warn' as severity,
        'team_map' as source_table,
        owner_id as subject,
        items as row_count,
        null as share,
        {{ counterpoise.amount('items', 'item', 'items') }} || ' of ' || source_system || ' (' || owner_type || ' ' || owner_name
        || ') without a team' || case
            when is_mapped then ': the team map names other owners of ' || source_system || ' and not this one. Add a row for it.'
            else ': none of the tool’s own groups holds them.'
        end as sentence
    from {{ ref('int_unowned_items') }}

    union all

    select
        'unknown_value' as note_id,
        'warn' as severity,
        source_system as source_table,
        source_system || ' ' || field_name || ' ' || raw_value as subject,
        row_count,
        null as share,
        {{ counterpoise.amount('row_count', 'row', 'rows') }} || ' of ' || source_system || ' with the ' || field_name || ' “' || raw_value
        || '”, which nothing gives a meaning. Kept without one; say what it means in the value map.' as sentence
    from {{ ref('stg_unknown_values') }}

    union all

    select
        'source_gap' as note_id,
        'info' as severity,
        source_system as source_table,
        source_system || '.' || table_name as subject,
        1 as row_count,
        null as share,
        case
            when is_absent then source_system || ' has no table ' || table_name || ': ' || gives || ' are not there.'
            else source_system || '.' || table_name || ' lacks columns and they are read as empty: ' || missing_columns || '.'
        end as sentence
    from {{ ref('stg_source_gaps') }}

    {%- endif %}

    union all

    select
        note_id,
        'warn' as severity,
        source_table,
        column_name as subject,
        row_count,
        null as share,
        sentence
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
