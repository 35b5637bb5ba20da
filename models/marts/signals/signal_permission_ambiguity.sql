-- More AI-assisted work without a policy class, longer waits for a review, or people who say less often that it is clear what is allowed.
{{ counterpoise.signal_from_metrics(
    'permission_ambiguity',
    parts=[
        [
            {'metric': 'ai_undeclared_share', 'move': 'worse'},
            {'metric': 'review_wait_hours', 'move': 'worse', 'shown': false},
            {'metric': 'ai_permission', 'move': 'worse', 'shown': false},
        ],
    ]
) }}
