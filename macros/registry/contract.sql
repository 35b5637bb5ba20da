{#- The rows of one contract table as the warehouse has them: typed, persons hashed, and typed nulls for what is absent.
    Columns come from the source definition (YAML), so the contract stands in one place.
    `counterpoise_assumed_columns: true` skips the look at the warehouse (offline compile): every table and column is taken as there. -#}
{% macro contract_rows(table, source_name='work_system') %}
    {%- set relation = source(source_name, table) -%}
    {%- if not execute -%}
        select 1 as placeholder
    {%- else -%}
        {%- set columns = counterpoise.contract_columns(table, source_name) -%}
        {%- set offered = counterpoise.offered_columns(relation, columns) -%}
        select
        {%- for column in columns %}
            {{ counterpoise.contract_column(column, offered) }} as {{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
        {%- if offered is none %}
        from (select 1 as one_row) as nothing
        where 1 = 0
        {%- else %}
        from {{ relation }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{% macro contract_columns(table, source_name='work_system') %}
    {%- set node = graph.sources['source.counterpoise.' ~ source_name ~ '.' ~ table] -%}
    {{ return(node.columns.values() | list) }}
{% endmacro %}

{#- Names (lower case) and types of the columns the warehouse offers; none where the table is absent. -#}
{% macro offered_columns(relation, columns) %}
    {%- set offered = {} -%}
    {%- if counterpoise.setting('assumed_columns') -%}
        {%- for column in columns -%}{%- do offered.update({column.name: column.data_type}) -%}{%- endfor -%}
        {{ return(offered) }}
    {%- endif -%}
    {%- set found = adapter.get_relation(database=relation.database, schema=relation.schema, identifier=relation.identifier) -%}
    {%- if found is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- for column in adapter.get_columns_in_relation(found) -%}
        {%- do offered.update({column.name | lower: column.data_type | lower}) -%}
    {%- endfor -%}
    {{ return(offered) }}
{% endmacro %}

{% macro contract_column(column, offered) %}
    {%- set kind = column.data_type -%}
    {%- set type = counterpoise.type_of(kind) -%}
    {%- if offered is none or column.name not in offered -%}
        cast(null as {{ type }})
    {%- elif column.config.get('meta', {}).get('person') -%}
        {{ counterpoise.hash_person(column.name) }}
    {%- elif kind == 'timestamp' and ('with time zone' in offered[column.name] or 'timestamptz' in offered[column.name]) -%}
        cast({{ column.name }} at time zone 'UTC' as {{ type }})
    {%- else -%}
        cast({{ column.name }} as {{ type }})
    {%- endif -%}
{% endmacro %}

{#- A select list in the contract's shape: the expressions given, typed nulls for every other column. For source adapters. -#}
{% macro as_contract(table, expressions) %}
    {%- if not execute -%}
        1 as placeholder
    {%- else -%}
        {%- for column in counterpoise.contract_columns(table) %}
        cast({{ expressions.get(column.name, 'null') }} as {{ counterpoise.type_of(column.data_type) }}) as {{ column.name }}{{ ',' if not loop.last }}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{#- Newest row per key. Rows the source has deleted are gone; a row that came again says when it first came.
    Ties are broken by every other column, so that the same rows give the same answer in any order. -#}
{% macro newest_rows(relation, key, columns) %}
    select
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        first_loaded_at
    from (
        select
            *,
            min(_loaded_at) over (partition by {{ key | join(', ') }}) as first_loaded_at,
            row_number() over (
                partition by {{ key | join(', ') }}
                order by
                    _loaded_at desc nulls last
                    {%- for column in columns if column not in key and column != '_loaded_at' %},
                    {{ column }} desc nulls last
                    {%- endfor %}
            ) as newest_first
        from {{ relation }}
        where {% for column in key %}{{ column }} is not null{{ ' and ' if not loop.last }}{% endfor %}
    ) as numbered
    where newest_first = 1 and not coalesce(_deleted, false)
{% endmacro %}

{#- A staging model: the contract table, with the rows of the adapters that offer it too. -#}
{% macro stage(table, adapters=[]) %}
    {%- for model in adapters -%}{%- do ref(model) -%}{%- endfor -%}
    {%- if not execute -%}
        {{ counterpoise.contract_rows(table) }}
    {%- else -%}
        {%- set columns = counterpoise.contract_columns(table) | map(attribute='name') | list -%}
        {%- set key = graph.sources['source.counterpoise.work_system.' ~ table].config.meta.primary_key -%}
with

offered as (

    {{ counterpoise.contract_rows(table) }}
    {%- for model in adapters %}
    union all
    select {{ columns | join(', ') }} from {{ ref(model) }}
    {%- endfor %}

),

final as (
    {{ counterpoise.newest_rows('offered', key, columns) }}
)

select * from final
    {%- endif -%}
{% endmacro %}
