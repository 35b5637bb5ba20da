{#- Rows that point at something that is not there; null points at nothing and is fine. -#}
{% test relationships_known(model, column_name, to, field) %}
select pointing.{{ column_name }}
from {{ model }} as pointing
left join (select distinct {{ field }} as pointed_at from {{ to }}) as pointed on pointing.{{ column_name }} = pointed.pointed_at
where pointing.{{ column_name }} is not null and pointed.pointed_at is null
{% endtest %}
