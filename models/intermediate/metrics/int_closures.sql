{{ config(**counterpoise.by_item('int_reached_items', week='week')) }}
{%- do ref('int_reached_items') %}
-- Item versions that were resolved, each in its cohort: the week and team of the first resolution, and the kind of item.
with

items as (

    select * from {{ ref('int_work_items') }}
    where resolved_team_id is not null {{ counterpoise.of_changed(keyword='and') }}

),

strata as (

    select * from {{ ref('int_team_strata') }}

),

repeats as (

    select * from {{ ref('int_repeat_contacts') }}

),

account_repeats as (

    select * from {{ ref('int_repeat_accounts') }}

),

edits as (

    select * from {{ ref('int_item_edits') }}

),

business as (

    select * from {{ ref('int_item_business') }}
    where promise = 'resolution'

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
        items.first_resolved_week >= sources.first_pause_week as tells_pauses,
        strata.is_hard,
        coalesce(account_repeats.is_repeated, false) as is_account_repeated,
        items.account_id is not null and items.is_customer_work as can_account_repeat,
        -- handed to a higher line, or raised in priority, up to the end of the follow-up window
        items.escalations > 0 or coalesce(edits.first_raised_at <= items.follow_up_ends_at, false) as is_escalated,
        items.first_resolved_week >= sources.first_escalation_week as tells_escalations,
        items.first_resolved_week >= sources.first_goal_week as tells_goals,
        items.first_resolved_week >= sources.first_block_week as tells_blocks,
        items.first_resolved_week >= sources.first_check_week as tells_checks,
        items.first_resolved_week >= sources.first_requester_week as tells_requesters,
        items.first_resolved_week >= sources.first_tracking_week as tells_tracking,
        business.business_hours
    from items
    left join strata
        on
            items.resolved_team_id = strata.team_id
            and {{ counterpoise.stratum_label('items') }} = strata.stratum
    left join repeats
        on
            items.work_item_id = repeats.work_item_id
            and items.version_from_week = repeats.version_from_week
    left join account_repeats
        on
            items.work_item_id = account_repeats.work_item_id
            and items.version_from_week = account_repeats.version_from_week
    left join edits
        on
            items.work_item_id = edits.work_item_id
            and items.version_from_week = edits.version_from_week
    left join business
        on
            items.work_item_id = business.work_item_id
            and items.version_from_week = business.version_from_week
    left join sources on items.source_system = sources.source_system

)

select * from final
