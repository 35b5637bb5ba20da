-- Families of what was recorded and when, of handovers and of touches, in the standard shape of int_metric_rows.
{{ config(materialized='view') }}
with

wait_rows as (

    {{ counterpoise.metric_rows(ref('int_wait_week'), [
        {'id': 'wait_hours', 'numerator': 'wait_hours', 'denominator': 'waits',
         'link_sum': 'ln_wait_hours', 'link_squares': 'ln_wait_hours_squares'},
    ]) }}

),

touch_rows as (

    {{ counterpoise.metric_rows(ref('int_touch_week'), [
        {'id': 'rework_item_share', 'numerator': 'rework_items', 'denominator': 'touched_items'},
    ]) }}

),

-- weekly ratios: one week, one value
switch_rows as (

    {{ counterpoise.metric_rows(ref('int_switch_week'), [
        {'id': 'fragmentation', 'numerator': 'switches', 'denominator': 'active_days', 'n': 'told_weeks',
         'link_sum': 'switches_per_day', 'link_weight': 'told_weeks', 'link_squares': 'switches_per_day * switches_per_day'},
    ]) }}

),

burst_rows as (

    {{ counterpoise.metric_rows(ref('int_burst_week'), [
        {'id': 'burstiness', 'numerator': 'burstiness', 'denominator': 'burst_weeks', 'link_squares': 'burstiness * burstiness'},
    ]) }}

),

handoff_rows as (

    {{ counterpoise.metric_rows(ref('int_handoff_week'), [
        {'id': 'handed_on_return_share', 'numerator': 'returned', 'denominator': 'handed_on'},
        {'id': 'handed_on_wait_hours', 'numerator': 'wait_hours', 'denominator': 'waits',
         'link_sum': 'ln_wait_hours', 'link_squares': 'ln_wait_hours_squares'},
    ]) }}

),

trace_rows as (

    {{ counterpoise.metric_rows(ref('int_trace_week'), [
        {'id': 'late_record_share', 'numerator': 'late_events', 'denominator': 'recorded_events'},
        {'id': 'edited_after_resolution_share', 'numerator': 'edited_items', 'denominator': 'editable_items'},
        {'id': 'silent_rework_share', 'numerator': 'silent_rework_items', 'denominator': 'resolved_items'},
        {'id': 'silent_first_response_share', 'numerator': 'silent_answers', 'denominator': 'answers'},
        {'id': 'unanswered_pause_share', 'numerator': 'unanswered_pauses', 'denominator': 'ended_pauses'},
        {'id': 'review_wait_hours', 'numerator': 'review_hours', 'denominator': 'reviews',
         'link_sum': 'ln_review_hours', 'link_squares': 'ln_review_hours_squares'},
    ]) }}

),

final as (

    select * from wait_rows
    union all
    select * from touch_rows
    union all
    select * from switch_rows
    union all
    select * from burst_rows
    union all
    select * from handoff_rows
    union all
    select * from trace_rows

)

select * from final
