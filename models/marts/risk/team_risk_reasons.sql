{{ config(materialized='incremental', full_refresh=false, on_schema_change='append_new_columns') }}
{{ counterpoise.kept_by_python({
    'team_id': counterpoise.type_of('string'),
    'week_start': counterpoise.type_of('date'),
    'rank': counterpoise.type_of('integer'),
    'signal_id': counterpoise.type_of('string'),
    'contribution': counterpoise.type_of('double'),
    'observed': counterpoise.type_of('double'),
    'expected': counterpoise.type_of('double'),
    'n': counterpoise.type_of('integer'),
    'since_week': counterpoise.type_of('date'),
    'sentence': counterpoise.type_of('string'),
    'response_id': counterpoise.type_of('string'),
    'owner': counterpoise.type_of('string'),
}) }}
