-- Resolved items whose account (customer) opened another of the same category within the follow-up window.
{{ counterpoise.came_back('account_id') }}
