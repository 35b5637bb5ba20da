{{ config(materialized='table') }}
{#- What the warehouse offers, as prints: of every item (its own rows, its events, its links), of every team (zone, targets), and of all
    that reaches every item. -#}
{%- set tables = {
    'work_items': {'adapters': ['stg_event_log__work_items'], 'items': ['work_item_id']},
    'work_item_events': {'adapters': ['stg_event_log__work_item_events'], 'items': ['work_item_id']},
    'work_item_links': {'adapters': [], 'items': ['from_item_id', 'to_item_id']},
} %}
{%- for table, spec in tables.items() -%}
    {%- for adapter_model in spec.adapters -%}{%- do ref(adapter_model) -%}{%- endfor -%}
    {%- if counterpoise.connector_models(table) -%}{%- do ref('counterpoise', 'stg_team_map') -%}{%- endif -%}
{%- endfor %}
{%- set connected_events = counterpoise.connector_models('work_item_events') %}
with
{%- if execute %}
{{ counterpoise.connected_ctes(connected_events or counterpoise.connector_models('work_items'), ['team_id'], 'work_items') }}
{%- endif %}

rows_of_items as (
    {% for table, spec in tables.items() %}
    {%- set columns = counterpoise.contract_columns(table) | map(attribute='name') | list if execute else ['placeholder'] %}
    {%- set loop_table = loop %}
    {%- for item in spec['items'] %}
    select
        {{ item if execute else 'cast(null as ' ~ counterpoise.type_of('string') ~ ')' }} as name,
        {{ counterpoise.row_print(columns + ["'" ~ table ~ "." ~ item ~ "'"]) }} as print
    from (
        {{ counterpoise.offered_rows(table, spec.adapters, counterpoise.connector_models(table), columns, hashed=false) }}
    ) as offered
    {{ 'union all' if not (loop_table.last and loop.last) }}
    {%- endfor %}
    {%- endfor %}

),

rows_of_teams as (

    select
        team_id as name,
        {{ counterpoise.row_print(['timezone']) }} as print
    from {{ ref('stg_teams') }}
    union all
    select
        team_id as name,
        {{ counterpoise.row_print(['target_id', 'metric_id', 'direction', 'threshold', 'clock', 'calendar_id', 'priority', 'item_type', 'valid_from', 'valid_to']) }} as print
    from {{ ref('stg_targets') }}

),

rows_of_all as (

    select
        'project' as name,
        {{ counterpoise.row_print(["'" ~ counterpoise.project_print() ~ "'"]) }} as print
    {%- set salt = counterpoise.salt_relation() if execute and not counterpoise.setting('assumed_columns') else none %}
    {%- if salt %}
    union all
    select
        'salt' as name,
        {{ counterpoise.row_print(['salt']) }} as print
    from {{ salt }}
    {%- endif %}

),

final as (
    {{ counterpoise.prints_of({'item': 'rows_of_items', 'team': 'rows_of_teams', 'all': 'rows_of_all'}) }}
)

select * from final
