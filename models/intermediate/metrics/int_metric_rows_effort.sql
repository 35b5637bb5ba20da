-- Families of hours, money and answers, in the standard shape of int_metric_rows.
{{ config(materialized='view') }}
{{ counterpoise.no_metric_rows() }}
