{{ config(enabled=var('counterpoise_jira_enabled', false), materialized='table') }}
-- Contract table work_item_events: what the two histories and the comments tell, each with who owned the issue then and who had asked
-- for it then.
with

issues as (

    select * from {{ ref('stg_jira__issues') }}
    where is_item

),

moments as (

    select * from {{ ref('stg_jira__moments') }}

),

comments as (

    {{ counterpoise.connector_rows('jira', 'comment') }}

),

actors as (

    select * from {{ ref('stg_jira__actors') }}

),

newest_comments as (

    select
        *,
        row_number() over (partition by source_system, id order by _fivetran_synced desc nulls last, created desc) as newest_first
    from comments
    where id is not null and created is not null

),

happened as (

    select
        source_system,
        issue_id,
        issue_id || '|' || cast(occurred_at as {{ counterpoise.type_of('string') }}) || '|' || event_key as event_id,
        event_type,
        occurred_at,
        author_id,
        status_category,
        waits_on,
        cast(null as {{ counterpoise.type_of('boolean') }}) as is_public,
        field_name,
        from_value,
        to_value,
        cast(null as {{ counterpoise.type_of('string') }}) as from_owner,
        cast(null as {{ counterpoise.type_of('string') }}) as to_owner
    from {{ ref('stg_jira__state_events') }}
    union all
    select
        source_system,
        issue_id,
        issue_id || '|' || cast(occurred_at as {{ counterpoise.type_of('string') }}) || '|' || event_key as event_id,
        event_type,
        occurred_at,
        author_id,
        cast(null as {{ counterpoise.type_of('string') }}) as status_category,
        cast(null as {{ counterpoise.type_of('string') }}) as waits_on,
        cast(null as {{ counterpoise.type_of('boolean') }}) as is_public,
        field_name,
        from_value,
        to_value,
        from_owner,
        to_owner
    from {{ ref('stg_jira__field_events') }}
    union all
    select
        source_system,
        issue_id,
        'comment:' || id as event_id,
        'commented' as event_type,
        created as occurred_at,
        author_id,
        cast(null as {{ counterpoise.type_of('string') }}) as status_category,
        cast(null as {{ counterpoise.type_of('string') }}) as waits_on,
        is_public,
        cast(null as {{ counterpoise.type_of('string') }}) as field_name,
        cast(null as {{ counterpoise.type_of('string') }}) as from_value,
        cast(null as {{ counterpoise.type_of('string') }}) as to_value,
        cast(null as {{ counterpoise.type_of('string') }}) as from_owner,
        cast(null as {{ counterpoise.type_of('string') }}) as to_owner
    from newest_comments
    where newest_first = 1

),

placed as (

    select
        happened.*,
        issues.work_item_id,
        issues._loaded_at,
        moments.team_now,
        moments.board_id,
        coalesce(moments.project_now, issues.project_id) as project_id,
        -- a change of owner or priority leaves the state as it is
        case when happened.event_type in ('handed_off', 'escalated') then moments.state else happened.status_category end as state_then,
        case when happened.event_type = 'handed_off' and moments.state = 'waiting' then moments.waits_on else happened.waits_on end as waits_on_then,
        case
            when actors.is_app then 'automation'
            when happened.author_id = moments.reporter_now or actors.is_customer then 'requester'
            else 'agent'
        end as actor_role
    from happened
    inner join issues on happened.source_system = issues.source_system and happened.issue_id = issues.issue_id
    left join moments
        on
            happened.source_system = moments.source_system
            and happened.issue_id = moments.issue_id
            and greatest(happened.occurred_at, issues.created_at) >= moments.began_at
            and (moments.ended_at is null or greatest(happened.occurred_at, issues.created_at) < moments.ended_at)
    left join actors on happened.source_system = actors.source_system and happened.author_id = actors.actor_id

)

select
    {{ counterpoise.as_adapter('work_item_events', {
        'event_id': counterpoise.connector_id('event_id'),
        'work_item_id': 'work_item_id',
        'event_type': 'event_type',
        'occurred_at': 'occurred_at',
        'recorded_at': 'occurred_at',
        'actor_id': 'author_id',
        'actor_role': 'actor_role',
        'status_category': 'state_then',
        'waits_on': 'waits_on_then',
        'is_public': 'is_public',
        'field_name': 'field_name',
        'from_value': 'from_value',
        'to_value': 'to_value',
        'from_owner': 'from_owner',
        'to_owner': 'to_owner',
        'owner_first': counterpoise.owner_id('team', 'team_now'),
        'owner_second': counterpoise.owner_id('board', 'board_id'),
        'owner_third': counterpoise.owner_id('project', 'project_id'),
        'own_team': counterpoise.owner_id('project', 'project_id'),
        '_loaded_at': '_loaded_at',
    }) }}
from placed
