{{ config(enabled=var('counterpoise_jira_enabled', false), materialized='table') }}
-- Every change of a field that is read, one row per issue, field and moment. Where an issue has no history of a field, its value now
-- stands for it.
with

issues as (

    select * from {{ ref('stg_jira__issues') }}
    where is_item

),

told as (

    select * from {{ ref('stg_jira__field_values') }}

),

sprints as (

    {{ counterpoise.connector_rows('jira', 'sprint') }}

),

covered as (

    select distinct
        source_system,
        issue_id,
        role
    from told

),

-- what an issue is now, for fields nothing is told of
stated as (
    {% for role, value, told_at in [
        ('status', 'status_id', 'coalesce(status_category_changed_at, resolved_at, created_at)'),
        ('resolution', 'resolution_id', 'coalesce(resolved_at, created_at)'),
        ('project', 'project_id', 'created_at'),
        ('reporter', 'reporter_id', 'created_at'),
    ] %}
    select
        issues.source_system,
        issues.issue_id,
        '{{ role }}' as role,
        {{ told_at }} as told_at,
        issues.{{ value }} as value,
        cast(null as {{ counterpoise.type_of('string') }}) as author_id,
        issues._loaded_at
    from issues
    left join covered
        on
            issues.source_system = covered.source_system
            and issues.issue_id = covered.issue_id
            and covered.role = '{{ role }}'
    where covered.issue_id is null and issues.{{ value }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

everything as (

    select * from told
    union all
    select * from stated

),

begun as (

    select
        *,
        min(told_at) over (partition by source_system, issue_id, role) as first_told_at
    from everything

),

-- what is written within a second of the creation is what the issue was created with
placed as (

    select
        begun.source_system,
        begun.issue_id,
        begun.role,
        begun.told_at,
        begun.value,
        begun.author_id,
        begun._loaded_at,
        sprints.id as sprint_id,
        sprints.start_date,
        issues.created_at,
        case
            when begun.told_at = begun.first_told_at and begun.told_at <= {{ counterpoise.add_seconds('issues.created_at', 1) }} then issues.created_at
            else greatest(begun.told_at, issues.created_at)
        end as changed_at
    from begun
    inner join issues on begun.source_system = issues.source_system and begun.issue_id = issues.issue_id
    left join sprints
        on
            begun.role = 'sprint'
            and begun.source_system = sprints.source_system
            and begun.value = sprints.id

),

-- of several values of a moment: of sprints the one that is last to begin, else the one that is there
ranked as (

    select
        *,
        row_number() over (
            partition by source_system, issue_id, role, changed_at
            order by
                told_at desc,
                case when value is null then 1 else 0 end,
                case when sprint_id is null then 2 when start_date is null then 0 else 1 end,
                start_date desc nulls last,
                _loaded_at desc nulls last,
                {{ counterpoise.byte_order('value') }} desc
        ) as place
    from placed

),

linked as (

    select
        *,
        lag(value) over (partition by source_system, issue_id, role order by changed_at) as from_value,
        row_number() over (partition by source_system, issue_id, role order by changed_at) = 1 as is_first
    from ranked
    where place = 1

),

final as (

    select
        source_system,
        issue_id,
        role,
        changed_at,
        from_value,
        value,
        author_id,
        is_first and changed_at = created_at as is_created_with,
        _loaded_at
    from linked
    where is_first or coalesce(value, '') <> coalesce(from_value, '')

)

select * from final
