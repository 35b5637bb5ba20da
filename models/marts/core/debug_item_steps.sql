-- An item's events in order, as known now: what the source said, what was read into it, and how long it stayed so. Nobody's id stands in it.
{{ config(materialized='view', schema='private') }}
with

steps as (

    select * from {{ ref('int_item_steps') }}
    where version_to_week is null

),

final as (

    select
        work_item_id,
        {{ counterpoise.as_integer('step') }} as step,
        occurred_at,
        event_type,
        raw_status,
        state,
        team_id,
        {{ counterpoise.as_double('seconds_to_next / 3600e0') }} as hours_to_next
    from steps

)

select * from final
