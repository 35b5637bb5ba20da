-- More events are recorded later than the source's habit, more items are edited or worked on after they were resolved.
{{ counterpoise.signal_from_metrics(
    'backdated_edits',
    parts=[
        [
            {'metric': 'late_record_share', 'move': 'worse'},
            {'metric': 'edited_after_resolution_share', 'move': 'worse'},
            {'metric': 'silent_rework_share', 'move': 'worse'},
        ],
    ]
) }}
