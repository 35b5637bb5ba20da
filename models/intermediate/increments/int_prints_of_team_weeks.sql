-- What the metrics of a team's week are made from, as prints: by team and week, the weekly sums, whether it is too small to be shown, and how far the week is from the last
-- complete one (as far as a metric takes to mature: before, nothing ripens any more); by team, the weeks from which on it delivers; by kind
-- of outcome, the week it was first heard of.
with

ripening as (

    select max(maturity_weeks) as weeks from {{ ref('dim_metric') }}

),

team_weeks as (

    select * from {{ ref('int_team_weeks') }}

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

told as (

    select
        team_id,
        week,
        {{ counterpoise.row_print(['loaded_known_week', 'exposure']) }} as print
    from team_weeks
    union all
    select
        team_id,
        week,
        {{ counterpoise.row_print(["'small'", 'is_small']) }} as print
    from {{ ref('int_small_team_weeks') }}
    {%- for family in counterpoise.metric_families() %}
    {%- set relation = ref(family) %}
    {%- set columns = graph.nodes['model.counterpoise.' ~ family].columns | list if execute else ['week'] %}
    union all
    select
        team_id,
        week,
        {{ counterpoise.row_print(["'" ~ family ~ "'"] + columns) }} as print
    from {{ relation }}
    {%- endfor %}
    {%- for model in counterpoise.setting('own_metric_models') %}
    union all
    select
        team_id,
        week,
        {{ counterpoise.row_print([
            'stratum', 'known_week', 'metric_id', 'numerator', 'denominator', 'n', 'link_sum', 'link_weight', 'link_squares',
        ]) }} as print
    from (
        {{ counterpoise.own_metric_rows(counterpoise.user_ref(model)) }}
    ) as own_rows
    {%- endfor %}

),

weeks as (

    select
        {{ counterpoise.team_week('told.team_id', 'told.week') }} as name,
        {{ counterpoise.row_print(['told.print', 'least(reach.last_complete_week - told.week, reach.ripening_weeks)']) }} as print
    from told
    left join reach on told.team_id = reach.team_id

),

deliveries as (
    {% for column in ['merged_pull_requests', 'deployments'] %}
    select
        team_id as name,
        {{ counterpoise.row_print(["'" ~ column ~ "'", 'min(week)', 'min(known_week)']) }} as print
    from {{ ref('int_delivery_week') }}
    where {{ column }} > 0
    group by team_id
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

first_outcomes as (

    select
        outcome_type as name,
        {{ counterpoise.row_print(['min(outcome_known_week)']) }} as print
    from {{ ref('int_item_outcomes') }}
    group by outcome_type

),

final as (
    {{ counterpoise.prints_of({'week of team': 'weeks', 'deliveries': 'deliveries', 'first outcome': 'first_outcomes'}) }}
)

select * from final
