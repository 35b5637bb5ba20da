-- A team's hours of a week by activity, beside the hours there were. Persons stay in the first step. Where single entries and the
-- team's own totals both stand, the larger of the two is the week. It is read once all its rows are in.
{%- set activities = [
    'delivery', 'review', 'rework', 'coordination', 'meeting', 'reporting', 'maintenance', 'learning', 'experiment',
    'ai_prompting', 'ai_review',
] %}
with

teams as (

    select team_id, timezone from {{ ref('stg_teams') }}

),

people as (

    select * from {{ ref('int_team_people') }}
    where members > 0

),

load_batches as (

    select * from {{ ref('int_load_batches') }}

),

-- what was offered, and when it was learnt of in an ordinary load; loads of history tell nothing about that
{% set offers = [
    ('time_entries', counterpoise.week_index(counterpoise.to_local('offers.started_at', 'teams.timezone')), ['activity', 'hours']),
    ('team_hours', counterpoise.week_index_of_date('offers.week_start'), ['activity', 'hours']),
    ('capacity', counterpoise.week_index_of_date('offers.week_start'), ['available_hours', 'meta_work_budget_hours']),
] -%}
offered as (
    {% for table, week, columns in offers %}
    select
        offers.team_id,
        {{ week }} as week,
        '{{ table }}' as source_table,
        cast({{ 'offers.activity' if 'activity' in columns else 'null' }} as {{ counterpoise.type_of('string') }}) as activity,
        {%- for column in ['hours', 'available_hours', 'meta_work_budget_hours'] %}
        {{ counterpoise.as_measure('offers.' ~ column if column in columns else 'null') }} as {{ column }},
        {%- endfor %}
        case when load_batches.is_history_load = false then offers.first_loaded_at end as learnt_at
    from {{ ref('stg_' ~ table) }} as offers
    {%- if table == 'time_entries' %}
    left join teams on offers.team_id = teams.team_id
    {%- endif %}
    left join load_batches
        on
            load_batches.source_table = '{{ table }}'
            and cast(offers.first_loaded_at as date) = load_batches.loaded_on
    where offers.team_id is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

weeks as (

    select
        team_id,
        week,
        max(learnt_at) as learnt_at,
        max(available_hours) as available_hours,
        max(meta_work_budget_hours) as meta_work_budget_hours
    from offered
    group by team_id, week

),

sums as (

    select
        team_id,
        week,
        source_table as basis,
        {%- for activity in activities %}
        {{ counterpoise.as_measure("sum(case when activity = '" ~ activity ~ "' then hours else 0 end)") }} as {{ activity }}_hours,
        {%- endfor %}
        {{ counterpoise.as_measure('sum(hours)') }} as total_hours
    from offered
    where hours is not null
    group by team_id, week, source_table

),

ranked as (

    select
        *,
        row_number() over (
            partition by team_id, week
            order by total_hours desc, case when basis = 'time_entries' then 0 else 1 end
        ) as place
    from sums

),

final as (

    select
        ranked.team_id,
        ranked.week,
        greatest(
            ranked.week,
            coalesce({{ counterpoise.week_index(counterpoise.to_local('weeks.learnt_at', 'teams.timezone')) }}, ranked.week)
        ) as known_week,
        ranked.basis,
        {%- for activity in activities %}
        ranked.{{ activity }}_hours,
        {%- endfor %}
        ranked.total_hours,
        {{ counterpoise.as_measure('coalesce(weeks.available_hours, people.fte * ' ~ counterpoise.setting('hours_per_week') ~ ')') }} as available_hours,
        weeks.available_hours is null and people.fte is not null as is_capacity_assumed,
        {{ counterpoise.as_measure('weeks.meta_work_budget_hours') }} as meta_work_budget_hours,
        {{ counterpoise.as_measure('people.fte') }} as fte
    from ranked
    inner join weeks
        on
            ranked.team_id = weeks.team_id
            and ranked.week = weeks.week
    left join people
        on
            ranked.team_id = people.team_id
            and ranked.week >= people.from_week
            and ranked.week < people.until_week
    left join teams on ranked.team_id = teams.team_id
    where ranked.place = 1

)

select * from final
