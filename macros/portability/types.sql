{#- Types that mean the same on every engine. dbt's own type macros first; a dispatch where they end. -#}

{% macro type_of(kind) %}
    {#- asked some thousand times a build, so no type is made that is not asked for -#}
    {%- if kind == 'string' -%}{{ dbt.type_string() }}
    {%- elif kind == 'integer' -%}{{ dbt.type_int() }}
    {%- elif kind == 'bigint' -%}{{ dbt.type_bigint() }}
    {%- elif kind == 'boolean' -%}{{ dbt.type_boolean() }}
    {%- elif kind == 'date' -%}date
    {%- elif kind == 'timestamp' -%}{{ dbt.type_timestamp() }}
    {%- elif kind == 'double' -%}{{ counterpoise.type_double() }}
    {%- elif kind == 'measure' -%}{{ dbt.type_numeric() }}
    {%- else -%}
        {{ exceptions.raise_compiler_error("counterpoise knows no type '" ~ kind ~ "'; it knows string, integer, bigint, boolean, date, timestamp, double, measure") }}
    {%- endif -%}
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
