-- Teams of responders own incidents. A service whose escalation policy has no team stands for itself.
with

services as (

    {{ counterpoise.connector_rows('pagerduty', 'service') }}

),

policies as (

    {{ counterpoise.connector_rows('pagerduty', 'escalation_policy_team') }}

),

teams as (

    {{ counterpoise.connector_rows('pagerduty', 'team') }}

),

policy_teams as (

    select
        source_system,
        escalation_policy_id,
        min({{ counterpoise.byte_order('team_id') }}) as team_id
    from policies
    group by source_system, escalation_policy_id

),

services_with_team as (

    select
        services.source_system,
        services.id,
        services.name,
        policy_teams.team_id
    from services
    left join policy_teams
        on
            services.source_system = policy_teams.source_system
            and services.escalation_policy_id = policy_teams.escalation_policy_id

),

final as (

    select
        source_system,
        'team' as owner_type,
        {{ counterpoise.owner_id('team', 'id') }} as owner_id,
        id as owner_key,
        name as owner_name,
        cast(null as {{ counterpoise.type_of('string') }}) as parent_owner_id,
        cast(null as {{ counterpoise.type_of('string') }}) as function,
        cast(null as {{ counterpoise.type_of('string') }}) as timezone,
        true as is_own_team
    from teams

    union all

    select
        source_system,
        'service' as owner_type,
        {{ counterpoise.owner_id('service', 'id') }} as owner_id,
        id as owner_key,
        name as owner_name,
        {{ counterpoise.owner_id('team', 'team_id') }} as parent_owner_id,
        cast(null as {{ counterpoise.type_of('string') }}) as function,
        cast(null as {{ counterpoise.type_of('string') }}) as timezone,
        team_id is null as is_own_team
    from services_with_team

)

select * from final
