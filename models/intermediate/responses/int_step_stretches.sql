-- Unbroken stretches of weeks in which something asks a team for the same next step, each with what asked first.
with

causes as (

    select * from {{ ref('int_step_causes') }}

),

asked_weeks as (

    select distinct
        team_id,
        response_id,
        week
    from causes

),

-- weeks of one unbroken stretch share this number
numbered as (

    select
        *,
        week - row_number() over (partition by team_id, response_id order by week) as stretch
    from asked_weeks

),

stretches as (

    select
        team_id,
        response_id,
        min(week) as since_week,
        max(week) as last_week,
        lead(min(week)) over (partition by team_id, response_id order by min(week)) as next_since_week
    from numbered
    group by team_id, response_id, stretch

),

-- what asked for it in its first week: a signal before a pair, then the strongest
ranked as (

    select
        stretches.*,
        causes.signal_id,
        causes.pair_id,
        causes.owner_role,
        causes.review_cadence,
        causes.why,
        row_number() over (
            partition by stretches.team_id, stretches.response_id, stretches.since_week
            order by
                causes.cause_order,
                coalesce(causes.log_evidence, 0) desc,
                {{ counterpoise.byte_order("coalesce(causes.signal_id, causes.pair_id)") }}
        ) as place
    from stretches
    inner join causes
        on
            stretches.team_id = causes.team_id
            and stretches.response_id = causes.response_id
            and stretches.since_week = causes.week

),

final as (

    select
        team_id,
        response_id,
        {{ counterpoise.as_integer('since_week') }} as since_week,
        {{ counterpoise.as_integer('last_week') }} as last_week,
        {{ counterpoise.as_integer('next_since_week') }} as next_since_week,
        signal_id,
        pair_id,
        owner_role,
        review_cadence,
        why
    from ranked
    where place = 1

)

select * from final
