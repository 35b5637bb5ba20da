{#- How full a team's weeks are and what that does to waiting: the last weeks' hours and flow as known at each week's end. -#}
{%- set min_items = 20 -%}
{%- set hours_per_week = counterpoise.setting('hours_per_week') -%}
{%- set sums = [
    'hours_weeks', 'assumed_weeks', 'demand_hours', 'available_hours', 'fte_weeks', 'fte', 'arrivals', 'arrivals_squares',
    'resolved_items', 'ln_working_hours', 'ln_working_hours_squares',
] -%}
with

team_weeks as (

    select team_id, week from {{ ref('int_team_weeks') }}
    where is_complete

),

small_team_weeks as (

    select team_id, week from {{ ref('int_small_team_weeks') }}

),

flow as (

    select * from {{ ref('int_flow_week') }}

),

waits as (

    select team_id, week, observed from {{ ref('int_evidence') }}
    where metric_id = 'wait_hours'

),

known_then as (

    select
        team_weeks.team_id,
        team_weeks.week,
        flow.week as flow_week,
        {%- for column in sums %}
        sum(flow.{{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from team_weeks
    inner join flow
        on
            team_weeks.team_id = flow.team_id
            and team_weeks.week >= flow.week
            and team_weeks.week < flow.week + {{ counterpoise.setting('load_weeks') }}
            and team_weeks.week >= flow.known_week
    group by team_weeks.team_id, team_weeks.week, flow.week

),

-- only weeks whose hours and capacity are known: work and hours must speak of the same weeks
summed as (

    select
        team_id,
        week,
        {%- for column in sums %}
        {{ counterpoise.as_double('sum(' ~ column ~ ')') }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from known_then
    where hours_weeks > 0
    group by team_id, week

),

-- arrivals: variance over mean of a working day's count, which for many days is ca². service: the spread of logarithms of hours on
-- the clock, exp(σ²) − 1
described as (

    select
        *,
        demand_hours / available_hours as load,
        case
            when arrivals >= {{ min_items }}
                then (arrivals_squares - arrivals * arrivals / (5 * hours_weeks)) / (5 * hours_weeks - 1) / (arrivals / (5 * hours_weeks))
        end as arrival_cv2,
        case
            when resolved_items >= {{ min_items }}
                then exp(greatest(0, (ln_working_hours_squares - ln_working_hours * ln_working_hours / resolved_items) / (resolved_items - 1))) - 1
        end as service_cv2,
        case
            when fte_weeks > 0 then greatest(1, fte / fte_weeks)
            else {{ counterpoise.greatest_known(['1', 'available_hours / hours_weeks / ' ~ hours_per_week]) }}
        end as servers,
        demand_hours / nullif(resolved_items, 0) as service_hours
    from summed

),

judged as (

    select
        *,
        {{ counterpoise.sakasegawa('arrival_cv2', 'service_cv2', 'load', 'servers', 'service_hours') }} as wait_expected_hours,
        {{ counterpoise.load_ceiling('arrival_cv2', 'service_cv2', 'servers', counterpoise.setting('load_wait_target')) }} as load_ceiling
    from described

),

final as (

    select
        team_weeks.team_id,
        {{ counterpoise.week_start('team_weeks.week') }} as week_start,
        {{ counterpoise.as_double(counterpoise.settled('judged.available_hours / judged.hours_weeks')) }} as available_hours,
        {{ counterpoise.as_double(counterpoise.settled('judged.demand_hours / judged.hours_weeks')) }} as demand_hours,
        {%- for column in ['load', 'arrival_cv2', 'service_cv2', 'servers', 'service_hours', 'wait_expected_hours'] %}
        {{ counterpoise.as_double(counterpoise.settled('judged.' ~ column)) }} as {{ column }},
        {%- endfor %}
        {{ counterpoise.as_double('waits.observed') }} as wait_observed_hours,
        {{ counterpoise.as_double('judged.load_ceiling') }} as load_ceiling,
        {{ counterpoise.as_double(counterpoise.settled('(judged.load_ceiling * judged.available_hours - judged.demand_hours) / judged.hours_weeks')) }} as headroom_hours,
        {{ counterpoise.as_double(counterpoise.setting('load_reference')) }} as load_reference,
        judged.assumed_weeks > 0 as is_capacity_assumed,
        case when small_team_weeks.team_id is null then {{ counterpoise.as_integer('coalesce(judged.resolved_items, 0)') }} end as n,
        case when judged.load_ceiling is not null then 'ok' else 'no_data' end as status,
        small_team_weeks.team_id is not null as is_suppressed
    from team_weeks
    left join small_team_weeks
        on
            team_weeks.team_id = small_team_weeks.team_id
            and team_weeks.week = small_team_weeks.week
    left join judged
        on
            team_weeks.team_id = judged.team_id
            and team_weeks.week = judged.week
            and small_team_weeks.team_id is null
    left join waits
        on
            team_weeks.team_id = waits.team_id
            and team_weeks.week = waits.week
            and small_team_weeks.team_id is null

)

select * from final
