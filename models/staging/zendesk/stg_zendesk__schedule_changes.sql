{{ config(enabled=var('counterpoise_zendesk_enabled', false)) }}
-- Days on which a schedule was changed, as the audit log tells, with the hours it had before that day, as the log words them.
with

log as (

    select
        source_system,
        source_id as schedule_id,
        id,
        created_at,
        cast(created_at as date) as changed_on,
        lower(change_description) as said
    from (
        {{ counterpoise.connector_rows('zendesk', 'audit_log') }}
    ) as entries
    where lower(change_description) like '%workweek changed from %' and source_id is not null and created_at is not null

),

-- of several changes of one day the first tells what was before
first_of_day as (

    select
        *,
        row_number() over (partition by source_system, schedule_id, changed_on order by created_at, {{ counterpoise.byte_order('id') }}) as place,
        {{ dbt.position("'changed from '", 'said') }} + 13 as begins_at,
        {{ dbt.position("'} to {'", 'said') }} as ends_at
    from log

),

final as (

    select
        source_system,
        schedule_id,
        changed_on,
        lag(changed_on) over (partition by source_system, schedule_id order by changed_on) as changed_before_on,
        substring(said, begins_at, ends_at - begins_at + 1) as hours_before
    from first_of_day
    where place = 1 and ends_at >= begins_at

)

select * from final
