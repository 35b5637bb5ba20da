{{ config(**counterpoise.by_team_week('int_fed_team_weeks')) }}
{%- do ref('int_fed_team_weeks') %}
-- Family of events: one row per team that held the item then, week of the event and week of knowledge. Σ columns only.
with

steps as (

    {{ counterpoise.signed_versions(
        ref('int_item_steps'), 'occurred_week', counterpoise.of_changed_team_weeks(week='occurred_week', keyword='and')
    ) }}

),

sources as (

    select * from {{ ref('int_source_weeks') }}

),

teams as (

    select team_id, timezone from {{ ref('stg_teams') }}

),

owned as (

    select
        steps.*,
        steps.occurred_week >= sources.first_pause_week as tells_pauses,
        case
            when steps.event_type = 'resolved' then {{ counterpoise.is_period_end('(' ~ counterpoise.to_local('steps.occurred_at', 'teams.timezone') ~ ')') }}
        end as is_resolved_at_period_end
    from steps
    inner join sources on steps.source_system = sources.source_system
    left join teams on steps.team_id = teams.team_id
    where steps.team_id is not null

),

final as (

    select
        team_id,
        occurred_week as week,
        'all' as stratum,
        known_week,
        {{ counterpoise.signed_sum('1') }} as events,
        {{ counterpoise.signed_sum('1', 'tells_pauses') }} as pausable_events,
        {{ counterpoise.signed_sum('1', "event_type = 'resolved'") }} as resolved_events,
        {{ counterpoise.signed_sum('1', 'is_resolved_at_period_end') }} as period_end_resolved_events,
        {{ counterpoise.signed_sum('1', 'is_pause') }} as pause_events,
        {{ counterpoise.signed_sum('1', "tells_pauses and is_pause and waits_on = 'requester'") }} as requester_pause_events
    from owned
    group by team_id, occurred_week, known_week

)

select * from final
