-- 2. Who can own work in the tool. `is_own_team`: serves as a team while the team map says nothing of this tool.
with

queues as (

    {{ counterpoise.connector_rows('NAME', 'queue') }}

),

final as (

    select
        source_system,
        'queue' as owner_type,
        {{ counterpoise.owner_id('queue', 'id') }} as owner_id,
        id as owner_key,
        name as owner_name,
        cast(null as {{ counterpoise.type_of('string') }}) as parent_owner_id,
        cast(null as {{ counterpoise.type_of('string') }}) as function,
        cast(null as {{ counterpoise.type_of('string') }}) as timezone,
        true as is_own_team
    from queues

)

select * from final
