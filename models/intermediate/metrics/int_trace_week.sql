-- Family of traces: what was recorded when, and what followed a resolution, an answer, a pause or a request for a review. One row per
-- team, week and week of knowledge. Σ columns only. Each kind of record counts from the week its source first told of it.
with

-- dated to the week in which it became known: an event that is written down three weeks late is late then
dated as (

    select
        steps.team_id,
        steps.event_known_week as week,
        -- the habit is known at the end of the weeks it is taken from
        greatest(steps.version_from_week, traces.habit_week) as version_from_week,
        case when steps.version_to_week is not null then greatest(steps.version_to_week, traces.habit_week) end as version_to_week,
        {{ counterpoise.hours_between('steps.occurred_at', 'steps.recorded_at') }} > traces.late_after_hours as is_late_record
    from {{ ref('int_item_steps') }} as steps
    inner join {{ ref('int_source_traces') }} as traces on steps.source_system = traces.source_system
    where steps.recorded_at is not null and steps.team_id is not null

),

recorded as (

    select
        team_id,
        week,
        version_from_week,
        version_to_week,
        sum(1) as records,
        sum(case when is_late_record then 1 else 0 end) as late_records
    from dated
    group by team_id, week, version_from_week, version_to_week

),

pauses as (

    select
        spans.team_id,
        {{ counterpoise.week_index(counterpoise.to_local('spans.ended_at', 'teams.timezone')) }} as week,
        spans.version_from_week,
        spans.version_to_week,
        spans.is_heard_of_requester,
        traces.first_requester_week
    from {{ ref('int_item_spans') }} as spans
    inner join {{ ref('int_source_traces') }} as traces on spans.source_system = traces.source_system
    left join {{ ref('stg_teams') }} as teams on spans.team_id = teams.team_id
    where spans.state = 'paused' and spans.ended_at is not null and spans.team_id is not null and coalesce(spans.waits_on, 'requester') = 'requester'

),

counted as (

    select team_id, week, version_from_week, version_to_week, 'record' as kind, records, late_records as hits, {{ counterpoise.as_double('null') }} as hours
    from recorded
    union all
    select team_id, week, version_from_week, version_to_week, 'edit' as kind, 1 as records, case when is_edited_after then 1 else 0 end as hits, {{ counterpoise.as_double('null') }} as hours
    from {{ ref('int_closure_traces') }}
    where tells_edits
    union all
    select team_id, week, version_from_week, version_to_week, 'closure' as kind, 1 as records, case when is_silent_rework then 1 else 0 end as hits, {{ counterpoise.as_double('null') }} as hours
    from {{ ref('int_closure_traces') }}
    union all
    select team_id, week, version_from_week, version_to_week, 'answer' as kind, 1 as records, case when is_silent then 1 else 0 end as hits, {{ counterpoise.as_double('null') }} as hours
    from {{ ref('int_response_traces') }}
    union all
    select team_id, week, version_from_week, version_to_week, 'pause' as kind, 1 as records, case when is_heard_of_requester then 0 else 1 end as hits, {{ counterpoise.as_double('null') }} as hours
    from pauses
    where week >= first_requester_week
    union all
    select team_id, week, version_from_week, version_to_week, 'review' as kind, 1 as records, 0 as hits, wait_hours as hours
    from {{ ref('int_reviews') }}

),

signed as (

    {{ counterpoise.signed_versions('counted', 'week') }}

),

final as (

    select
        team_id,
        week,
        'all' as stratum,
        known_week,
        {{ counterpoise.signed_sum('records', "kind = 'record'") }} as recorded_events,
        {{ counterpoise.signed_sum('hits', "kind = 'record'") }} as late_events,
        {{ counterpoise.signed_sum('records', "kind = 'edit'") }} as editable_items,
        {{ counterpoise.signed_sum('hits', "kind = 'edit'") }} as edited_items,
        {{ counterpoise.signed_sum('records', "kind = 'closure'") }} as resolved_items,
        {{ counterpoise.signed_sum('hits', "kind = 'closure'") }} as silent_rework_items,
        {{ counterpoise.signed_sum('records', "kind = 'answer'") }} as answers,
        {{ counterpoise.signed_sum('hits', "kind = 'answer'") }} as silent_answers,
        {{ counterpoise.signed_sum('records', "kind = 'pause'") }} as ended_pauses,
        {{ counterpoise.signed_sum('hits', "kind = 'pause'") }} as unanswered_pauses,
        {{ counterpoise.signed_sum('records', "kind = 'review'") }} as reviews,
        {{ counterpoise.signed_sum('hours', "kind = 'review'") }} as review_hours,
        {{ counterpoise.signed_sum(counterpoise.ln_hours('hours'), "kind = 'review'") }} as ln_review_hours,
        {{ counterpoise.signed_sum(counterpoise.ln_hours('hours') ~ ' * ' ~ counterpoise.ln_hours('hours'), "kind = 'review'") }} as ln_review_hours_squares
    from signed
    group by team_id, week, known_week

)

select * from final
