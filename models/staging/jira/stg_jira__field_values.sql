{{ config(enabled=var('counterpoise_jira_enabled', false)) }}
-- Values of the fields that are read, from both histories. A field is known by what it holds (role): Jira's own by their ids, custom ones
-- by their names. Ids of persons stand only as hashes.
{%- set own_roles = ['status', 'resolution', 'assignee', 'reporter', 'project', 'priority', 'type', 'due'] %}
{%- set custom_roles = ['team', 'sprint', 'flag', 'size', 'epic', 'account', 'satisfaction'] %}
with

fields as (

    {{ counterpoise.connector_rows('jira', 'field') }}

),

meanings as (

    select * from {{ ref('stg_value_map') }}
    where field_name = 'field'

),

singles as (

    {{ counterpoise.connector_rows('jira', 'issue_field_history') }}

),

several as (

    {{ counterpoise.connector_rows('jira', 'issue_multiselect_history') }}

),

roles as (

    select
        source_system,
        raw_value as field_id,
        mapped_value as role
    from meanings
    where mapped_value in ('{{ (own_roles + custom_roles) | join("', '") }}')
    {{ counterpoise.union_distinct() }}
    select
        fields.source_system,
        fields.id as field_id,
        meanings.mapped_value as role
    from fields
    inner join meanings
        on
            fields.source_system = meanings.source_system
            and lower(trim(fields.name)) = meanings.raw_value
    where fields.id like 'customfield%' and meanings.mapped_value in ('{{ custom_roles | join("', '") }}')

),

told as (

    select
        singles.source_system,
        singles.issue_id,
        roles.role,
        singles.time as told_at,
        case when roles.role in ('assignee', 'reporter') then singles.person_value else singles.value end as value,
        singles.author_id,
        singles._fivetran_synced as _loaded_at
    from singles
    inner join roles on singles.source_system = roles.source_system and singles.field_id = roles.field_id
    union all
    select
        several.source_system,
        several.issue_id,
        roles.role,
        several.time as told_at,
        several.value,
        several.author_id,
        several._fivetran_synced as _loaded_at
    from several
    inner join roles on several.source_system = roles.source_system and several.field_id = roles.field_id

),

-- a re-sync writes rows a second time
final as (

    select
        source_system,
        issue_id,
        role,
        told_at,
        value,
        author_id,
        max(_loaded_at) as _loaded_at
    from told
    where told_at is not null
    group by source_system, issue_id, role, told_at, value, author_id

)

select * from final
