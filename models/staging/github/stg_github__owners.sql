{{ config(enabled=var('counterpoise_github_enabled', false)) }}
-- Who can own work: repositories (they are the teams while nothing is mapped) and teams of the organisation. A repository that items
-- name and no table does is an owner without a name.
{%- set text = counterpoise.type_of('string') %}
with

named as (

    select
        source_system,
        'repository' as owner_type,
        id as raw_id,
        id as owner_key,
        full_name as owner_name,
        cast(null as {{ text }}) as parent_id
    from (
        {{ counterpoise.connector_rows('github', 'repository') }}
    ) as repositories
    where id is not null
    union all
    select distinct
        source_system,
        'repository' as owner_type,
        repository_id as raw_id,
        repository_id as owner_key,
        cast(null as {{ text }}) as owner_name,
        cast(null as {{ text }}) as parent_id
    from {{ ref('stg_github__items') }}
    where repository_id is not null
    union all
    select
        source_system,
        'team' as owner_type,
        id as raw_id,
        coalesce(slug, id) as owner_key,
        name as owner_name,
        parent_id
    from (
        {{ counterpoise.connector_rows('github', 'team') }}
    ) as teams
    where id is not null

),

final as (

    select
        source_system,
        owner_type,
        source_system || ':' || owner_type || ':' || raw_id as owner_id,
        max(owner_key) as owner_key,
        max(owner_name) as owner_name,
        max(source_system || ':team:' || parent_id) as parent_owner_id,
        'engineering' as function,
        cast(null as {{ text }}) as timezone,
        owner_type = 'repository' as is_own_team
    from named
    group by source_system, owner_type, raw_id

)

select * from final
