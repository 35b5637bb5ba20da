-- The kinds of item (category and priority) that a team's case mix is compared within: its most frequent in its first weeks, so
-- that the list never changes afterwards. Everything else is `other`. A kind is hard where its median took longer than the median
-- of all the team's items of those weeks.
{%- set hard_min_items = 5 %}
with

items as (

    select * from {{ ref('int_work_items') }}
    where version_from_week = 0 and resolved_team_id is not null

),

starts as (

    select
        team_id,
        min(first_week) as first_week
    from {{ ref('int_team_weeks') }}
    group by team_id

),

first_items as (

    select
        items.resolved_team_id as team_id,
        {{ counterpoise.stratum_label('items') }} as stratum,
        items.elapsed_hours
    from items
    inner join starts on items.resolved_team_id = starts.team_id
    where
        items.first_resolved_week >= starts.first_week
        and items.first_resolved_week < starts.first_week + {{ counterpoise.setting('stratum_weeks') }}

),

counted as (

    select
        team_id,
        stratum,
        count(*) as item_rows,
        {{ counterpoise.percentile('elapsed_hours', 0.5) }} as median_hours
    from first_items
    group by team_id, stratum

),

usual as (

    select
        team_id,
        {{ counterpoise.percentile('elapsed_hours', 0.5) }} as median_hours
    from first_items
    group by team_id

),

ranked as (

    select
        *,
        row_number() over (partition by team_id order by item_rows desc, {{ counterpoise.byte_order('stratum') }}) as place
    from counted

),

final as (

    select
        ranked.team_id,
        ranked.stratum,
        -- too few items to call the kind hard or easy
        case when ranked.item_rows >= {{ hard_min_items }} then ranked.median_hours > usual.median_hours end as is_hard
    from ranked
    inner join usual on ranked.team_id = usual.team_id
    where ranked.place < {{ counterpoise.setting('max_strata') }}

)

select * from final
