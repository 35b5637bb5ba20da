{{ config(enabled=var('counterpoise_github_enabled', false)) }}
-- What each step means in the contract. A pull request waits for review, is worked on after one, and pauses while it is a draft.
with

items as (

    select * from {{ ref('stg_github__items') }}

),

people as (

    select * from {{ ref('stg_github__people') }}

),

value_map as (

    select * from {{ ref('stg_value_map') }}

),

meant as (

    select
        steps.*,
        items.repository_id,
        items.team_id,
        items.is_pull_request,
        items.created_at,
        coalesce(items.label_resolution, items.reason_resolution, case when items.is_pull_request then 'not_done' else 'done' end) as resolution,
        case
            when people.is_bot then 'automation'
            when steps.actor_id = items.author_id then 'requester'
            when steps.actor_id is not null then 'agent'
        end as actor_role,
        states.mapped_value as category,
        waits.mapped_value as waits_on,
        priorities.mapped_value as priority,
        lag(steps.is_closed) over (partition by steps.source_system, steps.issue_id order by steps.step) as was_closed,
        lag(steps.is_draft) over (partition by steps.source_system, steps.issue_id order by steps.step) as was_draft,
        max(case when steps.kind = 'closed' then steps.step end) over (partition by steps.source_system, steps.issue_id) as last_close,
        min(case when steps.kind = 'review' and steps.actor_id <> items.author_id and not coalesce(people.is_bot, false) then steps.step end) over (
            partition by steps.source_system, steps.issue_id
        ) as first_review
    from {{ ref('stg_github__steps') }} as steps
    inner join items on steps.source_system = items.source_system and steps.issue_id = items.issue_id
    left join people on steps.source_system = people.source_system and steps.actor_id = people.person_id
    {%- for name, field in [('states', 'status'), ('waits', 'waits_on'), ('priorities', 'priority')] %}
    left join value_map as {{ name }}
        on
            steps.source_system = {{ name }}.source_system
            and steps.kind in ('labeled', 'unlabeled')
            and {{ name }}.field_name = '{{ field }}'
            and steps.value = {{ name }}.raw_value
    {%- endfor %}

),

related as (

    select
        *,
        lag(priority) over (partition by source_system, issue_id, priority is not null and kind = 'labeled' order by step) as priority_before
    from meant

),

told as (

    select
        *,
        case kind
            when 'created' then 'created'
            when 'merged' then 'merged'
            when 'assigned' then 'assigned'
            when 'comment' then 'commented'
            when 'closed' then case
                when was_closed then null
                -- why it was closed is known of the last time only
                when is_pull_request then 'closed'
                when step = last_close and resolution <> 'done' then 'closed'
                else 'resolved'
            end
            when 'reopened' then case when was_closed then 'reopened' end
            when 'ready' then case when was_draft and not is_closed then 'resumed' end
            when 'drafted' then case when not was_draft and not is_closed then 'paused' end
            when 'requested' then case when not is_draft and not is_closed then 'review_requested' end
            when 'review' then case
                when actor_role = 'agent' and value <> 'gone' then 'reviewed'
                else 'commented'
            end
            when 'labeled' then case
                when priority is not null then
                    case when priority_before <> priority then 'edited' end
                when is_closed or is_draft then null
                else case category when 'active' then 'started' when 'waiting' then 'paused' when 'blocked' then 'blocked' when 'queued' then 'queued' end
            end
            when 'unlabeled' then case
                when is_closed or is_draft then null
                else case category when 'active' then 'queued' when 'waiting' then 'resumed' when 'blocked' then 'unblocked' end
            end
        end as event_type
    from related

),

-- one step may be two things: a merge resolves, a draft made ready asks for a review, a first review answers
events as (

    select
        source_system, issue_id as item_key, repository_id, team_id, step_key as event_key, step as event_seq, event_type, occurred_at, actor_id,
        actor_role,
        case
            when kind = 'created' then case when is_draft then 'waiting' else 'queued' end
            when event_type = 'resumed' and kind = 'ready' then 'queued'
            when event_type = 'review_requested' then 'queued'
            when event_type = 'reviewed' and not is_closed and not is_draft then 'active'
            when event_type = 'reopened' and is_draft then 'waiting'
        end as status_category,
        case when event_type = 'paused' then case when kind = 'drafted' then 'requester' else coalesce(waits_on, 'other') end end as waits_on,
        case when event_type = 'commented' then true end as is_public,
        case when event_type = 'edited' then 'priority' end as field_name,
        case when event_type = 'edited' then priority_before end as from_value,
        case when event_type = 'edited' then priority end as to_value,
        _fivetran_synced
    from told
    where event_type is not null
    {%- for event_type, of_kind in [('resolved', 'merged'), ('review_requested', 'ready'), ('first_response', 'review')] %}
    union all
    select
        source_system, issue_id as item_key, repository_id, team_id, step_key || ':{{ event_type }}' as event_key, step as event_seq,
        '{{ event_type }}' as event_type, occurred_at, actor_id, actor_role,
        cast({{ "'queued'" if event_type == 'review_requested' else 'null' }} as {{ counterpoise.type_of('string') }}) as status_category,
        {%- for name in ['waits_on', 'is_public', 'field_name', 'from_value', 'to_value'] %}
        cast(null as {{ counterpoise.type_of('boolean' if name == 'is_public' else 'string') }}) as {{ name }},
        {%- endfor %}
        _fivetran_synced
    from told
    where {{ {'merged': "event_type = 'merged'", 'ready': "event_type = 'resumed' and kind = 'ready'", 'review': "event_type = 'reviewed' and step = first_review"}[of_kind] }}
    {%- endfor %}
    union all
    select
        source_system, item_key, repository_id, team_id, event_key,
        cast(null as {{ counterpoise.type_of('bigint') }}) as event_seq,
        event_type, occurred_at, actor_id, actor_role,
        {%- for name in ['status_category', 'waits_on', 'is_public', 'field_name', 'from_value', 'to_value'] %}
        cast(null as {{ counterpoise.type_of('boolean' if name == 'is_public' else 'string') }}) as {{ name }},
        {%- endfor %}
        _fivetran_synced
    from {{ ref('stg_github__delivery_events') }}

)

select
    {{ counterpoise.as_adapter('work_item_events', {
        'event_id': counterpoise.connector_id("item_key || ':' || event_key"),
        'work_item_id': counterpoise.connector_id('item_key'),
        'event_type': 'event_type',
        'occurred_at': 'occurred_at',
        'recorded_at': 'occurred_at',
        'event_seq': 'event_seq',
        'actor_id': 'actor_id',
        'actor_role': 'actor_role',
        'status_category': 'status_category',
        'waits_on': 'waits_on',
        'is_public': 'is_public',
        'field_name': 'field_name',
        'from_value': 'from_value',
        'to_value': 'to_value',
        'owner_first': counterpoise.owner_id('repository', 'repository_id'),
        'owner_second': counterpoise.owner_id('team', 'team_id'),
        'own_team': counterpoise.owner_id('repository', 'repository_id'),
        '_loaded_at': '_fivetran_synced',
    }) }}
from events
