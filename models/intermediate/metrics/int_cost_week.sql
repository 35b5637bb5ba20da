-- A team's costs of a week, each month split evenly over its days, beside what was resolved for them. A week counts once the months
-- of all its days are known, which is at their end at the earliest. One version for each time more became known.
with

teams as (

    select team_id, timezone from {{ ref('stg_teams') }}

),

costs as (

    select
        costs.*,
        -- amounts in different currencies do not add up: a team's first one counts
        first_value(coalesce(costs.currency, '')) over (
            partition by costs.team_id order by costs.month, {{ counterpoise.byte_order("coalesce(costs.currency, '')") }}
            rows between unbounded preceding and unbounded following
        ) as team_currency,
        case when load_batches.is_history_load = false then costs.first_loaded_at end as learnt_at
    from {{ ref('stg_costs') }} as costs
    left join {{ ref('int_load_batches') }} as load_batches
        on
            load_batches.source_table = 'costs'
            and cast(costs.first_loaded_at as date) = load_batches.loaded_on
    where costs.amount is not null

),

months as (

    select
        costs.team_id,
        cast({{ dbt.date_trunc('month', 'costs.month') }} as date) as first_day,
        cast({{ dbt.dateadd('month', 1, dbt.date_trunc('month', 'costs.month')) }} as date) as next_first_day,
        {{ counterpoise.hours_between(dbt.date_trunc('month', 'costs.month'), dbt.dateadd('month', 1, dbt.date_trunc('month', 'costs.month'))) }} / 24.0 as month_days,
        sum({{ counterpoise.as_measure('costs.amount') }}) as amount,
        max({{ counterpoise.week_index(counterpoise.to_local('costs.learnt_at', 'teams.timezone')) }}) as learnt_week
    from costs
    left join teams on costs.team_id = teams.team_id
    group by costs.team_id, {{ dbt.date_trunc('month', 'costs.month') }}
    having max(case when coalesce(costs.currency, '') <> costs.team_currency then 1 else 0 end) = 0

),

numbers as (

    select cast(generated_number - 1 as {{ counterpoise.type_of('integer') }}) as number
    from ({{ dbt.generate_series(31) }}) as series

),

days as (

    select
        months.team_id,
        {{ counterpoise.week_index_of_date(dbt.dateadd('day', 'numbers.number', 'months.first_day')) }} as week,
        {{ counterpoise.as_double('months.amount') }} / {{ counterpoise.as_double('months.month_days') }} as amount,
        {{ counterpoise.week_index_of_date(dbt.dateadd('day', -1, 'months.next_first_day')) }} as last_week,
        months.learnt_week
    from months
    inner join numbers on months.month_days > numbers.number

),

weeks as (

    select
        team_id,
        week,
        max(case when learnt_week > last_week then learnt_week else last_week end) as known_week,
        {{ counterpoise.as_measure(counterpoise.settled('sum(' ~ counterpoise.as_measure(counterpoise.settled('amount')) ~ ')')) }} as cost
    from days
    group by team_id, week
    having count(*) = 7

),

closures as (

    {{ counterpoise.signed_versions(ref('int_closures'), 'week') }}

),

changes as (

    select
        team_id,
        week,
        known_week,
        resolved_events,
        {{ counterpoise.as_measure('0') }} as solved_items
    from {{ ref('int_activity_week') }}
    where resolved_events <> 0
    union all
    select
        team_id,
        week,
        known_week,
        {{ counterpoise.as_measure('0') }} as resolved_events,
        {{ counterpoise.signed_sum('1', 'is_customer_work and not coalesce(is_reopened_in_follow_up, false) and not is_repeated') }} as solved_items
    from closures
    group by team_id, week, known_week

),

moments as (
    {{ counterpoise.moments('weeks', 'changes') }}
),

final as (

    select
        moments.team_id,
        moments.week,
        moments.known_week as version_from_week,
        lead(moments.known_week) over (partition by moments.team_id, moments.week order by moments.known_week) as version_to_week,
        max(weeks.cost) as cost,
        {{ counterpoise.as_measure('coalesce(sum(changes.resolved_events), 0)') }} as resolved_events,
        {{ counterpoise.as_measure('coalesce(sum(changes.solved_items), 0)') }} as solved_items
    from moments
    inner join weeks
        on
            moments.team_id = weeks.team_id
            and moments.week = weeks.week
    left join changes
        on
            moments.team_id = changes.team_id
            and moments.week = changes.week
            and moments.known_week >= changes.known_week
    group by moments.team_id, moments.week, moments.known_week

)

select * from final
