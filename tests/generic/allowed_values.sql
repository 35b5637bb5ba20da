{#- Rows whose value is none of the list; null is allowed. -#}
{% test allowed_values(model, column_name, values) %}
select
    {{ column_name }},
    count(*) as row_count
from {{ model }}
where {{ column_name }} is not null
    and {{ column_name }} not in ({% for value in values %}{{ counterpoise.text_literal(value) }}{{ ', ' if not loop.last }}{% endfor %})
group by {{ column_name }}
{% endtest %}
