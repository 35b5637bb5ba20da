-- Weeks that share one baseline, for metrics of teams that have had more than one: a new one begins in the week in which a change of
-- what is counted was agreed, in which another limit holds, and in which another tool came. `from_week` 0 = from the beginning.
{%- set open_end = 9999 %}
with

teams as (

    select
        seen.team_id,
        teams.timezone
    from (select distinct team_id from {{ ref('int_team_weeks') }}) as seen
    left join {{ ref('stg_teams') }} as teams on seen.team_id = teams.team_id

),

-- what moves when a limit moves: its own hours do not, and the count test at the target looks for a heap wherever the target lies
held_against as (

    select 'first_response_hours' as limit_id, 'first_response_within_target' as metric_id
    union all
    select 'resolution_hours' as limit_id, 'resolved_within_target' as metric_id
    union all
    select 'resolution_hours' as limit_id, 'late_pause_share' as metric_id

),

agreed as (

    select
        team_id,
        metric_id,
        change_type,
        approved_at
    from {{ ref('stg_metric_changes') }}
    where approved_at is not null

),

limits as (

    select
        team_id,
        target_id,
        metric_id,
        priority,
        item_type,
        valid_from,
        threshold,
        {{ counterpoise.limit_clock() }} as clock
    from {{ ref('stg_targets') }}
    where {{ counterpoise.is_item_limit() }}

),

limits_in_turn as (

    select
        team_id,
        metric_id,
        valid_from,
        threshold,
        clock,
        min(valid_from) over (partition by team_id, metric_id) as first_valid_from,
        lag(threshold) over (
            partition by team_id, metric_id, priority, item_type order by valid_from, threshold desc, {{ counterpoise.byte_order('target_id') }}
        ) as threshold_before,
        lag(clock) over (
            partition by team_id, metric_id, priority, item_type order by valid_from, threshold desc, {{ counterpoise.byte_order('target_id') }}
        ) as clock_before
    from limits

),

migrations as (

    select
        team_id,
        started_at as moved_at
    from {{ ref('stg_interventions') }}
    where kind = 'tool_migration'
    union all
    select
        team_id,
        ended_at as moved_at
    from {{ ref('stg_interventions') }}
    where kind = 'tool_migration' and ended_at is not null

),

-- one row per metric and moment; no team = all teams
moments as (

    select
        team_id,
        metric_id,
        approved_at as changed_at
    from agreed
    union all
    select
        agreed.team_id,
        held_against.metric_id,
        agreed.approved_at as changed_at
    from agreed
    inner join held_against on agreed.metric_id = held_against.limit_id
    where agreed.change_type = 'threshold'
    union all
    -- what people are asked and what goals reach is counted by no tool
    select
        migrations.team_id,
        metrics.metric_id,
        migrations.moved_at as changed_at
    from migrations
    cross join {{ ref('dim_metric') }} as metrics
    where coalesce(metrics.family, '') not in ('survey', 'goal')

),

starts as (

    select
        teams.team_id,
        moments.metric_id,
        {{ counterpoise.week_index(counterpoise.to_local('moments.changed_at', 'teams.timezone')) }} as week
    from moments
    inner join teams on moments.team_id is null or moments.team_id = teams.team_id
    {{ counterpoise.union_distinct() }}
    -- a limit that is only named anew for the next quarter changes nothing; nor does a team's very first one
    select
        limits_in_turn.team_id,
        held_against.metric_id,
        {{ counterpoise.week_index_of_date('limits_in_turn.valid_from') }} as week
    from limits_in_turn
    inner join held_against on limits_in_turn.metric_id = held_against.limit_id
    where
        limits_in_turn.valid_from > limits_in_turn.first_valid_from
        and (limits_in_turn.threshold_before is null or limits_in_turn.threshold <> limits_in_turn.threshold_before or limits_in_turn.clock <> limits_in_turn.clock_before)

),

begun as (

    select
        team_id,
        metric_id,
        week
    from starts
    where week > 0
    {{ counterpoise.union_distinct() }}
    select
        team_id,
        metric_id,
        0 as week
    from starts

),

final as (

    select
        team_id,
        metric_id,
        week as from_week,
        coalesce(lead(week) over (partition by team_id, metric_id order by week), {{ open_end }}) as until_week
    from begun

)

select * from final
