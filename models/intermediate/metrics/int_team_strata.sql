-- The kinds of item (category and priority) that a team's case mix is compared within: its most frequent in its first weeks, so
-- that the list never changes afterwards. Everything else is `other`.
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

counted as (

    select
        items.resolved_team_id as team_id,
        {{ counterpoise.stratum_label('items') }} as stratum,
        count(*) as item_rows
    from items
    inner join starts on items.resolved_team_id = starts.team_id
    where
        items.first_resolved_week >= starts.first_week
        and items.first_resolved_week < starts.first_week + {{ counterpoise.setting('stratum_weeks') }}
    group by items.resolved_team_id, {{ counterpoise.stratum_label('items') }}

),

ranked as (

    select
        *,
        row_number() over (partition by team_id order by item_rows desc, {{ counterpoise.byte_order('stratum') }}) as place
    from counted

),

final as (

    select
        team_id,
        stratum
    from ranked
    where place < {{ counterpoise.setting('max_strata') }}

)

select * from final
