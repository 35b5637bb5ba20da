{#- Does a metric drive action, or is it an ornament? As of the last complete week, from who looked at it, what was decided and what changed.
    Where nobody records reviews nothing is said. -#}
{%- set few_reviews = 3 -%}
with

metrics as (

    select
        *,
        case review_cadence when 'weekly' then 1 when 'monthly' then 4 else 13 end as cadence_weeks
    from {{ ref('dim_metric') }}

),

paired as (

    select output_metric_id as metric_id from {{ ref('dim_pair') }}
    {{ counterpoise.union_distinct() }}
    select outcome_metric_id as metric_id from {{ ref('dim_pair') }}

),

recorded as (

    select
        metric_id,
        count(*) as reviews_ever
    from {{ ref('stg_metric_reviews') }}
    group by metric_id

),

any_review as (

    select count(*) as reviews from {{ ref('stg_metric_reviews') }}

),

targeted as (

    select
        targets.metric_id,
        max(case when nullif(trim(targets.owner), '') is not null then 1 else 0 end) as owned,
        max(case when {{ counterpoise.week_index_of_date('targets.valid_from') }} <= decisions.week then 1 else 0 end) as was_target,
        max(case
            when
                {{ counterpoise.week_index_of_date('targets.valid_from') }} <= decisions.week
                and (targets.valid_to is null or {{ counterpoise.week_index_of_date('targets.valid_to') }} >= decisions.week)
                then 1
            else 0
        end) as is_target
    from {{ ref('stg_targets') }} as targets
    inner join {{ ref('int_metric_decisions') }} as decisions on targets.metric_id = decisions.metric_id
    group by targets.metric_id

),

gathered as (

    select
        metrics.metric_id,
        decisions.week,
        metrics.maturity_weeks <= metrics.cadence_weeks as is_timely,
        coalesce(targeted.owned, 0) = 1 or metrics.owner_role is not null as has_owner,
        paired.metric_id is not null as is_paired,
        any_review.reviews > 0 as is_recorded,
        decisions.reviews,
        decisions.is_reviewed_in_cadence,
        decisions.decisions,
        decisions.has_changed_behaviour,
        redundant.redundant_with,
        coalesce(recorded.reviews_ever, 0) > 0 or coalesce(targeted.was_target, 0) = 1 as is_used,
        coalesce(targeted.is_target, 0) = 1 as is_target,
        {{ counterpoise.least_known([few_reviews, '26 / metrics.cadence_weeks']) }} as least_reviews
    from metrics
    inner join {{ ref('int_metric_decisions') }} as decisions on metrics.metric_id = decisions.metric_id
    cross join any_review
    left join recorded on metrics.metric_id = recorded.metric_id
    left join targeted on metrics.metric_id = targeted.metric_id
    left join paired on metrics.metric_id = paired.metric_id
    left join {{ ref('int_redundant_metrics') }} as redundant on metrics.metric_id = redundant.metric_id

),

judged as (

    select
        *,
        case
            when not is_recorded then 'nobody records when metrics are looked at'
            when not is_used then 'it is in use nowhere: neither looked at nor a target'
            when has_changed_behaviour then 'something was done because of it'
            when redundant_with is not null then 'it moves week by week as ' || redundant_with || ' does'
            when reviews = 0 and not is_target then 'nobody has looked at it for 26 weeks'
            when reviews = 0 then 'it is a target, and nobody has looked at it for 26 weeks'
            when reviews < least_reviews then 'it was looked at too seldom to tell'
            when decisions = 0 then 'it is looked at, and nothing was decided'
            else 'decisions were made, and nothing changed after them'
        end as reason,
        case
            when not is_recorded or not is_used then 'no_data'
            when has_changed_behaviour then 'drives_action'
            when redundant_with is not null then 'redundant_with'
            when reviews = 0 and not is_target then 'retire'
            when reviews > 0 and reviews < least_reviews then 'no_data'
            else 'ornamental'
        end as verdict
    from gathered

),

final as (

    select
        metric_id,
        {{ counterpoise.week_start('week') }} as week_start,
        is_timely,
        has_owner,
        is_paired,
        {{ counterpoise.as_integer('case when is_recorded then reviews end') }} as reviews,
        case when is_recorded then is_reviewed_in_cadence end as reviewed_in_cadence,
        {{ counterpoise.as_integer('case when is_recorded then decisions end') }} as decisions,
        case when is_recorded then has_changed_behaviour end as changed_behaviour,
        redundant_with,
        verdict,
        reason
    from judged

)

select * from final
