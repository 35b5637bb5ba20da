{{ config(enabled=var('counterpoise_servicenow_enabled', false), materialized='table') }}
-- Every state any item is or was in, and what it means. A word of the user's map goes before the defaults; within each the class's
-- own label goes before the label, the class's number and the number that all tasks share.
{%- set kinds = ["class_name || ':' || label", "label", "class_name || ':' || state", "'task:' || state"] %}
with

tasks as (

    {{ counterpoise.connector_rows('servicenow', 'task') }}

),

audits as (

    {{ counterpoise.connector_rows('servicenow', 'sys_audit') }}

),

choices as (

    {{ counterpoise.connector_rows('servicenow', 'sys_choice') }}

),

meanings as (

    select
        stated.source_system,
        stated.field_name,
        stated.raw_value,
        stated.mapped_value,
        case when defaults.raw_value is null then 0 else 1 end as is_default
    from {{ ref('stg_value_map') }} as stated
    left join {{ ref('servicenow_values') }} as defaults
        on
            stated.field_name = defaults.field_name
            and stated.raw_value = defaults.raw_value
            and stated.mapped_value = defaults.mapped_value
    where stated.field_name in ('status', 'ending', 'milestone', 'resolution', 'waits_on')

),

audited as (

    select
        tasks.source_system,
        lower(tasks.sys_class_name) as class_name,
        audits.oldvalue,
        audits.newvalue
    from audits
    inner join tasks on audits.source_system = tasks.source_system and audits.documentkey = tasks.sys_id
    where audits.fieldname = 'state'

),

seen as (

    select source_system, lower(sys_class_name) as class_name, trim(state) as state from tasks
    {{ counterpoise.union_distinct() }}
    select source_system, class_name, trim(newvalue) as state from audited
    {{ counterpoise.union_distinct() }}
    select source_system, class_name, trim(oldvalue) as state from audited

),

labels as (

    select
        seen.source_system,
        seen.class_name,
        seen.state,
        choices.label,
        row_number() over (
            partition by seen.source_system, seen.class_name, seen.state
            order by
                case when lower(choices.name) = seen.class_name then 0 else 1 end,
                case when coalesce(choices.language, 'en') = 'en' then 0 else 1 end,
                case when coalesce(choices.inactive, false) then 1 else 0 end,
                case when coalesce(choices.sys_domain_value, 'global') = 'global' then 0 else 1 end,
                {{ counterpoise.byte_order('choices.label') }},
                {{ counterpoise.byte_order('choices.sys_id') }}
        ) as fits_best
    from seen
    left join choices
        on
            seen.source_system = choices.source_system
            and choices.element = 'state'
            and seen.state = choices.value
            and lower(choices.name) in (seen.class_name, 'task')
            and choices.label is not null
            and not coalesce(choices._fivetran_deleted, false)
    where seen.class_name is not null and seen.state is not null and seen.state <> ''

),

words as (
    {% for kind in kinds %}
    select
        source_system,
        class_name,
        state,
        {{ loop.index }} as kind,
        lower(trim({{ kind }})) as raw_value
    from labels
    where fits_best = 1
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

found as (

    select
        words.source_system,
        words.class_name,
        words.state,
        words.kind,
        meanings.field_name,
        meanings.mapped_value,
        meanings.is_default,
        -- a class that has a meaning of its own for the number does not take the shared one for any field
        max(case when words.kind = 3 and meanings.field_name = 'status' then 1 else 0 end) over (partition by words.source_system, words.class_name, words.state) as has_own
    from words
    inner join meanings on words.source_system = meanings.source_system and words.raw_value = meanings.raw_value

),

ranked as (

    select
        source_system,
        class_name,
        state,
        field_name,
        mapped_value,
        row_number() over (
            partition by source_system, class_name, state, field_name
            order by is_default, kind
        ) as fits_best
    from found
    where kind < 4 or has_own = 0

),

final as (

    select
        labels.source_system,
        labels.class_name,
        labels.state,
        labels.label,
        {%- for field in ['status', 'ending', 'milestone', 'resolution', 'waits_on'] %}
        max(case when ranked.field_name = '{{ field }}' then ranked.mapped_value end) as {{ 'status_category' if field == 'status' else field }}{{ ',' if not loop.last }}
        {%- endfor %}
    from labels
    left join ranked
        on
            labels.source_system = ranked.source_system
            and labels.class_name = ranked.class_name
            and labels.state = ranked.state
            and ranked.fits_best = 1
    where labels.fits_best = 1
    group by labels.source_system, labels.class_name, labels.state, labels.label

)

select * from final
