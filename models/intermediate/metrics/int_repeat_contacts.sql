-- Resolved items whose requester opened another of the same category within the follow-up window.
{{ counterpoise.came_back('requester_id') }}
