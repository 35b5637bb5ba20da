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

{#- A whole signal from the evidence of metrics. `parts`: all must hold, so the weakest counts; each part is a list of ways to see it, and
    their evidence is averaged over those that are known (one alone must then be strong). `unless`: metrics that explain it away; their
    evidence is taken off. A way is {'metric', 'move': 'better' | 'worse', 'lag': weeks it is read earlier}. Figures are those of the
    first known way of the first part. No part known: no data. -#}
{% macro signal_from_metrics(signal_id, parts, unless=[], condition=none) %}
    {%- set ways = [] -%}
    {%- for part in parts -%}{%- for way in part -%}{%- do ways.append(way) -%}{%- endfor -%}{%- endfor -%}
with

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
            when way_{{ loop.index }}.log_evidence is not null then way_{{ loop.index }}.{{ column }}
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

),

final as (
    {{ counterpoise.signal_rows(signal_id, 'weighed', condition) }}
)

select * from final
{% endmacro %}
