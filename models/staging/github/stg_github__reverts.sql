{{ config(enabled=var('counterpoise_github_enabled', false), materialized='table') }}
-- Merged pull requests that were taken back, and when: by a pull request that says so (its number, the commit, or the title), or by a commit.
{%- set said = 'this reverts commit ' %}
with

items as (

    select * from {{ ref('stg_github__items') }}
    where merged_at is not null

),

texts as (

    select
        source_system,
        id as issue_id,
        title,
        lower(body) as body
    from (
        {{ counterpoise.connector_rows('github', 'issue') }}
    ) as issues

),

revert_titles as (

    select
        items.*,
        substring(texts.title, 9, length(texts.title) - 9) as reverted_title,
        substring(texts.body, {{ dbt.position("'" ~ said ~ "'", 'texts.body') }} + {{ said | length }}, 40) as reverted_sha,
        {{ dbt.position("'" ~ said ~ "'", 'texts.body') }} > 0 as names_commit,
        texts.title like 'Revert "%"' as has_title
    from items
    inner join texts
        on
            items.source_system = texts.source_system
            and items.issue_id = texts.issue_id
    where texts.title like 'Revert "%"' or texts.body like '%{{ said }}%'

),

by_number as (

    select
        mentions.source_system,
        mentions.issue_id,
        mentions.mentioned_issue_id
    from {{ ref('stg_github__mentions') }} as mentions
    where mentions.kind = 'reverts'

),

pairs as (

    select
        reverts.source_system,
        'pr:' || reverts.issue_id as revert_key,
        reverts.issue_id as revert_issue_id,
        reverted.issue_id as reverted_issue_id,
        reverts.merged_at as reverted_at,
        reverts._fivetran_synced,
        row_number() over (
            partition by reverts.source_system, reverts.issue_id
            order by
                case when by_number.issue_id is not null then 0 when reverts.names_commit and lower(reverted.merge_sha) = reverts.reverted_sha then 1 else 2 end,
                reverted.merged_at desc, {{ counterpoise.byte_order('reverted.issue_id') }}
        ) as place
    from revert_titles as reverts
    inner join items as reverted
        on
            reverts.source_system = reverted.source_system
            and reverts.repository_id = reverted.repository_id
            and reverts.issue_id <> reverted.issue_id
            and reverts.merged_at >= reverted.merged_at
    inner join texts
        on
            reverted.source_system = texts.source_system
            and reverted.issue_id = texts.issue_id
    left join by_number
        on
            reverts.source_system = by_number.source_system
            and reverts.issue_id = by_number.issue_id
            and reverted.issue_id = by_number.mentioned_issue_id
    where
        by_number.issue_id is not null
        or (reverts.names_commit and lower(reverted.merge_sha) = reverts.reverted_sha)
        or (reverts.has_title and texts.title = reverts.reverted_title)

),

-- a commit of no merged pull request of the list above
commits as (

    select
        messages.source_system,
        'commit:' || messages.sha as revert_key,
        cast(null as {{ counterpoise.type_of('string') }}) as revert_issue_id,
        reverted.issue_id as reverted_issue_id,
        messages.committer_date as reverted_at,
        reverted._fivetran_synced,
        1 as place
    from (
        {{ counterpoise.connector_rows('github', 'commit') }}
    ) as messages
    inner join items as reverted
        on
            messages.source_system = reverted.source_system
            and messages.repository_id = reverted.repository_id
            and substring(lower(messages.message), {{ dbt.position("'" ~ said ~ "'", 'lower(messages.message)') }} + {{ said | length }}, 40) = lower(reverted.merge_sha)
    where lower(messages.message) like '%{{ said }}%' and messages.committer_date >= reverted.merged_at

),

united as (

    select * from pairs
    where place = 1
    union all
    select commits.*
    from commits
    left join pairs
        on
            commits.source_system = pairs.source_system
            and commits.reverted_issue_id = pairs.reverted_issue_id
            and pairs.place = 1
    where pairs.reverted_issue_id is null

),

final as (

    select
        source_system,
        revert_key,
        revert_issue_id,
        reverted_issue_id,
        reverted_at,
        _fivetran_synced
    from united

)

select * from final
