{{ config(**counterpoise.growing()) }}
{%- do ref('int_left_team_weeks') %}
{#- Items whose own rows are others than the last finished run saw; those that share the id of an event with one of them; those a team
    has held whose zone or targets are others; and every item where something changed that reaches all. A run that was stopped leaves
    its items to the next one. -#}
{%- set prints = ref('int_prints_now') -%}
{%- set keys = ref('int_event_keys') -%}
{%- set items = counterpoise.standing('stg_work_items') -%}
{%- set events = counterpoise.standing('stg_work_item_events') -%}
{%- set placed = counterpoise.standing('int_item_events') -%}
with

prints as (

    select * from {{ prints }}

),

{%- if counterpoise.last_prints() is none %}

-- nothing to compare with: all that is offered, and all that stands
reached as (

    select name as work_item_id
    from prints
    where kind = 'item'
    {%- for relation in [items, events] if relation %}
    union all
    select work_item_id
    from {{ relation }}
    {%- endfor %}

),
{%- else %}

own as (
    {{ counterpoise.names_changed('item') }}
),

teams as (
    {{ counterpoise.names_changed('team') }}
),

changed_for_all as (
    {{ counterpoise.names_changed('all') }}
),

shared_events as (

    select event_id
    from {{ keys }}
    where work_item_id in (select name from own)
    {%- if events %}
    union all
    select event_id
    from {{ events }}
    where work_item_id in (select name from own)
    {%- endif %}

),

reached as (

    select name as work_item_id
    from own
    union all
    select work_item_id
    from {{ keys }}
    where event_id in (select event_id from shared_events)
    union all
    select prints.name as work_item_id
    from prints
    where prints.kind = 'item' and exists (select 1 from changed_for_all)
    {%- for relation in [items, placed] if relation %}
    union all
    select work_item_id
    from {{ relation }}
    where team_id in (select name from teams)
    {%- endfor %}

),
{%- endif %}

final as (
    {{ counterpoise.keeping('select work_item_id from reached') }}
)

select * from final
