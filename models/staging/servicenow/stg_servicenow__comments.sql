{{ config(enabled=var('counterpoise_servicenow_enabled', false)) }}
-- Comments and work notes with who wrote them and which group held the item then. Where no journal is synced, the audit's rows of
-- comments; where those are not there either, the end of the response SLA stands for the first answer.
with

journals as (

    {{ counterpoise.connector_rows('servicenow', 'sys_journal_field') }}

),

task_slas as (

    {{ counterpoise.connector_rows('servicenow', 'task_sla') }}

),

sla_definitions as (

    {{ counterpoise.connector_rows('servicenow', 'contract_sla') }}

),

tasks as (

    select * from {{ ref('stg_servicenow__tasks') }}

),

people as (

    select * from {{ ref('stg_servicenow__people') }}

),

holdings as (

    select * from {{ ref('stg_servicenow__holdings') }}

),

audited as (

    select * from {{ ref('stg_servicenow__changes') }}
    where field = 'comments'

),

systems_with_journal as (

    select distinct source_system from journals

),

systems_with_words as (

    select source_system from systems_with_journal
    {{ counterpoise.union_distinct() }}
    select source_system from audited

),

said as (

    select
        journals.source_system,
        tasks.task_id,
        'journal:' || journals.sys_id as event_key,
        'commented' as event_type,
        journals.element = 'comments' as is_public,
        journals.sys_created_on as said_at,
        coalesce(people.person_id, journals.author_login) as actor_id,
        case
            when {{ counterpoise.is_bot(['journals.author_name']) }} or people.is_automation then 'automation'
            when people.person_id = tasks.requester_id or journals.sys_created_on < people.end_user_until then 'requester'
            else 'agent'
        end as actor_role
    from journals
    inner join tasks on journals.source_system = tasks.source_system and journals.element_id = tasks.task_id
    left join people on journals.source_system = people.source_system and journals.author_login = people.login
    where
        journals.element in ('comments', 'work_notes')
        and journals.sys_created_on is not null
        and not coalesce(journals._fivetran_deleted, false)
    union all
    select
        audited.source_system,
        audited.task_id,
        'audit:' || audited.change_id as event_key,
        'commented' as event_type,
        true as is_public,
        audited.changed_at as said_at,
        audited.actor_id,
        audited.actor_role
    from audited
    left join systems_with_journal on audited.source_system = systems_with_journal.source_system
    where systems_with_journal.source_system is null
    union all
    select
        task_slas.source_system,
        task_slas.task_value as task_id,
        'sla:' || min(task_slas.sys_id) as event_key,
        'first_response' as event_type,
        cast(null as {{ counterpoise.type_of('boolean') }}) as is_public,
        min(task_slas.end_time) as said_at,
        cast(null as {{ counterpoise.type_of('string') }}) as actor_id,
        'agent' as actor_role
    from task_slas
    inner join sla_definitions on task_slas.source_system = sla_definitions.source_system and task_slas.sla_value = sla_definitions.sys_id
    left join systems_with_words on task_slas.source_system = systems_with_words.source_system
    where
        systems_with_words.source_system is null
        and lower(sla_definitions.target) = 'response'
        and coalesce(task_slas.stage, '') <> 'cancelled'
        and task_slas.end_time is not null
        and not coalesce(task_slas._fivetran_deleted, false)
    group by task_slas.source_system, task_slas.task_value

),

final as (

    select
        said.*,
        tasks.work_item_id,
        holdings.group_id
    from said
    inner join tasks on said.source_system = tasks.source_system and said.task_id = tasks.task_id
    left join holdings
        on
            said.source_system = holdings.source_system
            and said.task_id = holdings.task_id
            and said.said_at >= holdings.held_from
            and said.said_at < holdings.held_to

)

select * from final
