{#- How many durations of a week lie in each bin, bins doubling from a quarter of an hour: counts add up over weeks and teams, medians do
    not. A median is read from the added counts. Only mature weeks; newest versions of the items; no weeks of too few people. -#}
{%- set uppers = [0.25] -%}
{%- for doubling in range(17) -%}{%- do uppers.append(uppers[-1] * 2) -%}{%- endfor -%}
with

closures as (

    select * from {{ ref('int_closures') }}
    where version_to_week is null

),

first_responses as (

    select * from {{ ref('int_first_responses') }}
    where version_to_week is null

),

durations as (

    select
        team_id,
        week,
        'resolution_hours' as metric_id,
        working_hours as hours
    from closures
    union all
    select
        team_id,
        week,
        'end_to_end_hours' as metric_id,
        end_to_end_hours as hours
    from closures
    where is_customer_work
    union all
    select
        team_id,
        week,
        'first_response_hours' as metric_id,
        response_hours as hours
    from first_responses

),

reach as (

    select
        team_id,
        max(last_complete_week) as last_complete_week
    from {{ ref('int_team_weeks') }}
    group by team_id

),

metrics as (

    select metric_id, maturity_weeks from {{ ref('dim_metric') }}

),

small_team_weeks as (

    select team_id, week from {{ ref('int_small_team_weeks') }}
    where is_small

),

binned as (

    select
        durations.team_id,
        durations.week,
        durations.metric_id,
        case
            {%- for upper in uppers %}
            when durations.hours <= {{ upper }} then {{ upper }}
            {%- endfor %}
        end as bin_upper_hours
    from durations
    inner join reach on durations.team_id = reach.team_id
    inner join metrics on durations.metric_id = metrics.metric_id
    left join small_team_weeks on durations.team_id = small_team_weeks.team_id and durations.week = small_team_weeks.week
    where durations.hours is not null and small_team_weeks.team_id is null and durations.week + metrics.maturity_weeks <= reach.last_complete_week

),

final as (

    select
        team_id,
        {{ counterpoise.week_start('week') }} as week_start,
        metric_id,
        {{ counterpoise.as_double('bin_upper_hours') }} as bin_upper_hours,
        {{ counterpoise.as_integer('count(*)') }} as n
    from binned
    group by team_id, week, metric_id, bin_upper_hours

)

select * from final
