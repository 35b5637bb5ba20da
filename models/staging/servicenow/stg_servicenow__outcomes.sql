{{ config(enabled=var('counterpoise_servicenow_enabled', false)) }}
-- Contract table outcomes: surveys sent and answered, and incidents that a change caused.
with

surveys as (

    {{ counterpoise.connector_rows('servicenow', 'asmt_assessment_instance') }}

),

answers as (

    {{ counterpoise.connector_rows('servicenow', 'asmt_metric_result') }}

),

questions as (

    {{ counterpoise.connector_rows('servicenow', 'asmt_metric') }}

),

tasks as (

    select * from {{ ref('stg_servicenow__tasks') }}

),

links as (

    select * from {{ ref('stg_servicenow__work_item_links') }}
    where link_type = 'caused_by'

),

-- the mean of the scored questions, each from its least to its greatest answer
scores as (

    select
        answers.source_system,
        answers.instance_value as survey_id,
        avg((least(greatest(answers.actual_value, questions.min), questions.max) - questions.min) / (questions.max - questions.min)) as score
    from answers
    inner join questions on answers.source_system = questions.source_system and answers.metric_value = questions.sys_id
    where
        coalesce(questions.scored, true)
        and questions.max > questions.min
        and answers.actual_value is not null
        and not coalesce(answers._fivetran_deleted, false)
    group by answers.source_system, answers.instance_value

),

sent as (

    select
        surveys.source_system,
        surveys.sys_id as survey_id,
        surveys.sys_created_on as sent_at,
        surveys.taken_on,
        surveys.state,
        tasks.work_item_id,
        tasks.synced_at
    from surveys
    inner join tasks on surveys.source_system = tasks.source_system and coalesce(surveys.task_id_value, surveys.trigger_id) = tasks.task_id
    where not coalesce(surveys._fivetran_deleted, false)

),

told as (

    select
        sent.source_system,
        sent.source_system || ':csat_asked:' || sent.survey_id as outcome_id,
        'csat_asked' as outcome_type,
        sent.work_item_id,
        sent.sent_at as occurred_at,
        cast(null as {{ counterpoise.type_of('timestamp') }}) as recorded_at,
        1 as value,
        sent.synced_at
    from sent
    where sent.sent_at is not null and coalesce(sent.state, '') not in ('canceled', 'cancelled')
    union all
    select
        sent.source_system,
        sent.source_system || ':csat:' || sent.survey_id as outcome_id,
        'csat' as outcome_type,
        sent.work_item_id,
        sent.taken_on as occurred_at,
        cast(null as {{ counterpoise.type_of('timestamp') }}) as recorded_at,
        scores.score as value,
        sent.synced_at
    from sent
    inner join scores on sent.source_system = scores.source_system and sent.survey_id = scores.survey_id
    where sent.taken_on is not null
    union all
    select
        incidents.source_system,
        incidents.source_system || ':caused:' || incidents.task_id as outcome_id,
        'incident' as outcome_type,
        changes.work_item_id,
        incidents.opened_at as occurred_at,
        links.created_at as recorded_at,
        1 as value,
        incidents.synced_at
    from tasks as incidents
    inner join tasks as changes on incidents.source_system = changes.source_system and incidents.caused_by_id = changes.task_id
    left join links on incidents.work_item_id = links.from_item_id and changes.work_item_id = links.to_item_id
    where incidents.opened_at is not null

),

final as (

    select
        {{ counterpoise.as_adapter('outcomes', {
            'outcome_id': 'outcome_id',
            'outcome_type': 'outcome_type',
            'work_item_id': 'work_item_id',
            'occurred_at': 'occurred_at',
            'recorded_at': 'recorded_at',
            'value': 'value',
            '_loaded_at': 'synced_at',
        }) }}
    from told

)

select * from final
