-- What happened to incidents, with the team and the service that had them THEN.
with

incidents as (

    {{ counterpoise.connector_rows('pagerduty', 'incident') }}

),

incident_teams as (

    {{ counterpoise.connector_rows('pagerduty', 'incident_team') }}

),

entries as (

    select * from {{ ref('stg_pagerduty__log_entries') }}

),

teams_now as (

    select
        source_system,
        incident_id,
        min({{ counterpoise.byte_order('team_id') }}) as team_id
    from incident_teams
    group by source_system, incident_id

),

-- the first entry tells who had the incident when it was triggered; without a timeline it is the team of now
made as (

    select
        incidents.source_system,
        incidents.id as incident_id,
        'created' as change_id,
        'created' as event_type,
        incidents.created_at as occurred_at,
        entries.agent_id,
        entries.is_machine,
        true as is_trigger,
        case when entries.id is not null then entries.team_id else teams_now.team_id end as team_id,
        coalesce(entries.service_id, incidents.service_id) as service_id,
        cast(null as {{ counterpoise.type_of('string') }}) as owner_before,
        incidents._fivetran_deleted as is_deleted,
        incidents._fivetran_synced as synced_at
    from incidents
    left join entries
        on
            incidents.source_system = entries.source_system
            and incidents.id = entries.incident_id
            and entries.entry_number = 1
    left join teams_now on incidents.source_system = teams_now.source_system and incidents.id = teams_now.incident_id

),

happened as (

    select
        entries.source_system,
        entries.incident_id,
        entries.id as change_id,
        case
            when entries.meaning = 'created' then 'reopened'
            when entries.meaning = 'resolved' and incidents.resolve_reason_type = 'merge_resolve_reason' then 'closed'
            else entries.meaning
        end as event_type,
        entries.created_at as occurred_at,
        entries.agent_id,
        entries.is_machine,
        false as is_trigger,
        entries.team_id,
        coalesce(entries.service_id, incidents.service_id) as service_id,
        entries.owner_before,
        incidents._fivetran_deleted as is_deleted,
        entries._fivetran_synced as synced_at
    from entries
    inner join incidents on entries.source_system = incidents.source_system and entries.incident_id = incidents.id
    -- a trigger of an open incident is one more alert; after a resolution it opens the incident again
    where entries.meaning <> 'nothing' and (entries.meaning <> 'created' or entries.was_resolved = 1)

),

-- an acknowledgement is an answer too
answered as (

    select
        source_system,
        incident_id,
        change_id || ':answer' as change_id,
        'first_response' as event_type,
        occurred_at,
        agent_id,
        is_machine,
        is_trigger,
        team_id,
        service_id,
        owner_before,
        is_deleted,
        synced_at
    from happened
    where event_type = 'started'

),

united as (

    select * from made
    union all
    select * from happened
    union all
    select * from answered

),

owned as (

    select
        *,
        {{ counterpoise.owner_id('team', 'team_id') }} as team_owner,
        {{ counterpoise.owner_id('service', 'service_id') }} as service_owner
    from united

),

final as (

    select
        *,
        coalesce(team_owner, service_owner) as own_owner
    from owned

)

select
    {{ counterpoise.as_adapter('work_item_events', {
        'event_id': counterpoise.connector_id("incident_id || ':' || change_id"),
        'work_item_id': counterpoise.connector_id('incident_id'),
        'event_type': 'event_type',
        'occurred_at': 'occurred_at',
        'recorded_at': 'occurred_at',
        'actor_id': 'agent_id',
        'actor_role': "case when is_machine then 'automation' when agent_id is null then null when is_trigger then 'requester' else 'agent' end",
        'is_public': "case when event_type = 'commented' then false end",
        'from_owner': "case when event_type = 'handed_off' then owner_before end",
        'to_owner': "case when event_type = 'handed_off' then own_owner end",
        '_loaded_at': 'synced_at',
        '_deleted': 'is_deleted',
        'owner_first': 'team_owner',
        'owner_second': 'service_owner',
        'own_team': 'own_owner',
    }) }}
from final
