{{ config(enabled=var('counterpoise_jira_enabled', false)) }}
-- Who can own issues: projects (which serve as teams while nothing is mapped), boards and Atlassian teams, also those that Jira has
-- forgotten and issues still name.
{%- set text = counterpoise.type_of('string') %}
with

projects as (

    {{ counterpoise.connector_rows('jira', 'project') }}

),

boards as (

    {{ counterpoise.connector_rows('jira', 'board') }}

),

board_projects as (

    {{ counterpoise.connector_rows('jira', 'project_board') }}

),

sprints as (

    {{ counterpoise.connector_rows('jira', 'sprint') }}

),

teams as (

    {{ counterpoise.connector_rows('jira', 'team') }}

),

issues as (

    select * from {{ ref('stg_jira__issues') }}

),

moments as (

    select * from {{ ref('stg_jira__moments') }}

),

named as (

    select
        source_system,
        'project' as owner_type,
        id as raw_id,
        key as owner_key,
        name as owner_name,
        case project_type_key when 'software' then 'engineering' when 'service_desk' then 'support' when 'business' then 'operations' end as function
    from projects
    {%- for owner_type, relation, column, name in [
        ('board', 'boards', 'id', 'name'), ('team', 'teams', 'id', 'name'), ('board', 'board_projects', 'board_id', none), ('board', 'sprints', 'board_id', none),
        ('project', 'moments', 'project_now', none), ('team', 'moments', 'team_now', none), ('project', 'issues', 'project_id', none),
    ] %}
    union all
    select
        source_system,
        '{{ owner_type }}' as owner_type,
        {{ column }} as raw_id,
        cast(null as {{ text }}) as owner_key,
        {{ name or 'cast(null as ' ~ text ~ ')' }} as owner_name,
        cast(null as {{ text }}) as function
    from {{ relation }}
    {%- endfor %}

),

-- a board belongs to a project where it shows one only
board_parents as (

    select
        source_system,
        board_id as raw_id,
        min(project_id) as project_id
    from board_projects
    group by source_system, board_id
    having count(distinct project_id) = 1

),

gathered as (

    select
        source_system,
        owner_type,
        raw_id,
        max(owner_key) as owner_key,
        max(owner_name) as owner_name,
        max(function) as function
    from named
    where raw_id is not null
    group by source_system, owner_type, raw_id

),

final as (

    select
        gathered.source_system,
        gathered.owner_type,
        gathered.source_system || ':' || gathered.owner_type || ':' || gathered.raw_id as owner_id,
        coalesce(gathered.owner_key, gathered.raw_id) as owner_key,
        coalesce(gathered.owner_name, gathered.owner_key, gathered.raw_id) as owner_name,
        gathered.source_system || ':project:' || board_parents.project_id as parent_owner_id,
        gathered.function,
        cast(null as {{ text }}) as timezone,
        gathered.owner_type = 'project' as is_own_team
    from gathered
    left join board_parents
        on
            gathered.owner_type = 'board'
            and gathered.source_system = board_parents.source_system
            and gathered.raw_id = board_parents.raw_id

)

select * from final
