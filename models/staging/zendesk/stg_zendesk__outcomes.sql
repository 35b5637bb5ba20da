{{ config(enabled=var('counterpoise_zendesk_enabled', false)) }}
-- Satisfaction: one answer per ticket, which its requester may change. It surfaced with the first answer; the last one counts, and
-- is known since it was given.
with

tickets as (

    select
        source_system,
        id as ticket_id,
        organization_id,
        coalesce(_fivetran_deleted, false) or coalesce(lower(status), '') = 'deleted' as is_deleted
    from (
        {{ counterpoise.connector_rows('zendesk', 'ticket') }}
    ) as held

),

history as (

    select
        source_system,
        ticket_id,
        lower(value) as score,
        updated as from_at,
        updated as to_at,
        _fivetran_synced
    from (
        {{ counterpoise.connector_rows('zendesk', 'ticket_field_history') }}
    ) as changes
    where lower(field_name) = 'satisfaction_score' and value is not null and updated is not null

),

told as (

    select distinct source_system, ticket_id from history

),

ratings as (

    select * from history
    union all
    select
        snapshots.source_system,
        snapshots.ticket_id,
        lower(snapshots.score) as score,
        snapshots.created_at as from_at,
        case when lower(snapshots.score) = 'offered' then snapshots.created_at else coalesce(snapshots.updated_at, snapshots.created_at) end as to_at,
        snapshots._fivetran_synced
    from (
        {{ counterpoise.connector_rows('zendesk', 'satisfaction_rating') }}
    ) as snapshots
    left join told on snapshots.source_system = told.source_system and snapshots.ticket_id = told.ticket_id
    where told.ticket_id is null and snapshots.created_at is not null

),

meant as (

    select
        *,
        case when score = 'offered' then 'csat_asked' when score like 'good%' or score like 'bad%' then 'csat' end as outcome_type,
        case when score like 'good%' then 1 when score like 'bad%' then 0 end as value
    from ratings

),

in_turn as (

    select
        *,
        row_number() over (partition by source_system, ticket_id, outcome_type order by from_at asc, score asc, _fivetran_synced desc nulls last) as oldest_first,
        row_number() over (partition by source_system, ticket_id, outcome_type order by to_at desc, from_at desc, score desc, _fivetran_synced desc nulls last) as newest_first
    from meant
    where outcome_type is not null

),

last_change as (

    -- the same answer again, such as a comment added to it, changes nothing
    select
        answers.source_system,
        answers.ticket_id,
        answers.outcome_type,
        min(answers.to_at) as recorded_at
    from in_turn as answers
    inner join in_turn as last_answers
        on
            answers.source_system = last_answers.source_system
            and answers.ticket_id = last_answers.ticket_id
            and answers.outcome_type = last_answers.outcome_type
            and last_answers.newest_first = 1
    left join in_turn as others
        on
            answers.source_system = others.source_system
            and answers.ticket_id = others.ticket_id
            and answers.outcome_type = others.outcome_type
            and last_answers.value <> others.value
            and answers.to_at <= others.to_at
    where others.ticket_id is null
    group by answers.source_system, answers.ticket_id, answers.outcome_type

),

final as (

    select
        first_answers.source_system,
        first_answers.ticket_id,
        first_answers.outcome_type,
        last_answers.value,
        first_answers.from_at as occurred_at,
        case when last_answers.outcome_type = 'csat' then last_change.recorded_at else first_answers.from_at end as recorded_at,
        last_answers._fivetran_synced,
        tickets.organization_id,
        tickets.is_deleted
    from in_turn as first_answers
    inner join in_turn as last_answers
        on
            first_answers.source_system = last_answers.source_system
            and first_answers.ticket_id = last_answers.ticket_id
            and first_answers.outcome_type = last_answers.outcome_type
            and last_answers.newest_first = 1
    inner join last_change
        on
            first_answers.source_system = last_change.source_system
            and first_answers.ticket_id = last_change.ticket_id
            and first_answers.outcome_type = last_change.outcome_type
    inner join tickets
        on
            first_answers.source_system = tickets.source_system
            and first_answers.ticket_id = tickets.ticket_id
    where first_answers.oldest_first = 1

)

select
    {{ counterpoise.as_adapter('outcomes', {
        'outcome_id': counterpoise.connector_id("'ticket:' || ticket_id || ':' || outcome_type"),
        'outcome_type': 'outcome_type',
        'work_item_id': counterpoise.connector_id('ticket_id'),
        'account_id': counterpoise.connector_id('organization_id'),
        'occurred_at': 'occurred_at',
        'recorded_at': 'recorded_at',
        'value': 'value',
        '_loaded_at': '_fivetran_synced',
        '_deleted': 'is_deleted',
    }) }}
from final
