-- What the metrics of a team's week are shown from, as prints: by team and week, the rows of metrics and how far the week is from the last
-- complete one (that far back as a metric takes to mature: before, nothing ripens any more); by team, the first week of each metric, from
-- which on every week has a row.
with

metric_rows as (

    select * from {{ ref('int_metric_rows') }}

),

team_weeks as (

    select * from {{ ref('int_team_weeks') }}

),

ripening as (

    select max(maturity_weeks) as weeks from {{ ref('dim_metric') }}

),

reach as (

    select
        team_weeks.team_id,
        max(team_weeks.last_complete_week) as last_complete_week,
        max(ripening.weeks) as ripening_weeks
    from team_weeks
    cross join ripening
    group by team_weeks.team_id

),
{% set distance = 'least(reach.last_complete_week - weeks.week, reach.ripening_weeks)' %}
weeks as (

    select
        {{ counterpoise.team_week('weeks.team_id', 'weeks.week') }} as name,
        {{ counterpoise.row_print([
            'weeks.metric_id', 'weeks.stratum', 'weeks.due_week', 'weeks.numerator', 'weeks.denominator', 'weeks.n', distance,
        ]) }} as print
    from metric_rows as weeks
    inner join reach on weeks.team_id = reach.team_id
    union all
    select
        {{ counterpoise.team_week('weeks.team_id', 'weeks.week') }} as name,
        {{ counterpoise.row_print(['weeks.week', distance]) }} as print
    from team_weeks as weeks
    inner join reach on weeks.team_id = reach.team_id

),

series as (

    select
        team_id as name,
        {{ counterpoise.row_print(['metric_id', 'min(week)']) }} as print
    from metric_rows
    group by team_id, metric_id

),

final as (
    {{ counterpoise.prints_of({'week of team': 'weeks', 'series': 'series'}) }}
)

select * from final
