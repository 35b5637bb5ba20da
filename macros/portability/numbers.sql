{#- A whole number with its word, as text: 1 day, 3 days. -#}
{% macro amount(expression, one, many) -%}
    case
        when round({{ expression }}) = 1 then '1 {{ one }}'
        else cast({{ counterpoise.as_integer('round(' ~ expression ~ ')') }} as {{ counterpoise.type_of('string') }}) || ' {{ many }}'
    end
{%- endmacro %}

{#- Rows of `int_item_flags` from one relation: flags with `id`, `when` (condition), `what` and `weight` (SQL expressions). -#}
{% macro flag_rows(relation, flags) %}
    {%- for flag in flags %}
    select
        team_id,
        week,
        '{{ flag.id }}' as flag_id,
        work_item_id,
        {{ flag.what }} as what,
        {{ counterpoise.as_double(flag.weight) }} as weight
    from {{ relation }}
    where {{ flag.when }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}
