{#- Guardrails over whole reward periods (setting `reward_period`), with what was known when the slowest outcome of the period was in. One row
    without a guardrail where the team has no metric that has one. -#}
{{ config(schema='private') }}
{%- set period = counterpoise.setting('reward_period') -%}
{%- if period not in ('month', 'quarter') -%}
    {{ exceptions.raise_compiler_error("counterpoise_reward_period is month or quarter, not '" ~ period ~ "'") }}
{%- endif -%}
{%- set observed = counterpoise.as_double('sum(metric_rows.numerator)') ~ ' / ' ~ counterpoise.as_double('sum(metric_rows.denominator)') -%}
{%- set months = {'month': 1, 'quarter': 3}[period] -%}
with

guardrails as (

    select
        guardrails.guardrail_id,
        guardrails.metric_id,
        metrics.maturity_weeks,
        {{ counterpoise.greatest_known(['guardrails.min_n', 'metrics.shown_from_n']) }} as min_n,
        case when guardrails.direction = 'at_most' then -1 else 1 end as side,
        {{ counterpoise.as_double('guardrails.threshold') }} as threshold
    from {{ counterpoise.named_ref('guardrails') }} as guardrails
    inner join {{ ref('dim_metric') }} as metrics on guardrails.metric_id = metrics.metric_id

),

team_weeks as (

    select
        team_id,
        first_week,
        last_complete_week,
        cast({{ dbt.date_trunc(period, counterpoise.week_start('week')) }} as date) as period_start
    from {{ ref('int_team_weeks') }}
    where is_complete

),

dated as (

    select
        team_id,
        period_start,
        cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', months, 'period_start')) }} as date) as period_end,
        min(first_week) as first_week,
        max(last_complete_week) as last_complete_week
    from team_weeks
    group by team_id, period_start

),

-- a week belongs to the period its Monday lies in
periods as (

    select
        *,
        {{ counterpoise.week_index_of_date(dbt.dateadd('day', 6, 'period_start')) }} as from_week,
        {{ counterpoise.week_index_of_date('period_end') }} as to_week
    from dated

),

metric_rows as (

    select
        metric_id,
        team_id,
        week,
        known_week,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(n) as n
    from {{ ref('int_metric_rows') }}
    where metric_id in (select guardrails.metric_id from guardrails)
    group by metric_id, team_id, week, known_week

),

-- a guardrail is a team's from the first week its metric is known, counted back to the weeks that figure speaks of
series as (

    select
        metric_rows.team_id,
        guardrails.guardrail_id,
        guardrails.metric_id,
        guardrails.maturity_weeks,
        guardrails.min_n,
        guardrails.side,
        guardrails.threshold,
        min(metric_rows.known_week) - guardrails.maturity_weeks as first_week
    from metric_rows
    inner join guardrails on metric_rows.metric_id = guardrails.metric_id
    group by metric_rows.team_id, guardrails.guardrail_id, guardrails.metric_id, guardrails.maturity_weeks, guardrails.min_n, guardrails.side, guardrails.threshold

),

-- decided with the slowest of the guardrails on metrics the team has
decided as (

    select
        periods.team_id,
        periods.period_start,
        periods.to_week + max(series.maturity_weeks) as decided_week
    from periods
    inner join series on periods.team_id = series.team_id and periods.to_week >= series.first_week
    group by periods.team_id, periods.period_start, periods.to_week

),

measured as (

    select
        periods.team_id,
        periods.period_start,
        series.guardrail_id,
        case
            when sum(metric_rows.n) >= max(series.min_n) and sum(metric_rows.denominator) > 0
                then {{ counterpoise.settled('max(series.side) * (' ~ observed ~ ' - max(series.threshold))') }}
        end as margin
    from periods
    inner join decided on periods.team_id = decided.team_id and periods.period_start = decided.period_start
    inner join series on periods.team_id = series.team_id and periods.to_week >= series.first_week
    left join metric_rows
        on
            series.team_id = metric_rows.team_id
            and series.metric_id = metric_rows.metric_id
            and metric_rows.week between periods.from_week and periods.to_week
            and decided.decided_week >= metric_rows.known_week
    group by periods.team_id, periods.period_start, series.guardrail_id

),

final as (

    select
        periods.team_id,
        periods.period_start,
        periods.period_end,
        {%- for column in ['first_week', 'last_complete_week', 'from_week', 'to_week'] %}
        {{ counterpoise.as_integer('periods.' ~ column) }} as {{ column }},
        {%- endfor %}
        {{ counterpoise.as_integer('decided.decided_week') }} as decided_week,
        measured.guardrail_id,
        measured.margin
    from periods
    left join decided on periods.team_id = decided.team_id and periods.period_start = decided.period_start
    left join measured on periods.team_id = measured.team_id and periods.period_start = measured.period_start

)

select * from final
