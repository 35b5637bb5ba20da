{#- The weeks that business calendars are laid out for: from the first item to a year after the last word of a source; no deadline
    beyond has fallen due. -#}
{% macro calendar_weeks() %}
    select least(needed.last_week, told.last_week) - numbers.number as week
    from (
        select
            {{ counterpoise.week_index('min(created_at)') }} - 1 as first_week,
            {{ counterpoise.week_index('max(last_event_at)') }} + 53 as last_week
        from {{ ref('int_work_items') }}
    ) as needed
    cross join (
        select max(own_last_complete_week) + 54 as last_week from {{ ref('int_source_weeks') }}
    ) as told
    inner join (
        select cast(generated_number - 1 as {{ counterpoise.type_of('integer') }}) as number
        from ({{ dbt.generate_series(counterpoise.setting('max_weeks')) }}) as series
    ) as numbers
        on least(needed.last_week, told.last_week) - numbers.number >= needed.first_week
{% endmacro %}

{#- A row of `int_calendar_spans` (aliased `spans`) as the open seconds up to an instant that lies in it. -#}
{% macro open_seconds_at(second) -%}
    spans.open_seconds_before + greatest(least({{ second }}, spans.closes_second) - spans.opens_second, 0)
{%- endmacro %}

{#- The condition of a join of an instant (whole seconds) with the row of `int_calendar_spans` (aliased `spans`) it lies in. -#}
{% macro lies_in_span(calendar_id, second) -%}
    {{ calendar_id }} = spans.calendar_id
            and {{ counterpoise.as_integer('floor(' ~ second ~ ' / 86400.0)') }} = spans.utc_day
            and {{ second }} >= spans.from_second
            and {{ second }} < spans.until_second
{%- endmacro %}
