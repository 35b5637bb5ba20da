{{ config(enabled=counterpoise.has_connectors(), materialized='table') }}
-- Which owner in a tool belongs to which team, from when to when. The map names owners by id, key or name, for one source system, one
-- tool or all; each row here is one owner. Where two rows hold at once, the one that begins later ends the other.
{%- set named = counterpoise.setting('team_map') %}
with

given as (

    {{ counterpoise.contract_rows('team_map', 'connectors', counterpoise.user_ref(named) if named else none) }}

),

owners as (

    select * from {{ ref('stg_owners') }}

),

matched as (

    select distinct
        owners.source_system,
        owners.owner_id,
        given.team_id,
        coalesce(given.valid_from, cast('0001-01-01' as date)) as valid_from,
        coalesce(given.valid_to, cast('9999-12-31' as date)) as valid_to
    from given
    inner join owners
        on
            (given.source_system is null or given.source_system = owners.source_system or given.source_system = owners.tool)
            and (given.owner_type is null or given.owner_type = owners.owner_type)
            and (
                lower(given.owner_key) = lower(owners.owner_key)
                or lower(given.owner_key) = lower(owners.owner_name)
                or owners.owner_id = owners.source_system || ':' || owners.owner_type || ':' || given.owner_key
            )
    where given.team_id is not null

),

in_turn as (

    select
        *,
        lead(valid_from) over (
            partition by owner_id order by valid_from, valid_to, {{ counterpoise.byte_order('team_id') }}
        ) as next_from,
        row_number() over (
            partition by owner_id order by valid_from desc, valid_to desc, {{ counterpoise.byte_order('team_id') }} desc
        ) as newest_first
    from matched

),

final as (

    select
        source_system,
        owner_id,
        team_id,
        valid_from,
        cast(
            case when next_from is not null and next_from <= valid_to then {{ dbt.dateadd('day', -1, 'next_from') }} else valid_to end as date
        ) as valid_to,
        newest_first = 1 as is_newest
    from in_turn
    -- of two that begin on one day only the last holds
    where next_from is null or next_from > valid_from

)

select * from final
