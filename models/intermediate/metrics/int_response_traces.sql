{{ config(**counterpoise.by_item('int_reached_items')) }}
-- First answers, and whether anything moved within the silence hours after them. What automation does moves nothing; an item that was
-- or gets resolved is not silent. Answers count from the week in which the source first told of such moves.
{%- set silence_seconds = counterpoise.setting('silence_hours') * 3600 %}
{%- set moving = [
    'started', 'assigned', 'handed_off', 'escalated', 'status_changed', 'paused', 'resumed', 'blocked', 'unblocked', 'review_requested',
    'reviewed', 'checked', 'merged', 'deployed',
] %}
with

answers as (

    select
        responses.work_item_id,
        responses.version_from_week,
        responses.version_to_week,
        responses.team_id,
        responses.week,
        responses.response_hours,
        items.first_response_at,
        {{ counterpoise.add_seconds('items.first_response_at', silence_seconds) }} as silent_until,
        coalesce(items.first_resolved_at <= items.first_response_at, false) as was_resolved
    from {{ ref('int_first_responses') }} as responses
    inner join {{ ref('int_work_items') }} as items
        on
            responses.work_item_id = items.work_item_id
            and responses.version_from_week = items.version_from_week
    inner join {{ ref('int_source_traces') }} as traces on items.source_system = traces.source_system
    where traces.first_move_week <= responses.week {{ counterpoise.of_changed('responses.work_item_id', 'and') }}

),

moves as (

    select
        work_item_id,
        version_from_week,
        occurred_at,
        event_type = 'commented' as is_comment
    from {{ ref('int_item_steps') }}
    where
        (
            event_type in ('resolved', 'closed')
            or (actor_role = 'agent' and event_type = 'commented')
            or (actor_role <> 'automation' and event_type in ('{{ moving | join("', '") }}'))
        )
        {{ counterpoise.of_changed(keyword='and') }}

),

moved as (

    select
        answers.work_item_id,
        answers.version_from_week
    from answers
    inner join moves
        on
            answers.work_item_id = moves.work_item_id
            and answers.version_from_week = moves.version_from_week
    where
        moves.occurred_at between answers.first_response_at and answers.silent_until
        -- the answer itself is a comment, or stands beside one
        and (not moves.is_comment or moves.occurred_at > answers.first_response_at)
    group by answers.work_item_id, answers.version_from_week

),

final as (

    select
        answers.work_item_id,
        answers.version_from_week,
        answers.version_to_week,
        answers.team_id,
        answers.week,
        answers.response_hours,
        moved.work_item_id is null and not answers.was_resolved as is_silent
    from answers
    left join moved
        on
            answers.work_item_id = moved.work_item_id
            and answers.version_from_week = moved.version_from_week

)

select * from final
