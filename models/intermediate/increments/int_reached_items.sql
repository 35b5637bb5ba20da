{{ config(**counterpoise.growing()) }}
-- The dated items, and those that other items or their source reach: every item where a source began to tell something earlier or
-- later than it was known to, those of teams whose kinds of item are others, those whose business clock shows something else, and
-- those that the same requester or account came back about, or did not after all.
{%- set closures = counterpoise.standing('int_closures') %}
with

dated as (

    select * from {{ ref('int_dated_items') }}

),

items as (

    select
        work_item_id,
        resolved_team_id,
        first_team_id
    from {{ ref('int_work_items') }}

),

prints as (

    select * from {{ ref('int_prints_of_context') }}

),

sources as (
    {{ counterpoise.names_changed('source') }}
),

strata as (
    {{ counterpoise.names_changed('strata') }}
),

clocks as (
    {{ counterpoise.names_changed('clock') }}
),

reached as (

    select work_item_id
    from dated
    union all
    select work_item_id
    from items
    where exists (select 1 from sources)
    union all
    select work_item_id
    from items
    where resolved_team_id in (select strata.name from strata) or first_team_id in (select strata.name from strata)
    union all
    select name as work_item_id
    from clocks
    {%- for column, model in {'is_repeated': 'int_repeat_contacts', 'is_account_repeated': 'int_repeat_accounts'}.items() %}
    {%- set repeats = ref(model) %}
    {%- if closures %}
    union all
    select closures.work_item_id
    from {{ closures }} as closures
    left join {{ repeats }} as repeats
        on
            closures.work_item_id = repeats.work_item_id
            and closures.version_from_week = repeats.version_from_week
    where closures.{{ column }} <> coalesce(repeats.is_repeated, false)
    {%- endif %}
    {%- endfor %}

),

final as (
    {{ counterpoise.keeping('select work_item_id from reached') }}
)

select * from final
