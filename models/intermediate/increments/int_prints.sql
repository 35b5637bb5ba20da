{{ config(
    materialized='table',
    post_hook=[
        "delete from {{ counterpoise.relation_of('int_changed_items') }} where work_item_id is not null",
        "delete from {{ counterpoise.relation_of('int_dated_items') }} where work_item_id is not null",
        "delete from {{ counterpoise.relation_of('int_reached_items') }} where work_item_id is not null",
        "delete from {{ counterpoise.relation_of('int_left_team_weeks') }} where team_week is not null",
        "delete from {{ counterpoise.relation_of('int_fed_team_weeks') }} where team_week is not null",
        "delete from {{ counterpoise.relation_of('int_changed_weeks') }} where week is not null",
        "delete from {{ counterpoise.relation_of('int_summed_team_weeks') }} where team_week is not null",
        "delete from {{ counterpoise.relation_of('int_changed_team_weeks') }} where team_week is not null",
    ],
) }}
{#- The prints this run began with, kept once all that is made by item and by week is done: what the next run compares with. -#}
{%- for name in counterpoise.models_by_item() + counterpoise.models_by_week() + counterpoise.models_by_team_week().values() | sum(start=[]) %}
-- depends_on: {{ ref(name) }}
{%- endfor %}
select * from {{ ref('int_prints_now') }}
union all
select * from {{ ref('int_prints_of_loads') }}
union all
select * from {{ ref('int_prints_of_context') }}
union all
select * from {{ ref('int_prints_of_weeks') }}
union all
select * from {{ ref('int_prints_of_team_weeks') }}
