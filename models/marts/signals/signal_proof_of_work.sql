-- A larger part of the hours goes into reporting, and items get more tracking events or are cut up.
{{ counterpoise.signal_from_metrics(
    'proof_of_work',
    parts=[
        [{'metric': 'reporting_share', 'move': 'worse'}],
        [{'metric': 'tracking_events_per_item', 'move': 'worse'}, {'metric': 'split_share', 'move': 'worse'}],
    ]
) }}
