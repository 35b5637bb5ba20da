-- Flags of resolved items that are read off the item alone, in the week of the first resolution.
{{ config(materialized='view') }}
with

closures as (

    select
        *,
        avg(size) over (partition by team_id) as usual_size
    from {{ ref('int_closures') }}
    where version_to_week is null

),

final as (

    {{ counterpoise.flag_rows('closures', [
        {'id': 'unconfirmed', 'when': 'can_repeat and tells_requesters and not is_confirmed', 'weight': '1',
         'what': "'resolved after ' || " ~ counterpoise.amount('elapsed_hours', 'hour', 'hours') ~ " || ' without a word of the requester'"},
        {'id': 'unchecked', 'when': 'tells_checks and checks = 0', 'weight': 'elapsed_hours',
         'what': "'resolved after ' || " ~ counterpoise.amount('elapsed_hours', 'hour', 'hours') ~ " || ' without a review or check'"},
        {'id': 'ai_undeclared', 'when': 'ai_assisted and ai_policy_class is null', 'weight': 'elapsed_hours',
         'what': "'resolved with AI, and no policy class was named'"},
        {'id': 'ai_unreviewed', 'when': 'ai_assisted and tells_checks and checks = 0', 'weight': 'elapsed_hours',
         'what': "'resolved with AI after ' || " ~ counterpoise.amount('elapsed_hours', 'hour', 'hours') ~ " || ' without a review'"},
        {'id': 'pingpong', 'when': 'returned_before_resolution', 'weight': 'handoffs',
         'what': counterpoise.amount('handoffs', 'handover', 'handovers') ~ " || ', one of them back to a team that had it'"},
        {'id': 'much_tracked', 'when': 'tells_tracking and tracking_events > 0', 'weight': 'tracking_events',
         'what': counterpoise.amount('tracking_events', 'change', 'changes') ~ " || ' of status or fields until resolved'"},
        {'id': 'small', 'when': 'size > 0 and size <= usual_size / 2', 'weight': 'usual_size - size',
         'what': "'less than half the usual size'"},
    ]) }}

)

select * from final
