{{ config(**counterpoise.growing()) }}
-- Weeks of teams whose sums over items are to be made anew: reached items count in them, or did, or an item that one of these caused does.
with

left_weeks as (

    select * from {{ ref('int_left_team_weeks') }}

),

reached as (

    select work_item_id from {{ ref('int_reached_items') }}
    union all
    select from_item_id as work_item_id
    from {{ ref('stg_work_item_links') }}
    where
        link_type = 'caused_by'
        and to_item_id in (select work_item_id from {{ ref('int_reached_items') }})

),

fed as (

    select team_week
    from left_weeks
    where left_in <> '*'
    {%- for model, week in {'int_item_steps': 'occurred_week', 'int_closures': 'week', 'int_creations': 'week'}.items() %}
    union all
    select {{ counterpoise.team_week(week=week) }} as team_week
    from {{ ref(model) }}
    where team_id is not null and {{ week }} is not null and work_item_id in (select work_item_id from reached)
    {%- endfor %}
    union all
    select standing.team_week
    from (
        select '*' as team_week
        from left_weeks
        where 1 = 0
        {{- counterpoise.standing_team_weeks('int_fed_team_weeks') }}
    ) as standing
    where exists (select 1 from left_weeks where left_in = '*')

),

final as (
    {{ counterpoise.keeping('select team_week from fed', 'team_week') }}
)

select * from final
