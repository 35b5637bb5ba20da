{{ config(enabled=counterpoise.has_connectors(), materialized='table') }}
{#- Who can own work in each tool: projects, groups, boards, repositories, organisations. -#}
{%- for tool, tables in counterpoise.connector_tables().items() %}
select
    '{{ tool }}' as tool,
    source_system,
    owner_type,
    owner_id,
    owner_key,
    owner_name,
    parent_owner_id,
    function,
    timezone,
    is_own_team
from {{ counterpoise.connector_ref(tool, 'stg_' ~ tool ~ '__owners') }}
{{ 'union all' if not loop.last }}
{%- endfor %}
