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

{#- The last value that is not null in a window; `window` = what stands between the brackets of over. -#}
{% macro last_known(expression, window) -%}
    {{ return(adapter.dispatch('last_known', 'counterpoise')(expression, window)) }}
{%- endmacro %}
{% macro default__last_known(expression, window) -%}
    last_value({{ expression }} ignore nulls) over ({{ window }})
{%- endmacro %}
{% macro postgres__last_known(expression, window) -%}
    {%- set told = 'array_agg(' ~ expression ~ ') filter (where ' ~ expression ~ ' is not null) over (' ~ window ~ ')' -%}
    ({{ told }})[cardinality({{ told }})]
{%- endmacro %}
{% macro spark__last_known(expression, window) -%}
    last({{ expression }}, true) over ({{ window }})
{%- endmacro %}
{% macro redshift__last_known(expression, window) -%}
    last_value({{ expression }} ignore nulls) over ({{ window }})
{%- endmacro %}
