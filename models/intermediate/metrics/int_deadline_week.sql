-- Family of promises: one row per team, week in which the promise fell due and week of knowledge. Σ columns only.
with

deadlines as (

    {{ counterpoise.signed_versions(ref('int_deadlines'), 'week') }}

),

final as (

    select
        team_id,
        week,
        'all' as stratum,
        known_week,
        {{ counterpoise.signed_sum('1', "promise = 'resolution'") }} as resolutions_due,
        {{ counterpoise.signed_sum('1', "promise = 'resolution' and is_in_time") }} as resolutions_in_time,
        {{ counterpoise.signed_sum('1', "promise = 'first_response'") }} as responses_due,
        {{ counterpoise.signed_sum('1', "promise = 'first_response' and is_in_time") }} as responses_in_time
    from deadlines
    group by team_id, week, known_week

)

select * from final
