{#- dbt-spark's own way of loading a seed by a session writes null as the text 'None' and stumbles over apostrophes: literals, then. dbt asks
    the project at the root, so a project that installs counterpoise names it in `dispatch:` (docs/spark.md). -#}
{% macro spark__load_csv_rows(model, agate_table) %}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- set sql -%}
        insert into {{ this.render() }} values
        {%- for row in agate_table.rows %}
        (
            {%- for name in agate_table.column_names -%}
                {%- set value = row[loop.index0] -%}
                cast({{ 'null' if value is none else counterpoise.spark_literal(value) }} as {{ types.get(name, adapter.convert_type(agate_table, loop.index0)) }})
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
