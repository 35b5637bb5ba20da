{#- The four layers of human system design, from the bottom: a layer holds when its practices are in place and looked at in the last quarter, and
    the people asked do not say otherwise; it counts only when all layers below it hold. -#}
with

small_team_weeks as (

    select team_id, week from {{ ref('int_small_team_weeks') }}

),

practices as (

    select * from {{ ref('ai_practices') }}

),

kept as (

    select * from {{ ref('int_practice_week') }}

),

team_weeks as (

    select distinct
        team_id,
        week,
        is_told
    from kept

),

layers as (

    select
        team_weeks.team_id,
        team_weeks.week,
        team_weeks.is_told,
        practices.layer,
        practices.layer_order,
        practices.survey_construct,
        count(*) as practices,
        count(kept.practice) as practices_in_place,
        coalesce(sum(kept.is_reviewed), 0) as reviewed_practices
    from team_weeks
    cross join practices
    left join kept
        on
            team_weeks.team_id = kept.team_id
            and team_weeks.week = kept.week
            and practices.practice_id = kept.practice
    group by
        team_weeks.team_id, team_weeks.week, team_weeks.is_told, practices.layer, practices.layer_order, practices.survey_construct

),

asked as (

    select
        layers.*,
        small_team_weeks.team_id is not null as is_suppressed,
        case
            when surveys.n >= {{ counterpoise.setting('min_survey_answers') }} and surveys.denominator > 0
                then {{ counterpoise.settled(counterpoise.as_double('surveys.numerator') ~ ' / ' ~ counterpoise.as_double('surveys.denominator')) }}
        end as survey_score
    from layers
    left join small_team_weeks
        on
            layers.team_id = small_team_weeks.team_id
            and layers.week = small_team_weeks.week
    left join {{ ref('int_metric_window_sums') }} as surveys
        on
            layers.team_id = surveys.team_id
            and layers.week = surveys.week
            and layers.survey_construct = surveys.metric_id
            and surveys.window_weeks = 26
            and small_team_weeks.team_id is null

),

held as (

    select
        *,
        case when is_told then reviewed_practices = practices and coalesce(survey_score, 1) >= 0.5 end as holds
    from asked

),

final as (

    select
        team_id,
        {{ counterpoise.week_start('week') }} as week_start,
        layer,
        {{ counterpoise.as_integer('layer_order') }} as layer_order,
        {{ counterpoise.as_integer('practices') }} as practices,
        {{ counterpoise.as_integer('case when is_told then practices_in_place end') }} as practices_in_place,
        {{ counterpoise.as_integer('case when is_told then reviewed_practices end') }} as reviewed_practices,
        survey_score,
        holds,
        case
            when is_told then min(case when holds then 1 else 0 end) over (
                partition by team_id, week order by layer_order
                rows between unbounded preceding and current row
            ) = 1
        end as counts,
        case when is_told then 'ok' else 'no_data' end as status,
        is_suppressed
    from held

)

select * from final
