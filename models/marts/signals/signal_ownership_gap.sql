-- More items come back to a team that had them, or are not touched for two weeks.
{{ counterpoise.signal_from_metrics(
    'ownership_gap',
    parts=[
        [{'metric': 'pingpong_share', 'move': 'worse'}, {'metric': 'untouched_share', 'move': 'worse'}],
    ]
) }}
