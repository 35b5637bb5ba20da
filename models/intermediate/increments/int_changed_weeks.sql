{{ config(**counterpoise.growing()) }}
-- Weeks whose comparisons over time are to be made anew, with all weeks after them: rows became known in them that were not there, or are
-- not there any more, or the weeks of a team changed; all weeks of a team whose function is another; and the very first one (0) where
-- something changed that reaches all.
with

prints as (

    select * from {{ ref('int_prints_of_weeks') }}

),

prints_of_context as (

    select * from {{ ref('int_prints_of_context') }}

),

prints_of_items as (

    select * from {{ ref('int_prints_now') }}

),

team_weeks as (

    select
        team_id,
        week
    from {{ ref('int_team_weeks') }}

),
{% for kind in ['rows known', 'team week', 'baseline', 'first change', 'function', 'pair'] %}
changed_{{ kind | replace(' ', '_') }} as (
    {{ counterpoise.names_changed(kind) }}
),
{% endfor %}
changed_for_all as (
    {{ counterpoise.names_changed('metric', prints='prints_of_context') }}
    union all
    {{ counterpoise.names_changed('all', prints='prints_of_items') }}
),

changed as (
    {% for kind in ['rows_known', 'team_week', 'baseline', 'first_change'] %}
    select cast(name as {{ counterpoise.type_of('integer') }}) as week
    from changed_{{ kind }}
    union all
    {%- endfor %}
    select week
    from team_weeks
    where team_id in (select changed_function.name from changed_function)
    union all
    select 0 as week
    from changed_pair
    union all
    select 0 as week
    from changed_for_all

),

final as (
    {{ counterpoise.keeping('select week from changed', 'week') }}
)

select * from final
