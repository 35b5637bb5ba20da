with

paused as (
    {{ counterpoise.metric_evidence('paused_share') }}
),

requester_pauses as (
    {{ counterpoise.metric_evidence('requester_pause_share') }}
),

late_pauses as (
    {{ counterpoise.metric_evidence('late_pause_share') }}
),

-- Three ways to see the same thing: more of the wait paused, more pauses that put it on the requester, more pauses begun close to
-- the target. Their evidence is averaged, so that one alone needs to be strong.
weighed as (

    select
        paused.team_id,
        paused.week,
        paused.observed,
        paused.expected,
        paused.effect,
        paused.n,
        paused.log_evidence_worse as paused_evidence,
        case when paused.log_evidence_worse is not null then 1 else 0 end
        + case when requester_pauses.log_evidence_worse is not null then 1 else 0 end
        + case when late_pauses.log_evidence_worse is not null then 1 else 0 end as ways,
        coalesce(exp(paused.log_evidence_worse), 0)
        + coalesce(exp(requester_pauses.log_evidence_worse), 0)
        + coalesce(exp(late_pauses.log_evidence_worse), 0) as evidence_sum
    from paused
    inner join requester_pauses
        on
            paused.team_id = requester_pauses.team_id
            and paused.week = requester_pauses.week
    inner join late_pauses
        on
            paused.team_id = late_pauses.team_id
            and paused.week = late_pauses.week

),

averaged as (

    select
        team_id,
        week,
        observed,
        expected,
        effect,
        n,
        case when paused_evidence is not null then ln(evidence_sum / ways) end as log_evidence
    from weighed

),

final as (
    {{ counterpoise.signal_rows('stopped_clock', 'averaged') }}
)

select * from final
