-- Flags of resolved items that need what came after them or what they were held against, in the week of the first resolution.
{{ config(materialized='view') }}
{%- set follow_up_days = counterpoise.setting('follow_up_days') %}
{%- set period_end_days = counterpoise.setting('period_end_days') %}
{%- set next_month = dbt.dateadd('month', 1, dbt.date_trunc('month', 'resolved_on')) %}
with

closures as (

    select
        closures.*,
        cast({{ counterpoise.to_local('closures.first_resolved_at', 'teams.timezone') }} as date) as resolved_on,
        {{ counterpoise.hours_between('closures.first_resolved_at', 'closures.first_reopened_at') }} / 24.0 as reopened_after_days
    from {{ ref('int_closures') }} as closures
    left join {{ ref('stg_teams') }} as teams on closures.team_id = teams.team_id
    where closures.version_to_week is null

),

dated as (

    select
        *,
        {{ counterpoise.hours_between('cast(resolved_on as ' ~ counterpoise.type_of('timestamp') ~ ')', 'cast(' ~ next_month ~ ' as ' ~ counterpoise.type_of('timestamp') ~ ')') }} / 24.0 as days_left
    from closures

),

defects as (

    select
        work_item_id,
        count(*) as defects
    from {{ ref('stg_outcomes') }}
    where outcome_type = 'escaped_defect' and work_item_id is not null
    group by work_item_id

),

causes as (

    select
        to_item_id as work_item_id,
        count(*) as later_items
    from {{ ref('stg_work_item_links') }}
    where link_type = 'caused_by' and from_item_id <> to_item_id
    group by to_item_id

),

joined as (

    select
        dated.*,
        traces.is_edited_after and traces.tells_edits as is_edited_after,
        coalesce(traces.edited_field, 'a field') as edited_field,
        traces.edited_after_days,
        traces.is_silent_rework,
        traces.works_after,
        ratios.target_ratio,
        ratios.weight as target_weight,
        defects.defects,
        causes.later_items
    from dated
    left join {{ ref('int_closure_traces') }} as traces
        on
            dated.work_item_id = traces.work_item_id
            and dated.version_from_week = traces.version_from_week
    left join {{ ref('int_target_ratios') }} as ratios
        on
            dated.work_item_id = ratios.work_item_id
            and dated.version_from_week = ratios.version_from_week
    left join defects on dated.work_item_id = defects.work_item_id
    left join causes on dated.work_item_id = causes.work_item_id

),

final as (

    {{ counterpoise.flag_rows('joined', [
        {'id': 'reopened', 'when': 'is_reopened_in_follow_up', 'weight': 'reopenings',
         'what': "'resolved, and open again after ' || " ~ counterpoise.amount('reopened_after_days', 'day', 'days')},
        {'id': 'repeated', 'when': 'is_repeated', 'weight': '1',
         'what': "'resolved, and the same requester was back within " ~ follow_up_days ~ " days'"},
        {'id': 'paused', 'when': 'paused_hours > 0', 'weight': 'paused_hours',
         'what': "'paused for ' || " ~ counterpoise.amount('paused_hours', 'hour', 'hours') ~ " || ' of ' || "
            ~ counterpoise.amount('elapsed_hours', 'hour', 'hours') ~ " || ' until resolved'"},
        {'id': 'near_target', 'when': 'target_weight = 1', 'weight': 'target_ratio',
         'what': "'took ' || " ~ counterpoise.amount('100 * target_ratio', '%', '%') ~ " || ' of its target'"},
        {'id': 'period_end', 'when': 'days_left <= ' ~ period_end_days, 'weight': (period_end_days | string) ~ ' - days_left',
         'what': "'resolved with ' || " ~ counterpoise.amount('days_left - 1', 'day', 'days') ~ " || ' of the month left'"},
        {'id': 'edited_after', 'when': 'is_edited_after', 'weight': 'edited_after_days',
         'what': "edited_field || ' edited ' || " ~ counterpoise.amount('edited_after_days', 'day', 'days') ~ " || ' after the resolution'"},
        {'id': 'silent_rework', 'when': 'is_silent_rework', 'weight': 'works_after',
         'what': "'worked on ' || " ~ counterpoise.amount('works_after', 'time', 'times') ~ " || ' after the resolution without a reopening'"},
        {'id': 'escaped_defect', 'when': 'defects > 0', 'weight': 'defects',
         'what': counterpoise.amount('defects', 'defect', 'defects') ~ " || ' came up after it was delivered'"},
        {'id': 'caused_rework', 'when': 'later_items > 0', 'weight': 'later_items',
         'what': counterpoise.amount('later_items', 'later item', 'later items') ~ " || ' came of it'"},
    ]) }}

)

select * from final
