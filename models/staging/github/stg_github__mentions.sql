{{ config(enabled=var('counterpoise_github_enabled', false), materialized='table') }}
-- What texts say of other issues: closes #12, caused by #7, duplicate of #3, reverts acme/pay-api#5. The first mention of each wording in a
-- text counts, and only of the same repository; the text itself goes no further.
{%- set marks = ['chr(10)', 'chr(13)', "'('", "'*'", "'>'", "': '"] %}
{%- set wordings = {
    'closes': ['close', 'closes', 'closed', 'fix', 'fixes', 'fixed', 'resolve', 'resolves', 'resolved'],
    'caused_by': ['caused by'],
    'duplicates': ['duplicate of'],
    'reverts': ['reverts'],
} %}
with

items as (

    select * from {{ ref('stg_github__items') }}

),

texts as (

    select
        source_system,
        id as issue_id,
        ' ' || lower(body) as text_said,
        created_at
    from (
        {{ counterpoise.connector_rows('github', 'issue') }}
    ) as issues
    where body is not null
    union all
    select
        source_system,
        issue_id,
        ' ' || lower(body) as text_said,
        created_at
    from (
        {{ counterpoise.connector_rows('github', 'issue_comment') }}
    ) as comments
    where lower(body) like '%duplicate of%' or lower(body) like '%caused by%'

),

named as (

    select
        texts.source_system,
        texts.issue_id,
        texts.created_at,
        items.repository_id,
        items.is_pull_request,
        -- a number with the repository's own name before it is one without
        replace(
            {% for mark in marks %}replace({% endfor %}texts.text_said
            {%- for mark in marks %}, {{ mark }}, ' '){% endfor %},
            ' ' || coalesce(lower(items.full_name), ' ') || '#', ' #'
        ) as text_said
    from texts
    inner join items
        on
            texts.source_system = items.source_system
            and texts.issue_id = items.issue_id

),

found as (
    {% for kind, words in wordings.items() %}
    {%- set last_kind = loop.last %}
    {%- for word in words %}
    select
        source_system,
        issue_id,
        repository_id,
        created_at,
        '{{ kind }}' as kind,
        substring(text_said, {{ dbt.position("' " ~ word ~ " #'", 'text_said') }} + {{ word | length + 3 }}, 8) as tail
    from named
    where {{ dbt.position("' " ~ word ~ " #'", 'text_said') }} > 0{{ ' and is_pull_request' if kind in ('closes', 'reverts') }}
    {{ 'union all' if not (last_kind and loop.last) }}
    {%- endfor %}
    {%- endfor %}

),

counted as (

    select
        *,
        case
            {%- for place in range(1, 9) %}
            when substring(tail, {{ place }}, 1) not in ('0', '1', '2', '3', '4', '5', '6', '7', '8', '9') then {{ place - 1 }}
            {%- endfor %}
            else 8
        end as digits
    from found

),

final as (

    select
        counted.source_system,
        counted.issue_id,
        mentioned.issue_id as mentioned_issue_id,
        counted.kind,
        min(counted.created_at) as created_at
    from counted
    inner join items as mentioned
        on
            counted.source_system = mentioned.source_system
            and counted.repository_id = mentioned.repository_id
            and substring(counted.tail, 1, counted.digits) = mentioned.number
            and counted.issue_id <> mentioned.issue_id
    where counted.digits > 0
    group by counted.source_system, counted.issue_id, mentioned.issue_id, counted.kind

)

select * from final
