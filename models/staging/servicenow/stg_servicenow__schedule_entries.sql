{{ config(enabled=var('counterpoise_servicenow_enabled', false)) }}
-- Entries of the schedules that service levels count by, those of schedules they take in or leave out among them, read from local text.
{%- set first_second = counterpoise.epoch_seconds('cast(first_day as ' ~ counterpoise.type_of('timestamp') ~ ')') %}
{%- set last_second = counterpoise.epoch_seconds('cast(last_day as ' ~ counterpoise.type_of('timestamp') ~ ')') %}
with

schedules as (

    {{ counterpoise.connector_rows('servicenow', 'cmn_schedule') }}

),

spans as (

    {{ counterpoise.connector_rows('servicenow', 'cmn_schedule_span') }}

),

others as (

    {{ counterpoise.connector_rows('servicenow', 'cmn_other_schedule') }}

),

sla_definitions as (

    {{ counterpoise.connector_rows('servicenow', 'contract_sla') }}

),

task_slas as (

    {{ counterpoise.connector_rows('servicenow', 'task_sla') }}

),

used as (

    select
        task_slas.source_system,
        coalesce(task_slas.schedule_value, sla_definitions.schedule_value) as schedule_id,
        task_slas.timezone
    from task_slas
    left join sla_definitions on task_slas.source_system = sla_definitions.source_system and task_slas.sla_value = sla_definitions.sys_id
    where coalesce(task_slas.schedule_value, sla_definitions.schedule_value) is not null
    {{ counterpoise.union_distinct() }}
    select source_system, schedule_value as schedule_id, cast(null as {{ counterpoise.type_of('string') }}) as timezone from sla_definitions
    where schedule_value is not null

),

zones as (

    select
        used.source_system,
        used.schedule_id,
        max(schedules.time_zone) as own_zone,
        max(used.timezone) as task_zone
    from used
    left join schedules on used.source_system = schedules.source_system and used.schedule_id = schedules.sys_id
    group by used.source_system, used.schedule_id

),

placed as (

    select
        source_system,
        schedule_id,
        own_zone,
        task_zone,
        schedule_id as part_id,
        0 as is_left_out
    from zones
    {{ counterpoise.union_distinct() }}
    select
        zones.source_system,
        zones.schedule_id,
        zones.own_zone,
        zones.task_zone,
        others.child_schedule_value as part_id,
        case when lower(others.type) = 'exclude' then 1 else 0 end as is_left_out
    from zones
    inner join others on zones.source_system = others.source_system and zones.schedule_id = others.schedule_value
    where others.child_schedule_value is not null and not coalesce(others._fivetran_deleted, false)

),

texts as (

    select
        placed.source_system,
        placed.schedule_id,
        case
            when placed.own_zone like '%/%' or upper(placed.own_zone) in ('UTC', 'GMT') then placed.own_zone
            when placed.task_zone like '%/%' or upper(placed.task_zone) in ('UTC', 'GMT') then placed.task_zone
            else 'UTC'
        end as timezone,
        spans.sys_id as span_id,
        case
            when placed.is_left_out = 1 or lower(spans.type) = 'exclude' then 'closed'
            when lower(coalesce(spans.type, '')) in ('', 'include', 'work') then 'open'
        end as kind,
        replace(replace(replace(spans.start_date_time, '-', ''), ':', ''), ' ', 'T') as starts,
        replace(replace(replace(spans.end_date_time, '-', ''), ':', ''), ' ', 'T') as ends,
        replace(substring(spans.repeat_until, 1, 10), '-', '') as until,
        coalesce(spans.all_day, false) as is_all_day,
        lower(coalesce(spans.repeat_type, '')) as repeat_type,
        coalesce(spans.repeat_count, 1) as repeat_count,
        lower(coalesce(spans.yearly_type, '')) as yearly_type,
        case lower(coalesce(spans.repeat_type, ''))
            when 'weekdays' then '12345'
            when 'weekends' then '67'
            when 'weekmwf' then '135'
            when 'weektt' then '24'
            when 'daily' then '1234567'
            when 'weekly' then coalesce(spans.days_of_week, '')
            when 'specific' then coalesce(spans.days_of_week, '')
        end as days_of_week
    from placed
    inner join spans on placed.source_system = spans.source_system and placed.part_id = spans.schedule_value
    where not coalesce(spans._fivetran_deleted, false) and spans.start_date_time is not null and spans.end_date_time is not null

),

dated as (

    select
        *,
        {%- for side, column in [('starts', 'first_day'), ('ends', 'last_day'), ('until', 'until_day')] %}
        case when length({{ side }}) >= 8 then cast(substring({{ side }}, 1, 4) || '-' || substring({{ side }}, 5, 2) || '-' || substring({{ side }}, 7, 2) as date) end as {{ column }},
        {%- endfor %}
        substring(starts, 10, 2) || ':' || substring(starts, 12, 2) as opens_at,
        case when substring(ends, 10, 6) = '235959' then '24:00' else substring(ends, 10, 2) || ':' || substring(ends, 12, 2) end as closes_at
    from texts

),

final as (

    select
        *,
        {{ last_second }} - {{ first_second }} as seconds_over,
        mod(cast(({{ first_second }} + 259200) / 86400 as {{ counterpoise.type_of('integer') }}) + 70000, 7) + 1 as first_weekday
    from dated

)

select
    source_system,
    schedule_id,
    span_id,
    timezone,
    kind,
    first_day,
    last_day,
    until_day,
    is_all_day,
    case when is_all_day then '00:00' else opens_at end as opens_at,
    -- midnight is the end of the day before
    case when is_all_day or (closes_at = '00:00' and seconds_over = 86400) then '24:00' else closes_at end as closes_at,
    repeat_type,
    case when days_of_week = '' then cast(first_weekday as {{ counterpoise.type_of('string') }}) else days_of_week end as days_of_week,
    -- over midnight: the rest stands on the day after
    not is_all_day and closes_at <> '00:00' and seconds_over = 86400 as is_over_midnight,
    case
        when kind = 'open' then days_of_week is not null and repeat_count <= 1 and (is_all_day or seconds_over <= 86400)
        when kind = 'closed' then
            (is_all_day or (opens_at = '00:00' and closes_at in ('24:00', '00:00')))
            and (repeat_type = '' or (repeat_type = 'yearly' and repeat_count <= 1 and yearly_type <> 'float'))
        else false
    end as is_understood
from final
