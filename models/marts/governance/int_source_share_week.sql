-- How much of a team's new work of the last 13 weeks comes from its main source, and how many sources the organisation has, as known then.
{{ config(schema='private') }}
{%- set weeks = 13 %}
with

created as (

    select
        *,
        occurred_week as week
    from {{ ref('int_item_steps') }}
    where event_type = 'created' and team_id is not null

),

versions as (
    {{ counterpoise.signed_versions('created', 'week') }}
),

signed as (

    select
        team_id,
        source_system,
        week,
        sign,
        greatest(known_week, event_known_week) as known_week
    from versions

),

changes as (

    select
        team_id,
        source_system,
        known_week as week,
        sign
    from signed
    where known_week < week + {{ weeks }}
    union all
    select
        team_id,
        source_system,
        week + {{ weeks }} as week,
        -sign as sign
    from signed
    where known_week < week + {{ weeks }}

),

change_weeks as (

    select
        team_id,
        source_system,
        week,
        sum(sign) as items
    from changes
    group by team_id, source_system, week

),

first_weeks as (

    select
        source_system,
        min(week) as week
    from change_weeks
    group by source_system

),

series as (

    select
        change_weeks.team_id,
        change_weeks.source_system,
        min(change_weeks.week) as first_week
    from change_weeks
    group by change_weeks.team_id, change_weeks.source_system

),

running as (

    select
        series.team_id,
        team_weeks.week,
        series.source_system,
        sum(coalesce(change_weeks.items, 0)) over (
            partition by series.team_id, series.source_system order by team_weeks.week
            rows between unbounded preceding and current row
        ) as items
    from series
    inner join {{ ref('int_team_weeks') }} as team_weeks
        on
            series.team_id = team_weeks.team_id
            and series.first_week <= team_weeks.week
    left join change_weeks
        on
            series.team_id = change_weeks.team_id
            and series.source_system = change_weeks.source_system
            and team_weeks.week = change_weeks.week
    where team_weeks.is_complete

),

known_sources as (

    select
        weeks.week,
        count(*) as sources
    from (select distinct week from running) as weeks
    inner join first_weeks on weeks.week >= first_weeks.week
    group by weeks.week

),

final as (

    select
        running.team_id,
        {{ counterpoise.as_integer('running.week') }} as week,
        {{ counterpoise.as_integer('sum(running.items)') }} as items,
        {{ counterpoise.as_integer('max(running.items)') }} as items_of_main_source,
        {{ counterpoise.as_integer('max(known_sources.sources)') }} as sources
    from running
    inner join known_sources on running.week = known_sources.week
    group by running.team_id, running.week

)

select * from final
