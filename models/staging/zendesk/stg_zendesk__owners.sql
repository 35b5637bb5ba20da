{{ config(enabled=var('counterpoise_zendesk_enabled', false)) }}
-- Who can own tickets: groups (they are the teams while nothing is mapped), brands, and the organisations of requesters. One that
-- tickets name and no table does is an owner without a name.
{%- set tables = ['group', 'brand', 'organization'] %}
with

named as (
    {% for table in tables %}
    select
        source_system,
        '{{ table }}' as owner_type,
        id as owner_key,
        name as owner_name
    from (
        {{ counterpoise.connector_rows('zendesk', table) }}
    ) as {{ table }}s
    where id is not null
    union all
    select distinct
        source_system,
        '{{ table }}' as owner_type,
        {{ table }}_id as owner_key,
        cast(null as {{ counterpoise.type_of('string') }}) as owner_name
    from {{ ref('stg_zendesk__steps') }}
    where {{ table }}_id is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

final as (

    select
        source_system,
        owner_type,
        source_system || ':' || owner_type || ':' || owner_key as owner_id,
        owner_key,
        max(owner_name) as owner_name,
        cast(null as {{ counterpoise.type_of('string') }}) as parent_owner_id,
        cast(case when owner_type = 'group' then 'support' end as {{ counterpoise.type_of('string') }}) as function,
        cast(null as {{ counterpoise.type_of('string') }}) as timezone,
        owner_type = 'group' as is_own_team
    from named
    group by source_system, owner_type, owner_key

)

select * from final
