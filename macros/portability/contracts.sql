{#- What a contract promises, as an empty select. Spark has other names for two of the types that DuckDB and PostgreSQL share. -#}
{% macro spark__get_empty_schema_sql(columns) %}
    {%- set names = {'text': 'string', 'double precision': 'double'} -%}
    {%- set translated = {} -%}
    {%- for name, column in columns.items() -%}
        {%- set kind = column.get('data_type') or '' -%}
        {%- do translated.update({name: dict(column, data_type=names.get(kind, kind))}) -%}
    {%- endfor -%}
    {{- dbt.default__get_empty_schema_sql(translated) -}}
{% endmacro %}
