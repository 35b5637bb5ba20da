{{ config(enabled=var('counterpoise_zendesk_enabled', false)) }}
-- SLA targets of each group: those of the policy that most of its tickets were given, by priority and version. What is promised for
-- the resolution is the first there is of: total resolution time (nothing stops it), agent work time (pending and on-hold stop
-- it), requester wait time.
{%- set metrics = [
    ('first_reply_time', 'first_response_hours', 'calendar', 1), ('total_resolution_time', 'resolution_hours', 'calendar', 1),
    ('agent_work_time', 'resolution_hours', 'working', 2), ('requester_wait_time', 'resolution_hours', 'working', 3),
] %}
with

tickets as (

    select * from (
        {{ counterpoise.connector_rows('zendesk', 'ticket') }}
    ) as held

),

applied as (

    select * from (
        {{ counterpoise.connector_rows('zendesk', 'ticket_sla_policy') }}
    ) as policies

),

given as (

    select
        applied.source_system,
        tickets.group_id,
        applied.sla_policy_id,
        row_number() over (
            partition by applied.source_system, tickets.group_id
            order by count(distinct applied.ticket_id) desc, {{ counterpoise.byte_order('applied.sla_policy_id') }} asc
        ) as most_first
    from applied
    inner join tickets
        on
            applied.source_system = tickets.source_system
            and applied.ticket_id = tickets.id
    where tickets.group_id is not null and applied.sla_policy_id is not null
    group by applied.source_system, tickets.group_id, applied.sla_policy_id

),

ended as (

    select
        source_system,
        id as sla_policy_id,
        max(cast(_fivetran_synced as date)) as ended_on
    from (
        {{ counterpoise.connector_rows('zendesk', 'sla_policy_history') }}
    ) as policy_versions
    group by source_system, id
    having min(case when coalesce(_fivetran_deleted, false) then 1 else 0 end) = 1

),

promised as (

    select
        promises.*,
        cast(promises.sla_policy_updated_at as date) as valid_from,
        case lower(promises.metric)
            {%- for metric, metric_id, clock, place in metrics %}
            when '{{ metric }}' then '{{ metric_id }}'
            {%- endfor %}
        end as metric_id,
        case lower(promises.metric)
            {%- for metric, metric_id, clock, place in metrics %}
            when '{{ metric }}' then '{{ clock }}'
            {%- endfor %}
        end as clock,
        case lower(promises.metric)
            {%- for metric, metric_id, clock, place in metrics %}
            when '{{ metric }}' then {{ place }}
            {%- endfor %}
        end as place
    from (
        {{ counterpoise.connector_rows('zendesk', 'sla_policy_metric_history') }}
    ) as promises
    where promises.sla_policy_updated_at is not null and promises.target > 0

),

-- of several versions of one day the last holds
chosen as (

    select
        *,
        row_number() over (
            partition by source_system, sla_policy_id, metric_id, priority, valid_from
            order by sla_policy_updated_at desc, place asc, target asc
        ) as fits_best
    from promised
    where metric_id is not null

),

-- a version holds until the policy has a next one, whatever that one still promises
versions as (

    select
        source_system,
        sla_policy_id,
        valid_from,
        lead(valid_from) over (partition by source_system, sla_policy_id order by valid_from) as next_from
    from (
        select distinct
            source_system,
            sla_policy_id,
            valid_from
        from promised
    ) as days

),

dated as (

    select
        chosen.*,
        given.group_id,
        case
            when versions.next_from is not null then cast({{ dbt.dateadd('day', -1, 'versions.next_from') }} as date)
            else ended.ended_on
        end as valid_to
    from chosen
    inner join given
        on
            chosen.source_system = given.source_system
            and chosen.sla_policy_id = given.sla_policy_id
            and given.most_first = 1
    inner join versions
        on
            chosen.source_system = versions.source_system
            and chosen.sla_policy_id = versions.sla_policy_id
            and chosen.valid_from = versions.valid_from
    left join ended
        on
            chosen.source_system = ended.source_system
            and chosen.sla_policy_id = ended.sla_policy_id
    where chosen.fits_best = 1

)

select
    {{ counterpoise.as_adapter('targets', {
        'target_id': counterpoise.connector_id(
            "'sla:' || sla_policy_id || ':' || group_id || ':' || metric_id || ':' || coalesce(priority, '') || ':' || cast(valid_from as " ~ counterpoise.type_of('string') ~ ")"
        ),
        'metric_id': 'metric_id',
        'direction': "'at_most'",
        'threshold': 'target / 60.0',
        'valid_from': 'valid_from',
        'valid_to': 'valid_to',
        'clock': "case when business_hours then 'business' else clock end",
        'priority': 'lower(priority)',
        'owner_first': counterpoise.owner_id('group', 'group_id'),
        'own_team': counterpoise.owner_id('group', 'group_id'),
        '_loaded_at': '_fivetran_synced',
    }) }}
from dated
where valid_to is null or valid_to >= valid_from
