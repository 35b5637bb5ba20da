-- Family of first answers: one row per team, week of the answer and week of knowledge. Σ columns only.
{%- set ln_business = counterpoise.ln_hours('response_business_hours') %}
with

responses as (

    {{ counterpoise.signed_versions(ref('int_first_responses'), 'week') }}

),

final as (

    select
        team_id,
        week,
        'all' as stratum,
        known_week,
        {{ counterpoise.signed_sum('1') }} as responses,
        {{ counterpoise.signed_sum('response_hours') }} as response_hours,
        {{ counterpoise.signed_sum(counterpoise.ln_hours('response_hours')) }} as ln_response_hours,
        {{ counterpoise.signed_sum(counterpoise.ln_hours('response_hours') ~ ' * ' ~ counterpoise.ln_hours('response_hours')) }} as ln_response_hours_squares,
        {{ counterpoise.signed_sum('1', 'response_business_hours is not null') }} as business_responses,
        {{ counterpoise.signed_sum('response_business_hours', 'response_business_hours is not null') }} as response_business_hours,
        {{ counterpoise.signed_sum(ln_business, 'response_business_hours is not null') }} as ln_response_business_hours,
        {{ counterpoise.signed_sum(ln_business ~ ' * ' ~ ln_business, 'response_business_hours is not null') }} as ln_response_business_hours_squares
    from responses
    group by team_id, week, known_week

)

select * from final
