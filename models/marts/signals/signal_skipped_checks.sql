-- Fewer items are reviewed or checked before they are resolved while more is finished or merged.
{{ counterpoise.signal_from_metrics(
    'skipped_checks',
    parts=[
        [{'metric': 'checked_share', 'move': 'worse'}],
        [{'metric': 'throughput', 'move': 'better'}, {'metric': 'merged_pull_requests', 'move': 'better'}],
    ]
) }}
