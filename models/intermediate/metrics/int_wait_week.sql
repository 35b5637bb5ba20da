-- Family of queues: stretches in state `waiting`, by the team that held the item, dated to the week in which they ended: with the
-- first touch of an agent, or with whatever took the item out of the queue.
with

waits as (

    select
        spans.team_id,
        spans.version_from_week,
        spans.version_to_week,
        {{ counterpoise.week_index(counterpoise.to_local('spans.wait_ended_at', 'teams.timezone')) }} as week,
        {{ counterpoise.hours_between('spans.started_at', 'spans.wait_ended_at') }} as wait_hours
    from {{ ref('int_item_spans') }} as spans
    left join {{ ref('stg_teams') }} as teams on spans.team_id = teams.team_id
    where spans.state = 'waiting' and spans.team_id is not null and spans.wait_ended_at is not null

),

signed as (

    {{ counterpoise.signed_versions('waits', 'week') }}

),

final as (

    select
        team_id,
        week,
        'all' as stratum,
        known_week,
        {{ counterpoise.signed_sum('1') }} as waits,
        {{ counterpoise.signed_sum('wait_hours') }} as wait_hours,
        {{ counterpoise.signed_sum(counterpoise.ln_hours('wait_hours')) }} as ln_wait_hours,
        {{ counterpoise.signed_sum(counterpoise.ln_hours('wait_hours') ~ ' * ' ~ counterpoise.ln_hours('wait_hours')) }} as ln_wait_hours_squares
    from signed
    group by team_id, week, known_week

)

select * from final
