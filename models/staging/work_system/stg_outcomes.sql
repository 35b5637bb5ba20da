{{ config(materialized='table') }}
{{ counterpoise.stage('outcomes') }}
