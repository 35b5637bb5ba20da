{{ config(enabled=var('counterpoise_github_enabled', false), materialized='table') }}
-- All that happened to issues and pull requests in order, each with whether it was closed and whether it was a draft after it.
{%- set places = ['created', 'ready', 'drafted', 'labeled', 'unlabeled', 'assigned', 'requested', 'comment', 'review', 'reopened', 'merged', 'closed'] %}
{%- set nothing = "cast(null as " ~ counterpoise.type_of('string') ~ ")" %}
{%- set order = 'partition by source_system, issue_id order by occurred_at asc, place asc, ' ~ counterpoise.byte_order('step_key') ~ ' asc' %}
with

items as (

    select * from {{ ref('stg_github__items') }}

),

drafts as (

    select
        *,
        row_number() over (partition by source_system, pull_request_id order by created_at) as place
    from (
        {{ counterpoise.connector_rows('github', 'pull_request_ready_for_review_history') }}
    ) as history
    where pull_request_id is not null and created_at is not null

),

closings as (

    select * from (
        {{ counterpoise.connector_rows('github', 'issue_closed_history') }}
    ) as history
    where updated_at is not null

),

told as (

    select distinct source_system, issue_id
    from closings
    where closed

),

commits as (

    select
        source_system,
        pull_request_id,
        commit_sha
    from (
        {{ counterpoise.connector_rows('github', 'commit_pull_request') }}
    ) as history

),

known_commits as (

    select distinct source_system, pull_request_id from commits

),

reviews as (

    select
        reviews.*,
        -- a force-push took away what was looked at
        known_commits.pull_request_id is not null and commits.commit_sha is null and coalesce(reviews.commit_sha <> items.head_sha, true) as is_of_gone_commit
    from (
        {{ counterpoise.connector_rows('github', 'pull_request_review') }}
    ) as reviews
    inner join items on reviews.source_system = items.source_system and reviews.pull_request_id = items.pull_request_id
    left join known_commits on reviews.source_system = known_commits.source_system and reviews.pull_request_id = known_commits.pull_request_id
    left join commits
        on
            reviews.source_system = commits.source_system
            and reviews.pull_request_id = commits.pull_request_id
            and reviews.commit_sha = commits.commit_sha
    where reviews.submitted_at is not null and coalesce(lower(reviews.state), '') <> 'pending'

),

label_names as (

    select * from (
        {{ counterpoise.connector_rows('github', 'label') }}
    ) as known_labels

),

