{#- Minimum quality thresholds per team and week, on the last weeks whose outcomes are in. They report; they withhold nothing. -#}
with

guardrails as (

    select
        guardrails.guardrail_id,
        guardrails.metric_id,
        {{ counterpoise.as_integer('guardrails.window_weeks') }} as window_weeks,
        {{ counterpoise.greatest_known(['guardrails.min_n', 'metrics.shown_from_n']) }} as min_n,
        case when guardrails.direction = 'at_most' then -1 else 1 end as side,
        {{ counterpoise.as_double('guardrails.threshold') }} as threshold,
        {{ counterpoise.as_double('guardrails.approach_margin') }} as approach_margin
    from {{ counterpoise.named_ref('guardrails') }} as guardrails
    inner join {{ ref('dim_metric') }} as metrics on guardrails.metric_id = metrics.metric_id

),

small_team_weeks as (

    select team_id, week from {{ ref('int_small_team_weeks') }}

),

sums as (

    select * from {{ ref('int_metric_window_sums') }}

),

measured as (

    select
        sums.team_id,
        sums.week,
        guardrails.guardrail_id,
        guardrails.metric_id,
        guardrails.side,
        guardrails.threshold,
        guardrails.approach_margin,
        case
            when small_team_weeks.team_id is null and sums.n >= guardrails.min_n and sums.denominator > 0
                then {{ counterpoise.settled(counterpoise.as_double('sums.numerator') ~ ' / ' ~ counterpoise.as_double('sums.denominator')) }}
        end as observed,
        case when small_team_weeks.team_id is null then sums.n end as n,
        small_team_weeks.team_id is not null as is_suppressed
    from guardrails
    inner join sums
        on
            guardrails.metric_id = sums.metric_id
            and guardrails.window_weeks = sums.window_weeks
    left join small_team_weeks
        on
            sums.team_id = small_team_weeks.team_id
            and sums.week = small_team_weeks.week

),

judged as (

    select
        *,
        {{ counterpoise.settled('side * (observed - threshold)') }} as margin
    from measured

),

final as (

    select
        team_id,
        guardrail_id,
        {{ counterpoise.week_start('week') }} as week_start,
        metric_id,
        observed,
        threshold,
        margin,
        {{ counterpoise.as_integer('n') }} as n,
        case
            when margin is null then 'no_data'
            when margin < 0 then 'breached'
            when margin < approach_margin then 'approaching'
            else 'met'
        end as status,
        is_suppressed
    from judged

)

select * from final
