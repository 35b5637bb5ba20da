{{ config(**counterpoise.by_team_week('int_fed_team_weeks')) }}
{%- do ref('int_fed_team_weeks') %}
-- How often attention moved from one item to another, per person and day, for weeks in which enough people were seen. Persons are
-- counted inside; only sums of teams leave the model. Only what was known in its own week counts (version 0 holds exactly that),
-- so a week is never rewritten.
{%- set idle = ['created', 'queued', 'closed'] %}
with

acts as (

    select
        steps.team_id,
        steps.occurred_week as week,
        steps.actor_id,
        cast({{ counterpoise.to_local('steps.occurred_at', 'teams.timezone') }} as date) as local_day,
        steps.work_item_id,
        steps.occurred_at,
        steps.event_id
    from {{ ref('int_item_steps') }} as steps
    left join {{ ref('stg_teams') }} as teams on steps.team_id = teams.team_id
    where
        steps.version_from_week = 0
        and steps.actor_role = 'agent'
        and steps.actor_id is not null
        and steps.team_id is not null
        and steps.event_type not in ('{{ idle | join("', '") }}')
        {{ counterpoise.of_changed_team_weeks('steps.team_id', 'steps.occurred_week', keyword='and') }}

),

ordered as (

    select
        *,
        lag(work_item_id) over (
            partition by team_id, actor_id, local_day
            order by occurred_at, {{ counterpoise.byte_order('event_id') }}
        ) as item_before
    from acts

),

person_days as (

    select
        team_id,
        week,
        actor_id,
        local_day,
        sum(case when work_item_id <> item_before then 1 else 0 end) as switches
    from ordered
    group by team_id, week, actor_id, local_day

),

person_weeks as (

    select
        team_id,
        week,
        actor_id,
        sum(switches) as switches,
        count(*) as active_days
    from person_days
    group by team_id, week, actor_id

),

final as (

    select
        team_id,
        week,
        'all' as stratum,
        week as known_week,
        {{ counterpoise.as_measure('sum(switches)') }} as switches,
        {{ counterpoise.as_measure('sum(active_days)') }} as active_days,
        1 as told_weeks,
        {{ counterpoise.settled(counterpoise.as_double('sum(switches)') ~ ' / ' ~ counterpoise.as_double('sum(active_days)')) }} as switches_per_day
    from person_weeks
    group by team_id, week
    having count(*) >= {{ counterpoise.min_people() }}

)

select * from final
