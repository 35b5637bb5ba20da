-- 3. One row per item, as it is now. Columns you leave out are null. No team_id: name the owners, finest first.
with

tickets as (

    {{ counterpoise.connector_rows('NAME', 'ticket') }}

),

final as (

    select
        *,
        {{ counterpoise.connector_id('id') }} as work_item_id,
        {{ counterpoise.owner_id('queue', 'queue_id') }} as queue_owner
    from tickets

)

select
    {{ counterpoise.as_adapter('work_items', {
        'work_item_id': 'work_item_id',
        'item_type': "'ticket'",
        'requester_id': 'requester_id',
        'created_at': 'created_at',
        '_loaded_at': 'updated_at',
        'owner_first': 'queue_owner',
        'own_team': 'queue_owner',
    }) }}
from final
