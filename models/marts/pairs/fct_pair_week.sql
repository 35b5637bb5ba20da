{{ config(**counterpoise.by_week('week_start')) }}
{#- Output beside outcome per team and week, as known at that week's end. The output is read as far back as the pair's lag and the
    outcome's follow-up ask, so that both speak of the same work. A pair with `applies_after` begins in the week after the first change
    of that kind. Effects are on the link scale, positive = better. -#}
{%- set sure = 1.645 -%}
with

pairs as (

    select
        pairs.*,
        outputs.is_proxy,
        outputs.flat_margin as output_margin,
        outcomes.flat_margin as outcome_margin,
        greatest(pairs.lag_min_weeks, outcomes.maturity_weeks - outputs.maturity_weeks) as lag_weeks
    from {{ ref('dim_pair') }} as pairs
    inner join {{ ref('dim_metric') }} as outputs on pairs.output_metric_id = outputs.metric_id
    inner join {{ ref('dim_metric') }} as outcomes on pairs.outcome_metric_id = outcomes.metric_id

),

evidence as (

    select * from {{ ref('int_evidence') }}

),

series as (

    select
        team_id,
        metric_id,
        min(known_week) as first_known_week
    from {{ ref('int_metric_rows') }}
    group by team_id, metric_id

),

small_team_weeks as (

    select team_id, week from {{ ref('int_small_team_weeks') }}
    where is_small

),

team_weeks as (

    select team_id, week from {{ ref('int_team_weeks') }}
    where is_complete {{ counterpoise.from_changed_week(keyword='and') }}

),

spine as (

    select
        team_weeks.team_id,
        team_weeks.week,
        small_team_weeks.team_id is not null as is_suppressed,
        pairs.*
    from team_weeks
    left join small_team_weeks on team_weeks.team_id = small_team_weeks.team_id and team_weeks.week = small_team_weeks.week
    inner join series on team_weeks.team_id = series.team_id and team_weeks.week >= series.first_known_week
    inner join pairs on series.metric_id = pairs.output_metric_id
    left join {{ ref('int_first_changes') }} as changes on team_weeks.team_id = changes.team_id and pairs.applies_after = changes.kind
    where pairs.applies_after is null or team_weeks.week > changes.week

),

joined as (

    select
        spine.*,
        outputs.observed as output_value,
        outputs.effect as output_effect,
        outputs.effect_error as output_error,
        outputs.log_evidence_better as output_log_evidence_better,
        outcomes.observed as outcome_value,
        outcomes.expected as outcome_expected,
        outcomes.n_recent as outcome_n,
        outcomes.effect as outcome_effect,
        outcomes.effect_error as outcome_error,
        outcomes.log_evidence_worse as outcome_log_evidence_worse,
        outcome_series.first_known_week is not null and outcome_series.first_known_week <= spine.week as has_outcome
    from spine
    left join evidence as outputs
        on
            spine.team_id = outputs.team_id
            and spine.output_metric_id = outputs.metric_id
            and spine.week - spine.lag_weeks = outputs.week
            and not spine.is_suppressed
    left join evidence as outcomes
        on
            spine.team_id = outcomes.team_id
            and spine.outcome_metric_id = outcomes.metric_id
            and spine.week = outcomes.week
            and not spine.is_suppressed
    left join series as outcome_series
        on
            spine.team_id = outcome_series.team_id
            and spine.outcome_metric_id = outcome_series.metric_id

),

judged as (

    select
        *,
        {%- for side in ['output', 'outcome'] %}
        case
            when {{ side }}_effect is null then null
            when {{ side }}_effect - {{ sure }} * {{ side }}_error > 0 and {{ side }}_effect > {{ side }}_margin / 2 then 'better'
            when {{ side }}_effect + {{ sure }} * {{ side }}_error < 0 and {{ side }}_effect < -{{ side }}_margin / 2 then 'worse'
            when abs({{ side }}_effect) + {{ sure }} * {{ side }}_error <= {{ side }}_margin then 'flat'
            else 'unclear'
        end as {{ side }}_move{{ ',' if not loop.last }}
        {%- endfor %}
    from joined

),

final as (

    select
        team_id,
        pair_id,
        {{ counterpoise.week_start('week') }} as week_start,
        output_metric_id,
        outcome_metric_id,
        output_value,
        outcome_value,
        outcome_expected,
        {{ counterpoise.as_integer('outcome_n') }} as outcome_n,
        output_effect,
        output_effect - {{ sure }} * output_error as output_effect_low,
        output_effect + {{ sure }} * output_error as output_effect_high,
        outcome_effect,
        outcome_effect - {{ sure }} * outcome_error as outcome_effect_low,
        outcome_effect + {{ sure }} * outcome_error as outcome_effect_high,
        output_log_evidence_better as output_log_evidence,
        case when output_log_evidence_better is not null and outcome_log_evidence_worse is not null
            then least(output_log_evidence_better, outcome_log_evidence_worse)
        end as log_evidence,
        case
            when is_suppressed then 'no_data'
            when output_move is null and has_outcome then 'not_mature'
            when not has_outcome then 'no_data'
            when outcome_move is null then 'not_mature'
            when 'unclear' in (output_move, outcome_move) then 'unclear'
            {%- for output, outcome, verdict in [
                ('better', 'better', 'real_gain'), ('better', 'worse', 'paradox'),
                ('flat', 'better', 'quiet_gain'), ('flat', 'flat', 'steady'), ('flat', 'worse', 'hidden_decline'),
                ('worse', 'better', 'quality_first'), ('worse', 'flat', 'output_decline'), ('worse', 'worse', 'honest_decline'),
            ] %}
            when output_move = '{{ output }}' and outcome_move = '{{ outcome }}' then '{{ verdict }}'
            {%- endfor %}
            when is_proxy then 'hollow_gain'
            else 'real_gain'
        end as verdict,
        output_move is not null and outcome_move is not null as is_mature,
        is_suppressed
    from judged

)

select * from final
