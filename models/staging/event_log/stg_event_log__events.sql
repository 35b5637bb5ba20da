with

log as (

    {{ counterpoise.contract_rows('event_log', 'event_log') }}

),

activities as (

    {{ counterpoise.contract_rows('event_log_activities', 'event_log') }}

),

meant as (

    select
        log.*,
        -- a value the mapping does not know is kept as a change of status without a meaning, and counted in the data health
        coalesce(activities.event_type, 'status_changed') as event_type,
        activities.status_category,
        activities.waits_on
    from log
    left join activities
        on
            log.source_system = activities.source_system
            and log.activity = activities.activity
    where
        log.case_id is not null
        and log.occurred_at is not null

),

final as (

    select
        source_system || ':' || case_id as work_item_id,
        source_system || ':' || case_id || '|' || substring({{ counterpoise.sha256_hex(
            "cast(" ~ counterpoise.epoch_seconds('occurred_at') ~ " as " ~ dbt.type_string() ~ ") || '|' || coalesce(activity, '') || '|' || coalesce(actor_id, '') || '|' || coalesce(team_id, '')"
        ) }}, 1, 20) as event_id,
        event_seq,
        activity,
        event_type,
        status_category,
        waits_on,
        occurred_at,
        recorded_at,
        actor_id,
        case when actor_is_system then 'automation' end as actor_role,
        team_id,
        parent_team_id,
        source_system,
        item_type,
        category,
        priority,
        requester_id,
        account_id,
        _loaded_at
    from meant

)

select * from final
