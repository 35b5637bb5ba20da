-- Most of what is targeted, rewarded and ranked hangs on one metric. A rule, not an estimate: from the limit (setting
-- `fixation_share`) on it fires, where anything is rewarded or ranked. A team without targets cannot be judged.
{%- set limit = counterpoise.setting('fixation_share') %}
with

team_weeks as (

    select team_id, week from {{ ref('int_team_weeks') }}
    where is_complete

),

targets as (

    select
        team_id,
        -- the limit of an item and the goal for the share of items within it are about one thing
        case metric_id
            when 'first_response_within_target' then 'first_response_hours'
            when 'resolved_within_target' then 'resolution_hours'
            else metric_id
        end as about,
        {{ counterpoise.week_index_of_date('valid_from') }} as from_week,
        {{ counterpoise.week_index_of_date('valid_to') }} as to_week,
        case when tied_to_reward then 1 else 0 end + case when publicly_ranked then 1 else 0 end as pressure
    from {{ ref('stg_targets') }}

),

weights as (

    select
        team_weeks.team_id,
        team_weeks.week,
        targets.about,
        count(*) as targets,
        sum(targets.pressure) as pressure
    from team_weeks
    inner join targets
        on
            team_weeks.team_id = targets.team_id
            and team_weeks.week >= targets.from_week
            and team_weeks.week <= coalesce(targets.to_week, team_weeks.week)
    group by team_weeks.team_id, team_weeks.week, targets.about

),

shares as (

    select
        team_id,
        week,
        sum(targets) as n,
        sum(pressure) as pressure,
        max(targets + pressure) / {{ counterpoise.as_double('sum(targets + pressure)') }} as top_share
    from weights
    group by team_id, week

),

weighed as (

    select
        team_weeks.team_id,
        team_weeks.week,
        {{ counterpoise.settled('shares.top_share') }} as observed,
        case when shares.n is not null then {{ limit }} end as expected,
        {{ counterpoise.settled(limit ~ ' - shares.top_share') }} as effect,
        shares.n,
        case
            when {{ counterpoise.settled('shares.top_share') }} < {{ limit }} then {{ counterpoise.settled('3.0 * (shares.top_share - ' ~ limit ~ ') / ' ~ limit) }}
            when shares.pressure = 0 then 0
            when shares.pressure > 0 then {{ counterpoise.settled('3.0 + 3.0 * coalesce((shares.top_share - ' ~ limit ~ ') / nullif(1 - ' ~ limit ~ ', 0), 0)') }}
        end as log_evidence
    from team_weeks
    left join shares
        on
            team_weeks.team_id = shares.team_id
            and team_weeks.week = shares.week

),

final as (
    {{ counterpoise.signal_rows('metric_fixation', 'weighed', 'log_evidence >= 3') }}
)

select * from final
