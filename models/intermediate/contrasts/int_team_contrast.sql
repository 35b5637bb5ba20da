{{ config(**counterpoise.by_week()) }}
{#- Recent against baseline within the team's own kinds of item: what the recent items would have shown at the team's own baseline
    rates (indirect standardisation; a kind seen little in the baseline leans on the team's overall rate), and the distance from it
    on the link scale, positive = up. Plain up or down here; what is better comes later. -#}
{%- set recent_weeks = counterpoise.setting('recent_weeks') -%}
{%- set lean = 2 -%}
{%- set few = 8 -%}
with

windows as (

    select
        metric_windows.*,
        metrics.kind,
        metrics.effect_scale,
        metrics.min_n
    from {{ ref('int_metric_windows') }} as metric_windows
    inner join {{ ref('dim_metric') }} as metrics on metric_windows.metric_id = metrics.metric_id
    {{ counterpoise.from_changed_week('metric_windows.week') }}

),

baselines as (

    select
        team_id,
        metric_id,
        week,
        min(first_known_week) as first_known_week,
        {{ counterpoise.as_double('sum(baseline_link_sum)') }} as base_sum,
        {{ counterpoise.as_double('sum(baseline_link_weight)') }} as base_weight,
        {{ counterpoise.as_double('sum(baseline_link_squares)') }} as base_squares,
        -- in doubles before the division: a quotient of decimals has six places on Spark
        {%- set link_sum, link_weight = counterpoise.as_double('baseline_link_sum'), counterpoise.as_double('baseline_link_weight') %}
        sum(case when baseline_link_weight > 0 then {{ link_sum }} * {{ link_sum }} / {{ link_weight }} else 0 end) as base_between,
        sum(case when baseline_link_weight > 0 then 1 else 0 end) as base_strata
    from windows
    group by team_id, metric_id, week

),

expected as (

    select
        windows.team_id,
        windows.metric_id,
        windows.week,
        windows.kind,
        windows.effect_scale,
        windows.min_n,
        baselines.first_known_week,
        baselines.base_sum,
        baselines.base_weight,
        baselines.base_squares,
        baselines.base_between,
        baselines.base_strata,
        {%- for weeks in recent_weeks %}
        windows.recent_{{ weeks }}_link_sum,
        windows.recent_{{ weeks }}_link_weight,
        {{ counterpoise.as_double('windows.recent_' ~ weeks ~ '_link_weight') }} as recent_{{ weeks }}_weight,
        {%- endfor %}
        {{ counterpoise.as_double('windows.baseline_link_weight') }} as stratum_base_weight,
        -- the kind's own baseline rate, leaning on the team's by two items
        case when baselines.base_weight > 0 then
            ({{ counterpoise.as_double('windows.baseline_link_sum') }} + {{ lean }} * (baselines.base_sum + 0.5) / (baselines.base_weight + 1))
            / ({{ counterpoise.as_double('windows.baseline_link_weight') }} + {{ lean }})
        end as stratum_rate
    from windows
    inner join baselines
        on
            windows.team_id = baselines.team_id
            and windows.metric_id = baselines.metric_id
            and windows.week = baselines.week

),

pooled as (

    {%- for weeks in recent_weeks %}
    select
        team_id,
        metric_id,
        week,
        {{ weeks }} as window_weeks,
        max(kind) as kind,
        max(effect_scale) as effect_scale,
        max(min_n) as min_n,
        max(first_known_week) as first_known_week,
        max(base_sum) as base_sum,
        max(base_weight) as base_weight,
        max(base_squares) as base_squares,
        max(base_between) as base_between,
        max(base_strata) as base_strata,
        -- decimals are added, then read as doubles: a sum of doubles depends on their order
        {{ counterpoise.as_double('sum(recent_' ~ weeks ~ '_link_sum)') }} as recent_sum,
        {{ counterpoise.as_double('sum(recent_' ~ weeks ~ '_link_weight)') }} as recent_weight,
        sum(recent_{{ weeks }}_weight * stratum_rate) as expected_sum,
        sum(recent_{{ weeks }}_weight * recent_{{ weeks }}_weight * stratum_rate * (1 - least(stratum_rate, 1)) / (stratum_base_weight + {{ lean }})) as expected_binomial_variance,
        sum(recent_{{ weeks }}_weight * recent_{{ weeks }}_weight / (stratum_base_weight + {{ lean }})) as expected_mean_leverage
    from expected
    group by team_id, metric_id, week
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

usable as (

    select
        *,
        least(week - {{ recent_weeks | max }} - first_known_week + 1, {{ counterpoise.setting('baseline_weeks') }}) as baseline_weeks
    from pooled
    where
        recent_weight > 0
        and base_weight > 0
        and case when kind = 'rate' then greatest(recent_sum, expected_sum) else recent_weight end >= min_n * window_weeks / {{ recent_weeks | max }}.0
        and case when kind = 'rate' then base_sum else base_weight end >= min_n
        and week - {{ recent_weeks | max }} - first_known_week + 1 >= {{ counterpoise.setting('baseline_min_weeks') }}

),

spread as (

    select
        *,
        -- variance of one item around its kind's mean in the baseline; never quite nothing, or a constant would make any change certain
        greatest(
            (base_squares - base_between) / greatest(base_weight - base_strata, 1),
            effect_scale * effect_scale / 4
        ) as item_variance
    from usable

),

judged as (

    select
        team_id,
        metric_id,
        week,
        window_weeks,
        baseline_weeks,
        effect_scale,
        case when kind = 'rate' then recent_sum else recent_weight end as n_recent,
        case when kind = 'rate' then base_sum else base_weight end as n_baseline,
        case when kind = 'log_duration' then exp(recent_sum / recent_weight) else recent_sum / recent_weight end as observed,
        case when kind = 'log_duration' then exp(expected_sum / recent_weight) else expected_sum / recent_weight end as expected,
        case
            when kind = 'binomial'
                then ln((greatest(recent_sum, 0) + 0.5) / (greatest(recent_weight - recent_sum, 0) + 0.5))
                    - ln((expected_sum + 0.5) / (greatest(recent_weight - expected_sum, 0) + 0.5))
            when kind = 'rate'
                then ln((recent_sum + 0.5) / (expected_sum + 0.5))
            else (recent_sum - expected_sum) / recent_weight
        end as change,
        sqrt(case
            -- the recent window's variance is taken under the baseline rate, so that evidence keeps rising with every bad item
            when kind = 'binomial'
                then 1 / (expected_sum + 0.5) + 1 / (greatest(recent_weight - expected_sum, 0) + 0.5)
                    + expected_binomial_variance
                    * power((recent_weight + 1) / ((expected_sum + 0.5) * (greatest(recent_weight - expected_sum, 0) + 0.5)), 2)
            when kind = 'rate'
                then 1 / (expected_sum + 0.5) + 1 / (base_sum + 0.5)
            -- a mean of few (weeks of hours, answers) is not normal, one odd week alone moves it: its error is widened
            else item_variance * (1 + {{ few }} / recent_weight) * (1 / recent_weight + expected_mean_leverage / (recent_weight * recent_weight))
        end) as change_error
    from spread

),

final as (

    select
        team_id,
        metric_id,
        week,
        window_weeks,
        baseline_weeks,
        baseline_weeks < {{ counterpoise.setting('baseline_full_weeks') }} as is_trial,
        effect_scale,
        {{ counterpoise.settled('n_recent') }} as n_recent,
        {{ counterpoise.settled('n_baseline') }} as n_baseline,
        {{ counterpoise.settled('observed') }} as observed,
        {{ counterpoise.settled('expected') }} as expected,
        {{ counterpoise.settled('change') }} as change,
        {{ counterpoise.settled('change_error') }} as change_error
    from judged

)

select * from final
