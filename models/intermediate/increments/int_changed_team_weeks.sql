{{ config(**counterpoise.growing()) }}
-- Weeks of teams whose metrics are to be shown anew: those whose rows are, and all weeks of a team of which a metric begins in another week.
with

summed as (

    select * from {{ ref('int_summed_team_weeks') }}

),

prints as (

    select * from {{ ref('int_prints_of_weeks') }}

),

team_weeks as (

    select * from {{ ref('int_team_weeks') }}

),

changed_series as (
    {{ counterpoise.names_changed('series') }}
),

changed as (

    select team_week from summed
    union all
    select {{ counterpoise.team_week() }} as team_week
    from team_weeks
    where team_id in (select changed_series.name from changed_series)
    {%- if counterpoise.last_prints() is none %}
    {{- counterpoise.standing_team_weeks('int_changed_team_weeks') }}
    {%- endif %}

),

final as (
    {{ counterpoise.keeping('select team_week from changed', 'team_week') }}
)

select * from final
