{{ config(**counterpoise.by_item('int_dated_items')) }}
-- The promise each item is held against: its own due date, else the target that was valid for its team when it was created (the
-- one that names its priority before the one that names its type before the general one).
with

items as (

    select * from {{ ref('int_work_items') }}
    {{ counterpoise.of_changed() }}

),

targets as (

    select
        *,
        {{ counterpoise.epoch_seconds('cast(valid_from as ' ~ counterpoise.type_of('timestamp') ~ ')') }} as valid_from_second,
        {{ counterpoise.epoch_seconds('cast(valid_to as ' ~ counterpoise.type_of('timestamp') ~ ')') }} + 86400 as valid_to_second
    from {{ ref('stg_targets') }}
    where {{ counterpoise.is_item_limit() }}

),

candidates as (

    select
        items.work_item_id,
        items.version_from_week,
        targets.metric_id,
        targets.threshold as target_hours,
        {{ counterpoise.limit_clock('targets.') }} as clock,
        targets.calendar_id,
        row_number() over (
            partition by items.work_item_id, items.version_from_week, targets.metric_id
            order by
                case when targets.priority is not null then 0 else 1 end,
                case when targets.item_type is not null then 0 else 1 end,
                targets.valid_from desc,
                targets.threshold,
                {{ counterpoise.byte_order('targets.target_id') }}
        ) as fits_best
    from items
    inner join targets
        on
            items.first_team_id = targets.team_id
            and (targets.priority is null or items.priority = targets.priority)
            and (targets.item_type is null or items.item_type = targets.item_type)
            and {{ counterpoise.epoch_seconds('items.created_at') }} >= targets.valid_from_second
            and (targets.valid_to is null or {{ counterpoise.epoch_seconds('items.created_at') }} < targets.valid_to_second)

),

final as (

    select
        work_item_id,
        version_from_week,
        metric_id,
        target_hours,
        clock,
        calendar_id
    from candidates
    where fits_best = 1

)

select * from final
