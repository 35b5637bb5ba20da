{{ config(enabled=counterpoise.has_connectors()) }}
{#- Words in the tools' data that neither the tool nor a map gives a meaning; their rows are kept with none. -#}
{%- set models = counterpoise.connector_models('unknown_values') %}
{%- for model in models %}
select
    source_system,
    field_name,
    raw_value,
    row_count
from {{ model }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- if not models %}
select
    cast(null as {{ counterpoise.type_of('string') }}) as source_system,
    cast(null as {{ counterpoise.type_of('string') }}) as field_name,
    cast(null as {{ counterpoise.type_of('string') }}) as raw_value,
    cast(null as {{ counterpoise.type_of('bigint') }}) as row_count
from (select 1 as one_row) as nothing
where 1 = 0
{%- endif %}
