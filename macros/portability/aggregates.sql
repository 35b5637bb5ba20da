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
{#- BigQuery has it as a window only, Trino has an estimate only: here the values in order, and the two beside the place. -#}
{% macro bigquery__percentile(expression, share) -%}
    {%- set place = '((count(' ~ expression ~ ') - 1) * ' ~ share ~ ')' -%}
    {%- set ordered = 'array_agg(' ~ expression ~ ' ignore nulls order by ' ~ expression ~ ')' -%}
    {%- set below = ordered ~ '[safe_offset(cast(floor(' ~ place ~ ') as int64))]' -%}
    {%- set above = ordered ~ '[safe_offset(cast(ceil(' ~ place ~ ') as int64))]' -%}
    ({{ below }} + ({{ above }} - {{ below }}) * ({{ place }} - floor({{ place }})))
{%- endmacro %}
{% macro trino__percentile(expression, share) -%}
    {%- set place = '(cast(count(' ~ expression ~ ') - 1 as double) * cast(' ~ share ~ ' as double))' -%}
    {%- set ordered = 'array_sort(array_agg(cast(' ~ expression ~ ' as double)) filter (where ' ~ expression ~ ' is not null))' -%}
    {%- set below = 'element_at(' ~ ordered ~ ', cast(floor(' ~ place ~ ') as bigint) + 1)' -%}
    {%- set above = 'element_at(' ~ ordered ~ ', cast(ceil(' ~ place ~ ') as bigint) + 1)' -%}
    ({{ below }} + ({{ above }} - {{ below }}) * ({{ place }} - floor({{ place }})))
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
{% macro trino__last_known(expression, window) -%}
    last_value({{ expression }}) ignore nulls over ({{ window }})
{%- endmacro %}

{#- The greatest and the least of the arguments that are known; null where none is. Of use where one can be null: Snowflake, BigQuery
    and Trino say null as soon as one argument is. -#}
{% macro greatest_known(expressions) -%}
    {{ return(adapter.dispatch('extreme_known', 'counterpoise')('greatest', expressions)) }}
{%- endmacro %}
{% macro least_known(expressions) -%}
    {{ return(adapter.dispatch('extreme_known', 'counterpoise')('least', expressions)) }}
{%- endmacro %}
{% macro default__extreme_known(function, expressions) -%}
    {{ function }}({{ expressions | join(', ') }})
{%- endmacro %}
{% macro snowflake__extreme_known(function, expressions) -%}
    {{ counterpoise.extreme_of_stand_ins(function, expressions) }}
{%- endmacro %}
{% macro bigquery__extreme_known(function, expressions) -%}
    {{ counterpoise.extreme_of_stand_ins(function, expressions) }}
{%- endmacro %}
{% macro trino__extreme_known(function, expressions) -%}
    {{ counterpoise.extreme_of_stand_ins(function, expressions) }}
{%- endmacro %}
{#- Another argument stands in for one that is null. -#}
{% macro extreme_of_stand_ins(function, expressions) -%}
    {{ function }}({% for expression in expressions %}coalesce({{ (expressions[loop.index0:] + expressions[:loop.index0]) | join(', ') }}){{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{#- All rows of two selects, each once. BigQuery wants the word that others take for granted, or do not know. -#}
{% macro union_distinct() -%}
    {{ return(adapter.dispatch('union_distinct', 'counterpoise')()) }}
{%- endmacro %}
{% macro default__union_distinct() -%}union{%- endmacro %}
{% macro bigquery__union_distinct() -%}union distinct{%- endmacro %}

{#- Covariance of all rows in which both are known. -#}
{% macro covariance(one, other) -%}
    {{ return(adapter.dispatch('covariance', 'counterpoise')(one, other)) }}
{%- endmacro %}
{% macro default__covariance(one, other) -%}
    covar_pop({{ one }}, {{ other }})
{%- endmacro %}
{% macro redshift__covariance(one, other) -%}
    (avg({{ one }} * {{ other }}) - avg(case when {{ other }} is not null then {{ one }} end) * avg(case when {{ one }} is not null then {{ other }} end))
{%- endmacro %}
