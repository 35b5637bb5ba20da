{{ config(enabled=var('counterpoise_zendesk_enabled', false)) }}
-- How tickets hang together: merged into another, one incident of a problem, follow-up of a closed one.
with

tickets as (

    select * from (
        {{ counterpoise.connector_rows('zendesk', 'ticket') }}
    ) as held
    where id is not null and not (coalesce(_fivetran_deleted, false) or coalesce(lower(status), '') = 'deleted')

),

closed as (

    select
        source_system,
        ticket_id,
        max(occurred_at) as closed_at
    from {{ ref('stg_zendesk__steps') }}
    where kind = 'status' and lower(value) = 'closed'
    group by source_system, ticket_id

),

links as (

    select
        pairs.source_system,
        pairs.from_ticket_id as from_id,
        pairs.into_ticket_id as to_id,
        'duplicates' as link_type,
        closed.closed_at as created_at,
        tickets._fivetran_synced
    from {{ ref('stg_zendesk__merges') }} as pairs
    inner join tickets on pairs.source_system = tickets.source_system and pairs.into_ticket_id = tickets.id
    left join closed on pairs.source_system = closed.source_system and pairs.from_ticket_id = closed.ticket_id
    union all
    select
        source_system,
        id as from_id,
        problem_id as to_id,
        'caused_by' as link_type,
        cast(null as {{ counterpoise.type_of('timestamp') }}) as created_at,
        _fivetran_synced
    from tickets
    where problem_id is not null and problem_id <> id
    union all
    select
        source_system,
        id as from_id,
        coalesce(via_followup_source_id, via_source_from_id) as to_id,
        'follows_up' as link_type,
        created_at,
        _fivetran_synced
    from tickets
    where
        coalesce(via_followup_source_id, via_source_from_id) <> id
        and (via_followup_source_id is not null or lower(via_source_rel) = 'follow_up')

),

-- links of tickets that are both still there
final as (

    select links.*
    from links
    inner join tickets as from_tickets on links.source_system = from_tickets.source_system and links.from_id = from_tickets.id
    inner join tickets as to_tickets on links.source_system = to_tickets.source_system and links.to_id = to_tickets.id

)

select
    {{ counterpoise.as_adapter('work_item_links', {
        'from_item_id': counterpoise.connector_id('from_id'),
        'to_item_id': counterpoise.connector_id('to_id'),
        'link_type': 'link_type',
        'created_at': 'created_at',
        '_loaded_at': '_fivetran_synced',
    }) }}
from final
