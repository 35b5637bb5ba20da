-- What each source records of how the work was done, and since when; and how late it usually is: the 95th percentile of the
-- lags it told of in its first 13 weeks, frozen, so that a source that always writes at night is not late every night.
{%- set habit_weeks = 13 %}
with

events as (

    select
        source_system,
        event_type,
        actor_role,
        known_week,
        case
            when recorded_at is not null
                then greatest({{ counterpoise.hours_between('occurred_at', 'recorded_at') }}, 0)
        end as lag_hours
    from {{ ref('int_item_events') }}

),

firsts as (

    select
        source_system,
        min(case when lag_hours is not null then known_week end) as first_recorded_week,
        min(case when event_type = 'edited' then known_week end) as first_edit_week,
        min(case when event_type = 'reopened' then known_week end) as first_reopening_week,
        min(case when event_type <> 'created' and actor_role = 'requester' then known_week end) as first_requester_week,
        min(case
            when event_type in ('assigned', 'handed_off', 'started', 'status_changed', 'paused', 'resumed', 'blocked', 'unblocked')
                then known_week
        end) as first_move_week
    from events
    group by source_system

),

habits as (

    select
        events.source_system,
        {{ counterpoise.percentile('events.lag_hours', 0.95) }} as habit_hours
    from events
    inner join firsts on events.source_system = firsts.source_system
    where
        events.lag_hours is not null
        and events.known_week < firsts.first_recorded_week + {{ habit_weeks }}
    group by events.source_system

),

final as (

    select
        firsts.*,
        {{ counterpoise.settled('habits.habit_hours') }} as habit_hours,
        firsts.first_recorded_week + {{ habit_weeks - 1 }} as habit_week,
        case
            when habits.habit_hours > {{ counterpoise.setting('late_record_hours') }} then {{ counterpoise.settled('habits.habit_hours') }}
            when habits.habit_hours is not null then {{ counterpoise.as_double(counterpoise.setting('late_record_hours')) }}
        end as late_after_hours
    from firsts
    left join habits on firsts.source_system = habits.source_system

)

select * from final
