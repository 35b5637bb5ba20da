-- Items are cut from others or get smaller while more of them is finished. Explained away where more requests are delivered.
{{ counterpoise.signal_from_metrics(
    'fragmented_work',
    parts=[
        [{'metric': 'split_share', 'move': 'worse'}, {'metric': 'item_size', 'move': 'worse', 'shown': false}],
        [{'metric': 'throughput', 'move': 'better'}],
    ],
    unless=[{'metric': 'delivered_requests', 'move': 'better'}]
) }}
