-- All kinds of item together are the week: nothing is lost or counted twice between the two facts.
with

strata as (

    select
        team_id,
        metric_id,
        week_start,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(n) as n
    from {{ ref('fct_metric_week_stratum') }}
    -- too few answers to be shown: hidden in both
    where denominator is not null
    group by team_id, metric_id, week_start

),

weeks as (

    select * from {{ ref('fct_metric_week') }}
    where denominator is not null

),

final as (

    select
        coalesce(weeks.team_id, strata.team_id) as team_id,
        coalesce(weeks.metric_id, strata.metric_id) as metric_id,
        coalesce(weeks.week_start, strata.week_start) as week_start
    from weeks
    full outer join strata
        on
            weeks.team_id = strata.team_id
            and weeks.metric_id = strata.metric_id
            and weeks.week_start = strata.week_start
    where
        weeks.team_id is null
        or strata.team_id is null
        -- sums of doubles differ in their last bits
        or abs(weeks.numerator - strata.numerator) > 0.001
        or abs(weeks.denominator - strata.denominator) > 0.001
        or weeks.n <> strata.n

)

select * from final
