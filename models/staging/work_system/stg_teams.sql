{{ config(materialized='table') }}
{{ counterpoise.stage('teams', adapters=['stg_event_log__teams']) }}
