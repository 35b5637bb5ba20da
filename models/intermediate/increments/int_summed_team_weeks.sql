{{ config(**counterpoise.growing()) }}
-- Weeks of teams whose rows of metrics are to be made anew: a weekly sum is another, or the last complete week is and they ripen with it; all
-- weeks of a team that delivers since another week; and every week where something changed that reaches all.
with

prints as (

    select * from {{ ref('int_prints_of_team_weeks') }}

),

prints_of_context as (

    select * from {{ ref('int_prints_of_context') }}

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

changed_deliveries as (
    {{ counterpoise.names_changed('deliveries') }}
),

changed_for_all as (
    {{ counterpoise.names_changed('first outcome') }}
    union all
    {{ counterpoise.names_changed('metric', prints='prints_of_context') }}
    union all
    {{ counterpoise.names_changed('all', prints='prints_of_items') }}
),

changed as (

    select name as team_week from changed_weeks
    union all
    select {{ counterpoise.team_week() }} as team_week
    from team_weeks
    where team_id in (select changed_deliveries.name from changed_deliveries)
    union all
    select name as team_week
    from prints
    where kind = 'week of team' and exists (select 1 from changed_for_all)
    {%- if counterpoise.last_prints() is none %}
    {{- counterpoise.standing_team_weeks('int_summed_team_weeks') }}
    {%- endif %}

),

final as (
    {{ counterpoise.keeping('select team_week from changed', 'team_week') }}
)

select * from final
