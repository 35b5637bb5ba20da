{#- What asks for a next step, one row per team, week and cause: a signal that fires and is no known exception, or a pair that says paradox or
    hollow gain.  -#}
with

metrics as (

    select * from {{ ref('dim_metric') }}

),

responses as (

    select * from {{ ref('dim_response') }}

),

strongest as (

    select
        strongest.team_id,
        strongest.week,
        outputs.label || ' and ' || outcomes.label as labels
    from {{ ref('int_strongest_pairs') }} as strongest
    inner join metrics as outputs on strongest.output_metric_id = outputs.metric_id
    inner join metrics as outcomes on strongest.outcome_metric_id = outcomes.metric_id

),

fired as (

    select
        *,
        {{ counterpoise.week_index_of_date('week_start') }} as week
    from {{ ref('fct_signal_week') }}
    where status = 'fired' and not coalesce(is_excepted, false)

),

signal_causes as (

    select
        fired.team_id,
        fired.week,
        signals.response_id,
        fired.signal_id,
        cast(null as {{ counterpoise.type_of('string') }}) as pair_id,
        1 as cause_order,
        fired.log_evidence,
        signals.owner_role,
        cast(null as {{ counterpoise.type_of('string') }}) as review_cadence,
        signals.label
        || case
            when signals.unit = 'outcome' then coalesce(': ' || strongest.labels, '')
            when fired.observed is not null and fired.expected is not null
                then ': ' || {{ counterpoise.figure_text('fired.observed', 'signals.unit') }} || ' where ' || {{ counterpoise.figure_text('fired.expected', 'signals.unit') }} || ' was expected'
            else ''
        end
        || '.' as why
    from fired
    inner join {{ ref('dim_signal') }} as signals on fired.signal_id = signals.signal_id
    left join strongest on fired.team_id = strongest.team_id and fired.week = strongest.week

),

pair_causes as (

    select
        pair_weeks.team_id,
        {{ counterpoise.week_index_of_date('pair_weeks.week_start') }} as week,
        'pair_the_metric' as response_id,
        cast(null as {{ counterpoise.type_of('string') }}) as signal_id,
        pair_weeks.pair_id,
        2 as cause_order,
        pair_weeks.log_evidence,
        responses.owner_role,
        outputs.review_cadence,
        outputs.label || ' looks better while ' || outcomes.label
        || case when pair_weeks.verdict = 'paradox' then ' got worse.' else ' stayed as it was.' end as why
    from {{ ref('fct_pair_week') }} as pair_weeks
    inner join metrics as outputs on pair_weeks.output_metric_id = outputs.metric_id
    inner join metrics as outcomes on pair_weeks.outcome_metric_id = outcomes.metric_id
    inner join responses on responses.response_id = 'pair_the_metric'
    -- with many pairs some part by chance: a step is asked for where the evidence is as strong as a signal's
    where
        (pair_weeks.verdict = 'paradox' and pair_weeks.log_evidence >= {{ counterpoise.setting('signal_fired_log_evidence') }})
        or (pair_weeks.verdict = 'hollow_gain' and pair_weeks.output_log_evidence >= {{ counterpoise.setting('signal_fired_log_evidence') }})

),

final as (

    select * from signal_causes
    union all
    select * from pair_causes

)

select * from final
