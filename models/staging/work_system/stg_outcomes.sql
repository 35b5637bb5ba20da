{{ config(materialized='table') }}
{{ counterpoise.stage('outcomes', large=true) }}
