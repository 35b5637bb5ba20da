{#- Any number of any team and week, recomputed step by step: the rows behind the value, then for each window the sums, the change, what
    is taken off it and the evidence. Ask it for one team, week and metric: `order by step_number, stratum`. -#}
{{ config(materialized='view', schema='private') }}
{%- set recent_weeks = counterpoise.setting('recent_weeks') -%}
{%- set sums = {'link_sum': 'Σ', 'link_weight': 'weight', 'link_squares': 'Σ of squares'} -%}
{%- set own = [
    ('n_recent', 'n of the recent weeks', 'what the recent weeks rest on'),
    ('n_baseline', 'n of the baseline', 'what the baseline rests on'),
    ('observed', 'observed', 'what the recent weeks show'),
    ('expected', 'expected', "what the same items would have shown at the team's own rates of before"),
    ('change', 'change', 'observed against expected on the link scale, positive = up'),
    ('change_error', 'error of the change', 'its standard error from counting alone'),
] -%}
{%- set compared = [
    ('peer_change', "peers' change", 'what peers share of it; taken off'),
    ('year_ago_change', 'change a year ago', 'damped; taken off'),
    ('null_ratio', 'null ratio', 'how far apart such differences usually lie, in standard errors; widens the error'),
    ('effect', 'effect', 'change less the two above, positive = better'),
    ('effect_error', 'error of the effect', 'error of the change, with that of the peers, times the null ratio'),
] -%}
with

metric_rows as (

    select * from {{ ref('int_metric_rows') }}

),

contrasts as (

    select
        *,
        {{ counterpoise.log_evidence('effect', 'effect_error', 'effect_scale') }} as log_evidence_better,
        {{ counterpoise.log_evidence('(-effect)', 'effect_error', 'effect_scale') }} as log_evidence_worse
    from {{ ref('int_contrast') }}

),

steps as (

    {%- for part, number in [('numerator', 10), ('denominator', 11)] %}
    {%- for condition, step, text, later in [
        ('known_week <= due_week', 'known in time', 'known by the end of the week in which the metric is mature', 0),
        ('known_week > due_week', 'learnt later', 'added or taken away by what became known afterwards', 2),
    ] %}
    select
        team_id,
        week,
        metric_id,
        {{ number + later }} as step_number,
        '{{ part }} {{ step }}' as step,
        stratum,
        sum(case when {{ condition }} then {{ part }} else 0 end) as amount,
        'Σ of the {{ part }} of the rows {{ text }}.' as text
    from metric_rows
    group by team_id, week, metric_id, stratum
    union all
    {%- endfor %}
    {%- endfor %}
    select
        team_id,
        week,
        metric_id,
        20 as step_number,
        'value' as step,
        'all' as stratum,
        sum(numerator) / nullif(sum(denominator), 0) as amount,
        'Numerator by denominator, all kinds of item together, as known now.' as text
    from metric_rows
    group by team_id, week, metric_id
    {%- for name in recent_weeks | map('string') | list + ['baseline'] %}
    {%- set window_number = loop.index %}
    {%- set column = 'baseline' if name == 'baseline' else 'recent_' ~ name %}
    {%- for sum_name, label in sums.items() %}
    union all
    select
        team_id,
        week,
        metric_id,
        {{ 30 + 3 * window_number + loop.index0 }} as step_number,
        '{{ 'baseline' if name == 'baseline' else name ~ ' weeks' }}: {{ label }}' as step,
        stratum,
        {{ column }}_{{ sum_name }} as amount,
        '{{ label }} on the link scale of the mature rows of {{ 'the baseline' if name == 'baseline' else 'the last ' ~ name ~ ' weeks' }}, as known at the end of this week.' as text
    from {{ ref('int_metric_windows') }}
    {%- endfor %}
    {%- endfor %}
    {%- for relation, columns, first_number in [(ref('int_team_contrast'), own, 0), ('contrasts', compared, 6)] %}
    {%- for column, label, text in columns %}
    union all
    select
        team_id,
        week,
        metric_id,
        100 * window_weeks + {{ first_number + loop.index }} as step_number,
        cast(window_weeks as {{ counterpoise.type_of('string') }}) || {{ counterpoise.text_literal(' weeks: ' ~ label) }} as step,
        'all' as stratum,
        {{ column }} as amount,
        {{ counterpoise.text_literal(label ~ ': ' ~ text ~ '.') }} as text
    from {{ relation }}
    {%- endfor %}
    {%- endfor %}
    {%- for side in ['better', 'worse'] %}
    union all
    select
        team_id,
        week,
        metric_id,
        100 * window_weeks + {{ 11 + loop.index }} as step_number,
        cast(window_weeks as {{ counterpoise.type_of('string') }}) || ' weeks: log evidence {{ side }}' as step,
        'all' as stratum,
        log_evidence_{{ side }} as amount,
        'How much more likely these weeks are if the metric is {{ side }} than if nothing changed, as a logarithm.' as text
    from contrasts
    union all
    select
        team_id,
        week,
        metric_id,
        {{ 9000 + loop.index }} as step_number,
        'log evidence {{ side }}' as step,
        'all' as stratum,
        log_evidence_{{ side }} as amount,
        'Logarithm of the mean of the likelihood ratios of the windows: what signals read.' as text
    from {{ ref('int_evidence') }}
    {%- endfor %}

),

final as (

    select
        team_id,
        {{ counterpoise.week_start('week') }} as week_start,
        metric_id,
        {{ counterpoise.as_integer('step_number') }} as step_number,
        step,
        stratum,
        {{ counterpoise.as_double('amount') }} as amount,
        text
    from steps

)

select * from final
