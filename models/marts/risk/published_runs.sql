{{ config(materialized='incremental', full_refresh=false, on_schema_change='append_new_columns') }}
{{ counterpoise.kept_by_python({
    'run_id': counterpoise.type_of('string'),
    'published_at': counterpoise.type_of('timestamp'),
    'data_through': counterpoise.type_of('date'),
    'teams': counterpoise.type_of('integer'),
    'scored_teams': counterpoise.type_of('integer'),
    'withheld_teams': counterpoise.type_of('integer'),
    'model_version': counterpoise.type_of('string'),
    'package_version': counterpoise.type_of('string'),
}) }}
