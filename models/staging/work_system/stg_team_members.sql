{{ config(materialized='table' if counterpoise.connector_models('team_members') else 'view') }}
{{ counterpoise.stage('team_members') }}
