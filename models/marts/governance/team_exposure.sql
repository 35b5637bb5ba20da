-- How much friction a team is exposed to: the weights of the conditions that are present by those of the conditions that are known.
-- Exposure, never evidence: it stands beside the score and raises no alarm alone.
with

conditions as (

    select
        friction.team_id,
        friction.week_start,
        friction.status,
        registry.weight
    from {{ ref('fct_friction') }} as friction
    inner join {{ ref('friction_registry') }} as registry on friction.friction_id = registry.friction_id

),

final as (

    select
        team_id,
        week_start,
        {{ counterpoise.settled(
            counterpoise.as_double("sum(case when status = 'present' then weight else 0 end)")
            ~ " / nullif(sum(case when status <> 'no_data' then weight else 0 end), 0)"
        ) }} as exposure,
        {{ counterpoise.as_integer("sum(case when status = 'present' then 1 else 0 end)") }} as present,
        {{ counterpoise.as_integer("sum(case when status <> 'no_data' then 1 else 0 end)") }} as known
    from conditions
    group by team_id, week_start

)

select * from final
