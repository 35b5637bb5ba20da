-- This team finishes more, or sooner, and what it hands on comes back more often or waits longer in the next team. The gain is read
-- four weeks earlier, because what becomes of handed-on work is known four weeks later.
{{ counterpoise.signal_from_metrics(
    'siloed_gain',
    parts=[
        [{'metric': 'handed_on_return_share', 'move': 'worse'}, {'metric': 'handed_on_wait_hours', 'move': 'worse', 'shown': false}],
        [{'metric': 'throughput', 'move': 'better', 'lag': 4}, {'metric': 'resolution_hours', 'move': 'better', 'lag': 4}],
    ]
) }}
