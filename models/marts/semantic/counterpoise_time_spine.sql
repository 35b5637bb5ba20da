{#- The days of all weeks that anything is known of: what MetricFlow asks a project to have. A view, so that it costs a build nothing. -#}
{{ config(materialized='view') }}
with

weeks as (

    select distinct week from {{ ref('int_team_weeks') }}

),

-- as a date counted from a number of days: no engine's own idea of a week is asked
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
