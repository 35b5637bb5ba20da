-- The days of all weeks that anything is known of: what MetricFlow asks a project to have.
with

weeks as (

    select distinct week from {{ ref('int_team_weeks') }}

),

days as (

    select cast(generated_number - 1 as {{ counterpoise.type_of('integer') }}) as day_of_week
    from ({{ dbt.generate_series(7) }}) as series

),

final as (

    select cast({{ dbt.dateadd('day', 'days.day_of_week', counterpoise.week_start('weeks.week')) }} as date) as date_day
    from weeks
    cross join days

)

select * from final
