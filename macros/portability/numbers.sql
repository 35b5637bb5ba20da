{#- A number as text with two decimals, e.g. 0.14; rounded by floor in doubles first, since engines round ties each in their own way. -#}
{% macro two_decimals(expression) -%}
    cast(
        cast(floor({{ counterpoise.as_double(expression) }} * 100 + 0.5) / 100 as decimal(18, 2))
        as {{ counterpoise.type_of('string') }}
    )
{%- endmacro %}
