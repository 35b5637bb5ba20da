-- Items are resolved sooner, more of them without an answer of the requester, and more of them are back. Resolutions are read four
-- weeks earlier, because what comes back is known four weeks later.
{{ counterpoise.signal_from_metrics(
    'premature_close',
    parts=[
        [{'metric': 'unconfirmed_close_share', 'move': 'worse', 'lag': 4}],
        [{'metric': 'reopen_rate', 'move': 'worse'}, {'metric': 'repeat_contact_rate', 'move': 'worse'}],
        [{'metric': 'resolution_hours', 'move': 'better', 'lag': 4}],
    ]
) }}
