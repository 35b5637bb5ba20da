{{ config(materialized='view') }}
-- Pairs that moved apart, and weeks that a fired signal speaks of: too full ones, and peaks of requests.
with

fired as (

    select
        *,
        {{ counterpoise.week_index_of_date('week_start') }} as week
    from {{ ref('fct_signal_week') }}
    where
        status = 'fired'
        and signal_id in ('outcome_divergence', 'overloaded_queue', 'lost_slack')

),

paired as (

    select
        fired.signal_id,
        fired.team_id,
        fired.week_start,
        'pair' as key_type,
        pairs.pair_id as evidence_key,
        case
            when pairs.verdict = 'paradox' then 'paradox: output better, outcome worse'
            when pairs.verdict = 'hollow_gain' then 'hollow gain: output better, outcome no better'
            else 'moved apart'
        end as what,
        row_number() over (
            partition by fired.signal_id, fired.team_id, fired.week_start
            order by
                case when pairs.verdict in ('paradox', 'hollow_gain') then 0 else 1 end,
                coalesce(pairs.log_evidence, -3) desc,
                {{ counterpoise.byte_order('pairs.pair_id') }}
        ) as turn
    from fired
    inner join {{ ref('fct_pair_week') }} as pairs
        on
            fired.team_id = pairs.team_id
            and fired.week_start = pairs.week_start
    where
        fired.signal_id = 'outcome_divergence'
        and (pairs.verdict in ('paradox', 'hollow_gain') or pairs.log_evidence > 0)

),

loaded as (

    select
        signal_id,
        team_id,
        week_start,
        'week' as key_type,
        cast(week_start as {{ counterpoise.type_of('string') }}) as evidence_key,
        'load ' || {{ counterpoise.figure_text('observed', "'share'") }} || ', ceiling ' || {{ counterpoise.figure_text('expected', "'share'") }} as what,
        1 as turn
    from fired
    where signal_id = 'overloaded_queue'

),

peaked as (

    select
        fired.signal_id,
        fired.team_id,
        fired.week_start,
        'week' as key_type,
        cast({{ counterpoise.week_start('peaks.week') }} as {{ counterpoise.type_of('string') }}) as evidence_key,
        {{ counterpoise.decimal_text('peaks.created_items', 0) }} || ' items came in, ' || {{ counterpoise.decimal_text('peaks.usual_items', 0) }}
        || ' in a usual week; weeks to recover: ' || cast(peaks.recovery_weeks as {{ counterpoise.type_of('string') }}) as what,
        row_number() over (partition by fired.team_id, fired.week_start order by peaks.week desc) as turn
    from fired
    inner join {{ ref('int_demand_peaks') }} as peaks
        on
            fired.team_id = peaks.team_id
            and fired.week >= peaks.known_week
            and fired.week - 78 < peaks.known_week
    where fired.signal_id = 'lost_slack'

),

final as (

    select * from paired
    union all
    select * from loaded
    union all
    select * from peaked

)

select * from final
