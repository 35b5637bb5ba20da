-- What a dashboard of theirs reads.
select
    team_id,
    week_start,
    risk,
    band
from {{ ref('counterpoise', 'team_risk') }}
