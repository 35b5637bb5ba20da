{{ config(enabled=var('counterpoise_jira_enabled', false)) }}
-- Events of statuses, resolutions and flags: at most one change of state a moment, and what it says of reviews and checks.
with

moments as (

    select
        *,
        coalesce(status_now, '') <> coalesce(status_before, '') as is_moved,
        coalesce(step, '') <> coalesce(step_before, '') and not is_creation as is_step_changed
    from {{ ref('stg_jira__moments') }}

),

numbered as (

    select
        *,
        count(case when is_moved and state = 'active' and step is null then 1 end) over (partition by source_system, issue_id order by began_at) as work_run,
        count(case when is_moved and step is not null then 1 end) over (partition by source_system, issue_id order by began_at) as step_run
    from moments

),

carried as (

    select
        *,
        max(case when is_moved and state = 'active' and step is null then author_id end) over (partition by source_system, issue_id, work_run) as worker,
        max(case when is_moved and step is not null then author_id end) over (partition by source_system, issue_id, step_run) as mover
    from numbered

),

judged as (

    select
        *,
        -- who works on it and moves it in and out again has not had it reviewed
        coalesce(
            author_id = lag(worker) over (partition by source_system, issue_id order by began_at)
            and author_id = lag(mover) over (partition by source_system, issue_id order by began_at),
            false
        ) as is_by_worker,
        case
            when state = 'done' and coalesce(state_before, '') <> 'done' then case when ending = 'done' then 'resolved' else 'closed' end
            when is_creation then null
            when state_before = 'done' and coalesce(state, '') <> 'done' then 'reopened'
            when state = 'waiting' and (coalesce(state_before, '') <> 'waiting' or coalesce(waits_on, '') <> coalesce(waits_on_before, '')) then 'paused'
            when state = 'blocked' and coalesce(state_before, '') <> 'blocked' then 'blocked'
            when state_before = 'blocked' and coalesce(state, '') <> 'blocked' then 'unblocked'
            when state_before = 'waiting' and coalesce(state, '') <> 'waiting' then 'resumed'
            when state = 'active' and coalesce(state_before, '') <> 'active' then 'started'
            when is_moved then 'status_changed'
        end as event_type
    from carried

),

final as (

    select
        source_system,
        issue_id,
        'created' as event_key,
        'created' as event_type,
        began_at as occurred_at,
        author_id,
        case when state = 'done' then 'queued' else state end as status_category,
        case when state = 'waiting' then waits_on end as waits_on,
        'status' as field_name,
        cast(null as {{ counterpoise.type_of('string') }}) as from_value,
        status_name as to_value
    from judged
    where is_creation
    union all
    select
        source_system,
        issue_id,
        'state' as event_key,
        event_type,
        began_at as occurred_at,
        author_id,
        state as status_category,
        case when event_type = 'paused' then waits_on end as waits_on,
        'status' as field_name,
        status_name_before as from_value,
        status_name as to_value
    from judged
    where event_type is not null
    {%- for event_type, condition in [
        ('review_requested', "step = 'review'"),
        ('reviewed', "step_before = 'review' and not is_by_worker"),
        ('checked', "step_before = 'check' and not is_by_worker"),
    ] %}
    union all
    select
        source_system,
        issue_id,
        '{{ event_type }}' as event_key,
        '{{ event_type }}' as event_type,
        began_at as occurred_at,
        author_id,
        cast(null as {{ counterpoise.type_of('string') }}) as status_category,
        cast(null as {{ counterpoise.type_of('string') }}) as waits_on,
        cast(null as {{ counterpoise.type_of('string') }}) as field_name,
        cast(null as {{ counterpoise.type_of('string') }}) as from_value,
        cast(null as {{ counterpoise.type_of('string') }}) as to_value
    from judged
    where is_step_changed and {{ condition }}
    {%- endfor %}

)

select * from final
