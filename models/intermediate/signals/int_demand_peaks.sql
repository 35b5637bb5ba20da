-- Peaks of requests and how long the team took to get over them. A peak is a week with many more items created than in the median of the
-- 13 weeks before (setting `spike_ratio`), the first of several in a row; it is over once no more than 10 % more items are open than
-- before it. Looked at for 8 weeks, so that quick and slow recoveries become known after the same time. Every figure as known at
-- the end of its own week, so that the past keeps its peaks.
{%- set looked_at = 8 %}
with

team_weeks as (

    select team_id, week from {{ ref('int_team_weeks') }}
    where is_complete

),

created_counts as (

    select
        team_id,
        week,
        sum(created_items) as created_items
    from {{ ref('int_created_week') }}
    where known_week <= week
    group by team_id, week

),

first_created as (

    select
        team_id,
        min(week) as week
    from created_counts
    group by team_id

),

created as (

    select
        team_weeks.team_id,
        team_weeks.week,
        {{ counterpoise.as_double('coalesce(created_counts.created_items, 0)') }} as created_items
    from team_weeks
    inner join first_created
        on
            team_weeks.team_id = first_created.team_id
            and team_weeks.week >= first_created.week
    left join created_counts
        on
            team_weeks.team_id = created_counts.team_id
            and team_weeks.week = created_counts.week

),

open_items as (

    select
        team_id,
        week,
        sum(open_items) as open_items
    from {{ ref('int_backlog_week') }}
    where known_week <= week
    group by team_id, week

),

usual as (

    select
        created.team_id,
        created.week,
        max(created.created_items) as created_items,
        {{ counterpoise.percentile('before.created_items', 0.5) }} as usual_items
    from created
    inner join created as before
        on
            created.team_id = before.team_id
            and created.week > before.week
            and created.week - 13 <= before.week
    group by created.team_id, created.week
    having count(*) = 13

),

high as (

    select
        *,
        lag(week) over (partition by team_id order by week) as high_before
    from usual
    where
        usual_items > 0
        and created_items >= {{ counterpoise.settled(counterpoise.setting('spike_ratio') ~ ' * usual_items') }}

),

peaks as (

    select
        high.team_id,
        high.week,
        high.created_items,
        high.usual_items,
        open_items.open_items as open_before
    from high
    inner join open_items
        on
            high.team_id = open_items.team_id
            and high.week - 1 = open_items.week
    where high.high_before is null or high.high_before < high.week - 1

),

final as (

    select
        peaks.team_id,
        peaks.week,
        max(peaks.created_items) as created_items,
        max(peaks.usual_items) as usual_items,
        max(peaks.open_before) as open_before,
        coalesce(min(case when open_items.open_items <= 1.1 * peaks.open_before then open_items.week - peaks.week end), {{ looked_at }}) as recovery_weeks,
        peaks.week + {{ looked_at }} as known_week
    from peaks
    inner join open_items
        on
            peaks.team_id = open_items.team_id
            and peaks.week < open_items.week
            and peaks.week + {{ looked_at }} >= open_items.week
    group by peaks.team_id, peaks.week
    having count(*) = {{ looked_at }}

)

select * from final
