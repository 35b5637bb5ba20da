{#- Whole seconds since 1970-01-01 UTC. Durations are differences of these: dbt.datediff counts crossed borders,
    and counts them differently between engines. -#}
{% macro epoch_seconds(timestamp) -%}
    {{ return(adapter.dispatch('epoch_seconds', 'counterpoise')(timestamp)) }}
{%- endmacro %}
{% macro default__epoch_seconds(timestamp) -%}
    cast(floor(extract(epoch from {{ timestamp }})) as bigint)
{%- endmacro %}
{% macro spark__epoch_seconds(timestamp) -%}
    unix_timestamp({{ timestamp }})
{%- endmacro %}

{% macro hours_between(start, finish) -%}
    ({{ counterpoise.epoch_seconds(finish) }} - {{ counterpoise.epoch_seconds(start) }}) / 3600.0
{%- endmacro %}

{#- A timestamp some seconds later. -#}
{% macro add_seconds(timestamp, seconds) -%}
    {{ return(adapter.dispatch('add_seconds', 'counterpoise')(timestamp, seconds)) }}
{%- endmacro %}
{% macro default__add_seconds(timestamp, seconds) -%}
    {{ timestamp }} + ({{ seconds }}) * interval '1 second'
{%- endmacro %}
{% macro duckdb__add_seconds(timestamp, seconds) -%}
    {{ timestamp }} + to_seconds(cast({{ seconds }} as bigint))
{%- endmacro %}
{% macro spark__add_seconds(timestamp, seconds) -%}
    {{ timestamp }} + make_dt_interval(0, 0, 0, {{ seconds }})
{%- endmacro %}

{#- UTC as the wall clock of a time zone shows it; null zone means UTC. -#}
{% macro to_local(timestamp, timezone) -%}
    {{ return(adapter.dispatch('to_local', 'counterpoise')(timestamp, timezone)) }}
{%- endmacro %}
{% macro default__to_local(timestamp, timezone) -%}
    case
        when coalesce({{ timezone }}, 'UTC') = 'UTC' then {{ timestamp }}
        else {{ timestamp }} at time zone 'UTC' at time zone {{ timezone }}
    end
{%- endmacro %}
{% macro spark__to_local(timestamp, timezone) -%}
    from_utc_timestamp({{ timestamp }}, coalesce({{ timezone }}, 'UTC'))
{%- endmacro %}

{#- Weeks are whole numbers inside (0 = the week of Monday 1970-01-05) and dates outside: arithmetic on whole numbers is
    the same everywhere, and date_trunc starts weeks on Sunday on BigQuery. -#}
{% macro week_index(timestamp) -%}
    cast(floor(({{ counterpoise.epoch_seconds(timestamp) }} - 345600) / 604800.0) as {{ counterpoise.type_of('integer') }})
{%- endmacro %}

{% macro week_index_of_date(date) -%}
    {{ counterpoise.week_index('cast(' ~ date ~ ' as ' ~ counterpoise.type_of('timestamp') ~ ')') }}
{%- endmacro %}

{% macro week_start(week_index) -%}
    cast({{ dbt.dateadd('day', '7 * (' ~ week_index ~ ')', "cast('1970-01-05' as date)") }} as date)
{%- endmacro %}
