{{ config(enabled=counterpoise.connector_models('unknown_values') | length > 0) }}
{#- Words in the tools' data that neither the tool nor a map gives a meaning; their rows are kept with none. -#}
{%- for model in counterpoise.connector_models('unknown_values') %}
select
    source_system,
    field_name,
    raw_value,
    row_count
from {{ ref(model) }}
{{ 'union all' if not loop.last }}
{%- endfor %}
