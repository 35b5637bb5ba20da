with

weekly as (

    select
        team_id,
        metric_id,
        stratum,
        week,
        max(due_week) as due_week,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(n) as n
    from {{ ref('int_metric_rows') }}
    group by team_id, metric_id, stratum, week

),

reach as (

    select
        team_id,
        max(last_complete_week) as last_complete_week
    from {{ ref('int_team_weeks') }}
    group by team_id

),

final as (

    select
        weekly.team_id,
        {{ counterpoise.week_start('weekly.week') }} as week_start,
        weekly.metric_id,
        weekly.stratum,
        {{ counterpoise.as_double('weekly.numerator') }} as numerator,
        {{ counterpoise.as_double('weekly.denominator') }} as denominator,
        case
            when weekly.due_week <= reach.last_complete_week and weekly.denominator > 0
                then {{ counterpoise.as_double('weekly.numerator') }} / {{ counterpoise.as_double('weekly.denominator') }}
        end as value,
        {{ counterpoise.as_integer('weekly.n') }} as n,
        weekly.week <= reach.last_complete_week as is_complete,
        weekly.due_week <= reach.last_complete_week as is_mature
    from weekly
    inner join reach on weekly.team_id = reach.team_id
    where weekly.week <= reach.last_complete_week + 1

)

select * from final
