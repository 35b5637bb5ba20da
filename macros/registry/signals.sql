{#- Fired, clear or no_data, and since which week without a break, for a signal's rows. Columns in: team_id, week, observed, expected, effect, log_evidence, n, and `condition`. -#}
{% macro signal_rows(signal_id, relation, condition=none) %}
    {%- set fired = condition or 'log_evidence >= ' ~ counterpoise.setting('signal_fired_log_evidence') -%}
    select
        team_id,
        '{{ signal_id }}' as signal_id,
        {{ counterpoise.week_start('week') }} as week_start,
        status,
        {{ counterpoise.as_double('observed') }} as observed,
        {{ counterpoise.as_double('expected') }} as expected,
        {{ counterpoise.as_double('effect') }} as effect,
        {{ counterpoise.settled('log_evidence') }} as log_evidence,
        {{ counterpoise.as_integer('coalesce(n, 0)') }} as n,
        case when status = 'fired' then {{ counterpoise.week_start('min(week) over (partition by team_id, status, run_number)') }} end as since_week
    from (
        select
            *,
            -- weeks of one unbroken stretch of the same status share this number
            week - row_number() over (partition by team_id, status order by week) as run_number
        from (
            select
                *,
                case
                    when log_evidence is null then 'no_data'
                    when {{ fired }} then 'fired'
                    else 'clear'
                end as status
            from {{ relation }}
        ) as decided
    ) as numbered
{% endmacro %}

{#- One row per team and complete week, with the evidence of one metric. -#}
{% macro metric_evidence(metric_id) %}
    select
        team_weeks.team_id,
        team_weeks.week,
        evidence.observed,
        evidence.expected,
        evidence.effect,
        evidence.log_evidence_better,
        evidence.log_evidence_worse,
        evidence.n_recent as n
    from {{ ref('int_team_weeks') }} as team_weeks
    left join {{ ref('int_evidence') }} as evidence
        on
            team_weeks.team_id = evidence.team_id
            and team_weeks.week = evidence.week
            and evidence.metric_id = '{{ metric_id }}'
    where team_weeks.is_complete
{% endmacro %}