happenings as (

    select
        items.source_system, items.issue_id, items.created_at as occurred_at, 'created' as kind, 'created' as step_key,
        items.author_id as actor_id, {{ nothing }} as value, items._fivetran_synced
    from items
    union all
    select
        items.source_system, items.issue_id, items.merged_at as occurred_at, 'merged' as kind, 'merged' as step_key,
        items.merged_by_id as actor_id, {{ nothing }} as value, items._fivetran_synced
    from items
    where items.merged_at is not null
    union all
    -- where no history tells of it, the item itself does
    select
        items.source_system, items.issue_id, items.closed_at as occurred_at, 'closed' as kind, 'closed' as step_key,
        {{ nothing }} as actor_id, {{ nothing }} as value, items._fivetran_synced
    from items
    left join told on items.source_system = told.source_system and items.issue_id = told.issue_id
    where items.closed_at is not null and items.merged_at is null and told.issue_id is null
    union all
    select
        closings.source_system, closings.issue_id, closings.updated_at as occurred_at, case when closings.closed then 'closed' else 'reopened' end as kind,
        case when closings.closed then 'closed:' else 'reopened:' end || cast({{ counterpoise.epoch_seconds('closings.updated_at') }} as {{ counterpoise.type_of('string') }}) as step_key,
        closings.actor_id, {{ nothing }} as value, closings._fivetran_synced
    from closings
    union all
    select
        drafts.source_system, items.issue_id, drafts.created_at as occurred_at, case when drafts.ready_for_review then 'ready' else 'drafted' end as kind,
        case when drafts.ready_for_review then 'ready:' else 'drafted:' end || cast({{ counterpoise.epoch_seconds('drafts.created_at') }} as {{ counterpoise.type_of('string') }}) as step_key,
        drafts.actor_id, {{ nothing }} as value, drafts._fivetran_synced
    from drafts
    inner join items on drafts.source_system = items.source_system and drafts.pull_request_id = items.pull_request_id
    union all
    select
        labels.source_system, labels.issue_id, labels.updated_at as occurred_at, case when labels.labeled then 'labeled' else 'unlabeled' end as kind,
        'label:' || labels.label_id || ':' || cast({{ counterpoise.epoch_seconds('labels.updated_at') }} as {{ counterpoise.type_of('string') }}) as step_key,
        labels.actor_id, lower(trim(names.name)) as value, labels._fivetran_synced
    from (
        {{ counterpoise.connector_rows('github', 'issue_label_history') }}
    ) as labels
    inner join label_names as names
        on
            labels.source_system = names.source_system
            and labels.label_id = names.id
    union all
    select
        assignees.source_system, assignees.issue_id, assignees.updated_at as occurred_at, 'assigned' as kind,
        'assigned:' || coalesce(assignees.user_id, '') || ':' || cast({{ counterpoise.epoch_seconds('assignees.updated_at') }} as {{ counterpoise.type_of('string') }}) as step_key,
        assignees.assigner_id as actor_id, {{ nothing }} as value, assignees._fivetran_synced
    from (
        {{ counterpoise.connector_rows('github', 'issue_assignee_history') }}
    ) as assignees
    where assignees.assigned
    union all
    select
        requests.source_system, items.issue_id, requests.created_at as occurred_at, 'requested' as kind,
        'requested:' || coalesce(requests.requested_id, '') || ':' || cast({{ counterpoise.epoch_seconds('requests.created_at') }} as {{ counterpoise.type_of('string') }}) as step_key,
        requests.actor_id, {{ nothing }} as value, requests._fivetran_synced
    from (
        {{ counterpoise.connector_rows('github', 'requested_reviewer_history') }}
    ) as requests
    inner join items on requests.source_system = items.source_system and requests.pull_request_id = items.pull_request_id
    where not coalesce(requests.removed, false)
    union all
    select
        reviews.source_system, items.issue_id, reviews.submitted_at as occurred_at, 'review' as kind, 'review:' || reviews.id as step_key,
        reviews.user_id as actor_id, case when reviews.is_of_gone_commit then 'gone' else lower(reviews.state) end as value, reviews._fivetran_synced
    from reviews
    inner join items on reviews.source_system = items.source_system and reviews.pull_request_id = items.pull_request_id
    union all
    select
        comments.source_system, comments.issue_id, comments.created_at as occurred_at, 'comment' as kind, 'comment:' || comments.id as step_key,
        comments.user_id as actor_id, {{ nothing }} as value, comments._fivetran_synced
    from (
        {{ counterpoise.connector_rows('github', 'issue_comment') }}
    ) as comments
    where comments.id is not null

),

placed as (

    select
        happenings.*,
        case happenings.kind
            {%- for kind in places %}
            when '{{ kind }}' then {{ loop.index }}
            {%- endfor %}
        end as place,
        case when happenings.kind in ('merged', 'closed') then 1 when happenings.kind in ('created', 'reopened') then 0 end as own_closed,
        case
            when happenings.kind = 'ready' then 0
            when happenings.kind = 'drafted' then 1
            -- what is first made ready was a draft; without a history, a draft of now has been one from the beginning
            when happenings.kind = 'created' then case when coalesce(drafts.ready_for_review, items.is_draft) then 1 else 0 end
        end as own_draft
    from happenings
    inner join items on happenings.source_system = items.source_system and happenings.issue_id = items.issue_id
    left join drafts
        on
            items.source_system = drafts.source_system
            and items.pull_request_id = drafts.pull_request_id
            and drafts.place = 1
    where
        happenings.occurred_at is not null
        -- a merge closes, and is told twice
        and not (
            happenings.kind = 'closed' and items.merged_at is not null
            and {{ counterpoise.epoch_seconds('happenings.occurred_at') }} >= {{ counterpoise.epoch_seconds('items.merged_at') }} - 5
        )

),

counted as (

    select
        *,
        row_number() over ({{ order }}) as step,
        count(own_closed) over ({{ order }} rows unbounded preceding) as run_closed,
        count(own_draft) over ({{ order }} rows unbounded preceding) as run_draft
    from placed

),

final as (

    select
        source_system,
        issue_id,
        step,
        kind,
        step_key,
        occurred_at,
        actor_id,
        value,
        max(own_closed) over (partition by source_system, issue_id, run_closed) = 1 as is_closed,
        max(own_draft) over (partition by source_system, issue_id, run_draft) = 1 as is_draft,
        _fivetran_synced
    from counted

)

select * from final
