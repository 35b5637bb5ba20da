{{ config(enabled=var('counterpoise_zendesk_enabled', false)) }}
-- Opening hours by weekday. Zendesk keeps the hours of now; those of the past are read from the audit log, and without one from the
-- stretches that the connector saw go.
{%- set always = "cast('1970-01-01' as date)" %}
{%- set weekdays = {'mon': 1, 'tue': 2, 'wed': 3, 'thu': 4, 'fri': 5, 'sat': 6, 'sun': 7} %}
with

schedules as (

    select * from (
        {{ counterpoise.connector_rows('zendesk', 'schedule') }}
    ) as hours
    where id is not null and start_time < end_time

),

changes as (

    select * from {{ ref('stg_zendesk__schedule_changes') }}

),

numbers as (

    select cast(generated_number - 1 as {{ counterpoise.type_of('integer') }}) as number
    from ({{ dbt.generate_series(24) }}) as series

),

known as (

    select
        schedules.source_system,
        schedules.id as schedule_id,
        max(coalesce(zones.iana_name, case when schedules.time_zone like '%/%' then schedules.time_zone end)) as timezone,
        max(case when not coalesce(schedules._fivetran_deleted, false) then 1 else 0 end) as is_live
    from schedules
    left join {{ ref('zendesk_time_zones') }} as zones on lower(trim(schedules.time_zone)) = lower(zones.zendesk_name)
    group by schedules.source_system, schedules.id

),

last_changes as (

    select
        source_system,
        schedule_id,
        max(changed_on) as changed_on
    from changes
    group by source_system, schedule_id

),

-- minutes since Sunday cut at midnight; the eighth day is the Sunday after
cut as (

    select
        schedules.source_system,
        schedules.id as schedule_id,
        case when numbers.number in (0, 7) then 7 else numbers.number end as weekday,
        greatest(schedules.start_time - numbers.number * 1440, 0) as opens_minute,
        least(schedules.end_time - numbers.number * 1440, 1440) as closes_minute,
        case when coalesce(schedules._fivetran_deleted, false) then cast(schedules._fivetran_synced as date) end as gone_on,
        schedules._fivetran_synced
    from schedules
    inner join numbers
        on
            numbers.number <= 7
            and schedules.start_time < (numbers.number + 1) * 1440
            and schedules.end_time > numbers.number * 1440

),

days_gone as (

    select
        source_system,
        schedule_id,
        weekday,
        gone_on,
        lag(gone_on) over (partition by source_system, schedule_id, weekday order by gone_on) as gone_before_on,
        max(gone_on) over (partition by source_system, schedule_id, weekday) as last_gone_on
    from (
        select distinct
            source_system,
            schedule_id,
            weekday,
            gone_on
        from cut
        where gone_on is not null
    ) as gone

),

seen as (

    select
        cut.*,
        case
            when last_changes.changed_on is not null then last_changes.changed_on
            when cut.gone_on is not null then coalesce(gone.gone_before_on, {{ always }})
            else coalesce(
                (select max(others.last_gone_on) from days_gone as others
                where others.source_system = cut.source_system and others.schedule_id = cut.schedule_id and others.weekday = cut.weekday),
                {{ always }}
            )
        end as valid_from,
        cast({{ dbt.dateadd('day', -1, 'cut.gone_on') }} as date) as valid_to,
        -- where the log tells of the past, what went from a schedule that is still there needs no telling
        last_changes.changed_on is not null and cut.gone_on is not null and known.is_live = 1 as is_told
    from cut
    inner join known on cut.source_system = known.source_system and cut.schedule_id = known.schedule_id
    left join last_changes on cut.source_system = last_changes.source_system and cut.schedule_id = last_changes.schedule_id
    left join days_gone as gone
        on
            cut.source_system = gone.source_system
            and cut.schedule_id = gone.schedule_id
            and cut.weekday = gone.weekday
            and cut.gone_on = gone.gone_on

),

-- in the log a day is {:mon=>{"09:00"=>"12:00", "13:00"=>"17:00"}, …}, quoted in several ways: its digits are all that is needed
said as (
    {% for name, weekday in weekdays.items() %}
    select
        source_system,
        schedule_id,
        changed_on,
        changed_before_on,
        {{ weekday }} as weekday,
        case
            when {{ dbt.position("'" ~ name ~ "'", 'hours_before') }} > 0
                then substring(hours_before, {{ dbt.position("'" ~ name ~ "'", 'hours_before') }} + 3)
        end as said
    from changes
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

read as (

    select
        *,
        {% set digits = namespace(sql="substring(said, 1, " ~ dbt.position("'}'", 'said') ~ ')') %}
        {%- for mark in ['}', '{', '"', ':', '=', '>', ',', ' ', '&', ';', 'quot', 'amp', 'gt', "'"] -%}
        {%- set digits.sql = 'replace(' ~ digits.sql ~ ', ' ~ counterpoise.text_literal(mark) ~ ", '')" -%}
        {%- endfor -%}
        {{ digits.sql }} as digits
    from said
    where said is not null

),

hours as (

    select
        source_system,
        schedule_id,
        weekday,
        {%- for column, minute in [('opens_at', 'opens_minute'), ('closes_at', 'closes_minute')] %}
        {%- for part in ['floor(' ~ minute ~ ' / 60.0)', 'mod(' ~ minute ~ ', 60)'] %}
        lpad(cast({{ counterpoise.as_integer(part) }} as {{ counterpoise.type_of('string') }}), 2, '0'){{ " || ':' ||" if loop.first else ' as ' ~ column ~ ',' }}
        {%- endfor %}
        {%- endfor %}
        valid_from,
        valid_to,
        _fivetran_synced
    from seen
    where not is_told
    union all
    select
        read.source_system,
        read.schedule_id,
        read.weekday,
        substring(read.digits, 8 * numbers.number + 1, 2) || ':' || substring(read.digits, 8 * numbers.number + 3, 2) as opens_at,
        substring(read.digits, 8 * numbers.number + 5, 2) || ':' || substring(read.digits, 8 * numbers.number + 7, 2) as closes_at,
        coalesce(read.changed_before_on, {{ always }}) as valid_from,
        cast({{ dbt.dateadd('day', -1, 'read.changed_on') }} as date) as valid_to,
        cast(null as {{ counterpoise.type_of('timestamp') }}) as _fivetran_synced
    from read
    inner join numbers on length(read.digits) >= 8 * (numbers.number + 1)
    where mod(length(read.digits), 8) = 0

),

final as (

    select
        hours.*,
        known.timezone
    from hours
    inner join known
        on
            hours.source_system = known.source_system
            and hours.schedule_id = known.schedule_id
    -- hours in a zone nobody can name would be hours at the wrong time; stg_zendesk__unknown_values names it
    where known.timezone is not null and (hours.valid_to is null or hours.valid_to >= hours.valid_from)

)

select
    {{ counterpoise.as_adapter('business_calendars', {
        'calendar_id': counterpoise.connector_id('schedule_id'),
        'weekday': 'weekday',
        'opens_at': 'opens_at',
        'closes_at': 'closes_at',
        'timezone': 'timezone',
        'valid_from': 'valid_from',
        'valid_to': 'valid_to',
        '_loaded_at': '_fivetran_synced',
    }) }}
from final
