-- Where a team's hours are not known: events of its people, and those on items that another team held. A stand-in for the hours
-- that go to others; it ends once hours of the team are known. Persons stay inside; one version for each time more became known.
with

members as (

    select
        person_id,
        team_id,
        valid_from,
        valid_to
    from {{ ref('stg_team_members') }}

),

hours as (

    select team_id, min(known_week) as hours_known_week
    from {{ ref('int_hours_week') }}
    group by team_id

),

steps as (

    {{ counterpoise.signed_versions(ref('int_item_steps'), 'occurred_week') }}

),

acted as (

    select
        members.team_id,
        steps.occurred_week as week,
        steps.known_week,
        steps.sign,
        -- who is in two teams helps neither by working for the other
        max(case when steps.team_id = members.team_id then 1 else 0 end) over (
            partition by steps.work_item_id, steps.version_from_week, steps.step, steps.sign
        ) as is_own
    from steps
    inner join members
        on
            steps.actor_id = members.person_id
            and cast(steps.occurred_at as date) >= members.valid_from
            and (members.valid_to is null or cast(steps.occurred_at as date) <= members.valid_to)
    where steps.actor_role = 'agent' and steps.team_id is not null

),

changes as (

    select
        team_id,
        week,
        known_week,
        sum(sign) as events,
        sum(sign * (1 - is_own)) as helping_events
    from acted
    group by team_id, week, known_week

),

versions as (

    select
        changes.team_id,
        changes.week,
        changes.known_week as version_from_week,
        lead(changes.known_week) over (partition by changes.team_id, changes.week order by changes.known_week) as next_known_week,
        hours.hours_known_week,
        sum(changes.events) over (partition by changes.team_id, changes.week order by changes.known_week rows unbounded preceding) as events,
        sum(changes.helping_events) over (partition by changes.team_id, changes.week order by changes.known_week rows unbounded preceding) as helping_events
    from changes
    left join hours on changes.team_id = hours.team_id

),

final as (

    select
        team_id,
        week,
        version_from_week,
        case
            when hours_known_week is null then next_known_week
            when next_known_week is null or next_known_week > hours_known_week then hours_known_week
            else next_known_week
        end as version_to_week,
        {{ counterpoise.as_measure('events') }} as events,
        {{ counterpoise.as_measure('helping_events') }} as helping_events
    from versions
    where hours_known_week is null or version_from_week < hours_known_week

)

select * from final
