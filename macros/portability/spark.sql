{#- What dbt does otherwise on Spark than elsewhere, put right. dbt looks for these macros in the project at the root: a project that installs
    counterpoise names it in `dispatch:` (docs/spark.md), and `refuse_missing_dispatch` says so where it does not. -#}

{#- A type as YAML files name it, in Spark's words: it has others for two of the types that DuckDB and PostgreSQL share. -#}
{% macro spark_type(name) -%}
    {{ return({'text': 'string', 'double precision': 'double'}.get(name | trim | lower, name)) }}
{%- endmacro %}

{#- What a contract promises, as an empty select. -#}
{% macro spark__get_empty_schema_sql(columns) %}
    {%- set translated = {} -%}
    {%- for name, column in columns.items() -%}
        {%- do translated.update({name: dict(column, data_type=counterpoise.spark_type(column.get('data_type') or ''))}) -%}
    {%- endfor -%}
    {{- dbt.default__get_empty_schema_sql(translated) -}}
{% endmacro %}

{% macro spark__create_csv_table(model, agate_table) %}
    {%- set types = {} -%}
    {%- for name, type in model['config'].get('column_types', {}).items() -%}
        {%- do types.update({name: counterpoise.spark_type(type)}) -%}
    {%- endfor -%}
    {{ return(dbt.spark__create_csv_table({'config': dict(model['config'], column_types=types)}, agate_table)) }}
{% endmacro %}

{#- dbt-spark's own way of loading a seed by a session writes null as the text 'None' and stumbles over apostrophes: literals, then. -#}
{% macro spark__load_csv_rows(model, agate_table) %}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- set sql -%}
        insert into {{ this.render() }} values
        {%- for row in agate_table.rows %}
        (
            {%- for name in agate_table.column_names -%}
                {%- set value = row[loop.index0] -%}
                {%- set type = counterpoise.spark_type(types.get(name, adapter.convert_type(agate_table, loop.index0))) -%}
                cast({{ 'null' if value is none else counterpoise.spark_literal(value) }} as {{ type }})
                {{- ',' if not loop.last }}
            {%- endfor -%}
        ){{ ',' if not loop.last }}
        {%- endfor %}
    {%- endset -%}
    {%- if agate_table.rows | length > 0 -%}
        {%- do adapter.add_query(sql, abridge_sql_log=True) -%}
    {%- endif -%}
    {{ return(sql) }}
{% endmacro %}

{#- A value as Spark's own literal: backslashes and apostrophes are escaped by a backslash there. -#}
{% macro spark_literal(value) -%}
    '{{ value | string | replace('\\', '\\\\') | replace("'", "\\'") }}'
{%- endmacro %}

{#- Stops a run in which dbt would take its own macros in the place of those above: seeds would hold the text 'None'. -#}
{% macro refuse_missing_dispatch() -%}
    {{ return(adapter.dispatch('refuse_missing_dispatch', 'counterpoise')()) }}
{%- endmacro %}
{% macro default__refuse_missing_dispatch() -%}{%- endmacro %}
{% macro spark__refuse_missing_dispatch() -%}
    {#- written out: dbt reads the names of dispatched macros from the text -#}
    {%- set found = {
        'get_empty_schema_sql': adapter.dispatch('get_empty_schema_sql', 'dbt'),
        'create_csv_table': adapter.dispatch('create_csv_table', 'dbt'),
        'load_csv_rows': adapter.dispatch('load_csv_rows', 'dbt'),
    } -%}
    {%- set own = [] -%}
    {%- for name, macro in found.items() if macro.macro.package_name in ['dbt', 'dbt_spark'] -%}
        {%- do own.append(name) -%}
    {%- endfor -%}
    {%- if execute and own -%}
        {{ exceptions.raise_compiler_error(
            "On Spark counterpoise has macros of its own in the place of dbt's (" ~ own | join(', ') ~ "), and dbt does not find them in a package. "
            ~ "Put `dispatch: [{macro_namespace: dbt, search_order: [" ~ project_name ~ ", counterpoise, dbt]}]` into your dbt_project.yml."
        ) }}
    {%- endif -%}
{%- endmacro %}
