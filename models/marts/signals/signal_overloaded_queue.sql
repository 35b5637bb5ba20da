-- The load is above the team's own ceiling and work waits longer. Below the ceiling longer waits have another reason: not this signal.
with

{{ counterpoise.weighed_parts([[{'metric': 'wait_hours', 'move': 'worse'}]]) }},

flow as (

    select
        team_id,
        {{ counterpoise.week_index_of_date('week_start') }} as week,
        load,
        load_ceiling,
        n
    from {{ ref('fct_flow_week') }}
    where load is not null and load_ceiling is not null

),

loaded as (

    select
        weighed.team_id,
        weighed.week,
        flow.load as observed,
        flow.load_ceiling as expected,
        {{ counterpoise.settled('flow.load_ceiling - flow.load') }} as effect,
        flow.n,
        case
            when flow.load is null or weighed.log_evidence is null then null
            when flow.load > flow.load_ceiling or weighed.log_evidence < 0 then weighed.log_evidence
            else 0
        end as log_evidence
    from weighed
    left join flow
        on
            weighed.team_id = flow.team_id
            and weighed.week = flow.week

),

final as (
    {{ counterpoise.signal_rows('overloaded_queue', 'loaded') }}
)

select * from final
