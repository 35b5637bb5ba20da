-- Families of items, their cohorts and what they led to, in the standard shape of int_metric_rows.
{{ config(materialized='view') }}
{{ counterpoise.no_metric_rows() }}
