-- Families of what was recorded and when, of handovers and of touches, in the standard shape of int_metric_rows.
{{ config(materialized='view') }}
{{ counterpoise.no_metric_rows() }}
