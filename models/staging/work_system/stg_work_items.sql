{{ config(**counterpoise.by_item('int_changed_items')) }}
{%- do ref('int_changed_items') %}
{{ counterpoise.stage('work_items', adapters=['stg_event_log__work_items'], large=true) }}
