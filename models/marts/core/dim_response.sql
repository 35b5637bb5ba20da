-- The playbook: every next step, the package's and a user's own.
with

registered as (
    {{ counterpoise.registry_rows('response_registry', 'own_responses', {
        'due_in_days': 'integer'
    }) }}
)

select * from registered
