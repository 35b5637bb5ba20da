{#- Types that mean the same on every engine. dbt's own type macros first; a dispatch where they end. -#}

{% macro type_of(kind) %}
    {%- set kinds = {
        'string': dbt.type_string(),
        'integer': dbt.type_int(),
        'bigint': dbt.type_bigint(),
        'boolean': dbt.type_boolean(),
        'date': 'date',
        'timestamp': dbt.type_timestamp(),
        'double': counterpoise.type_double(),
        'measure': dbt.type_numeric(),
    } -%}
    {%- if kind not in kinds -%}
        {{ exceptions.raise_compiler_error("counterpoise knows no type '" ~ kind ~ "'; it knows " ~ kinds.keys() | join(', ')) }}
    {%- endif -%}
    {{- kinds[kind] -}}
{% endmacro %}

{% macro type_double() %}{{ return(adapter.dispatch('type_double', 'counterpoise')()) }}{% endmacro %}
{% macro default__type_double() %}double{% endmacro %}
{% macro postgres__type_double() %}double precision{% endmacro %}
{% macro bigquery__type_double() %}float64{% endmacro %}

{#- Sums of decimals are the same in any order; sums of doubles are not. Every additive column is one of these. -#}
{% macro as_measure(expression) -%}
    cast({{ expression }} as {{ counterpoise.type_of('measure') }})
{%- endmacro %}

{% macro as_double(expression) -%}
    cast({{ expression }} as {{ counterpoise.type_of('double') }})
{%- endmacro %}

{% macro as_integer(expression) -%}
    cast({{ expression }} as {{ counterpoise.type_of('integer') }})
{%- endmacro %}

{#- A computed number as it is kept: six decimals. Sums of doubles differ in their last bits with the order of the rows; what
    follows from them must not. Rounded by floor, in doubles: engines cast and round ties each in their own way. -#}
{% macro settled(expression) -%}
    floor({{ counterpoise.as_double(expression) }} * {{ counterpoise.as_double('1000000') }} + {{ counterpoise.as_double('0.5') }}) / {{ counterpoise.as_double('1000000') }}
{%- endmacro %}
