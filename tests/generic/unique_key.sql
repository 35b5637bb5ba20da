{#- The grain: no two rows with the same key. With `first_team_of` only rows of the first team of that relation are read. -#}
{% test unique_key(model, columns, first_team_of=none) %}
select
    {{ columns | join(',\n    ') }},
    count(*) as row_count
from {{ model }}
{% if first_team_of %}where team_id = (select min(team_id) from {{ first_team_of }}){% endif %}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
