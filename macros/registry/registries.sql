{#- The package's rows of a registry and a user's own: the setting `own_<name>` names seeds or models of the user's project with the
    same columns. What is not text is said in `types`: a file tells no types for certain. -#}
{% macro registry_rows(seed, own, types={}) %}
    {%- set seeds = [seed] + counterpoise.setting(own) -%}
    {%- for name in seeds -%}{%- do ref(name) -%}{%- endfor -%}
    {%- if not execute -%}
        select * from {{ ref(seed) }}
    {%- else -%}
        {%- set columns = graph.nodes['seed.counterpoise.' ~ seed].columns.keys() | list -%}
        {%- for name in seeds %}
        select
            {%- for column in columns %}
            cast({{ column }} as {{ counterpoise.type_of(types.get(column, 'string')) }}) as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ ref(name) }}
        {{ 'union all' if not loop.last }}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
