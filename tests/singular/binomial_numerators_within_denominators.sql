-- A share counts a part of a whole: at no team, week and kind of item more than the whole, and never less
-- than nothing.
with

metrics as (

    select metric_id from {{ ref('dim_metric') }}
    where kind = 'binomial'

),

counted as (

    select
        metric_id,
        team_id,
        week_start,
        'all kinds' as stratum,
        numerator,
        denominator
    from {{ ref('fct_metric_week') }}
    union all
    select
        metric_id,
        team_id,
        week_start,
        stratum,
        numerator,
        denominator
    from {{ ref('fct_metric_week_stratum') }}

),

final as (

    select counted.*
    from counted
    inner join metrics on counted.metric_id = metrics.metric_id
    where counted.numerator > counted.denominator or counted.numerator < 0

)

select * from final
