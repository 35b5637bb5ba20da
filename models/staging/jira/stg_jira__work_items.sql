{{ config(enabled=var('counterpoise_jira_enabled', false)) }}
-- Contract table work_items: issues, but for those that items serve (epics), with how they stand by their own history.
with

issues as (

    select * from {{ ref('stg_jira__issues') }}

),

moments as (

    select * from {{ ref('stg_jira__moments') }}
    where ended_at is null

),

changes as (

    select
        *,
        row_number() over (partition by source_system, issue_id, role order by changed_at desc) as newest_first
    from {{ ref('stg_jira__changes') }}
    where role in ('size', 'epic', 'account', 'sprint')

),

endings as (

    select
        *,
        row_number() over (partition by source_system, issue_id order by occurred_at desc) as newest_first
    from {{ ref('stg_jira__state_events') }}
    where event_type in ('resolved', 'closed')

),

sprints as (

    {{ counterpoise.connector_rows('jira', 'sprint') }}

),

-- planned = in its first sprint before that began
planned as (

    select
        changes.source_system,
        changes.issue_id,
        case when sprints.id is not null then sprints.start_date is null or changes.changed_at <= sprints.start_date end as is_planned,
        row_number() over (partition by changes.source_system, changes.issue_id order by changes.changed_at) as place
    from changes
    left join sprints on changes.source_system = sprints.source_system and changes.value = sprints.id
    where changes.role = 'sprint' and changes.value is not null

),

values_now as (

    select
        source_system,
        issue_id,
        max(case when role = 'size' then value end) as size,
        max(case when role = 'epic' then value end) as epic,
        max(case when role = 'account' then value end) as account_id
    from changes
    where newest_first = 1
    group by source_system, issue_id

),

-- what an issue serves: its parent, where that is a goal, or what its epic link names by id or key
serving as (

    select
        issues.source_system,
        issues.issue_id,
        case when parents.is_item then parents.work_item_id end as parent_item_id,
        coalesce(case when parents.item_kind = 'goal' then parents.work_item_id end, by_id.work_item_id, by_key.work_item_id) as goal_id
    from issues
    left join values_now on issues.source_system = values_now.source_system and issues.issue_id = values_now.issue_id
    left join issues as parents on issues.source_system = parents.source_system and issues.parent_id = parents.issue_id
    left join issues as by_id on values_now.source_system = by_id.source_system and values_now.epic = by_id.issue_id
    left join issues as by_key on values_now.source_system = by_key.source_system and values_now.epic = by_key.issue_key

),

final as (

    select
        issues.*,
        moments.team_now,
        moments.board_id,
        case
            when moments.state <> 'done' or endings.occurred_at is null then 'open'
            else endings.event_type
        end as status,
        case when moments.state = 'done' then moments.ending end as resolution,
        case when moments.state = 'done' and endings.event_type = 'resolved' then endings.occurred_at end as done_at,
        case when moments.state = 'done' and endings.event_type = 'closed' then endings.occurred_at end as closed_at,
        case
            when values_now.size <> '' and values_now.size <> '.' and translate(values_now.size, '0123456789', '') in ('', '.')
                then cast(values_now.size as {{ counterpoise.type_of('double') }})
        end as size,
        values_now.account_id,
        planned.is_planned,
        own.parent_item_id,
        coalesce(own.goal_id, of_parent.goal_id) as goal_id,
        case when issues.is_made_by_app then 'automation' when issues.is_subtask then 'team' end as origin
    from issues
    left join moments on issues.source_system = moments.source_system and issues.issue_id = moments.issue_id
    left join endings on issues.source_system = endings.source_system and issues.issue_id = endings.issue_id and endings.newest_first = 1
    left join values_now on issues.source_system = values_now.source_system and issues.issue_id = values_now.issue_id
    left join planned on issues.source_system = planned.source_system and issues.issue_id = planned.issue_id and planned.place = 1
    left join serving as own on issues.source_system = own.source_system and issues.issue_id = own.issue_id
    left join serving as of_parent on issues.source_system = of_parent.source_system and issues.parent_id = of_parent.issue_id
    where issues.item_kind not in ('goal', 'left_out')

)

select
    {{ counterpoise.as_adapter('work_items', {
        'work_item_id': 'work_item_id',
        'item_type': 'item_kind',
        'work_class': 'work_class',
        'requester_id': 'coalesce(reporter_id, creator_id)',
        'account_id': counterpoise.connector_id('account_id'),
        'category': 'type_name',
        'priority': 'priority_name',
        'size': 'size',
        'created_at': 'created_at',
        'resolved_at': 'done_at',
        'closed_at': 'closed_at',
        'status': 'status',
        'resolution': 'resolution',
        'due_at': 'due_at',
        'planned': 'is_planned',
        'parent_item_id': 'parent_item_id',
        'goal_id': 'goal_id',
        'origin': 'origin',
        'owner_first': counterpoise.owner_id('team', 'team_now'),
        'owner_second': counterpoise.owner_id('board', 'board_id'),
        'owner_third': counterpoise.owner_id('project', 'project_id'),
        'own_team': counterpoise.owner_id('project', 'project_id'),
        '_loaded_at': '_loaded_at',
        '_deleted': 'is_deleted',
    }) }}
from final
