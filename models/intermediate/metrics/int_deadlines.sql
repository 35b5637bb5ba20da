{{ config(**counterpoise.by_item('int_reached_items')) }}
{%- do ref('int_reached_items') %}
-- One row per item version and promise: when it fell due, who held the item then, and whether it was kept. Answered or not,
-- resolved or not: an item counts in the week of its deadline.
with

items as (

    select * from {{ ref('int_work_items') }}
    {{ counterpoise.of_changed() }}

),

targets as (

    select * from {{ ref('int_item_targets') }}
    {{ counterpoise.of_changed() }}

),

spans as (

    select * from {{ ref('int_item_spans') }}
    {{ counterpoise.of_changed() }}

),

teams as (

    select team_id, timezone from {{ ref('stg_teams') }}

),

sources as (

    select * from {{ ref('int_source_weeks') }}

),

business as (

    select * from {{ ref('int_item_business') }}

),

worked_spans as (

    select
        *,
        coalesce(sum(case when state in ('paused', 'done') then 0 else span_seconds end) over (
            partition by work_item_id, version_from_week order by span_number
            rows between unbounded preceding and 1 preceding
        ), 0) as worked_seconds_before
    from spans
    where resolutions_so_far = 0

),

-- the moment the working clock reaches the target, for items still unresolved then
crossings as (

    select
        worked_spans.work_item_id,
        worked_spans.version_from_week,
        min({{ counterpoise.add_seconds('worked_spans.started_at', counterpoise.as_integer('targets.target_hours * 3600 - worked_spans.worked_seconds_before')) }}) as deadline_at
    from worked_spans
    inner join targets
        on
            worked_spans.work_item_id = targets.work_item_id
            and worked_spans.version_from_week = targets.version_from_week
    where
        targets.metric_id = 'resolution_hours'
        and targets.clock = 'working'
        and coalesce(worked_spans.state, '') not in ('paused', 'done')
        and worked_spans.worked_seconds_before <= targets.target_hours * 3600
        and (worked_spans.span_seconds is null or worked_spans.worked_seconds_before + worked_spans.span_seconds > targets.target_hours * 3600)
    group by worked_spans.work_item_id, worked_spans.version_from_week

),

resolution as (

    select
        items.work_item_id,
        items.version_from_week,
        items.version_to_week,
        'resolution' as promise,
        targets.target_hours,
        items.first_resolved_at as kept_at,
        0 as from_week,
        case
            when items.due_at is not null then items.due_at
            when targets.clock = 'business' then business.deadline_at
            when targets.clock <> 'working' then {{ counterpoise.add_seconds('items.created_at', counterpoise.as_integer('targets.target_hours * 3600')) }}
            when items.working_hours <= targets.target_hours
                then {{ counterpoise.add_seconds('items.first_resolved_at', counterpoise.as_integer('(targets.target_hours - items.working_hours) * 3600')) }}
            else crossings.deadline_at
        end as deadline_at
    from items
    left join targets
        on
            items.work_item_id = targets.work_item_id
            and items.version_from_week = targets.version_from_week
            and targets.metric_id = 'resolution_hours'
    left join crossings
        on
            items.work_item_id = crossings.work_item_id
            and items.version_from_week = crossings.version_from_week
    left join business
        on
            items.work_item_id = business.work_item_id
            and items.version_from_week = business.version_from_week
            and business.promise = 'resolution'

),

response as (

    select
        items.work_item_id,
        items.version_from_week,
        items.version_to_week,
        'first_response' as promise,
        targets.target_hours,
        items.first_response_at as kept_at,
        sources.first_response_week as from_week,
        coalesce(
            items.first_response_due_at,
            case
                when targets.clock = 'business' then business.deadline_at
                else {{ counterpoise.add_seconds('items.created_at', counterpoise.as_integer('targets.target_hours * 3600')) }}
            end
        ) as deadline_at
    from items
    left join targets
        on
            items.work_item_id = targets.work_item_id
            and items.version_from_week = targets.version_from_week
            and targets.metric_id = 'first_response_hours'
    left join business
        on
            items.work_item_id = business.work_item_id
            and items.version_from_week = business.version_from_week
            and business.promise = 'first_response'
    inner join sources on items.source_system = sources.source_system
    -- nobody asked for a part that the team split off, so nobody waits for its first answer
    where items.is_customer_work

),

promises as (

    select * from resolution
    where deadline_at is not null
    union all
    select * from response
    where deadline_at is not null

),

-- the team that held the item when the promise was kept or fell due, whichever came first; what was closed unresolved by then
-- is owed to nobody any more
held as (

    select
        promises.work_item_id,
        promises.version_from_week,
        promises.promise,
        max(spans.team_id) as team_id
    from promises
    inner join spans
        on
            promises.work_item_id = spans.work_item_id
            and promises.version_from_week = spans.version_from_week
            -- what was due before anything happened was due from whoever held it first
            and (spans.span_number = 1 or spans.started_at <= least(promises.deadline_at, coalesce(promises.kept_at, promises.deadline_at)))
            and (spans.ended_at is null or spans.ended_at > least(promises.deadline_at, coalesce(promises.kept_at, promises.deadline_at)))
    where spans.resolutions_so_far > 0 or coalesce(spans.state, '') <> 'done'
    group by promises.work_item_id, promises.version_from_week, promises.promise

),

dated as (

    select
        promises.work_item_id,
        promises.version_from_week,
        promises.version_to_week,
        promises.promise,
        held.team_id,
        promises.target_hours,
        promises.deadline_at,
        {{ counterpoise.week_index(counterpoise.to_local('promises.deadline_at', 'teams.timezone')) }} as week,
        coalesce(promises.kept_at <= promises.deadline_at, false) as is_in_time,
        promises.from_week
    from promises
    inner join held
        on
            promises.work_item_id = held.work_item_id
            and promises.version_from_week = held.version_from_week
            and promises.promise = held.promise
    left join teams on held.team_id = teams.team_id
    where held.team_id is not null

),

-- in a source that has never told of an answer, nothing is known of answers: not that none was given
final as (

    select
        work_item_id,
        version_from_week,
        version_to_week,
        promise,
        team_id,
        target_hours,
        deadline_at,
        week,
        is_in_time
    from dated
    where week >= from_week

)

select * from final
