{{ config(**counterpoise.by_item('int_reached_items', week='week')) }}
{%- do ref('int_reached_items') %}
-- Item versions by where they began: the week of creation and the team that held the item first.
{%- set duplicate_seconds = 28 * 86400 %}
{%- set untouched_seconds = counterpoise.setting('untouched_days') * 86400 %}
with

items as (

    select * from {{ ref('int_work_items') }}
    where first_team_id is not null {{ counterpoise.of_changed(keyword='and') }}

),

edits as (

    select * from {{ ref('int_item_edits') }}

),

duplicates as (

    select
        links.from_item_id as work_item_id,
        min(coalesce(links.created_at, items.created_at)) as linked_at
    from {{ ref('stg_work_item_links') }} as links
    inner join {{ ref('stg_work_items') }} as items on links.from_item_id = items.work_item_id
    where links.link_type = 'duplicates'
    group by links.from_item_id

),

strata as (

    select * from {{ ref('int_team_strata') }}

),

sources as (

    select * from {{ ref('int_source_weeks') }}

),

teams as (

    select team_id, timezone from {{ ref('stg_teams') }}

),

on_the_spot as (

    select
        items.*,
        coalesce(edits.first_priority, items.priority) as created_priority,
        coalesce(edits.first_due_at, items.due_at) as promised_at,
        {{ counterpoise.to_local('items.created_at', 'teams.timezone') }} as created_local
    from items
    left join edits
        on
            items.work_item_id = edits.work_item_id
            and items.version_from_week = edits.version_from_week
    left join teams on items.first_team_id = teams.team_id

),

dated as (

    select
        *,
        {{ counterpoise.week_index('created_local') }} as week,
        {{ counterpoise.add_seconds('created_at', duplicate_seconds) }} as duplicate_until,
        {{ counterpoise.add_seconds('created_at', untouched_seconds) }} as touched_until
    from on_the_spot

),

final as (

    select
        dated.work_item_id,
        -- which team an item begins with is known once a team has it
        greatest(dated.version_from_week, dated.first_team_week) as version_from_week,
        case when dated.version_to_week is not null then greatest(dated.version_to_week, dated.first_team_week) end as version_to_week,
        dated.version_from_week as item_version_from_week,
        dated.first_team_id as team_id,
        dated.week,
        dated.account_id,
        dated.is_customer_work,
        dated.planned,
        strata.is_hard,
        dated.is_split,
        dated.week >= sources.first_origin_week or dated.week >= sources.first_link_week as tells_splits,
        dated.week >= sources.first_resolution_week or dated.week >= sources.first_link_week as tells_duplicates,
        coalesce(duplicates.linked_at <= dated.duplicate_until, false)
        or (coalesce(dated.resolution, '') = 'duplicate' and coalesce(dated.first_ended_at <= dated.duplicate_until, false)) as is_duplicate,
        case
            when dated.created_priority is not null
                then lower(trim(dated.created_priority)) in (
                    {%- for word in counterpoise.setting('urgent_priorities') %}
                    {{ counterpoise.text_literal(word) }}{{ ',' if not loop.last }}
                    {%- endfor %}
                )
        end as is_urgent,
        {{ counterpoise.is_period_end('dated.created_local') }} as is_period_end,
        case
            when dated.is_customer_work and dated.promised_at is not null
                then greatest({{ counterpoise.hours_between('dated.created_at', 'dated.promised_at') }}, 0)
        end as promised_hours,
        not coalesce(dated.first_touched_at <= dated.touched_until, false)
        and not coalesce(dated.first_ended_at <= dated.touched_until, false) as is_untouched
    from dated
    left join duplicates on dated.work_item_id = duplicates.work_item_id
    left join strata
        on
            dated.first_team_id = strata.team_id
            and {{ counterpoise.stratum_label('dated') }} = strata.stratum
    left join sources on dated.source_system = sources.source_system

)

select * from final
