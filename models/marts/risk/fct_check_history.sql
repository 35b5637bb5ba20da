{#- Each check over its runs: since when it says what it says, whether it flaps, where what it finds is going. A view, because results come
    after the build. -#}
{{ config(materialized='view') }}
{%- set window = 20 %}
with

results as (

    select
        check_id,
        run_id,
        max(stage) as stage,
        max(suite) as suite,
        max(table_name) as table_name,
        max(column_name) as column_name,
        max(severity) as severity,
        max(checked_at) as checked_at,
        max(case when status = 'passed' then 0 else 1 end) as not_passed,
        max({{ counterpoise.as_double('observed') }}) as observed
    from {{ ref('check_results') }}
    group by check_id, run_id

),

placed as (

    select
        *,
        row_number() over (partition by check_id order by checked_at desc, run_id desc) as place,
        lag(not_passed) over (partition by check_id order by checked_at, run_id) as not_passed_before
    from results

),

changed as (

    select
        *,
        case when not_passed <> not_passed_before then 1 else 0 end as is_change
    from placed

),

summed as (

    select
        check_id,
        max(case when place = 1 then stage end) as stage,
        max(case when place = 1 then suite end) as suite,
        max(case when place = 1 then table_name end) as table_name,
        max(case when place = 1 then column_name end) as column_name,
        max(case when place = 1 then severity end) as severity,
        max(checked_at) as checked_at,
        max(case when place = 1 then not_passed end) as not_passed,
        coalesce(max(case when is_change = 1 then checked_at end), min(checked_at)) as since,
        sum(case when place <= {{ window }} then 1 else 0 end) as runs,
        sum(case when place <= {{ window }} then not_passed else 0 end) as not_passed_runs,
        sum(case when place <= {{ window }} then is_change else 0 end) as changes,
        max(case when place = 1 then observed end) as observed,
        avg(case when place between 2 and {{ window }} then observed end) as observed_before,
        count(case when place between 2 and {{ window }} then observed end) as observed_before_runs
    from changed
    group by check_id

),

final as (

    select
        check_id,
        stage,
        suite,
        table_name,
        column_name,
        severity,
        checked_at,
        case when not_passed = 1 then 'not_passed' else 'passed' end as status,
        since,
        {{ counterpoise.as_integer('runs') }} as runs,
        {{ counterpoise.as_integer('not_passed_runs') }} as not_passed_runs,
        {{ counterpoise.as_integer('changes') }} as changes,
        changes >= 3 as is_flapping,
        observed,
        {{ counterpoise.as_double('observed_before') }} as observed_before,
        case
            when observed is null or observed_before_runs < 3 then null
            when observed > observed_before + 0.1 * abs(observed_before) then 'up'
            when observed < observed_before - 0.1 * abs(observed_before) then 'down'
            else 'level'
        end as trend
    from summed

)

select * from final
