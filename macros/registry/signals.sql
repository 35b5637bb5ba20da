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

{#- Common table expressions up to `weighed`: per team and complete week, the evidence of metrics for a signal. `parts`: all must hold,
    so the weakest counts; each part is a list of ways to see it, and their evidence is averaged over those that are known (one alone
    must then be strong). `unless`: metrics that explain it away; the strongest of their evidence is taken off. A way is {'metric',
    'move': 'better' | 'worse', 'lag': weeks it is read earlier}. Figures are those of the first known way of the first part that is not
    'shown': false, because the signal's words speak of another figure. A part of which nothing is known: no data. What it was made of
    stands in the model's meta, where signal_evidence finds it. -#}
{% macro weighed_parts(parts, unless=[]) %}
    {%- do config(meta={'signal_parts': parts, 'signal_unless': unless}) -%}
    {%- set ways = [] -%}
    {%- for part in parts -%}{%- for way in part -%}{%- do ways.append(way) -%}{%- endfor -%}{%- endfor -%}
team_weeks as (

    select team_id, week from {{ ref('int_team_weeks') }}
    where is_complete

),
{% for way in ways + unless %}
way_{{ loop.index }} as (

    select
        team_id,
        week + {{ way.get('lag', 0) }} as week,
        observed,
        expected,
        effect,
        n_recent as n,
        log_evidence_{{ way.move }} as log_evidence
    from {{ ref('int_evidence') }}
    where metric_id = '{{ way.metric }}'

),
{% endfor %}
seen as (

    select
        team_weeks.team_id,
        team_weeks.week,
        {%- for column in ['observed', 'expected', 'effect', 'n'] %}
        case
            {%- for way in parts[0] %}
            {%- if column == 'n' or way.get('shown', true) %}
            when way_{{ loop.index }}.log_evidence is not null then way_{{ loop.index }}.{{ column }}
            {%- endif %}
            {%- endfor %}
        end as {{ column }},
        {%- endfor %}
        {%- set place = namespace(number=0) %}
        {%- for part in parts %}
        {%- set numbers = [] %}
        {%- for way in part %}{%- set place.number = place.number + 1 %}{%- do numbers.append(place.number) %}{%- endfor %}
        ln(
            ({% for number in numbers %}coalesce(exp(way_{{ number }}.log_evidence), 0){{ ' + ' if not loop.last }}{% endfor %})
            / nullif({% for number in numbers %}case when way_{{ number }}.log_evidence is not null then 1 else 0 end{{ ' + ' if not loop.last }}{% endfor %}, 0)
        ) as part_{{ loop.index }},
        {%- endfor %}
        {%- if unless %}
        greatest(0{% for way in unless %}, coalesce(way_{{ ways | length + loop.index }}.log_evidence, 0){% endfor %}) as explained_away
        {%- else %}
        0 as explained_away
        {%- endif %}
    from team_weeks
    {%- for way in ways + unless %}
    left join way_{{ loop.index }}
        on
            team_weeks.team_id = way_{{ loop.index }}.team_id
            and team_weeks.week = way_{{ loop.index }}.week
    {%- endfor %}

),

weighed as (

    select
        *,
        case
            when {% for part in parts %}part_{{ loop.index }} is not null{{ ' and ' if not loop.last }}{% endfor %}
                then {{ counterpoise.settled("greatest(-3, weakest - explained_away)") }}
        end as log_evidence
    from (
        select
            *,
            {% if parts | length > 1 %}least({% for part in parts %}part_{{ loop.index }}{{ ', ' if not loop.last }}{% endfor %}){% else %}part_1{% endif %} as weakest
        from seen
    ) as parted

)
{% endmacro %}

{#- A whole signal from the evidence of metrics; `parts` and `unless` as in weighed_parts. -#}
{% macro signal_from_metrics(signal_id, parts, unless=[], condition=none) %}
with

{{ counterpoise.weighed_parts(parts, unless) }},

final as (
    {{ counterpoise.signal_rows(signal_id, 'weighed', condition) }}
)

select * from final
{% endmacro %}

{#- A figure as people read it: shares in per cent, others with their unit; one decimal, or two where the unit says nothing. -#}
{% macro figure_text(value, unit) -%}
    case
        when {{ unit }} = 'share' then {{ counterpoise.decimal_text('100 * ' ~ value, 1) }} || ' %'
        when {{ unit }} in ('hours', 'items', 'events') then {{ counterpoise.decimal_text(value, 1) }} || ' ' || {{ unit }}
        else {{ counterpoise.decimal_text(value, 2) }}
    end
{%- endmacro %}

{#- A number as text with so many decimals, ties upwards: engines round ties each in their own way. -#}
{% macro decimal_text(value, decimals) -%}
    cast(cast(floor({{ counterpoise.settled(value) }} * {{ 10 ** decimals }} + 0.5) / {{ 10 ** decimals }} as decimal(28, {{ decimals }})) as {{ counterpoise.type_of('string') }})
{%- endmacro %}

{#- The metrics each of the given signals was judged by, as their models say (`weighed_parts`): one row per signal and way. -#}
{% macro signal_ways(models) %}
    {%- set ways = [] -%}
    {%- if execute -%}
        {%- for node in graph.get('nodes', {}).values() -%}
            {%- if node.resource_type == 'model' and node.name in models -%}
                {%- set meta = node.config.get('meta', {}) -%}
                {%- for part in meta.get('signal_parts', []) + [meta.get('signal_unless', [])] -%}
                    {%- for way in part -%}
                        {%- do ways.append({
                            'signal': node.name | replace('signal_', '', 1),
                            'metric': way.metric,
                            'move': way.move,
                            'lag': way.get('lag', 0),
                            'explains': 1 if way in meta.get('signal_unless', []) else 0,
                        }) -%}
                    {%- endfor -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- for way in ways %}
    select
        '{{ way.signal }}' as signal_id,
        '{{ way.metric }}' as metric_id,
        '{{ way.move }}' as move,
        {{ way.lag }} as lag_weeks,
        {{ way.explains }} as explains_away,
        {{ loop.index }} as way_order
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        cast(null as {{ counterpoise.type_of('string') }}) as signal_id,
        cast(null as {{ counterpoise.type_of('string') }}) as metric_id,
        cast(null as {{ counterpoise.type_of('string') }}) as move,
        0 as lag_weeks,
        0 as explains_away,
        0 as way_order
    from (select 1 as one_row) as nothing
    where 1 = 0
    {%- endfor %}
{% endmacro %}

{#- Models of all signals: the package's, one for each row of its registry, and a user's own. -#}
{% macro signal_models() %}
    {%- set signals = [
        'outcome_divergence', 'fragmented_work', 'rework_loop', 'burst_and_quiet', 'definition_churn', 'unreviewed_outcomes',
        'crowded_out_work', 'threshold_bunching', 'stopped_clock', 'backdated_edits', 'premature_close', 'acknowledge_only',
        'skipped_checks', 'fewer_experiments', 'cherry_picking', 'metric_fixation', 'siloed_gain', 'overloaded_queue', 'lost_slack',
        'proof_of_work', 'austerity', 'expectation_inflation', 'meta_work_explosion', 'permission_ambiguity', 'amplification_loop',
        'invisible_work', 'ownership_gap',
    ] -%}
    {%- set models = [] -%}
    {%- for signal in signals -%}{%- do models.append('signal_' ~ signal) -%}{%- endfor -%}
    {{ return(models + counterpoise.setting('own_signal_models')) }}
{% endmacro %}
