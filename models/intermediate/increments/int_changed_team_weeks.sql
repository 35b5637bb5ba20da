{{ config(**counterpoise.growing()) }}
-- Weeks of teams whose metrics are to be shown anew: other rows, or the last complete week is another and they ripen with it; all weeks of
-- a team of which a metric begins in another week; and every week where something changed that reaches all.
with

prints as (

    select * from {{ ref('int_prints_of_team_weeks') }}

),

prints_of_weeks as (

    select * from {{ ref('int_prints_of_weeks') }}

),

prints_of_items as (

    select * from {{ ref('int_prints_now') }}

),

team_weeks as (

    select * from {{ ref('int_team_weeks') }}

),

changed_weeks as (
    {{ counterpoise.names_changed('week of team') }}
),

changed_series as (
    {{ counterpoise.names_changed('series') }}
),

changed_for_all as (
    {{ counterpoise.names_changed('metric', prints='prints_of_weeks') }}
    union all
    {{ counterpoise.names_changed('all', prints='prints_of_items') }}
),

changed as (

    select name as team_week from changed_weeks
    union all
    select {{ counterpoise.team_week() }} as team_week
    from team_weeks
    where team_id in (select changed_series.name from changed_series)
    union all
    select name as team_week
    from prints
    where kind = 'week of team' and exists (select 1 from changed_for_all)
    {%- if counterpoise.last_prints() is none %}
    {{- counterpoise.standing_team_weeks('int_changed_team_weeks') }}
    {%- endif %}

),

final as (
    {{ counterpoise.keeping('select team_week from changed', 'team_week') }}
)

select * from final
