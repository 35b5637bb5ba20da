{#- Teams and weeks that AI norms speak of, and the practices of the text that were in place then. One row without a practice where none was. -#}
{{ config(schema='private') }}
{%- set quarter_days = 92 -%}
with

norms as (

    select
        team_id,
        practice,
        cast(in_place_from as date) as in_place_from,
        cast(in_place_to as date) as in_place_to,
        cast(reviewed_at as date) as reviewed_on
    from {{ ref('stg_norms') }}

),

first_norms as (

    select min({{ counterpoise.week_index_of_date('in_place_from') }}) as week
    from norms

),

-- teams with any norm or any use of AI, from its first week on
concerned as (

    select
        team_id,
        min(week) as first_week
    from (
        select
            team_id,
            {{ counterpoise.week_index_of_date('in_place_from') }} as week
        from norms
        union all
        select
            team_id,
            known_week as week
        from {{ ref('int_metric_rows') }}
        where metric_id = 'ai_assisted_share' and numerator > 0
    ) as heard
    group by team_id

),

team_weeks as (

    select
        team_weeks.team_id,
        team_weeks.week,
        cast({{ dbt.dateadd('day', 6, counterpoise.week_start('team_weeks.week')) }} as date) as week_end,
        coalesce(team_weeks.week >= first_norms.week, false) as is_told
    from {{ ref('int_team_weeks') }} as team_weeks
    inner join concerned on team_weeks.team_id = concerned.team_id and team_weeks.week >= concerned.first_week
    cross join first_norms
    where team_weeks.is_complete

),

-- every date a practice came or was looked at counts, so that a source that keeps its reviews as rows keeps its past
kept as (

    select
        team_weeks.team_id,
        team_weeks.week,
        norms.practice,
        max(case
            when norms.reviewed_on between {{ dbt.dateadd('day', -quarter_days, 'team_weeks.week_end') }} and team_weeks.week_end then 1
            when norms.in_place_from >= {{ dbt.dateadd('day', -quarter_days, 'team_weeks.week_end') }} then 1
            else 0
        end) as is_reviewed
    from team_weeks
    inner join norms
        on
            team_weeks.team_id = norms.team_id
            and team_weeks.week_end >= norms.in_place_from
            and (norms.in_place_to is null or team_weeks.week_end <= norms.in_place_to)
    group by team_weeks.team_id, team_weeks.week, norms.practice

),

final as (

    select
        team_weeks.team_id,
        {{ counterpoise.as_integer('team_weeks.week') }} as week,
        team_weeks.is_told,
        kept.practice,
        {{ counterpoise.as_integer('kept.is_reviewed') }} as is_reviewed
    from team_weeks
    left join kept
        on
            team_weeks.team_id = kept.team_id
            and team_weeks.week = kept.week

)

select * from final
