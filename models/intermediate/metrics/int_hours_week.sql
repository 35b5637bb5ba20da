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
    where is_history_load = false

),

entries as (

    select
        entries.team_id,
        {{ counterpoise.week_index(counterpoise.to_local('entries.started_at', 'teams.timezone')) }} as week,
        entries.activity,
        entries.hours,
        'time_entries' as source_table,
        entries.first_loaded_at
    from {{ ref('stg_time_entries') }} as entries
    left join teams on entries.team_id = teams.team_id

),

offered as (

    select * from entries
    union all
    select
        team_id,
        {{ counterpoise.week_index_of_date('week_start') }} as week,
        activity,
        hours,
        'team_hours' as source_table,
        first_loaded_at
    from {{ ref('stg_team_hours') }}
    union all
    select
        team_id,
        {{ counterpoise.week_index_of_date('week_start') }} as week,
        cast(null as {{ counterpoise.type_of('string') }}) as activity,
        available_hours as hours,
        'capacity' as source_table,
        first_loaded_at
    from {{ ref('stg_capacity') }}

),

-- when a row was learnt of in an ordinary load; loads of history tell nothing about that
learnt as (

    select
        offered.*,
        case when load_batches.loaded_on is not null then offered.first_loaded_at end as learnt_at
    from offered
    left join load_batches
        on
            offered.source_table = load_batches.source_table
            and cast(offered.first_loaded_at as date) = load_batches.loaded_on
    where offered.team_id is not null

),

arrived as (

    select team_id, week, max(learnt_at) as learnt_at
    from learnt
    group by team_id, week

),

sums as (

    select
        team_id,
        week,
        source_table as basis,
        {%- for activity in activities %}
        {{ counterpoise.as_measure("sum(case when activity = '" ~ activity ~ "' then " ~ counterpoise.as_measure('hours') ~ ' else 0 end)') }} as {{ activity }}_hours,
        {%- endfor %}
        {{ counterpoise.as_measure('sum(' ~ counterpoise.as_measure('hours') ~ ')') }} as total_hours
    from learnt
    where source_table <> 'capacity' and hours is not null
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

capacity as (

    select
        team_id,
        {{ counterpoise.week_index_of_date('week_start') }} as week,
        max(available_hours) as available_hours,
        max(meta_work_budget_hours) as meta_work_budget_hours
    from {{ ref('stg_capacity') }}
    group by team_id, {{ counterpoise.week_index_of_date('week_start') }}

),

final as (

    select
        ranked.team_id,
        ranked.week,
        greatest(
            ranked.week,
            coalesce({{ counterpoise.week_index(counterpoise.to_local('arrived.learnt_at', 'teams.timezone')) }}, ranked.week)
        ) as known_week,
        ranked.basis,
        {%- for activity in activities %}
        ranked.{{ activity }}_hours,
        {%- endfor %}
        ranked.total_hours,
        {{ counterpoise.as_measure('coalesce(capacity.available_hours, people.fte * ' ~ counterpoise.setting('hours_per_week') ~ ')') }} as available_hours,
        capacity.available_hours is null and people.fte is not null as is_capacity_assumed,
        {{ counterpoise.as_measure('capacity.meta_work_budget_hours') }} as meta_work_budget_hours,
        {{ counterpoise.as_measure('people.fte') }} as fte
    from ranked
    left join arrived
        on
            ranked.team_id = arrived.team_id
            and ranked.week = arrived.week
    left join capacity
        on
            ranked.team_id = capacity.team_id
            and ranked.week = capacity.week
    left join people
        on
            ranked.team_id = people.team_id
            and ranked.week >= people.from_week
            and ranked.week < people.until_week
    left join teams on ranked.team_id = teams.team_id
    where ranked.place = 1

)

select * from final
