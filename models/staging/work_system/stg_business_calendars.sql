{{ config(materialized='table' if counterpoise.connector_models('business_calendars') else 'view') }}
{{ counterpoise.stage('business_calendars') }}
