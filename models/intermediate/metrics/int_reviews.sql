-- Reviews done: how long each was waited for, from the first request since the review before it. A review nobody asked for has no wait.
with

steps as (

    select
        *,
        count(case when event_type = 'reviewed' then 1 end) over (
            partition by work_item_id, version_from_week order by step
            rows between unbounded preceding and 1 preceding
        ) as reviews_before
    from {{ ref('int_item_steps') }}
    where event_type in ('review_requested', 'reviewed')

),

final as (

    select
        work_item_id,
        version_from_week,
        max(version_to_week) as version_to_week,
        {{ counterpoise.as_integer('reviews_before + 1') }} as review_number,
        max(case when event_type = 'reviewed' then team_id end) as team_id,
        max(case when event_type = 'reviewed' then occurred_week end) as week,
        {{ counterpoise.hours_between(
            "min(case when event_type = 'review_requested' then occurred_at end)",
            "max(case when event_type = 'reviewed' then occurred_at end)"
        ) }} as wait_hours
    from steps
    group by work_item_id, version_from_week, reviews_before
    having
        max(case when event_type = 'reviewed' then team_id end) is not null
        and min(case when event_type = 'review_requested' then occurred_at end) is not null

)

select * from final
