{{ config(enabled=var('counterpoise_servicenow_enabled', false)) }}
-- Who can own work: groups, and the services, companies and domains that items name. A group that holds or held an item serves as a
-- team while nothing is mapped, and so do the two groups above it.
with

groups as (

    {{ counterpoise.connector_rows('servicenow', 'sys_user_group') }}

),

companies as (

    {{ counterpoise.connector_rows('servicenow', 'core_company') }}

),

services as (

    {{ counterpoise.connector_rows('servicenow', 'cmdb_ci_service') }}

),

items as (

    {{ counterpoise.connector_rows('servicenow', 'cmdb_ci') }}

),

tasks as (

    select * from {{ ref('stg_servicenow__tasks') }}

),

holders as (

    select distinct source_system, group_id from {{ ref('stg_servicenow__holdings') }}
    where group_id is not null

),

parents as (

    select groups.source_system, groups.parent_value as group_id
    from holders
    inner join groups on holders.source_system = groups.source_system and holders.group_id = groups.sys_id
    where groups.parent_value is not null

),

teams as (

    select source_system, group_id from holders
    {{ counterpoise.union_distinct() }}
    select source_system, group_id from parents
    {{ counterpoise.union_distinct() }}
    select groups.source_system, groups.parent_value as group_id
    from parents
    inner join groups on parents.source_system = groups.source_system and parents.group_id = groups.sys_id
    where groups.parent_value is not null

),

known_groups as (

    select source_system, sys_id as group_id from groups
    where sys_id is not null
    {{ counterpoise.union_distinct() }}
    select source_system, group_id from teams

),

{% for owner_type, column in [('service', 'service_id'), ('company', 'company_id'), ('domain', 'domain_id')] -%}
named_{{ owner_type }} as (

    select distinct
        source_system,
        {{ column }}
    from tasks
    where {{ column }} is not null

),

{% endfor -%}
owners as (

    select
        known_groups.source_system,
        'assignment_group' as owner_type,
        known_groups.group_id as owner_key,
        groups.name as owner_name,
        case when parent_teams.group_id is not null and groups.parent_value <> known_groups.group_id then groups.parent_value end as parent_key,
        teams.group_id is not null as is_own_team
    from known_groups
    left join groups on known_groups.source_system = groups.source_system and known_groups.group_id = groups.sys_id
    left join teams on known_groups.source_system = teams.source_system and known_groups.group_id = teams.group_id
    left join teams as parent_teams on groups.source_system = parent_teams.source_system and groups.parent_value = parent_teams.group_id
    {%- for owner_type, column, names in [('service', 'service_id', ['services', 'items']), ('company', 'company_id', ['companies']), ('domain', 'domain_id', [])] %}
    union all
    select
        named.source_system,
        '{{ owner_type }}' as owner_type,
        named.{{ column }} as owner_key,
        {% if names | length > 1 %}coalesce({{ names | join('.name, ') }}.name){% elif names %}{{ names[0] }}.name{% else %}cast(null as {{ counterpoise.type_of('string') }}){% endif %} as owner_name,
        cast(null as {{ counterpoise.type_of('string') }}) as parent_key,
        false as is_own_team
    from named_{{ owner_type }} as named
    {%- for name in names %}
    left join {{ name }} on named.source_system = {{ name }}.source_system and named.{{ column }} = {{ name }}.sys_id
    {%- endfor %}
    {%- endfor %}

),

final as (

    select
        source_system,
        owner_type,
        source_system || ':' || owner_type || ':' || owner_key as owner_id,
        owner_key,
        owner_name,
        source_system || ':' || owner_type || ':' || parent_key as parent_owner_id,
        cast(null as {{ counterpoise.type_of('string') }}) as function,
        cast(null as {{ counterpoise.type_of('string') }}) as timezone,
        is_own_team
    from owners

)

select * from final
