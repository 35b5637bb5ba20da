-- What a queue is made of, by week and week of knowledge: hours of demand and hours there are, how unevenly work comes in, and
-- how much of it leaves. Σ columns only.
{%- set measures = [
    'hours_weeks', 'assumed_weeks', 'demand_hours', 'available_hours', 'fte_weeks', 'fte', 'arrivals', 'arrivals_squares',
    'resolved_items', 'ln_working_hours', 'ln_working_hours_squares',
] %}
with

effort as (

    {{ counterpoise.signed_versions(ref('int_effort_week'), 'week') }}

),

hours as (

    select
        team_id,
        week,
        known_week,
        {{ counterpoise.signed_sum('1') }} as hours_weeks,
        {{ counterpoise.signed_sum('1', 'is_capacity_assumed') }} as assumed_weeks,
        {{ counterpoise.signed_sum('demand_hours') }} as demand_hours,
        {{ counterpoise.signed_sum('available_hours') }} as available_hours,
        {{ counterpoise.signed_sum('1', 'fte is not null') }} as fte_weeks,
        {{ counterpoise.signed_sum('coalesce(fte, 0)') }} as fte
    from effort
    where demand_hours is not null and available_hours is not null
    group by team_id, week, known_week

),

steps as (

    {{ counterpoise.signed_versions(ref('int_item_steps'), 'occurred_week') }}

),

teams as (

    select team_id, timezone from {{ ref('stg_teams') }}

),

-- work comes to a team when an item is created for it or handed to it, on the days of its own time zone
arrived as (

    select
        steps.team_id,
        steps.occurred_week as week,
        steps.known_week,
        floor({{ counterpoise.epoch_seconds(counterpoise.to_local('steps.occurred_at', 'teams.timezone')) }} / 86400.0) - 4 - 7 * steps.occurred_week as weekday,
        steps.sign
    from steps
    left join teams on steps.team_id = teams.team_id
    where steps.team_id is not null and (steps.team_before is null or steps.team_id <> steps.team_before)

),

daily_changes as (

    select
        team_id,
        week,
        weekday,
        known_week,
        sum(sign) as arrivals_change
    from arrived
    -- Monday to Friday: quiet weekends are the calendar, not the work
    where weekday < 5
    group by team_id, week, weekday, known_week

),

daily as (

    select
        team_id,
        week,
        known_week,
        arrivals_change,
        sum(arrivals_change) over (partition by team_id, week, weekday order by known_week rows unbounded preceding) as arrivals
    from daily_changes

),

flow_rows as (
    {% for relation, columns in [
        ('hours', {
            'hours_weeks': 'hours_weeks', 'assumed_weeks': 'assumed_weeks', 'demand_hours': 'demand_hours', 'available_hours': 'available_hours',
            'fte_weeks': 'fte_weeks', 'fte': 'fte',
        }),
        ('daily', {
            'arrivals': 'arrivals_change',
            'arrivals_squares': 'arrivals * arrivals - (arrivals - arrivals_change) * (arrivals - arrivals_change)',
        }),
        (ref('int_closure_week'), {
            'resolved_items': 'resolved_items', 'ln_working_hours': 'ln_working_hours', 'ln_working_hours_squares': 'ln_working_hours_squares',
        }),
    ] %}
    select
        team_id,
        week,
        known_week,
        {%- for measure in measures %}
        {{ counterpoise.as_measure(columns.get(measure, '0')) }} as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

final as (

    select
        team_id,
        week,
        known_week,
        {%- for measure in measures %}
        {{ counterpoise.as_measure('sum(' ~ measure ~ ')') }} as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from flow_rows
    group by team_id, week, known_week

)

select * from final
