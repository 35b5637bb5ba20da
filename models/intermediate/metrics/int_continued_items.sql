-- Items that go on as another item in another team's tool (links `continues_in`): handed on by whoever held the first when the second
-- was made. Few rows: only linked items are looked at.
with

links as (

    select
        from_item_id,
        to_item_id,
        coalesce({{ counterpoise.week_index('created_at') }}, 0) as linked_week
    from {{ ref('stg_work_item_links') }}
    where link_type = 'continues_in'

),

spans as (

    select * from {{ ref('int_item_spans') }}

),

-- each version of the first item with each version of the second, for the weeks in which both hold
met as (

    select
        links.from_item_id as work_item_id,
        links.to_item_id as next_item_id,
        next_spans.version_from_week as next_version_from_week,
        greatest(max(spans.version_from_week), max(next_spans.version_from_week), max(links.linked_week)) as version_from_week,
        least(coalesce(max(spans.version_to_week), 1000000), coalesce(max(next_spans.version_to_week), 1000000)) as version_to_week,
        max(case
            when spans.started_at <= next_spans.started_at and (spans.ended_at is null or next_spans.started_at < spans.ended_at) then spans.team_id
        end) as team_id,
        max(next_spans.team_id) as next_team_id,
        max(next_spans.started_at) as handed_on_at,
        max(next_spans.state) as state,
        max(next_spans.wait_ended_at) as wait_ended_at,
        min(case when spans.reopened_at > next_spans.started_at then spans.reopened_at end) as reopened_at
    from links
    inner join spans as next_spans on links.to_item_id = next_spans.work_item_id and next_spans.span_number = 1
    inner join spans on links.from_item_id = spans.work_item_id
    group by links.from_item_id, links.to_item_id, next_spans.version_from_week, spans.version_from_week

),

handed_on as (

    select * from met
    where version_from_week < version_to_week and team_id <> next_team_id

),

final as (

    select
        handed_on.work_item_id,
        handed_on.next_item_id,
        handed_on.version_from_week,
        nullif(handed_on.version_to_week, 1000000) as version_to_week,
        handed_on.team_id,
        max(handed_on.next_team_id) as next_team_id,
        max(handed_on.handed_on_at) as handed_on_at,
        max(handed_on.state) as state,
        max(handed_on.wait_ended_at) as wait_ended_at,
        max(handed_on.reopened_at) as reopened_at,
        min(back.started_at) as back_at
    from handed_on
    left join spans as back
        on
            handed_on.next_item_id = back.work_item_id
            and handed_on.next_version_from_week = back.version_from_week
            and handed_on.team_id = back.team_id
            and back.span_number > 1
    group by handed_on.work_item_id, handed_on.next_item_id, handed_on.version_from_week, handed_on.version_to_week, handed_on.team_id

)

select * from final
