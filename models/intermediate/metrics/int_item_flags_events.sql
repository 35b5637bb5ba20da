-- Flags of items in the week of an event: queues, pauses, handovers, answers, late records, items cut from others, items grown old.
{{ config(materialized='view') }}
{%- set waited_hours = 24 %}
{%- set untouched_hours = counterpoise.setting('untouched_days') * 24 %}
with

sources as (

    select * from {{ ref('int_source_weeks') }}

),

spans as (

    select
        spans.*,
        teams.timezone,
        sources.last_complete_week,
        rulers.aged_hours,
        items.created_at,
        traces.first_requester_week
    from {{ ref('int_item_spans') }} as spans
    inner join {{ ref('stg_work_items') }} as items on spans.work_item_id = items.work_item_id
    left join {{ ref('stg_teams') }} as teams on spans.team_id = teams.team_id
    left join sources on spans.source_system = sources.source_system
    left join {{ ref('int_source_traces') }} as traces on spans.source_system = traces.source_system
    left join {{ ref('int_aged_rulers') }} as rulers on spans.team_id = rulers.team_id
    where spans.version_to_week is null and spans.team_id is not null

),

aging as (

    select
        *,
        {{ counterpoise.add_seconds('created_at', counterpoise.as_integer('least(aged_hours, 500000) * 3600')) }} as aged_at
    from spans
    where aged_hours is not null

),

splits as (

    select distinct from_item_id as work_item_id
    from {{ ref('stg_work_item_links') }}
    where link_type = 'split_from'

),

seen as (

    select work_item_id, team_id, 'waited' as flag_id, wait_ended_at as seen_at, {{ counterpoise.hours_between('started_at', 'wait_ended_at') }} as size
    from spans
    where state = 'waiting' and {{ counterpoise.hours_between('started_at', 'wait_ended_at') }} >= {{ waited_hours }}
    union all
    select work_item_id, team_id, 'unanswered_pause' as flag_id, ended_at as seen_at, span_seconds / 3600e0 as size
    from spans
    where
        state = 'paused' and ended_at is not null and not is_heard_of_requester and coalesce(waits_on, 'requester') = 'requester'
        and {{ counterpoise.week_index('ended_at') }} >= first_requester_week
    union all
    select
        work_item_id,
        team_id,
        'untouched' as flag_id,
        started_at as seen_at,
        case when wait_ended_at is not null then {{ counterpoise.hours_between('started_at', 'wait_ended_at') }} / 24.0 else {{ untouched_hours }} / 24.0 end as size
    from spans
    where
        span_number = 1 and state = 'waiting'
        and case
            when wait_ended_at is not null then {{ counterpoise.hours_between('started_at', 'wait_ended_at') }} > {{ untouched_hours }}
            else {{ counterpoise.week_index('started_at') }} + {{ untouched_hours }} / 168.0 <= last_complete_week
        end
    union all
    select aging.work_item_id, aging.team_id, 'aged' as flag_id, aging.aged_at as seen_at, aging.aged_hours / 24.0 as size
    from aging
    where aging.state <> 'done' and aging.aged_at >= aging.started_at and (aging.ended_at is null or aging.aged_at < aging.ended_at)
    union all
    select spans.work_item_id, spans.team_id, 'split' as flag_id, spans.started_at as seen_at, 1 as size
    from spans
    inner join splits on spans.work_item_id = splits.work_item_id
    where spans.span_number = 1

),

dated as (

    select
        seen.work_item_id,
        seen.team_id,
        {{ counterpoise.week_index(counterpoise.to_local('seen.seen_at', 'teams.timezone')) }} as week,
        seen.flag_id,
        seen.size
    from seen
    left join {{ ref('stg_teams') }} as teams on seen.team_id = teams.team_id
    union all
    select work_item_id, team_id, week, 'handed_on_back' as flag_id, wait_hours / 24.0 as size
    from {{ ref('int_handoffs') }}
    where version_to_week is null and is_returned
    union all
    select work_item_id, team_id, week, 'silent_answer' as flag_id, response_hours as size
    from {{ ref('int_response_traces') }}
    where version_to_week is null and is_silent
    union all
    select steps.work_item_id, steps.team_id, steps.event_known_week as week, 'late_record' as flag_id, {{ counterpoise.hours_between('steps.occurred_at', 'steps.recorded_at') }} as size
    from {{ ref('int_item_steps') }} as steps
    inner join {{ ref('int_source_traces') }} as traces on steps.source_system = traces.source_system
    where
        steps.version_to_week is null and steps.team_id is not null
        and {{ counterpoise.hours_between('steps.occurred_at', 'steps.recorded_at') }} > traces.late_after_hours

),

-- an item may show a thing more than once: the plainest case stands for it
ranked as (

    select
        *,
        row_number() over (partition by flag_id, work_item_id order by size desc, week, {{ counterpoise.byte_order('team_id') }}) as place
    from dated

),

plainest as (

    select * from ranked
    where place = 1

),

final as (
    {%- set texts = {
        'waited': "'waited ' || " ~ counterpoise.amount('size', 'hour', 'hours') ~ " || ' in a queue'",
        'unanswered_pause': "'paused for ' || " ~ counterpoise.amount('size', 'hour', 'hours') ~ " || ' without a word of the requester'",
        'untouched': "'not touched for ' || " ~ counterpoise.amount('size', 'day', 'days'),
        'aged': "'open for more than ' || " ~ counterpoise.amount('size', 'day', 'days'),
        'split': "'cut from another item'",
        'handed_on_back': "'handed on, and back or open again within " ~ counterpoise.setting('follow_up_days') ~ " days'",
        'silent_answer': "'answered after ' || " ~ counterpoise.amount('size', 'hour', 'hours') ~ " || ', then nothing for " ~ counterpoise.setting('silence_hours') ~ " hours'",
        'late_record': "'written down ' || " ~ counterpoise.amount('size', 'hour', 'hours') ~ " || ' after it happened'",
    } %}
    {%- for flag, what in texts.items() %}
    {{ counterpoise.flag_rows('plainest', [{'id': flag, 'when': "flag_id = '" ~ flag ~ "'", 'what': what, 'weight': 'size'}]) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select * from final
