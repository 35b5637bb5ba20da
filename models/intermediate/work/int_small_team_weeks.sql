-- Weeks in which a team has fewer people than are shown (setting `min_people`), or had in one of the 12 weeks before: no figure
-- of these is shown. A sum over 13 weeks may be shown only where every week of it may: the next sum less this one would tell.
with

flagged as (

    select
        team_id,
        week,
        case when active_people < {{ counterpoise.min_people() }} then 1 else 0 end as is_small
    from {{ ref('int_team_weeks') }}

),

looked_back as (

    select
        *,
        max(is_small) over (partition by team_id order by week rows between 12 preceding and current row) as was_small
    from flagged

),

final as (

    select
        team_id,
        week,
        is_small = 1 as is_small
    from looked_back
    where was_small = 1

)

select * from final
