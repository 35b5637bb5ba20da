{{ config(materialized='view') }}
-- Which item each offered row of an event speaks of, newest or not.
{%- set connected = counterpoise.connector_models('work_item_events') %}
{%- do ref('stg_event_log__work_item_events') -%}
{%- if connected -%}{%- do ref('counterpoise', 'stg_team_map') -%}{%- endif %}
{%- if execute %}
{%- set columns = counterpoise.contract_columns('work_item_events') | map(attribute='name') | list %}
with
{{ counterpoise.connected_ctes(connected, columns, 'work_item_events') }}
final as (

    select
        work_item_id,
        event_id
    from (
        {{ counterpoise.offered_rows('work_item_events', ['stg_event_log__work_item_events'], connected, columns, hashed=false) }}
    ) as offered
    where work_item_id is not null and event_id is not null

)

select * from final
{%- endif %}
