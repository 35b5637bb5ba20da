{#- A relation whose rows Python keeps: dbt makes it once, with the columns of its contract, and leaves it alone afterwards. So that
    models, exposures and metrics can refer to it. -#}
{% macro kept_by_python(columns) %}
    select
        {%- for name, type in columns.items() %}
        cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (select 1 as one_row) as nothing
    where 1 = 0
{% endmacro %}
