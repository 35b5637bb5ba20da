-- Family of handovers: one row per team that handed on, week of the handover and week of knowledge. Σ columns only.
with

handoffs as (

    {{ counterpoise.signed_versions(ref('int_handoffs'), 'week') }}

),

final as (

    select
        team_id,
        week,
        'all' as stratum,
        known_week,
        {{ counterpoise.signed_sum('1') }} as handed_on,
        {{ counterpoise.signed_sum('1', 'is_returned') }} as returned,
        {{ counterpoise.signed_sum('1', 'wait_hours is not null') }} as waits,
        {{ counterpoise.signed_sum('wait_hours', 'wait_hours is not null') }} as wait_hours,
        {{ counterpoise.signed_sum(counterpoise.ln_hours('wait_hours'), 'wait_hours is not null') }} as ln_wait_hours,
        {{ counterpoise.signed_sum(counterpoise.ln_hours('wait_hours') ~ ' * ' ~ counterpoise.ln_hours('wait_hours'), 'wait_hours is not null') }} as ln_wait_hours_squares
    from handoffs
    group by team_id, week, known_week

)

select * from final
