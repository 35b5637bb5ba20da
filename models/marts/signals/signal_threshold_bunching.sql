with

bunching as (
    {{ counterpoise.metric_evidence('target_bunching') }}
),

weighed as (

    select
        team_id,
        week,
        observed,
        expected,
        effect,
        n,
        log_evidence_worse as log_evidence
    from bunching

),

final as (
    {{ counterpoise.signal_rows('threshold_bunching', 'weighed') }}
)

select * from final
