-- Fewer hard items are among the resolved, and more of the open ones are old. Explained away where fewer hard items come in.
{{ counterpoise.signal_from_metrics(
    'cherry_picking',
    parts=[
        [{'metric': 'hard_resolved_share', 'move': 'worse'}],
        [{'metric': 'aged_backlog', 'move': 'worse'}],
    ],
    unless=[{'metric': 'hard_created_share', 'move': 'worse'}]
) }}
