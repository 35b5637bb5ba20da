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

-- a person's day in one team, so that memberships meet days and not events
person_days as (

    select
        actor_id,
        team_id,
        cast(occurred_at as date) as acted_on,
        occurred_week as week,
        known_week,
        sum(sign) as events
    from steps
    where actor_role = 'agent' and team_id is not null
    group by actor_id, team_id, cast(occurred_at as date), occurred_week, known_week

),

acted as (

    select
        members.team_id,
        person_days.week,
        person_days.known_week,
        person_days.events,
        -- who is in two teams helps neither by working for the other
        max(case when person_days.team_id = members.team_id then 1 else 0 end) over (
            partition by
                person_days.actor_id, person_days.team_id, person_days.acted_on, person_days.week, person_days.known_week
        ) as is_own
    from person_days
    inner join members
        on
            person_days.actor_id = members.person_id
            and person_days.acted_on >= members.valid_from
            and (members.valid_to is null or person_days.acted_on <= members.valid_to)

),

changes as (

    select
        team_id,
        week,
        known_week,
        sum(events) as events,
        sum(events * (1 - is_own)) as helping_events
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
