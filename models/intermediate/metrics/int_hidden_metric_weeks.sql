-- Sums of a team, metric and week that nobody may see: of a team with too few people, or of too few answers.
with

small_team_weeks as (

    select * from {{ ref('int_small_team_weeks') }}
    where is_small

),

metrics as (

    select metric_id, shown_from_n from {{ ref('dim_metric') }}

),

team_weeks as (

    select team_id, week, active_people from {{ ref('int_team_weeks') }}

),

weekly as (

    select
        metric_rows.team_id,
        metric_rows.metric_id,
        metric_rows.week,
        metrics.shown_from_n,
        small_team_weeks.team_id is not null as is_small,
        sum(metric_rows.numerator) as numerator,
        sum(metric_rows.denominator) as denominator,
        sum(metric_rows.n) as n
    from {{ ref('int_metric_rows') }} as metric_rows
    inner join metrics on metric_rows.metric_id = metrics.metric_id
    left join small_team_weeks
        on
            metric_rows.team_id = small_team_weeks.team_id
            and metric_rows.week = small_team_weeks.week
    where small_team_weeks.team_id is not null or metrics.shown_from_n > 1
    group by metric_rows.team_id, metric_rows.metric_id, metric_rows.week, metrics.shown_from_n, small_team_weeks.team_id

),

final as (

    select
        weekly.team_id,
        weekly.metric_id,
        weekly.week,
        weekly.numerator,
        weekly.denominator,
        weekly.n,
        -- where nobody knows, a team counts as large enough, as everywhere
        coalesce(team_weeks.active_people, {{ counterpoise.min_people() }}) as people,
        weekly.shown_from_n
    from weekly
    left join team_weeks
        on
            weekly.team_id = team_weeks.team_id
            and weekly.week = team_weeks.week
    where weekly.is_small or weekly.n < weekly.shown_from_n

)

select * from final
