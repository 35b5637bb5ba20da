{#- Continuous percentile as an ordinary aggregate (never a window: PostgreSQL has none). -#}
{% macro percentile(expression, share) -%}
    {{ return(adapter.dispatch('percentile', 'counterpoise')(expression, share)) }}
{%- endmacro %}
{% macro default__percentile(expression, share) -%}
    percentile_cont({{ share }}) within group (order by {{ expression }})
{%- endmacro %}
{% macro spark__percentile(expression, share) -%}
    percentile({{ expression }}, {{ share }})
{%- endmacro %}
