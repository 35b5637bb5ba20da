-- More is resolved at the end of the month, or in bursts. Explained away where requests surge at the month's end too.
{{ counterpoise.signal_from_metrics(
    'burst_and_quiet',
    parts=[
        [{'metric': 'period_end_share', 'move': 'worse'}, {'metric': 'burstiness', 'move': 'worse', 'shown': false}],
    ],
    unless=[{'metric': 'period_end_created_share', 'move': 'worse'}]
) }}
