-- The items behind each signal, newest versions only: one row per item and flag, in the week whose signal it explains.
{{ config(materialized='view') }}
with

final as (

    select * from {{ ref('int_item_flags_followed') }}
    union all
    select * from {{ ref('int_item_flags_events') }}
    union all
    select * from {{ ref('int_item_flags_closures') }}

)

select * from final
