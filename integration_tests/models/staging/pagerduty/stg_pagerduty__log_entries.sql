-- The timeline of incidents: what each entry means, who had the incident then, and what came before it.
{{ config(materialized='table') }}

with

entries as (

    {{ counterpoise.connector_rows('pagerduty', 'log_entry') }}

),

entry_teams as (

    {{ counterpoise.connector_rows('pagerduty', 'log_entry_team') }}

),

users as (

    {{ counterpoise.connector_rows('pagerduty', 'user') }}

),

meanings as (

    select * from {{ ref('counterpoise', 'stg_value_map') }}
    where field_name = 'log_entry'

),

teams as (

    select
        source_system,
        log_entry_id,
        min({{ counterpoise.byte_order('team_id') }}) as team_id
    from entry_teams
    group by source_system, log_entry_id

),

machines as (

    select
        source_system,
        id
    from users
    where {{ counterpoise.is_bot(['name']) }}

),

joined as (

    select
        entries.source_system,
        entries.id,
        entries.incident_id,
        entries.type,
        meanings.mapped_value as meaning,
        entries.created_at,
        entries.agent_id,
        (entries.agent_type is not null and entries.agent_type <> 'user_reference') or machines.id is not null as is_machine,
        entries.service_id,
        teams.team_id,
        entries._fivetran_synced
    from entries
    left join teams on entries.source_system = teams.source_system and entries.id = teams.log_entry_id
    left join machines on entries.source_system = machines.source_system and entries.agent_id = machines.id
    left join meanings on entries.source_system = meanings.source_system and meanings.raw_value = lower(trim(entries.type))

),

owned as (

    select
        *,
        {{ counterpoise.owner_id('team', 'team_id') }} as team_owner,
        {{ counterpoise.owner_id('service', 'service_id') }} as service_owner
    from joined

),

final as (

    select
        source_system,
        id,
        incident_id,
        type,
        meaning,
        created_at,
        agent_id,
        is_machine,
        service_id,
        team_id,
        _fivetran_synced,
        row_number() over (
            partition by source_system, incident_id
            order by created_at, {{ counterpoise.byte_order('id') }}
        ) as entry_number,
        lag(coalesce(team_owner, service_owner)) over (
            partition by source_system, incident_id
            order by created_at, {{ counterpoise.byte_order('id') }}
        ) as owner_before,
        max(case when meaning = 'resolved' then 1 else 0 end) over (
            partition by source_system, incident_id
            order by created_at, {{ counterpoise.byte_order('id') }}
            rows between unbounded preceding and 1 preceding
        ) as was_resolved
    from owned

)

select * from final
