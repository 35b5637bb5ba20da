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

final as (

    select
        items.source_system,
        coalesce(held.owner_id, items.source_system) as owner_id,
        coalesce(max(owners.owner_type), 'owner') as owner_type,
        coalesce(max(owners.owner_name), max(owners.owner_key), 'without one') as owner_name,
        count(*) as items
    from items
    inner join held on items.work_item_id = held.work_item_id
    left join owners on held.owner_id = owners.owner_id
    group by items.source_system, coalesce(held.owner_id, items.source_system)

)

select * from final
