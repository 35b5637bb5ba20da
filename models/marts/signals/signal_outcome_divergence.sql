with

pairs as (

    select
        *,
        {{ counterpoise.week_index_of_date('week_start') }} as week,
        row_number() over (
            partition by team_id, week_start
            order by
                case when verdict in ('paradox', 'hollow_gain') then 0 else 1 end asc,
                case when log_evidence is null then 1 else 0 end asc,
                log_evidence desc,
                {{ counterpoise.byte_order('pair_id') }} asc
        ) as strongest_first,
        max(case when verdict in ('paradox', 'hollow_gain') then 1 else 0 end) over (partition by team_id, week_start) as has_verdict
    from {{ ref('fct_pair_week') }}

),

strongest as (

    select
        team_id,
        week,
        outcome_value as observed,
        outcome_expected as expected,
        outcome_effect as effect,
        log_evidence,
        outcome_n as n,
        has_verdict
    from pairs
    where strongest_first = 1

),

final as (
    {{ counterpoise.signal_rows(
        'outcome_divergence', 'strongest',
        'has_verdict = 1 or log_evidence >= ' ~ counterpoise.setting('signal_fired_log_evidence')
    ) }}
)

select * from final
