-- Weeks of which a source has told anything, and since when. A week without a row is a gap in the data, not a quiet week.
select
    source_system,
    occurred_week as week,
    min(known_week) as known_week
from {{ ref('int_item_events') }}
group by source_system, occurred_week
