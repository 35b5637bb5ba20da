{{ config(materialized='table') }}
{{ counterpoise.stage('teams', adapters=['stg_event_log__teams'] + (['stg_owner_teams'] if counterpoise.has_connectors() else [])) }}
