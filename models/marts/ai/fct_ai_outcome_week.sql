-- What came of work with AI beside work without, easy and hard apart, by team and week of the first resolution. As known now.
-- No weeks of too few people.
with

closures as (

    select * from {{ ref('int_closures') }}
    where version_to_week is null and is_customer_work

),

items as (

    select work_item_id, ai_assisted from {{ ref('stg_work_items') }}
    where ai_assisted is not null

),

team_weeks as (

    select team_id, max(last_complete_week) as last_complete_week
    from {{ ref('int_team_weeks') }}
    group by team_id

),

metrics as (

    select
        max(case when metric_id = 'csat' then maturity_weeks end) as csat_maturity_weeks,
        max(case when metric_id = 'reopen_rate' then maturity_weeks end) as reopen_maturity_weeks,
        max(case when metric_id = 'repeat_contact_rate' then maturity_weeks end) as repeat_maturity_weeks
    from {{ ref('dim_metric') }}

),

small_team_weeks as (

    select team_id, week from {{ ref('int_small_team_weeks') }}
    where is_small

),

answers as (

    select
        outcomes.work_item_id,
        sum({{ counterpoise.as_measure('outcomes.value') }}) as csat_sum,
        count(*) as csat_answers
    from {{ ref('stg_outcomes') }} as outcomes
    inner join closures on outcomes.work_item_id = closures.work_item_id
    where
        outcomes.outcome_type = 'csat'
        and outcomes.value is not null
        and {{ counterpoise.epoch_seconds('outcomes.occurred_at') }} - {{ counterpoise.epoch_seconds('closures.first_resolved_at') }}
        <= {{ counterpoise.setting('csat_follow_up_days') * 86400 }}
    group by outcomes.work_item_id

),

counted as (

    select
        closures.team_id,
        closures.week,
        items.ai_assisted as is_ai_assisted,
        case when closures.is_hard then 'hard' when not closures.is_hard then 'easy' else 'unknown' end as difficulty,
        count(*) as items,
        {{ counterpoise.as_double('coalesce(sum(answers.csat_sum), 0)') }} as csat_sum,
        coalesce(sum(answers.csat_answers), 0) as csat_answers,
        sum(case when closures.is_reopened_in_follow_up then 1 else 0 end) as reopened_items,
        sum(case when closures.can_repeat and closures.is_repeated then 1 else 0 end) as repeated_items,
        sum(case when closures.can_repeat then 1 else 0 end) as contactable_items
    from closures
    inner join items on closures.work_item_id = items.work_item_id
    left join answers on closures.work_item_id = answers.work_item_id
    group by closures.team_id, closures.week, items.ai_assisted, closures.is_hard

),

final as (

    select
        counted.team_id,
        {{ counterpoise.week_start('counted.week') }} as week_start,
        counted.is_ai_assisted,
        counted.difficulty,
        {{ counterpoise.as_integer('counted.items') }} as items,
        counted.csat_sum,
        {{ counterpoise.as_integer('counted.csat_answers') }} as csat_answers,
        -- null until the time to answer, to open again or to ask again is over
        case when counted.week + metrics.csat_maturity_weeks <= team_weeks.last_complete_week then counted.csat_sum / nullif(counted.csat_answers, 0) end as csat,
        {{ counterpoise.as_integer('counted.reopened_items') }} as reopened_items,
        case
            when counted.week + metrics.reopen_maturity_weeks <= team_weeks.last_complete_week
                then {{ counterpoise.as_double('counted.reopened_items') }} / counted.items
        end as reopen_rate,
        {{ counterpoise.as_integer('counted.repeated_items') }} as repeated_items,
        {{ counterpoise.as_integer('counted.contactable_items') }} as contactable_items,
        case
            when counted.week + metrics.repeat_maturity_weeks <= team_weeks.last_complete_week
                then {{ counterpoise.as_double('counted.repeated_items') }} / nullif(counted.contactable_items, 0)
        end as repeat_contact_rate
    from counted
    inner join team_weeks on counted.team_id = team_weeks.team_id
    cross join metrics
    left join small_team_weeks on counted.team_id = small_team_weeks.team_id and counted.week = small_team_weeks.week
    where counted.week <= team_weeks.last_complete_week and small_team_weeks.team_id is null

)

select * from final
