-- Family of pulse surveys: answers of a week brought to 0 to 1 by their scale. No answer stands alone: a construct counts in weeks
-- with five answers and more, and once all of the week's answers are in.
{%- set constructs = [
    'workload', 'exhaustion', 'clarity', 'safety', 'intent_to_stay', 'ai_permission', 'ai_definition', 'ai_boundaries', 'ai_coaching',
] %}
with

teams as (

    select team_id, timezone from {{ ref('stg_teams') }}

),

answers as (

    select
        answers.team_id,
        answers.construct,
        {{ counterpoise.week_index(counterpoise.to_local('answers.answered_at', 'teams.timezone')) }} as week,
        {{ counterpoise.week_index(counterpoise.to_local('answers.first_loaded_at', 'teams.timezone')) }} as loaded_week,
        load_batches.is_history_load = false as is_learnt,
        (answers.score - answers.scale_min) / (answers.scale_max - answers.scale_min) as score
    from {{ ref('stg_survey_answers') }} as answers
    left join teams on answers.team_id = teams.team_id
    left join {{ ref('int_load_batches') }} as load_batches
        on
            load_batches.source_table = 'survey_answers'
            and cast(answers.first_loaded_at as date) = load_batches.loaded_on
    -- an answer off its own scale says nothing
    where answers.scale_max > answers.scale_min and answers.score between answers.scale_min and answers.scale_max

),

weeks as (

    select
        team_id,
        week,
        max(case when is_learnt and loaded_week > week then loaded_week else week end) as known_week
    from answers
    group by team_id, week

),

scored as (

    select
        team_id,
        week,
        construct,
        {{ counterpoise.as_measure('count(*)') }} as answers,
        sum({{ counterpoise.as_measure(counterpoise.settled('score')) }}) as scores,
        sum({{ counterpoise.as_measure(counterpoise.settled('score * score')) }}) as squares
    from answers
    group by team_id, week, construct
    having count(*) >= {{ counterpoise.setting('min_survey_answers') }}

),

final as (

    select
        scored.team_id,
        scored.week,
        'all' as stratum,
        max(weeks.known_week) as known_week,
        {%- for construct in constructs %}
        {%- for column in ['answers', 'scores', 'squares'] %}
        {%- set counted = "sum(case when scored.construct = '" ~ construct ~ "' then scored." ~ column ~ ' else 0 end)' %}
        {{ counterpoise.as_measure(counted) }} as {{ construct }}_{{ column }}{{ ',' if not (loop.last and construct == constructs[-1]) }}
        {%- endfor %}
        {%- endfor %}
    from scored
    inner join weeks
        on
            scored.team_id = weeks.team_id
            and scored.week = weeks.week
    group by scored.team_id, scored.week

)

select * from final
