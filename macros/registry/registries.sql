{#- The package's rows of a registry and a user's own: the setting `own_<name>` names seeds or models of the user's project with the
    same columns. -#}
{% macro registry_rows(seed, own) %}
    {%- set seeds = [seed] + counterpoise.setting(own) -%}
    {%- for name in seeds -%}{%- do ref(name) -%}{%- endfor -%}
    {%- if not execute -%}
        select * from {{ ref(seed) }}
    {%- else -%}
        {%- set columns = graph.nodes['seed.counterpoise.' ~ seed].columns.keys() | list -%}
        {%- for name in seeds %}
        select {{ columns | join(', ') }} from {{ ref(name) }}
        {{ 'union all' if not loop.last }}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
