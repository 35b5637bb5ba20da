-- Upkeep, learning or helping others gets a smaller part of the hours while more is finished.
{{ counterpoise.signal_from_metrics(
    'crowded_out_work',
    parts=[
        [
            {'metric': 'maintenance_share', 'move': 'worse'},
            {'metric': 'learning_share', 'move': 'worse'},
            {'metric': 'collaboration_share', 'move': 'worse'},
        ],
        [{'metric': 'throughput', 'move': 'better'}],
    ]
) }}
