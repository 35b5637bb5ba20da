-- An exception for a signal that does not exist excuses nothing: somebody believes it does.
select
    exceptions.team_id,
    exceptions.signal_id
from {{ counterpoise.named_ref('signal_exceptions') }} as exceptions
left join {{ ref('dim_signal') }} as signals on exceptions.signal_id = signals.signal_id
where signals.signal_id is null
