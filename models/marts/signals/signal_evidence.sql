{#- What a fired signal points at: items or pairs, never people; at most a few per team and week, the plainest first. A relation of its
    own, so that it can have a grant of its own, for the team itself. -#}
{%- set follow_up_weeks = counterpoise.setting('follow_up_days') // 7 -%}
with

fired as (

    select
        signal_id,
        team_id,
        week_start,
        {{ counterpoise.week_index_of_date('week_start') }} as week
    from {{ ref('fct_signal_week') }}
    where status = 'fired'

),

closures as (

    select * from {{ ref('int_closures') }}
    where version_to_week is null

),

ratios as (

    select * from {{ ref('int_target_ratios') }}
    where version_to_week is null and weight = 1

),

pairs as (

    select * from {{ ref('fct_pair_week') }}
    where verdict in ('paradox', 'hollow_gain') or log_evidence > 0

),

evidence as (

    select
        fired.signal_id,
        fired.team_id,
        fired.week_start,
        'work_item' as key_type,
        closures.work_item_id as evidence_key,
        case
            when closures.is_reopened_in_follow_up then 'resolved and reopened within the follow-up window'
            else 'resolved, and the same requester was back within the follow-up window'
        end as what,
        closures.reopenings as weight
    from fired
    inner join closures
        on
            fired.team_id = closures.team_id
            and fired.week - {{ follow_up_weeks }} = closures.week
    where
        fired.signal_id = 'rework_loop'
        and (closures.is_reopened_in_follow_up or closures.is_repeated)
    union all
    select
        fired.signal_id,
        fired.team_id,
        fired.week_start,
        'work_item' as key_type,
        closures.work_item_id as evidence_key,
        'paused for ' || cast({{ counterpoise.as_integer('round(closures.paused_hours)') }} as {{ counterpoise.type_of('string') }}) || ' of '
        || cast({{ counterpoise.as_integer('round(closures.elapsed_hours)') }} as {{ counterpoise.type_of('string') }}) || ' hours until resolved' as what,
        closures.paused_hours as weight
    from fired
    inner join closures
        on
            fired.team_id = closures.team_id
            and fired.week = closures.week
    where
        fired.signal_id = 'stopped_clock'
        and closures.paused_hours > 0
    union all
    select
        fired.signal_id,
        fired.team_id,
        fired.week_start,
        'work_item' as key_type,
        ratios.work_item_id as evidence_key,
        'took ' || cast({{ counterpoise.as_integer('round(100 * ratios.target_ratio)') }} as {{ counterpoise.type_of('string') }}) || ' % of its target' as what,
        ratios.target_ratio as weight
    from fired
    inner join ratios
        on
            fired.team_id = ratios.team_id
            and fired.week = ratios.week
    where fired.signal_id = 'threshold_bunching'
    union all
    select
        fired.signal_id,
        fired.team_id,
        fired.week_start,
        'pair' as key_type,
        pairs.pair_id as evidence_key,
        'verdict: ' || pairs.verdict as what,
        pairs.log_evidence as weight
    from fired
    inner join pairs
        on
            fired.team_id = pairs.team_id
            and fired.week_start = pairs.week_start
    where fired.signal_id = 'outcome_divergence'

),

ranked as (

    select
        *,
        row_number() over (
            partition by signal_id, team_id, week_start
            order by weight desc nulls last, {{ counterpoise.byte_order('evidence_key') }}
        ) as place
    from evidence

),

final as (

    select
        signal_id,
        team_id,
        week_start,
        key_type,
        evidence_key,
        {{ counterpoise.as_integer('place') }} as rank,
        what
    from ranked
    where place <= {{ counterpoise.setting('max_evidence_rows') }}

)

select * from final
