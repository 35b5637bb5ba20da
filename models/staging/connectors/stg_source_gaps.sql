{{ config(enabled=counterpoise.has_connectors(), materialized='table') }}
-- Tables and columns that adapters read and an account does not have. They are read as empty; here they are named.
{{ counterpoise.source_gaps() }}
