-- How many people work in a team, by membership where it is given, else by who was seen acting in the last 13 weeks.
-- Only the count leaves this model.
with

steps as (

    select distinct
        team_id,
        actor_id,
        event_known_week as week
    from {{ ref('int_item_steps') }}
    where
        actor_role = 'agent'
        and actor_id is not null
        and team_id is not null

),

presence as (

    select
        team_id,
        week,
        least(
            week + 13,
            coalesce(lead(week) over (partition by team_id, actor_id order by week), week + 13)
        ) as until_week
    from steps

),

seen_changes as (

    select team_id, week, 1 as change from presence
    union all
    select team_id, until_week as week, -1 as change from presence

),

members as (

    select
        team_id,
        person_id,
        coalesce(fte, 1) as fte,
        valid_from,
        {{ counterpoise.week_index_of_date('valid_from') }} as from_week,
        {{ counterpoise.week_index_of_date('valid_to') }} + 1 as until_week
    from {{ ref('stg_team_members') }}

),

-- who changes hours within a week counts once in it, with what is newer
memberships as (

    select
        team_id,
        fte,
        from_week,
        least(
            coalesce(until_week, 1000000),
            coalesce(lead(from_week) over (partition by team_id, person_id order by valid_from), 1000000)
        ) as until_week
    from members

),

member_changes as (

    select team_id, from_week as week, 1 as change, fte as fte_change from memberships
    union all
    select team_id, until_week as week, -1 as change, -fte as fte_change from memberships
    where until_week < 1000000

),

changes as (

    select
        team_id,
        week,
        sum(change) as seen_change,
        0 as member_change,
        {{ counterpoise.as_measure('0') }} as fte_change
    from seen_changes
    group by team_id, week
    union all
    select
        team_id,
        week,
        0 as seen_change,
        sum(change) as member_change,
        {{ counterpoise.as_measure('sum(fte_change)') }} as fte_change
    from member_changes
    group by team_id, week

),

weekly as (

    select
        team_id,
        week,
        sum(seen_change) as seen_change,
        sum(member_change) as member_change,
        sum(fte_change) as fte_change
    from changes
    group by team_id, week

),

final as (

    select
        team_id,
        week as from_week,
        coalesce(lead(week) over (partition by team_id order by week), 1000000) as until_week,
        sum(seen_change) over (partition by team_id order by week rows unbounded preceding) as people_seen,
        sum(member_change) over (partition by team_id order by week rows unbounded preceding) as members,
        sum(fte_change) over (partition by team_id order by week rows unbounded preceding) as fte
    from weekly

)

select * from final
