-- How often a metric was looked at in the last 26 weeks, what was decided, and whether anything changed then: a target, what is counted, or
-- something around the team within four weeks of a decision; or a next step that was accepted or done.
{{ config(schema='private') }}
{%- set reach_weeks = 26 %}
{%- set change_days = 28 %}
with

metrics as (

    select
        metric_id,
        case review_cadence when 'weekly' then 1 when 'monthly' then 4 else 13 end as cadence_weeks
    from {{ ref('dim_metric') }}

),

now_week as (

    select max(last_complete_week) as week
    from {{ ref('int_team_weeks') }}

),

reviews as (

    select
        reviews.review_id,
        reviews.metric_id,
        reviews.team_id,
        cast(reviews.reviewed_at as date) as reviewed_on,
        cast({{ dbt.dateadd('day', change_days, 'reviews.reviewed_at') }} as date) as until_day,
        nullif(trim(reviews.decision), '') is not null as has_decision,
        floor((now_week.week - {{ counterpoise.week_index('reviews.reviewed_at') }}) / {{ counterpoise.as_double('metrics.cadence_weeks') }}) as cadence_number
    from {{ ref('stg_metric_reviews') }} as reviews
    inner join metrics on reviews.metric_id = metrics.metric_id
    cross join now_week
    where {{ counterpoise.week_index('reviews.reviewed_at') }} between now_week.week - {{ reach_weeks - 1 }} and now_week.week

),

-- what changed, for one metric or (null) for any, in one team or (null) in all
changes as (

    select
        metric_id,
        team_id,
        valid_from as changed_on
    from {{ ref('stg_targets') }}
    union all
    select
        metric_id,
        team_id,
        cast(requested_at as date) as changed_on
    from {{ ref('stg_metric_changes') }}
    union all
    select
        cast(null as {{ counterpoise.type_of('string') }}) as metric_id,
        team_id,
        cast(started_at as date) as changed_on
    from {{ ref('stg_interventions') }}
    where kind <> 'external_event'

),

followed as (

    select distinct reviews.metric_id
    from reviews
    inner join changes
        on
            reviews.metric_id = coalesce(changes.metric_id, reviews.metric_id)
            and coalesce(reviews.team_id, changes.team_id, '') = coalesce(changes.team_id, reviews.team_id, '')
            and changes.changed_on between reviews.reviewed_on and reviews.until_day
    where reviews.has_decision

),

answered as (

    select distinct annotations.metric_id
    from {{ ref('stg_annotations') }} as annotations
    cross join now_week
    where
        annotations.state in ('accepted', 'done')
        and {{ counterpoise.week_index('annotations.recorded_at') }} between now_week.week - {{ reach_weeks - 1 }} and now_week.week

),

counted as (

    select
        metric_id,
        count(*) as reviews,
        count(distinct cadence_number) as cadences,
        sum(case when has_decision then 1 else 0 end) as decisions
    from reviews
    group by metric_id

),

final as (

    select
        metrics.metric_id,
        {{ counterpoise.as_integer('now_week.week') }} as week,
        {{ counterpoise.as_integer('coalesce(counted.reviews, 0)') }} as reviews,
        -- three quarters of the cadences that lie wholly within the 26 weeks
        coalesce(counted.cadences, 0) >= 0.75 * floor({{ reach_weeks }}.0 / metrics.cadence_weeks) as is_reviewed_in_cadence,
        {{ counterpoise.as_integer('coalesce(counted.decisions, 0)') }} as decisions,
        followed.metric_id is not null or answered.metric_id is not null as has_changed_behaviour
    from metrics
    cross join now_week
    left join counted on metrics.metric_id = counted.metric_id
    left join followed on metrics.metric_id = followed.metric_id
    left join answered on metrics.metric_id = answered.metric_id
    where now_week.week is not null

)

select * from final
