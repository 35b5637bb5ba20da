{{ config(**counterpoise.growing()) }}
-- The changed items, and every item where a load turned out to have brought history, or not to: that dates what it brought. Rows of a
-- load that is new, or is there no more, are changes of their items.
with

changed as (

    select * from {{ ref('int_changed_items') }}

),

items as (

    select work_item_id from {{ ref('stg_work_items') }}

),

prints as (

    select * from {{ ref('int_prints_of_loads') }}

),

redated as (
    {{ counterpoise.names_changed('load', in_both=true) }}
),

final as (
    {{ counterpoise.keeping('select work_item_id from changed union all select work_item_id from items where exists (select 1 from redated)') }}
)

select * from final
