{{ config(enabled=var('counterpoise_jira_enabled', false)) }}
-- Contract table time_entries: worklogs of people, for the team that owned the issue when the work began.
with

worklogs as (

    {{ counterpoise.connector_rows('jira', 'worklog') }}

),

issues as (

    select * from {{ ref('stg_jira__issues') }}
    where not is_deleted

),

moments as (

    select * from {{ ref('stg_jira__moments') }}

),

actors as (

    select * from {{ ref('stg_jira__actors') }}

),

newest as (

    select
        *,
        row_number() over (partition by source_system, id order by _fivetran_synced desc nulls last, started desc) as newest_first
    from worklogs
    where id is not null and started is not null and time_spent_seconds >= 0

),

final as (

    select
        newest.source_system,
        newest.id,
        newest.author_id,
        newest.started,
        newest.time_spent_seconds,
        newest._fivetran_synced as _loaded_at,
        -- hours on a goal are hours of the team and on no item
        case when issues.is_item then issues.work_item_id end as work_item_id,
        coalesce(issues.activity, 'delivery') as activity,
        moments.team_now,
        moments.board_id,
        coalesce(moments.project_now, issues.project_id) as project_id
    from newest
    inner join issues on newest.source_system = issues.source_system and newest.issue_id = issues.issue_id
    left join moments
        on
            newest.source_system = moments.source_system
            and newest.issue_id = moments.issue_id
            and greatest(newest.started, issues.created_at) >= moments.began_at
            and (moments.ended_at is null or greatest(newest.started, issues.created_at) < moments.ended_at)
    left join actors on newest.source_system = actors.source_system and newest.author_id = actors.actor_id
    where newest.newest_first = 1 and not coalesce(actors.is_app, false)

)

select
    {{ counterpoise.as_adapter('time_entries', {
        'time_entry_id': counterpoise.connector_id("'worklog:' || id"),
        'person_id': 'author_id',
        'work_item_id': 'work_item_id',
        'activity': 'activity',
        'started_at': 'started',
        'hours': 'time_spent_seconds / 3600e0',
        'owner_first': counterpoise.owner_id('team', 'team_now'),
        'owner_second': counterpoise.owner_id('board', 'board_id'),
        'owner_third': counterpoise.owner_id('project', 'project_id'),
        'own_team': counterpoise.owner_id('project', 'project_id'),
        '_loaded_at': '_loaded_at',
    }) }}
from final
