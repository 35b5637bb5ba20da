{{ config(enabled=var('counterpoise_jira_enabled', false), materialized='table') }}
{#- The last word counts: a status of category done ends an issue, any other opens it. Where only the resolution changes, clearing it in
    a status that is done opens the issue, setting it there ends it again. Elsewhere the resolution decides nothing, unless the status
    means nothing. -#}
{%- set roles = ['status', 'resolution', 'flag', 'team', 'sprint', 'project', 'reporter'] -%}
-- Moments at which an issue's state or owner changed, each with what holds from then on: status, state, owners, who asked.
with

issues as (

    select * from {{ ref('stg_jira__issues') }}
    where is_item

),

changes as (

    select * from {{ ref('stg_jira__changes') }}
    where role in ('{{ roles | join("', '") }}')

),

statuses as (

    select * from {{ ref('stg_jira__statuses') }}

),

resolutions as (

    select * from {{ ref('stg_jira__resolutions') }}

),

sprints as (

    {{ counterpoise.connector_rows('jira', 'sprint') }}

),

lines as (

    select
        source_system,
        issue_id,
        role,
        changed_at,
        value,
        author_id
    from changes
    union all
    select
        source_system,
        issue_id,
        'created' as role,
        created_at as changed_at,
        cast(null as {{ counterpoise.type_of('string') }}) as value,
        creator_id as author_id
    from issues

),

-- the last value of each field up to and with the moment: number the changes, then take each number's only value
numbered as (

    select
        *,
        {%- for role in roles %}
        count(case when role = '{{ role }}' then 1 end) over (partition by source_system, issue_id order by changed_at) as {{ role }}_run{{ ',' if not loop.last }}
        {%- endfor %}
    from lines

),

filled as (

    select
        *,
        {%- for role in roles %}
        max(case when role = '{{ role }}' then value end) over (partition by source_system, issue_id, {{ role }}_run) as {{ role }}_now{{ ',' if not loop.last }}
        {%- endfor %}
    from numbered

),

moments as (

    select
        source_system,
        issue_id,
        changed_at as began_at,
        max(case when role = 'created' then 1 else 0 end) = 1 as is_creation,
        max(case when role = 'status' then 1 else 0 end) = 1 as is_status_change,
        max(case when role = 'resolution' then 1 else 0 end) = 1 as is_resolution_change,
        {%- for role in roles %}
        max({{ role }}_now) as {{ role }}_now,
        {%- endfor %}
        coalesce(
            max(case when role = 'status' then author_id end),
            max(case when role = 'resolution' then author_id end),
            max(case when role = 'flag' then author_id end),
            max(case when role = 'created' then author_id end)
        ) as author_id
    from filled
    group by source_system, issue_id, changed_at

),

meant as (

    select
        moments.*,
        coalesce(statuses.status_name, moments.status_now) as status_name,
        statuses.category,
        statuses.waits_on,
        statuses.step,
        coalesce(resolutions.ending, case when moments.resolution_now is null then statuses.ending end, 'done') as ending,
        sprints.board_id,
        case
            when moments.is_status_change and statuses.category is not null then case when statuses.category = 'done' then 'done' else 'open' end
            when moments.is_resolution_change and statuses.category <> 'done' then 'open'
            when moments.is_resolution_change or moments.is_status_change
                then case when moments.resolution_now is not null then 'done' else 'open' end
        end as last_word
    from moments
    left join statuses on moments.source_system = statuses.source_system and moments.status_now = statuses.status_id
    left join resolutions on moments.source_system = resolutions.source_system and moments.resolution_now = resolutions.resolution_id
    left join sprints on moments.source_system = sprints.source_system and moments.sprint_now = sprints.id

),

spoken as (

    select
        *,
        count(last_word) over (partition by source_system, issue_id order by began_at) as word_run
    from meant

),

stated as (

    select
        *,
        case
            when max(last_word) over (partition by source_system, issue_id, word_run) = 'done' then 'done'
            when flag_now is not null then 'blocked'
            when category = 'done' then 'queued'
            else category
        end as state
    from spoken

),

final as (

    select
        *,
        lag(state) over (partition by source_system, issue_id order by began_at) as state_before,
        lag(status_now) over (partition by source_system, issue_id order by began_at) as status_before,
        lag(status_name) over (partition by source_system, issue_id order by began_at) as status_name_before,
        lag(waits_on) over (partition by source_system, issue_id order by began_at) as waits_on_before,
        lag(step) over (partition by source_system, issue_id order by began_at) as step_before,
        lead(began_at) over (partition by source_system, issue_id order by began_at) as ended_at
    from stated

)

select * from final
