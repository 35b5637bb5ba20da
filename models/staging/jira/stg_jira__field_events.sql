{{ config(enabled=var('counterpoise_jira_enabled', false)) }}
-- Events of fields that change no state: owners, assignees, and edits of what the contract has a column for.
with

changes as (

    select * from {{ ref('stg_jira__changes') }}
    where not is_created_with or role = 'assignee'

),

sprints as (

    {{ counterpoise.connector_rows('jira', 'sprint') }}

),

priorities as (

    {{ counterpoise.connector_rows('jira', 'priority') }}

),

resolutions as (

    select * from {{ ref('stg_jira__resolutions') }}

),

types as (

    {{ counterpoise.connector_rows('jira', 'issue_type') }}

),

named as (

    select
        changes.source_system,
        changes.issue_id,
        changes.role,
        changes.changed_at as occurred_at,
        changes.author_id,
        {%- for side, value in [('from', 'from_value'), ('to', 'value')] %}
        case changes.role
            when 'sprint' then {{ side }}_sprints.board_id
            when 'priority' then coalesce({{ side }}_priorities.name, changes.{{ value }})
            when 'resolution' then coalesce({{ side }}_resolutions.resolution_name, changes.{{ value }})
            when 'type' then coalesce({{ side }}_types.name, changes.{{ value }})
            -- the day is over when its last second is
            when 'due' then substring(changes.{{ value }}, 1, 10) || 'T23:59:59Z'
            when 'assignee' then null
            when 'reporter' then null
            else changes.{{ value }}
        end as {{ side }}_value,
        {%- endfor %}
        changes.value is not null as is_set
    from changes
    {%- for side, value in [('from', 'from_value'), ('to', 'value')] %}
    {%- for table, role, key in [('sprints', 'sprint', 'id'), ('priorities', 'priority', 'id'), ('resolutions', 'resolution', 'resolution_id'), ('types', 'type', 'id')] %}
    left join {{ table }} as {{ side }}_{{ table }}
        on
            changes.role = '{{ role }}'
            and changes.source_system = {{ side }}_{{ table }}.source_system
            and changes.{{ value }} = {{ side }}_{{ table }}.{{ key }}
    {%- endfor %}
    {%- endfor %}

),

final as (

    select
        source_system,
        issue_id,
        role as event_key,
        case role when 'assignee' then 'assigned' when 'project' then 'handed_off' when 'team' then 'handed_off' when 'sprint' then 'handed_off' else 'edited' end
            as event_type,
        occurred_at,
        author_id,
        case role
            when 'priority' then 'priority'
            when 'due' then 'due_at'
            when 'type' then 'category'
            when 'size' then 'size'
            when 'resolution' then 'resolution'
            when 'reporter' then 'requester_id'
            when 'account' then 'account_id'
            when 'assignee' then null
            else 'team_id'
        end as field_name,
        from_value,
        to_value,
        case role
            when 'project' then {{ counterpoise.owner_id('project', 'from_value') }}
            when 'team' then {{ counterpoise.owner_id('team', 'from_value') }}
            when 'sprint' then {{ counterpoise.owner_id('board', 'from_value') }}
        end as from_owner,
        case role
            when 'project' then {{ counterpoise.owner_id('project', 'to_value') }}
            when 'team' then {{ counterpoise.owner_id('team', 'to_value') }}
            when 'sprint' then {{ counterpoise.owner_id('board', 'to_value') }}
        end as to_owner
    from named
    where
        role not in ('status', 'flag', 'epic', 'satisfaction')
        and (role <> 'assignee' or is_set)
        -- that a resolution is set or cleared, the events of the state tell
        and (role <> 'resolution' or (from_value is not null and to_value is not null))
        and (role in ('assignee', 'reporter') or coalesce(from_value, '') <> coalesce(to_value, ''))
    union all
    select
        source_system,
        issue_id,
        'escalated' as event_key,
        'escalated' as event_type,
        occurred_at,
        author_id,
        cast(null as {{ counterpoise.type_of('string') }}) as field_name,
        cast(null as {{ counterpoise.type_of('string') }}) as from_value,
        cast(null as {{ counterpoise.type_of('string') }}) as to_value,
        cast(null as {{ counterpoise.type_of('string') }}) as from_owner,
        cast(null as {{ counterpoise.type_of('string') }}) as to_owner
    from named
    where role = 'priority' and {{ counterpoise.priority_rank('to_value') }} < {{ counterpoise.priority_rank('from_value') }}

)

select * from final
