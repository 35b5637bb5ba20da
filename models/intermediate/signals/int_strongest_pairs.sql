-- Of the pairs of a team that moved apart the strongest speaks: the output is better while the outcome is worse; or, for a proxy,
-- while the outcome is shown to stay as it was: then the strength is that of the output's gain.
with

pairs as (

    select
        *,
        {{ counterpoise.week_index_of_date('week_start') }} as week,
        case when verdict = 'hollow_gain' then output_log_evidence else log_evidence end as strength
    from {{ ref('fct_pair_week') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by team_id, week
            order by
                case when strength is null then 1 else 0 end asc,
                strength desc,
                {{ counterpoise.byte_order('pair_id') }} asc
        ) as strongest_first
    from pairs

),

final as (

    select
        team_id,
        week,
        pair_id,
        output_metric_id,
        outcome_metric_id,
        outcome_value as observed,
        outcome_expected as expected,
        outcome_effect as effect,
        strength as log_evidence,
        outcome_n as n
    from ranked
    where strongest_first = 1

)

select * from final
