-- First answers come sooner, and more of them are followed by silence.
{{ counterpoise.signal_from_metrics(
    'acknowledge_only',
    parts=[
        [{'metric': 'silent_first_response_share', 'move': 'worse'}],
        [{'metric': 'first_response_hours', 'move': 'better'}, {'metric': 'first_response_within_target', 'move': 'better'}],
    ]
) }}
