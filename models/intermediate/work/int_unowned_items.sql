{{ config(enabled=counterpoise.has_connectors()) }}
-- Items of the tools that the team map gives to nobody, by the owner they have in the tool.
with

items as (

    select
        work_item_id,
        source_system
    from {{ ref('stg_work_items') }}
    where team_id is null

),

held as (
    {% for model in counterpoise.connector_models('work_items') %}
    select
        work_item_id,
        coalesce(own_team, owner_third, owner_second, owner_first) as owner_id
    from {{ model }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

owners as (

    select * from {{ ref('stg_owners') }}

),

mapped_systems as (

    select distinct source_system from {{ ref('stg_team_map') }}

),

-- where nothing is mapped, an item without a team has none of the tool's own groups
placed as (

    select
        items.source_system,
        mapped_systems.source_system is not null as is_mapped,
        case when mapped_systems.source_system is not null then coalesce(held.owner_id, items.source_system) else items.source_system end as owner_id
    from items
    inner join held on items.work_item_id = held.work_item_id
    left join mapped_systems on items.source_system = mapped_systems.source_system

),

final as (

    select
        placed.source_system,
        placed.owner_id,
        coalesce(max(owners.owner_type), 'owner') as owner_type,
        coalesce(max(owners.owner_name), max(owners.owner_key), 'without one') as owner_name,
        placed.is_mapped,
        count(*) as items
    from placed
    left join owners on placed.owner_id = owners.owner_id
    group by placed.source_system, placed.owner_id, placed.is_mapped

)

select * from final
