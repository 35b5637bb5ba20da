with

throughput as (
    {{ counterpoise.metric_evidence('throughput') }}
),

reopened as (
    {{ counterpoise.metric_evidence('reopen_rate') }}
),

repeated as (
    {{ counterpoise.metric_evidence('repeat_contact_rate') }}
),

-- More is finished and more of it comes back, as a reopened item or as the same person asking again; the completions are read four
-- weeks earlier, because what comes back is known four weeks later.
looped as (

    select
        reopened.team_id,
        reopened.week,
        {%- for column in ['observed', 'expected', 'effect', 'n'] %}
        case
            when reopened.log_evidence_worse is null or repeated.log_evidence_worse > reopened.log_evidence_worse then repeated.{{ column }}
            else reopened.{{ column }}
        end as {{ column }},
        {%- endfor %}
        case when throughput.log_evidence_better is not null and coalesce(reopened.log_evidence_worse, repeated.log_evidence_worse) is not null then
            least(
                throughput.log_evidence_better,
                greatest(
                    coalesce(reopened.log_evidence_worse, repeated.log_evidence_worse),
                    coalesce(repeated.log_evidence_worse, reopened.log_evidence_worse)
                )
            )
        end as log_evidence
    from reopened
    inner join repeated
        on
            reopened.team_id = repeated.team_id
            and reopened.week = repeated.week
    left join throughput
        on
            reopened.team_id = throughput.team_id
            and reopened.week - {{ counterpoise.setting('follow_up_days') // 7 }} = throughput.week

),

final as (
    {{ counterpoise.signal_rows('rework_loop', 'looped') }}
)

select * from final
