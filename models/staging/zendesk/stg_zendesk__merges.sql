{{ config(enabled=var('counterpoise_zendesk_enabled', false)) }}
-- Tickets that were merged into another one, from the list that the other one keeps.
{%- set most = 60 %}
with

lists as (

    select
        source_system,
        id as into_ticket_id,
        replace(replace(replace(replace(merged_ticket_ids, '[', ''), ']', ''), ' ', ''), '"', '') as ticket_ids
    from (
        {{ counterpoise.connector_rows('zendesk', 'ticket') }}
    ) as tickets
    where merged_ticket_ids is not null and merged_ticket_ids not in ('', '[]')

),

numbers as (

    select generated_number as number
    from ({{ dbt.generate_series(most) }}) as series

),

listed as (

    select
        lists.source_system,
        lists.into_ticket_id,
        case numbers.number
            {%- for number in range(1, most + 1) %}
            when {{ number }} then {{ dbt.split_part('lists.ticket_ids', "','", number) | trim }}
            {%- endfor %}
        end as from_ticket_id
    from lists
    inner join numbers on length(lists.ticket_ids) - length(replace(lists.ticket_ids, ',', '')) >= numbers.number - 1

),

final as (

    select distinct
        source_system,
        from_ticket_id,
        into_ticket_id
    from listed
    where from_ticket_id is not null and from_ticket_id <> '' and from_ticket_id <> into_ticket_id

)

select * from final
