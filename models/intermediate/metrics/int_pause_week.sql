-- Family of pauses on items held against a target whose clock they stop (working or business): how many began, and how many of
-- them when three quarters of the target were already worked and the target not yet missed.
with

spans as (

    select
        *,
        coalesce(sum(case when state in ('paused', 'done') then 0 else span_seconds end) over (
            partition by work_item_id, version_from_week order by span_number
            rows between unbounded preceding and 1 preceding
        ), 0) / 3600e0 as worked_hours_before
    from {{ ref('int_item_spans') }}
    where resolutions_so_far = 0

),

targets as (

    select * from {{ ref('int_item_targets') }}
    where metric_id = 'resolution_hours' and clock in ('working', 'business')

),

business_spans as (

    select * from {{ ref('int_business_spans') }}

),

teams as (

    select team_id, timezone from {{ ref('stg_teams') }}

),

pauses as (

    select
        spans.team_id,
        spans.version_from_week,
        spans.version_to_week,
        {{ counterpoise.week_index(counterpoise.to_local('spans.started_at', 'teams.timezone')) }} as week,
        case when targets.clock = 'business' then business_spans.run_seconds_before / 3600e0 else spans.worked_hours_before end
        between 0.75 * targets.target_hours and targets.target_hours as is_late_pause
    from spans
    inner join targets
        on
            spans.work_item_id = targets.work_item_id
            and spans.version_from_week = targets.version_from_week
    left join business_spans
        on
            spans.work_item_id = business_spans.work_item_id
            and spans.version_from_week = business_spans.version_from_week
            and spans.span_number = business_spans.span_number
    left join teams on spans.team_id = teams.team_id
    where spans.state = 'paused' and spans.team_id is not null
        -- nothing is known of a business clock without a calendar
        and (targets.clock = 'working' or business_spans.work_item_id is not null)

),

signed as (

    {{ counterpoise.signed_versions('pauses', 'week') }}

),

final as (

    select
        team_id,
        week,
        'all' as stratum,
        known_week,
        {{ counterpoise.signed_sum('1') }} as pauses,
        {{ counterpoise.signed_sum('1', 'is_late_pause') }} as late_pauses
    from signed
    group by team_id, week, known_week

)

select * from final
