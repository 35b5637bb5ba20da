-- Rows that are added when they become known and taken away when a later version replaces them must end at
-- what the newest versions say: so the past can be read as it was known without the present being wrong.
with

signed as (

    select
        team_id,
        week,
        sum(resolved_items) as resolved_items,
        sum(working_hours) as working_hours
    from {{ ref('int_closure_week') }}
    group by team_id, week

),

newest as (

    select
        team_id,
        week,
        count(*) as resolved_items,
        sum({{ counterpoise.as_measure('working_hours') }}) as working_hours
    from {{ ref('int_closures') }}
    where version_to_week is null
    group by team_id, week

),

final as (

    select
        coalesce(signed.team_id, newest.team_id) as team_id,
        coalesce(signed.week, newest.week) as week
    from signed
    full outer join newest
        on
            signed.team_id = newest.team_id
            and signed.week = newest.week
    where
        coalesce(signed.resolved_items, 0) <> coalesce(newest.resolved_items, 0)
        or abs(coalesce(signed.working_hours, 0) - coalesce(newest.working_hours, 0)) > 0.01

)

select * from final
