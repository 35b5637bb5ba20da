{{ config(enabled=var('counterpoise_zendesk_enabled', false)) }}
-- Members of groups with dates. Machines and light agents (who write internal notes only) are none; who was shut out or left has an
-- end; who is in several groups at once gives each an equal share.
with

users as (

    select
        people.*,
        {{ counterpoise.is_bot(['people.name']) }}
        or coalesce(people.role_type, '') in ('1', '1.0')
        or coalesce(people.only_private_comments, false) as is_no_member,
        case
            when coalesce(people.suspended, false) or not coalesce(people.active, true) or coalesce(people._fivetran_deleted, false) or lower(people.role) = 'end-user'
                then cast(people.updated_at as date)
        end as left_on
    from (
        {{ counterpoise.connector_rows('zendesk', 'user') }}
    ) as people

),

groups as (

    select
        source_system,
        id,
        created_at
    from (
        {{ counterpoise.connector_rows('zendesk', 'group') }}
    ) as known_groups

),

memberships as (

    select
        members.source_system,
        members.id,
        members.group_id,
        members.user_id,
        cast(coalesce(members.created_at, users.created_at, groups.created_at, cast('1970-01-01' as {{ counterpoise.type_of('timestamp') }})) as date) as valid_from,
        -- the connector sees that a membership is gone at its next sync
        case
            when coalesce(members._fivetran_deleted, false)
                then least(cast(members._fivetran_synced as date), coalesce(users.left_on, cast('9999-12-31' as date)))
            else users.left_on
        end as valid_to,
        members._fivetran_synced
    from (
        {{ counterpoise.connector_rows('zendesk', 'group_member') }}
    ) as members
    left join users
        on
            members.source_system = users.source_system
            and members.user_id = users.id
    left join groups
        on
            members.source_system = groups.source_system
            and members.group_id = groups.id
    where members.user_id is not null and members.group_id is not null and not coalesce(users.is_no_member, false)

),

lasting as (

    select * from memberships
    where valid_to is null or valid_to >= valid_from

),

shared as (

    select
        lasting.source_system,
        lasting.id,
        count(*) as groups_at_once
    from lasting
    inner join lasting as others
        on
            lasting.source_system = others.source_system
            and lasting.user_id = others.user_id
            and others.valid_from <= coalesce(lasting.valid_to, cast('9999-12-31' as date))
            and coalesce(others.valid_to, cast('9999-12-31' as date)) >= coalesce(lasting.valid_to, cast('9999-12-31' as date))
    group by lasting.source_system, lasting.id

)

select
    {{ counterpoise.as_adapter('team_members', {
        'source_system': 'lasting.source_system',
        'person_id': 'lasting.user_id',
        'valid_from': 'lasting.valid_from',
        'valid_to': 'lasting.valid_to',
        'fte': '1.0 / shared.groups_at_once',
        'owner_first': "lasting.source_system || ':group:' || lasting.group_id",
        'own_team': "lasting.source_system || ':group:' || lasting.group_id",
        '_loaded_at': 'lasting._fivetran_synced',
    }) }}
from lasting
inner join shared
    on
        lasting.source_system = shared.source_system
        and lasting.id = shared.id
