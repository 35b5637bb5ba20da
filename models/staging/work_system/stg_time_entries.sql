{{ config(materialized='table' if counterpoise.connector_models('time_entries') else 'view') }}
{{ counterpoise.stage('time_entries') }}
