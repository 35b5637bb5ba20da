-- Families of hours, money and answers, in the standard shape of int_metric_rows. Hours and money are one figure a week: numerator
-- and denominator are the true sums, the link columns hold the week's own ratio (its logarithm for hours and cost per item). A week
-- with nothing in its denominator has no ratio; its numerator still counts in longer spans.
{{ config(materialized='view') }}
{%- set effort = [
    {'id': 'utilisation', 'part': 'total_hours', 'whole': 'available_hours'},
    {'id': 'rework_hours_share', 'part': 'rework_hours', 'whole': 'total_hours'},
    {'id': 'reporting_share', 'part': 'reporting_hours', 'whole': 'total_hours'},
    {'id': 'collaboration_share', 'part': 'collaboration_hours', 'whole': 'total_hours'},
    {'id': 'maintenance_share', 'part': 'maintenance_hours', 'whole': 'total_hours'},
    {'id': 'learning_share', 'part': 'learning_hours', 'whole': 'total_hours'},
    {'id': 'experiment_share', 'part': 'experiment_hours', 'whole': 'total_hours'},
    {'id': 'queue_load', 'part': 'demand_hours', 'whole': 'available_hours'},
    {'id': 'meta_work_overhead', 'part': 'meta_work_hours', 'whole': 'ai_work_hours'},
    {'id': 'unbudgeted_meta_share', 'part': 'unbudgeted_hours', 'whole': 'total_hours'},
    {'id': 'hours_per_resolved', 'part': 'total_hours', 'whole': 'resolved_events', 'is_log': true},
    {'id': 'hours_per_person', 'part': 'total_hours', 'whole': 'fte'},
] %}
{%- set helping = [
    {'id': 'collaboration_share', 'part': 'helping_events', 'whole': 'events'},
] %}
{%- set cost = [
    {'id': 'cost_per_resolved', 'part': 'cost', 'whole': 'resolved_events', 'is_log': true},
    {'id': 'cost_per_outcome', 'part': 'cost', 'whole': 'solved_items', 'is_log': true},
] %}
{%- set constructs = [
    {'id': 'workload'}, {'id': 'exhaustion'}, {'id': 'clarity'}, {'id': 'safety'}, {'id': 'intent_to_stay'},
    {'id': 'ai_permission'}, {'id': 'ai_definition'}, {'id': 'ai_boundaries'}, {'id': 'ai_coaching'},
] %}
{%- set answers = [] -%}
{%- for construct in constructs -%}
    {%- do answers.append({
        'id': construct.id, 'numerator': construct.id ~ '_scores', 'denominator': construct.id ~ '_answers', 'link_squares': construct.id ~ '_squares',
    }) -%}
{%- endfor %}
with

{% for family, relation, metrics in [
    ('effort', ref('int_effort_week'), effort), ('helping', ref('int_helping_week'), helping), ('cost', ref('int_cost_week'), cost),
] -%}
{{ family }}_versions as (

    {{ counterpoise.signed_versions(relation, 'week') }}

),

{{ family }}_ratios as (
    {% for metric in metrics %}
    select
        team_id,
        week,
        known_week,
        '{{ metric.id }}' as metric_id,
        sign,
        {{ metric.part }} as part,
        {{ metric.whole }} as whole,
        case
            when {{ metric.whole }} > 0{{ ' and ' ~ metric.part ~ ' > 0' if metric.is_log }}
                {%- set ratio = counterpoise.as_double(metric.part) ~ ' / ' ~ counterpoise.as_double(metric.whole) %}
                then {{ counterpoise.settled('ln(' ~ ratio ~ ')' if metric.is_log else ratio) }}
        end as link
    from {{ family }}_versions
    where {{ metric.part }} is not null and {{ metric.whole }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

{% endfor -%}
ratios as (

    select * from effort_ratios
    union all
    select * from helping_ratios
    union all
    select * from cost_ratios

),

signed as (

    select
        team_id,
        week,
        known_week,
        metric_id,
        sign * part as numerator,
        sign * whole as denominator,
        case when link is null then 0 else sign end as weeks,
        {{ counterpoise.as_measure('coalesce(sign * link, 0)') }} as link_sum,
        {{ counterpoise.as_measure('coalesce(sign * ' ~ counterpoise.settled('link * link') ~ ', 0)') }} as link_squares
    from ratios

),

-- what a new version changes: figures it leaves as they were are taken away and added in the same week
ratio_rows as (

    select
        team_id,
        week,
        'all' as stratum,
        known_week,
        metric_id,
        {{ counterpoise.as_measure('sum(numerator)') }} as numerator,
        {{ counterpoise.as_measure('sum(denominator)') }} as denominator,
        {{ counterpoise.as_measure('sum(weeks)') }} as n,
        {{ counterpoise.as_measure('sum(link_sum)') }} as link_sum,
        {{ counterpoise.as_measure('sum(weeks)') }} as link_weight,
        {{ counterpoise.as_measure('sum(link_squares)') }} as link_squares
    from signed
    group by team_id, week, known_week, metric_id
    having sum(numerator) <> 0 or sum(denominator) <> 0

),

answer_rows as (

    {{ counterpoise.metric_rows(ref('int_survey_week'), answers) }}

),

final as (

    select * from ratio_rows
    union all
    select * from answer_rows

)

select * from final
