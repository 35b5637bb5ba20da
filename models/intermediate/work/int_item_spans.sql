-- One row per stretch in which an item stays in one state with one team: waiting (in a queue), active, paused (the clock is
-- stopped because somebody else must act), blocked, done. The last stretch is open (ended_at is null).
with

steps as (

    select * from {{ ref('int_item_steps') }}

),

changes as (

    select *
    from steps
    where
        step = 1
        or coalesce(state, '') <> coalesce(state_before, '')
        or coalesce(team_id, '') <> coalesce(team_before, '')

),

bounded as (

    select
        work_item_id,
        version_from_week,
        version_to_week,
        row_number() over (partition by work_item_id, version_from_week order by step) as span_number,
        state,
        team_id,
        resolutions_before + case when event_type = 'resolved' then 1 else 0 end as resolutions_so_far,
        occurred_at as started_at,
        lead(occurred_at) over (partition by work_item_id, version_from_week order by step) as ended_at
    from changes

),

final as (

    select
        *,
        {{ counterpoise.epoch_seconds('ended_at') }} - {{ counterpoise.epoch_seconds('started_at') }} as span_seconds
    from bounded

)

select * from final
