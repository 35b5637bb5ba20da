{{ config(materialized='incremental', full_refresh=false, on_schema_change='append_new_columns') }}
{{ counterpoise.kept_by_python({
    'team_id': counterpoise.type_of('string'),
    'week_start': counterpoise.type_of('date'),
    'risk': counterpoise.type_of('double'),
    'risk_low': counterpoise.type_of('double'),
    'risk_high': counterpoise.type_of('double'),
    'band': counterpoise.type_of('string'),
    'status': counterpoise.type_of('string'),
    'status_reason': counterpoise.type_of('string'),
    'alert': counterpoise.type_of('boolean'),
    'coverage': counterpoise.type_of('double'),
    'exposure': counterpoise.type_of('double'),
    'story': counterpoise.type_of('string'),
    'model_version': counterpoise.type_of('string'),
    'data_through': counterpoise.type_of('date'),
    'scored_at': counterpoise.type_of('timestamp'),
}) }}
