{{ config(enabled=var('counterpoise_zendesk_enabled', false)) }}
-- Who can own tickets: groups (they are the teams while nothing is mapped), brands, and the organisations of requesters.
{% for table in ['group', 'brand', 'organization'] %}
select
    source_system,
    '{{ table }}' as owner_type,
    {{ counterpoise.owner_id(table, 'id') }} as owner_id,
    id as owner_key,
    name as owner_name,
    cast(null as {{ counterpoise.type_of('string') }}) as parent_owner_id,
    {{ "'support'" if table == 'group' else 'cast(null as ' ~ counterpoise.type_of('string') ~ ')' }} as function,
    cast(null as {{ counterpoise.type_of('string') }}) as timezone,
    {{ 'true' if table == 'group' else 'false' }} as is_own_team
from (
    {{ counterpoise.connector_rows('zendesk', table) }}
) as {{ table }}s
where id is not null
{{ 'union all' if not loop.last }}
{%- endfor %}
