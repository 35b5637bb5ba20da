{{ config(materialized='table' if counterpoise.connector_models('work_item_links') else 'view') }}
{{ counterpoise.stage('work_item_links') }}
