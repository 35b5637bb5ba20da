-- More items end just inside the target than a smooth curve allows. Explained away by a shorter wait in all or more satisfaction.
{{ counterpoise.signal_from_metrics(
    'threshold_bunching',
    parts=[
        [{'metric': 'target_bunching', 'move': 'worse'}],
    ],
    unless=[{'metric': 'end_to_end_hours', 'move': 'better'}, {'metric': 'csat', 'move': 'better'}]
) }}
