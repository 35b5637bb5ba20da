-- A smaller part of the hours goes into experiments.
{{ counterpoise.signal_from_metrics(
    'fewer_experiments',
    parts=[
        [{'metric': 'experiment_share', 'move': 'worse'}],
    ]
) }}
