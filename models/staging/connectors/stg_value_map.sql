{{ config(enabled=counterpoise.has_connectors(), materialized='table') }}
-- What a tool's words mean in the contract's: the defaults of each adapter, and before them what the user says. One row per word.
{%- set named = counterpoise.setting('value_map') %}
with

instances as (
    {% for tool in counterpoise.connector_tables() %}
    {%- set last_tool = loop.last %}
    {%- for instance in counterpoise.connector_instances(tool) %}
    select
        cast({{ counterpoise.text_literal(tool) }} as {{ counterpoise.type_of('string') }}) as tool,
        cast({{ counterpoise.text_literal(instance.source_system) }} as {{ counterpoise.type_of('string') }}) as source_system
    {{ 'union all' if not (last_tool and loop.last) }}
    {%- endfor %}
    {%- endfor %}

),

given as (

    {{ counterpoise.contract_rows('value_map', 'connectors', counterpoise.user_ref(named) if named else none) }}

),

stated as (

    select
        0 as place,
        source_system,
        field_name,
        raw_value,
        mapped_value
    from given
    {%- for tool, tables in counterpoise.connector_tables().items() if 'values' in tables %}
    union all
    select
        1 as place,
        source_system,
        field_name,
        raw_value,
        mapped_value
    from {{ counterpoise.connector_ref(tool, tool ~ '_values') }}
    {%- endfor %}

),

meant as (

    select
        instances.source_system,
        lower(trim(stated.field_name)) as field_name,
        lower(trim(stated.raw_value)) as raw_value,
        lower(trim(stated.mapped_value)) as mapped_value,
        row_number() over (
            partition by instances.source_system, lower(trim(stated.field_name)), lower(trim(stated.raw_value))
            order by
                stated.place,
                case stated.source_system when instances.source_system then 0 when instances.tool then 1 else 2 end,
                {{ counterpoise.byte_order('stated.mapped_value') }}
        ) as fits_best
    from stated
    inner join instances
        on
            stated.source_system is null
            or stated.source_system = instances.source_system
            or stated.source_system = instances.tool
    where stated.field_name is not null and stated.raw_value is not null

),

final as (

    select
        source_system,
        field_name,
        raw_value,
        mapped_value
    from meant
    where fits_best = 1

)

select * from final
