{{ config(**counterpoise.growing()) }}
-- Weeks of teams whose sums over items are to be made anew: reached items count in them, or did, or an item that one of these caused does.
with

left_weeks as (

    select * from {{ ref('int_left_team_weeks') }}

),

reached as (

    select * from {{ ref('int_reached_items') }}

),

causes as (

    select
        from_item_id as work_item_id,
        to_item_id
    from {{ ref('stg_work_item_links') }}
    where link_type = 'caused_by'

),

items as (

    select work_item_id from reached
    union all
    select causes.work_item_id
    from causes
    inner join reached on causes.to_item_id = reached.work_item_id

),

fed as (

    select team_week
    from left_weeks
    where left_in <> '*'
    {%- for model, week in {'int_item_steps': 'occurred_week', 'int_closures': 'week', 'int_creations': 'week'}.items() %}
    union all
    select {{ counterpoise.team_week(week=week) }} as team_week
    from {{ ref(model) }}
    where team_id is not null and {{ week }} is not null and work_item_id in (select items.work_item_id from items)
    {%- endfor %}
    union all
    select standing.team_week
    from (
        select '*' as team_week
        from left_weeks
        where 1 = 0
        {{- counterpoise.standing_team_weeks('int_fed_team_weeks') }}
    ) as standing
    where '*' in (select left_weeks.left_in from left_weeks)

),

final as (
    {{ counterpoise.keeping('select team_week from fed', 'team_week') }}
)

select * from final
