-- Item versions that were resolved, each in its cohort: the week and team of the first resolution, and the kind of item.
with

items as (

    select * from {{ ref('int_work_items') }}
    where resolved_team_id is not null

),

strata as (

    select * from {{ ref('int_team_strata') }}

),

repeats as (

    select * from {{ ref('int_repeat_contacts') }}

),

sources as (

    select * from {{ ref('int_source_weeks') }}

),

final as (

    select
        items.*,
        items.resolved_team_id as team_id,
        items.first_resolved_week as week,
        coalesce(strata.stratum, 'other') as stratum,
        coalesce(repeats.is_repeated, false) as is_repeated,
        items.requester_id is not null and items.is_customer_work as can_repeat,
        items.first_resolved_week >= sources.first_public_reply_week as tells_public_replies,
        items.first_resolved_week >= sources.first_pause_week as tells_pauses
    from items
    left join strata
        on
            items.resolved_team_id = strata.team_id
            and {{ counterpoise.stratum_label('items') }} = strata.stratum
    left join repeats
        on
            items.work_item_id = repeats.work_item_id
            and items.version_from_week = repeats.version_from_week
    left join sources on items.source_system = sources.source_system

)

select * from final
