-- A pair of two outputs, or the wrong way round, would call a gain a paradox.
select
    pairs.pair_id,
    outputs.room as output_room,
    outcomes.room as outcome_room
from {{ ref('dim_pair') }} as pairs
inner join {{ ref('dim_metric') }} as outputs on pairs.output_metric_id = outputs.metric_id
inner join {{ ref('dim_metric') }} as outcomes on pairs.outcome_metric_id = outcomes.metric_id
where outputs.room <> 'output' or outcomes.room not in ('outcome', 'hidden_work', 'unmeasured_work', 'ai', 'human')
