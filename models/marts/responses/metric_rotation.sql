{{ config(materialized='incremental', full_refresh=false, on_schema_change='append_new_columns') }}
{{ counterpoise.kept_by_python({
    'team_id': counterpoise.type_of('string'),
    'period_number': counterpoise.type_of('integer'),
    'period_start': counterpoise.type_of('date'),
    'period_end': counterpoise.type_of('date'),
    'metric_id': counterpoise.type_of('string'),
    'key': counterpoise.type_of('string'),
    'anchor': counterpoise.type_of('string'),
    'pool': counterpoise.type_of('string'),
}) }}
