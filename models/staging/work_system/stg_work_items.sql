{{ config(materialized='table') }}
{{ counterpoise.stage('work_items', adapters=['stg_event_log__work_items'], large=true) }}
