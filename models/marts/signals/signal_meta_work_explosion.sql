-- More of the AI meta-work is beyond its budget. Explained away where hours are saved: fewer for each resolved item.
{{ counterpoise.signal_from_metrics(
    'meta_work_explosion',
    parts=[
        [{'metric': 'unbudgeted_meta_share', 'move': 'worse'}],
    ],
    unless=[{'metric': 'hours_per_resolved', 'move': 'better'}]
) }}
