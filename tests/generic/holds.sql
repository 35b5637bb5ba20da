{#- Rows for which a condition does not hold; where it is unknown (null) nothing is claimed. -#}
{% test holds(model, condition) %}
select *
from {{ model }}
where not ({{ condition }})
{% endtest %}
