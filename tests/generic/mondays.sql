{#- Dates that are no Monday, by the same arithmetic that makes weeks; null is allowed. -#}
{% test mondays(model, column_name) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} <> {{ counterpoise.week_start(counterpoise.week_index_of_date(column_name)) }}
{% endtest %}
