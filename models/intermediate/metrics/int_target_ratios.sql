-- How much of its target each resolved item took, for items at between half and one and a half of it, with the weight that the
-- local count test gives to its place (seed bunching_weights: excess just inside less a part of the gap just outside, against a
-- quadratic through the bins around).
with

closures as (

    select * from {{ ref('int_closures') }}

),

targets as (

    select * from {{ ref('int_item_targets') }}
    where metric_id = 'resolution_hours'

),

ratios as (

    select
        closures.work_item_id,
        closures.version_from_week,
        closures.version_to_week,
        closures.team_id,
        closures.week,
        case
            when targets.clock = 'working' then closures.working_hours
            when targets.clock = 'business' then closures.business_hours
            else closures.elapsed_hours
        end / targets.target_hours as target_ratio
    from closures
    inner join targets
        on
            closures.work_item_id = targets.work_item_id
            and closures.version_from_week = targets.version_from_week

),

final as (

    select
        ratios.*,
        weights.bin_number,
        weights.weight
    from ratios
    inner join {{ ref('bunching_weights') }} as weights
        on {{ counterpoise.as_integer('floor(ratios.target_ratio * 20)') }} = weights.bin_number

)

select * from final
