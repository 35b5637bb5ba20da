{#- Columns that are always there; one test for a list of them. With `first_team_of` only rows of the first team of that relation are read. -#}
{% test not_null_columns(model, columns, first_team_of=none) %}
select {{ columns | join(', ') }}
from {{ model }}
where ({% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %})
{% if first_team_of %}    and team_id = (select min(team_id) from {{ first_team_of }}){% endif %}
{% endtest %}
