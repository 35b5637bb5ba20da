{{ config(materialized='view') }}
-- Loads of events as prints: whether they brought history.
select
    'load' as kind,
    source_system || ' ' || cast(loaded_on as {{ counterpoise.type_of('string') }}) as name,
    case when is_history_load then 'history' else 'news' end as print
from {{ ref('int_load_batches') }}
where source_table = 'work_item_events'
