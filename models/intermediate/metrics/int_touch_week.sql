{{ config(**counterpoise.by_team_week('int_fed_team_weeks')) }}
{%- do ref('int_fed_team_weeks') %}
-- Family of touches: items an agent of the team worked on in the week, and how many of them were open again or came of an earlier
-- item. One per item and week, however often it was touched.
{%- set idle = ['created', 'queued', 'closed'] %}
with

touched as (

    select
        team_id,
        occurred_week as week,
        work_item_id,
        version_from_week,
        max(version_to_week) as version_to_week,
        max(case when resolutions_before > 0 and (state <> 'done' or state_before <> 'done') then 1 else 0 end) as is_back_again
    from {{ ref('int_item_steps') }}
    where
        actor_role = 'agent'
        and team_id is not null
        and event_type not in ('{{ idle | join("', '") }}')
        {{ counterpoise.of_changed_team_weeks(week='occurred_week', keyword='and') }}
    group by team_id, occurred_week, work_item_id, version_from_week

),

-- the week from which a link to an earlier item was there: what is linked later does not change what was read before
causes as (

    select
        links.from_item_id as work_item_id,
        min(coalesce({{ counterpoise.week_index('links.created_at') }}, 0)) as linked_week
    from {{ ref('stg_work_item_links') }} as links
    inner join {{ ref('stg_work_items') }} as later_items on links.from_item_id = later_items.work_item_id
    inner join {{ ref('stg_work_items') }} as earlier_items on links.to_item_id = earlier_items.work_item_id
    where links.link_type = 'caused_by' and earlier_items.created_at < later_items.created_at
    group by links.from_item_id

),

judged as (

    select
        touched.team_id,
        touched.week,
        touched.version_from_week,
        touched.version_to_week,
        touched.is_back_again = 1 or coalesce(causes.linked_week <= touched.week, false) as is_rework
    from touched
    left join causes on touched.work_item_id = causes.work_item_id

),

signed as (

    {{ counterpoise.signed_versions('judged', 'week') }}

),

final as (

    select
        team_id,
        week,
        'all' as stratum,
        known_week,
        {{ counterpoise.signed_sum('1') }} as touched_items,
        {{ counterpoise.signed_sum('1', 'is_rework') }} as rework_items
    from signed
    group by team_id, week, known_week

)

select * from final
