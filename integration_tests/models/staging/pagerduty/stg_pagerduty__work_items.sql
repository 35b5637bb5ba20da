-- Incidents as they are now, with the team that has them now.
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

teams as (

    select
        source_system,
        incident_id,
        min({{ counterpoise.byte_order('team_id') }}) as team_id
    from incident_teams
    group by source_system, incident_id

),

-- who triggered it: the first entry of all
triggers as (

    select
        source_system,
        incident_id,
        agent_id,
        is_machine
    from entries
    where entry_number = 1 and meaning = 'created'

),

joined as (

    select
        incidents.*,
        teams.team_id,
        coalesce(incidents.resolve_reason_type = 'merge_resolve_reason', false) as is_merged,
        case when not triggers.is_machine then triggers.agent_id end as requester_id
    from incidents
    left join teams on incidents.source_system = teams.source_system and incidents.id = teams.incident_id
    left join triggers on incidents.source_system = triggers.source_system and incidents.id = triggers.incident_id

),

final as (

    select
        *,
        {{ counterpoise.connector_id('id') }} as work_item_id,
        {{ counterpoise.owner_id('team', 'team_id') }} as team_owner,
        {{ counterpoise.owner_id('service', 'service_id') }} as service_owner
    from joined

)

select
    {{ counterpoise.as_adapter('work_items', {
        'work_item_id': 'work_item_id',
        'item_type': "'incident'",
        'requester_id': 'requester_id',
        'priority': 'urgency',
        'created_at': 'created_at',
        'resolved_at': "case when not is_merged then resolved_at end",
        'closed_at': 'case when is_merged then resolved_at end',
        '_loaded_at': '_fivetran_synced',
        '_deleted': '_fivetran_deleted',
        'owner_first': 'team_owner',
        'owner_second': 'service_owner',
        'own_team': 'coalesce(team_owner, service_owner)',
    }) }}
from final
