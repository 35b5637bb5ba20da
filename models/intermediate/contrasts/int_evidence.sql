{{ config(**counterpoise.by_week()) }}
{#- What the contrasts say for a better and for a worse metric, averaged over the three windows; effects of the longest window beside it. -#}
{%- set longest = counterpoise.setting('recent_weeks') | max -%}
with

contrasts as (

    select * from {{ ref('int_contrast') }}
    {{ counterpoise.from_changed_week() }}

),

weighed as (

    select
        *,
        {{ counterpoise.log_evidence('effect', 'effect_error', 'effect_scale') }} as log_evidence_better,
        {{ counterpoise.log_evidence('(-effect)', 'effect_error', 'effect_scale') }} as log_evidence_worse
    from contrasts

),

final as (

    select
        team_id,
        week,
        metric_id,
        {{ counterpoise.settled('ln(avg(exp(log_evidence_better)))') }} as log_evidence_better,
        {{ counterpoise.settled('ln(avg(exp(log_evidence_worse)))') }} as log_evidence_worse,
        max(case when window_weeks = {{ longest }} then effect end) as effect,
        max(case when window_weeks = {{ longest }} then effect_error end) as effect_error,
        max(case when window_weeks = {{ longest }} then observed end) as observed,
        max(case when window_weeks = {{ longest }} then expected end) as expected,
        max(case when window_weeks = {{ longest }} then n_recent end) as n_recent,
        max(case when window_weeks = {{ longest }} then case when is_trial then 1 else 0 end end) = 1 as is_trial
    from weighed
    group by team_id, week, metric_id

)

select * from final
