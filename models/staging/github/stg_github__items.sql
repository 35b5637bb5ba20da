{{ config(enabled=var('counterpoise_github_enabled', false), materialized='table') }}
-- Issues and pull requests as they are now, with their merge, what their labels mean, and the team that alone may write to the repository.
{%- set chosen = {
    'item_type': ['incident', 'ticket', 'change', 'deliverable', 'task', 'issue', 'other'],
    'work_class': ['rework', 'experiment', 'learning', 'coordination', 'reporting', 'maintenance', 'delivery'],
    'priority': ['urgent', 'high', 'normal', 'low'],
    'resolution': ['duplicate', 'not_done', 'withdrawn', 'expired', 'done'],
} %}
with

people as (

    select * from {{ ref('stg_github__people') }}

),

pull_requests as (

    select * from (
        {{ counterpoise.connector_rows('github', 'pull_request') }}
    ) as known_pull_requests
    where issue_id is not null

),

repositories as (

    select * from (
        {{ counterpoise.connector_rows('github', 'repository') }}
    ) as known_repositories

),

first_merges as (

    select
        *,
        row_number() over (partition by source_system, issue_id order by merged_at, {{ counterpoise.byte_order('commit_sha') }}) as place
    from (
        {{ counterpoise.connector_rows('github', 'issue_merged') }}
    ) as known_merges
    where merged_at is not null

),

writers as (

    select
        source_system,
        repository_id,
        min(team_id) as team_id
    from (
        {{ counterpoise.connector_rows('github', 'repo_team') }}
    ) as known_teams
    where lower(permission) in ('push', 'maintain', 'admin')
    group by source_system, repository_id
    having count(*) = 1

),

value_map as (

    select * from {{ ref('stg_value_map') }}

),

label_names as (

    select * from (
        {{ counterpoise.connector_rows('github', 'label') }}
    ) as known_labels

),

-- of several labels that say something, the first of a fixed order counts
labelled as (

    select
        labels.source_system,
        labels.issue_id
        {%- for field, values in chosen.items() %},
        min(case
            when value_map.field_name = '{{ field }}' then case value_map.mapped_value
                {%- for value in values %}
                when '{{ value }}' then {{ loop.index }}
                {%- endfor %}
            end
        end) as {{ field }}_place
        {%- endfor %}
    from (
        {{ counterpoise.connector_rows('github', 'issue_label') }}
    ) as labels
    inner join label_names as names
        on
            labels.source_system = names.source_system
            and labels.label_id = names.id
    inner join value_map
        on
            names.source_system = value_map.source_system
            and lower(trim(names.name)) = value_map.raw_value
    group by labels.source_system, labels.issue_id

),

final as (

    select
        issues.source_system,
        issues.id as issue_id,
        issues.number,
        issues.repository_id,
        repositories.full_name,
        writers.team_id,
        issues.user_id as author_id,
        coalesce(people.is_bot, false) as is_by_bot,
        coalesce(issues.pull_request, false) as is_pull_request,
        pull_requests.id as pull_request_id,
        pull_requests.head_sha,
        coalesce(pull_requests.draft, false) as is_draft,
        coalesce(pull_requests.base_ref = repositories.default_branch, true) as is_into_default_branch,
        issues.created_at,
        issues.closed_at,
        first_merges.merged_at,
        first_merges.commit_sha as merge_sha,
        first_merges.actor_id as merged_by_id,
        {%- for field, values in chosen.items() %}
        case labelled.{{ field }}_place
            {%- for value in values %}
            when {{ loop.index }} then '{{ value }}'
            {%- endfor %}
        end as label_{{ field }},
        {%- endfor %}
        issues.state_reason,
        reasons.mapped_value as reason_resolution,
        issues._fivetran_synced
    from (
        {{ counterpoise.connector_rows('github', 'issue') }}
    ) as issues
    left join people on issues.source_system = people.source_system and issues.user_id = people.person_id
    left join pull_requests on issues.source_system = pull_requests.source_system and issues.id = pull_requests.issue_id
    left join repositories on issues.source_system = repositories.source_system and issues.repository_id = repositories.id
    left join first_merges on issues.source_system = first_merges.source_system and issues.id = first_merges.issue_id and first_merges.place = 1
    left join writers on issues.source_system = writers.source_system and issues.repository_id = writers.repository_id
    left join labelled on issues.source_system = labelled.source_system and issues.id = labelled.issue_id
    left join value_map as reasons
        on
            issues.source_system = reasons.source_system
            and reasons.field_name = 'state_reason'
            and lower(trim(issues.state_reason)) = reasons.raw_value
    where issues.id is not null and issues.created_at is not null

)

select * from final
