{{ config(materialized='table' if counterpoise.connector_models('holidays') else 'view') }}
{{ counterpoise.stage('holidays') }}
