{{ config(**counterpoise.by_week()) }}
{#- Recent against baseline within the team's own kinds of item: what the recent items would have shown at the team's own baseline
    rates (indirect standardisation; a kind seen little in the baseline leans on the team's overall rate), and the distance from it
    on the link scale, positive = up. Plain up or down here; what is better comes later. -#}
{%- set recent_weeks = counterpoise.setting('recent_weeks') -%}
{%- set lean = 2 -%}
{%- set few = 8 -%}
with

-- Everything that a comparison needs is a sum over the kinds of item, so that the rows, many, are read once. A kind's rate is
-- (b + lean * r) / (w + lean), with b of w in its baseline and r the team's rate, and the same r for all its kinds.
kinds as (

    select
        team_id,
        metric_id,
        week,
        first_known_week,
        baseline_link_sum,
        baseline_link_weight,
        baseline_link_squares,
        -- in doubles before the division: a quotient of decimals has six places on Spark
        {{ counterpoise.as_double('baseline_link_sum') }} as own_sum,
        {{ counterpoise.as_double('baseline_link_weight') }} as own_weight,
        {{ counterpoise.as_double('baseline_link_weight') }} + {{ lean }} as leaning_weight,
        {%- for weeks in recent_weeks %}
        recent_{{ weeks }}_link_sum,
        recent_{{ weeks }}_link_weight,
        {{ counterpoise.as_double('recent_' ~ weeks ~ '_link_weight') }} as recent_{{ weeks }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_metric_windows') }}
    {{ counterpoise.from_changed_week() }}

),

sums as (

    select
        team_id,
        metric_id,
        week,
        min(first_known_week) as first_known_week,
        -- decimals are added, then read as doubles: a sum of doubles depends on their order
        {{ counterpoise.as_double('sum(baseline_link_sum)') }} as base_sum,
        {{ counterpoise.as_double('sum(baseline_link_weight)') }} as base_weight,
        {{ counterpoise.as_double('sum(baseline_link_squares)') }} as base_squares,
        sum(case when own_weight > 0 then own_sum * own_sum / own_weight else 0 end) as base_between,
        sum(case when own_weight > 0 then 1 else 0 end) as base_strata,
        {%- for weeks in recent_weeks %}
        {%- set recent = 'recent_' ~ weeks %}
        {%- set cubed = recent ~ ' * ' ~ recent ~ ' / (leaning_weight * leaning_weight * leaning_weight)' %}
        {%- set others = 'greatest(own_weight - own_sum, 0)' %}
        {{ counterpoise.as_double('sum(' ~ recent ~ '_link_sum)') }} as {{ recent }}_sum,
        {{ counterpoise.as_double('sum(' ~ recent ~ '_link_weight)') }} as {{ recent }}_weight,
        sum({{ recent }} * own_sum / leaning_weight) as {{ recent }}_by_own_sum,
        sum({{ recent }} / leaning_weight) as {{ recent }}_by_rate,
        sum({{ recent }} * {{ recent }} / leaning_weight) as {{ recent }}_leverage,
        sum({{ cubed }} * own_sum * {{ others }}) as {{ recent }}_spread_of_kinds,
        sum({{ cubed }} * own_sum) as {{ recent }}_spread_by_other_rate,
        sum({{ cubed }} * {{ others }}) as {{ recent }}_spread_by_rate,
        sum({{ cubed }}) as {{ recent }}_spread_by_both{{ ',' if not loop.last }}
        {%- endfor %}
    from kinds
    group by team_id, metric_id, week

),

lengths as (

    {%- for weeks in recent_weeks %}
    select {{ weeks }} as window_weeks
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

by_length as (

    select
        sums.team_id,
        sums.metric_id,
        sums.week,
        lengths.window_weeks,
        metrics.kind,
        metrics.effect_scale,
        metrics.min_n,
        sums.first_known_week,
        sums.base_sum,
        sums.base_weight,
        sums.base_squares,
        sums.base_between,
        sums.base_strata,
        {{ lean }} * (sums.base_sum + 0.5) / (sums.base_weight + 1) as leaning_sum,
        {{ lean }} * (sums.base_weight - sums.base_sum + 0.5) / (sums.base_weight + 1) as leaning_others,
        {%- for column in ['sum', 'weight', 'by_own_sum', 'by_rate', 'leverage', 'spread_of_kinds', 'spread_by_other_rate',
                           'spread_by_rate', 'spread_by_both'] %}
        case lengths.window_weeks
            {%- for weeks in recent_weeks %}
            when {{ weeks }} then sums.recent_{{ weeks }}_{{ column }}
            {%- endfor %}
        end as recent_{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from sums
    cross join lengths
    inner join {{ ref('dim_metric') }} as metrics on sums.metric_id = metrics.metric_id

),

pooled as (

    select
        *,
        recent_by_own_sum + leaning_sum * recent_by_rate as expected_sum,
        -- the sum of r² * rate * (1 - rate) / (w + lean) over the kinds
        recent_spread_of_kinds
        + leaning_others * recent_spread_by_other_rate
        + leaning_sum * recent_spread_by_rate
        + leaning_sum * leaning_others * recent_spread_by_both as expected_binomial_variance
    from by_length

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
            else item_variance * (1 + {{ few }} / recent_weight) * (1 / recent_weight + recent_leverage / (recent_weight * recent_weight))
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
