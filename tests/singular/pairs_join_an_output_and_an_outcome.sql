-- A pair of two outputs, or the wrong way round, would call a gain a paradox.
select
    pairs.pair_id,
    outputs.room as output_room,
    outcomes.room as outcome_room
from {{ ref('pair_registry') }} as pairs
inner join {{ ref('metric_registry') }} as outputs on pairs.output_metric_id = outputs.metric_id
inner join {{ ref('metric_registry') }} as outcomes on pairs.outcome_metric_id = outcomes.metric_id
where outputs.room <> 'output' or outcomes.room <> 'outcome'
