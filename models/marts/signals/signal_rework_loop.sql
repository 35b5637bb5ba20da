-- More comes back, as a reopened item, as the same person asking again or as work on an old item, while more is finished. The
-- completions are read four weeks earlier, because what comes back is known four weeks later.
{{ counterpoise.signal_from_metrics(
    'rework_loop',
    parts=[
        [
            {'metric': 'reopen_rate', 'move': 'worse'},
            {'metric': 'repeat_contact_rate', 'move': 'worse'},
            {'metric': 'rework_item_share', 'move': 'worse'},
        ],
        [{'metric': 'throughput', 'move': 'better', 'lag': 4}],
    ]
) }}
