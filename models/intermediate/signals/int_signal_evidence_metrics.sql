{{ config(materialized='view') }}
-- The metrics a fired signal was judged by, with what was seen and what was expected. Which ones its own model says.
with

fired as (

    select
        signal_id,
        team_id,
        week_start,
        {{ counterpoise.week_index_of_date('week_start') }} as week
    from {{ ref('fct_signal_week') }}
    where status = 'fired'

),

ways as (
    {{ counterpoise.signal_ways(counterpoise.signal_models()) }}
),

metrics as (

    select metric_id, label, unit from {{ ref('dim_metric') }}

),

evidence as (

    select * from {{ ref('int_evidence') }}
    where observed is not null and expected is not null

),

final as (

    select
        fired.signal_id,
        fired.team_id,
        fired.week_start,
        'metric' as key_type,
        metrics.metric_id as evidence_key,
        metrics.label || ': ' || {{ counterpoise.figure_text('evidence.observed', 'metrics.unit') }}
        || ', expected ' || {{ counterpoise.figure_text('evidence.expected', 'metrics.unit') }}
        || case
            when ways.lag_weeks > 0 then ' (' || cast(ways.lag_weeks as {{ counterpoise.type_of('string') }}) || ' weeks earlier)'
            else ''
        end
        || case when ways.explains_away = 1 then '; might have explained it' else '' end as what,
        row_number() over (partition by fired.signal_id, fired.team_id, fired.week_start order by ways.way_order) as turn
    from fired
    inner join ways on fired.signal_id = ways.signal_id
    inner join metrics on ways.metric_id = metrics.metric_id
    inner join evidence
        on
            fired.team_id = evidence.team_id
            and ways.metric_id = evidence.metric_id
            and fired.week - ways.lag_weeks = evidence.week

)

select * from final
