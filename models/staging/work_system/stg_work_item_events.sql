{{ config(**counterpoise.by_item('int_changed_items')) }}
{%- do ref('int_changed_items') %}
{{ counterpoise.stage('work_item_events', adapters=['stg_event_log__work_item_events'], large=true) }}
