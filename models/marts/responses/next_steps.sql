{#- The next step of a team: one per response and unbroken stretch of weeks in which something asks for it. It is due at the end of its owner's
    next review. It stays open until an annotation answers it: that the numbers were better later does not make it done. -#}
with

stretches as (

    select * from {{ ref('int_step_stretches') }}

),

responses as (

    select * from {{ ref('dim_response') }}

),

-- how often an owner looks: as often as the metric they answer for that is looked at most often
owner_cadences as (

    select
        owner_role,
        min(case review_cadence when 'weekly' then 1 when 'monthly' then 2 when 'quarterly' then 3 end) as cadence
    from {{ ref('dim_metric') }}
    group by owner_role

),

raised as (

    select
        stretches.*,
        responses.label || ': ' || responses.first_step as what,
        {{ counterpoise.week_start('stretches.since_week + 1') }} as raised_on,
        cast({{ dbt.dateadd('day', 'responses.due_in_days', counterpoise.week_start('stretches.since_week + 1')) }} as date) as earliest_due_on,
        coalesce(
            case stretches.review_cadence when 'weekly' then 1 when 'monthly' then 2 when 'quarterly' then 3 end,
            owner_cadences.cadence
        ) as cadence
    from stretches
    inner join responses on stretches.response_id = responses.response_id
    left join owner_cadences on stretches.owner_role = owner_cadences.owner_role

),

due as (

    select
        *,
        case cadence
            when 1 then {{ counterpoise.week_start(counterpoise.week_index_of_date('earliest_due_on') ~ ' + 1') }}
            when 2 then {{ dbt.dateadd('day', 1, dbt.last_day('earliest_due_on', 'month')) }}
            when 3 then {{ dbt.dateadd('day', 1, dbt.last_day('earliest_due_on', 'quarter')) }}
            else {{ dbt.dateadd('day', 1, 'earliest_due_on') }}
        end as day_after
    from raised

),

annotations as (

    select
        *,
        {{ counterpoise.week_index_of_date('week_start') }} as week
    from {{ ref('stg_annotations') }}
    where state in ('explained', 'accepted', 'done', 'declined')

),

-- the signals that asked in a stretch, so that an answer to any of them counts
asking_signals as (

    select distinct
        stretches.team_id,
        stretches.response_id,
        stretches.since_week,
        causes.signal_id
    from stretches
    inner join {{ ref('int_step_causes') }} as causes
        on
            stretches.team_id = causes.team_id
            and stretches.response_id = causes.response_id
            and causes.week between stretches.since_week and stretches.last_week
    where causes.signal_id is not null

),

-- an annotation answers the stretch whose weeks, or the quiet weeks after it, it is about
answers as (

    select
        stretches.team_id,
        stretches.response_id,
        stretches.since_week,
        annotations.state,
        annotations.due_on,
        annotations.recorded_at,
        annotations.note,
        row_number() over (
            partition by stretches.team_id, stretches.response_id, stretches.since_week
            order by annotations.recorded_at desc nulls last, {{ counterpoise.byte_order('annotations.annotation_id') }} desc
        ) as newest_first
    from stretches
    inner join annotations
        on
            stretches.team_id = annotations.team_id
            and stretches.since_week <= annotations.week
            and (stretches.next_since_week is null or stretches.next_since_week > annotations.week)
    left join asking_signals
        on
            stretches.team_id = asking_signals.team_id
            and stretches.response_id = asking_signals.response_id
            and stretches.since_week = asking_signals.since_week
            and annotations.signal_id = asking_signals.signal_id
    where stretches.response_id = annotations.response_id or asking_signals.signal_id is not null

),

final as (

    select
        {{ counterpoise.sha256_hex(
            "due.team_id || '|' || due.response_id || '|' || cast(due.since_week as " ~ counterpoise.type_of('string') ~ ")"
        ) }} as step_id,
        due.team_id,
        {{ counterpoise.week_start('due.since_week') }} as week_start,
        due.response_id,
        due.signal_id,
        due.pair_id,
        due.what,
        due.why,
        due.owner_role,
        due.raised_on,
        {{ counterpoise.week_start('due.last_week') }} as asked_until,
        coalesce(answers.due_on, cast({{ dbt.dateadd('day', -1, 'due.day_after') }} as date)) as due_on,
        coalesce(answers.state, 'open') as state,
        cast(answers.recorded_at as date) as answered_on,
        answers.note
    from due
    left join answers
        on
            due.team_id = answers.team_id
            and due.response_id = answers.response_id
            and due.since_week = answers.since_week
            and answers.newest_first = 1

)

select * from final
