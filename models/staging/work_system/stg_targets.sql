{{ config(materialized='table' if counterpoise.connector_models('targets') else 'view') }}
{{ counterpoise.stage('targets') }}
