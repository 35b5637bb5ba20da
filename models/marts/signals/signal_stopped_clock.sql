-- More of the wait is paused, more pauses put it on the requester, begin close to the target or are answered by nobody. Explained
-- away where the requester's wait gets shorter in all.
{{ counterpoise.signal_from_metrics(
    'stopped_clock',
    parts=[
        [
            {'metric': 'paused_share', 'move': 'worse'},
            {'metric': 'requester_pause_share', 'move': 'worse', 'shown': false},
            {'metric': 'late_pause_share', 'move': 'worse', 'shown': false},
            {'metric': 'unanswered_pause_share', 'move': 'worse', 'shown': false},
        ],
    ],
    unless=[{'metric': 'end_to_end_hours', 'move': 'better'}]
) }}
