{#- Dates that are no Monday, by the same arithmetic that makes weeks; null is allowed. With `first_team_of` only rows of the first team of that relation are read. -#}
{% test mondays(model, column_name, first_team_of=none) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} <> {{ counterpoise.week_start(counterpoise.week_index_of_date(column_name)) }}
{% if first_team_of %}    and team_id = (select min(team_id) from {{ first_team_of }}){% endif %}
{% endtest %}
