{{ config(**counterpoise.by_week()) }}
{%- do ref('int_changed_weeks') -%}
{#- Windowed sums per team, metric, kind of item and week, as known at that week's end: the last 4, 8 and 13 weeks of mature rows,
    and the 104 before those. No window reaches back beyond the week in which a new baseline began. -#}
{%- set recent_weeks = counterpoise.setting('recent_weeks') -%}
{%- set gap = recent_weeks | max -%}
{%- set baseline = counterpoise.setting('baseline_weeks') -%}
{%- set open_end = 9999 -%}
{%- set windows = {} -%}
{%- for weeks in recent_weeks -%}{%- do windows.update({'recent_' ~ weeks: [0, weeks - 1]}) -%}{%- endfor -%}
{%- do windows.update({'baseline': [gap, gap + baseline - 1]}) -%}
{%- set sums = ['link_sum', 'link_weight', 'link_squares'] -%}
{#- After new rows: few weeks are summed one by one, many like all of them, from the first that reaches into their windows on. -#}
{%- set few_weeks = 8 -%}
with

team_weeks as (

    select
        team_id,
        week,
        first_week
    from {{ ref('int_team_weeks') }}
    where is_complete

),

{%- if counterpoise.is_increment() %}

changed as (

    select
        {{ counterpoise.first_changed_week() }} as from_week,
        max(week) - {{ counterpoise.first_changed_week() }} < {{ few_weeks }} as is_few
    from team_weeks

),
{%- endif %}

starts as (

    select team_id, min(first_week) as first_week
    from team_weeks
    group by team_id

),

metric_rows as (

    select
        rows_known.*,
        coalesce(spans.from_week, 0) as from_week,
        coalesce(spans.until_week, {{ open_end }}) as until_week
    from {{ ref('int_metric_rows') }} as rows_known
    inner join starts on rows_known.team_id = starts.team_id
    left join {{ ref('int_baseline_spans') }} as spans
        on
            rows_known.team_id = spans.team_id
            and rows_known.metric_id = spans.metric_id
            and rows_known.due_week >= spans.from_week
            and rows_known.due_week < spans.until_week
    where
        rows_known.due_week >= starts.first_week
        -- items whose week or follow-up saw both the old and the new belong to neither
        and (spans.from_week is null or spans.from_week = 0 or rows_known.week > spans.from_week)

),

due as (

    select
        team_id,
        metric_id,
        stratum,
        due_week as week,
        sum(link_sum) as link_sum,
        sum(link_weight) as link_weight,
        sum(link_squares) as link_squares
    from metric_rows
    group by team_id, metric_id, stratum, due_week

),

series as (

    select
        team_id,
        metric_id,
        stratum,
        from_week,
        until_week,
        min(known_week) as first_known_week
    from metric_rows
    group by team_id, metric_id, stratum, from_week, until_week

),

dense as (

    select
        series.team_id,
        series.metric_id,
        series.stratum,
        series.from_week,
        team_weeks.week,
        series.first_known_week,
        coalesce(due.link_sum, 0) as link_sum,
        coalesce(due.link_weight, 0) as link_weight,
        coalesce(due.link_squares, 0) as link_squares
    from series
    inner join team_weeks
        on
            series.team_id = team_weeks.team_id
            and series.from_week <= team_weeks.week
            and series.until_week > team_weeks.week
    {%- if counterpoise.is_increment() %}
    inner join changed on not changed.is_few and team_weeks.week >= changed.from_week - {{ gap + baseline - 1 }}
    {%- endif %}
    left join due
        on
            series.team_id = due.team_id
            and series.metric_id = due.metric_id
            and series.stratum = due.stratum
            and team_weeks.week = due.week

),

windowed as (

    select
        team_id,
        metric_id,
        stratum,
        week,
        first_known_week,
        {%- for name, span in windows.items() %}
        {%- for column in sums %}
        coalesce(sum({{ column }}) over (
            partition by team_id, metric_id, stratum, from_week order by week
            rows between {{ span[1] }} preceding and {{ span[0] ~ ' preceding' if span[0] else 'current row' }}
        ), 0) as {{ name }}_{{ column }}{{ ',' if not (loop.last and name == 'baseline') }}
        {%- endfor %}
        {%- endfor %}
    from dense

),

numbers as (

    select cast(generated_number - 1 as {{ counterpoise.type_of('integer') }}) as age
    from ({{ dbt.generate_series(gap + baseline) }}) as generated

),

-- what the windows above hold and nobody knew yet in that week
unknown_then as (

    select
        metric_rows.team_id,
        metric_rows.metric_id,
        metric_rows.stratum,
        metric_rows.due_week + numbers.age as week,
        {%- for name, span in windows.items() %}
        {%- for column in sums %}
        sum(case
            when numbers.age between {{ span[0] }} and {{ span[1] }} then metric_rows.{{ column }} else 0
        end) as {{ name }}_{{ column }}{{ ',' if not (loop.last and name == 'baseline') }}
        {%- endfor %}
        {%- endfor %}
    from metric_rows
    inner join numbers on metric_rows.due_week + numbers.age < least(metric_rows.known_week, metric_rows.until_week)
    where metric_rows.known_week > metric_rows.due_week
    group by metric_rows.team_id, metric_rows.metric_id, metric_rows.stratum, metric_rows.due_week + numbers.age

),

final as (

    select
        windowed.team_id,
        windowed.metric_id,
        windowed.stratum,
        windowed.week,
        windowed.first_known_week,
        {%- for name in windows %}
        {%- for column in sums %}
        windowed.{{ name }}_{{ column }} - coalesce(unknown_then.{{ name }}_{{ column }}, 0) as {{ name }}_{{ column }}{{ ',' if not (loop.last and name == 'baseline') }}
        {%- endfor %}
        {%- endfor %}
    from windowed
    left join unknown_then
        on
            windowed.team_id = unknown_then.team_id
            and windowed.metric_id = unknown_then.metric_id
            and windowed.stratum = unknown_then.stratum
            and windowed.week = unknown_then.week
    where windowed.week >= windowed.first_known_week {{ counterpoise.from_changed_week('windowed.week', 'and') }}
    {%- if counterpoise.is_increment() %}
    union all
    select
        series.team_id,
        series.metric_id,
        series.stratum,
        team_weeks.week,
        series.first_known_week,
        {%- for name, span in windows.items() %}
        {%- for column in sums %}
        coalesce(sum(case
            when metric_rows.due_week between team_weeks.week - {{ span[1] }} and team_weeks.week - {{ span[0] }} then metric_rows.{{ column }}
        end), 0) as {{ name }}_{{ column }}{{ ',' if not (loop.last and name == 'baseline') }}
        {%- endfor %}
        {%- endfor %}
    from series
    inner join team_weeks
        on
            series.team_id = team_weeks.team_id
            and series.from_week <= team_weeks.week
            and series.until_week > team_weeks.week
            and series.first_known_week <= team_weeks.week
    inner join changed on changed.is_few and team_weeks.week >= changed.from_week
    left join metric_rows
        on
            series.team_id = metric_rows.team_id
            and series.metric_id = metric_rows.metric_id
            and series.stratum = metric_rows.stratum
            and series.from_week = metric_rows.from_week
            and metric_rows.known_week <= team_weeks.week
            and metric_rows.due_week between team_weeks.week - {{ gap + baseline - 1 }} and team_weeks.week
    group by series.team_id, series.metric_id, series.stratum, team_weeks.week, series.first_known_week
    {%- endif %}

)

select * from final
