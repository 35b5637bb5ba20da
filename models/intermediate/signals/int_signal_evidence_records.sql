{{ config(materialized='view') }}
-- The records a fired signal points at: rows of registers (changes, reviews, targets, runs), the newest first.
with

fired as (

    select
        signals.signal_id,
        signals.team_id,
        signals.week_start,
        {{ counterpoise.week_index_of_date('signals.week_start') }} as week,
        teams.timezone
    from {{ ref('fct_signal_week') }} as signals
    left join {{ ref('stg_teams') }} as teams on signals.team_id = teams.team_id
    where signals.status = 'fired'

),

metrics as (

    select metric_id, label, room from {{ ref('dim_metric') }}

),

-- one row per row of a register, with the weeks before a signal's week in which it counts
registers as (

    {%- set recent = {'definition_churn': 13, 'unreviewed_outcomes': 13, 'invisible_work': counterpoise.setting('invisible_work_weeks')} %}
    select
        'definition_churn' as signal_id,
        changes.team_id,
        changes.change_id as evidence_key,
        changes.requested_at as happened_at,
        changes.change_type || ' of ' || coalesce(metrics.label, changes.metric_id) as what,
        {{ recent.definition_churn }} as weeks
    from {{ ref('stg_metric_changes') }} as changes
    left join metrics on changes.metric_id = metrics.metric_id
    union all
    select
        'unreviewed_outcomes' as signal_id,
        reviews.team_id,
        reviews.review_id as evidence_key,
        reviews.reviewed_at as happened_at,
        metrics.label || ' reviewed without its outcome' as what,
        {{ recent.unreviewed_outcomes }} as weeks
    from {{ ref('stg_metric_reviews') }} as reviews
    inner join metrics on reviews.metric_id = metrics.metric_id
    where
        metrics.room = 'output'
        and not reviews.outcome_shown
    union all
    select
        'invisible_work' as signal_id,
        runs.team_id,
        runs.run_id as evidence_key,
        runs.started_at as happened_at,
        'run of ' || runs.process_id || ', owned by nobody' as what,
        {{ recent.invisible_work }} as weeks
    from {{ ref('stg_process_runs') }} as runs
    where runs.owner_team_id is null

),

recorded as (

    select
        fired.signal_id,
        fired.team_id,
        fired.week_start,
        'record' as key_type,
        registers.evidence_key,
        registers.what || ' on ' || cast(cast({{ counterpoise.to_local('registers.happened_at', 'fired.timezone') }} as date) as {{ counterpoise.type_of('string') }}) as what,
        -{{ counterpoise.as_double(counterpoise.epoch_seconds('registers.happened_at')) }} as turn_by
    from fired
    inner join registers
        on
            fired.signal_id = registers.signal_id
            and (registers.team_id is null or fired.team_id = registers.team_id)
            and fired.week >= {{ counterpoise.week_index(counterpoise.to_local('registers.happened_at', 'fired.timezone')) }}
            and fired.week - registers.weeks < {{ counterpoise.week_index(counterpoise.to_local('registers.happened_at', 'fired.timezone')) }}

),

targeted as (

    select
        fired.signal_id,
        fired.team_id,
        fired.week_start,
        'record' as key_type,
        targets.target_id as evidence_key,
        'target for ' || coalesce(metrics.label, targets.metric_id)
        || case when targets.tied_to_reward then ', tied to a reward' else '' end
        || case when targets.publicly_ranked then ', ranked in public' else '' end as what,
        {{ counterpoise.as_double('-(case when targets.tied_to_reward then 1 else 0 end + case when targets.publicly_ranked then 1 else 0 end)') }} as turn_by
    from fired
    inner join {{ ref('stg_targets') }} as targets
        on
            fired.team_id = targets.team_id
            and fired.week >= {{ counterpoise.week_index_of_date('targets.valid_from') }}
            and (targets.valid_to is null or fired.week <= {{ counterpoise.week_index_of_date('targets.valid_to') }})
    left join metrics on targets.metric_id = metrics.metric_id
    where fired.signal_id = 'metric_fixation'

),

records as (

    select * from recorded
    union all
    select * from targeted

),

final as (

    select
        signal_id,
        team_id,
        week_start,
        key_type,
        evidence_key,
        what,
        row_number() over (partition by signal_id, team_id, week_start order by turn_by, {{ counterpoise.byte_order('evidence_key') }}) as turn
    from records

)

select * from final
