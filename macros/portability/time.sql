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
{% macro snowflake__epoch_seconds(timestamp) -%}
    date_part(epoch_second, {{ timestamp }})
{%- endmacro %}
{% macro bigquery__epoch_seconds(timestamp) -%}
    unix_seconds({{ timestamp }})
{%- endmacro %}
{% macro trino__epoch_seconds(timestamp) -%}
    cast(floor(to_unixtime(with_timezone({{ timestamp }}, 'UTC'))) as bigint)
{%- endmacro %}

{% macro hours_between(start, finish) -%}
    ({{ counterpoise.epoch_seconds(finish) }} - {{ counterpoise.epoch_seconds(start) }}) / 3600e0
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
{% macro snowflake__add_seconds(timestamp, seconds) -%}
    dateadd(second, {{ seconds }}, {{ timestamp }})
{%- endmacro %}
{% macro redshift__add_seconds(timestamp, seconds) -%}
    dateadd(second, {{ seconds }}, {{ timestamp }})
{%- endmacro %}
{% macro bigquery__add_seconds(timestamp, seconds) -%}
    timestamp_add({{ timestamp }}, interval cast({{ seconds }} as int64) second)
{%- endmacro %}
{% macro trino__add_seconds(timestamp, seconds) -%}
    date_add('second', cast({{ seconds }} as bigint), {{ timestamp }})
{%- endmacro %}

{#- A timestamp that carries a time zone, as the same instant on the clock of UTC. -#}
{% macro in_utc(expression) -%}
    {{ return(adapter.dispatch('in_utc', 'counterpoise')(expression)) }}
{%- endmacro %}
{% macro default__in_utc(expression) -%}
    {{ expression }} at time zone 'UTC'
{%- endmacro %}
{% macro snowflake__in_utc(expression) -%}
    convert_timezone('UTC', {{ expression }})
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
{% macro snowflake__to_local(timestamp, timezone) -%}
    convert_timezone('UTC', coalesce({{ timezone }}, 'UTC'), {{ timestamp }})
{%- endmacro %}
{% macro redshift__to_local(timestamp, timezone) -%}
    convert_timezone('UTC', coalesce({{ timezone }}, 'UTC'), {{ timestamp }})
{%- endmacro %}
{% macro bigquery__to_local(timestamp, timezone) -%}
    timestamp(datetime({{ timestamp }}, coalesce({{ timezone }}, 'UTC')))
{%- endmacro %}
{% macro trino__to_local(timestamp, timezone) -%}
    cast(at_timezone(with_timezone({{ timestamp }}, 'UTC'), coalesce({{ timezone }}, 'UTC')) as {{ counterpoise.type_of('timestamp') }})
{%- endmacro %}

{#- The instant (UTC) at which the wall clock of a time zone shows a time; null zone means UTC. A time that is shown twice is the first of
    the two, one that is skipped is read by the clock before the change, as RFC 5545 says. Engines differ there, so it is worked out. -#}
{% macro to_utc(local_timestamp, timezone) -%}
    {{ return(adapter.dispatch('to_utc', 'counterpoise')(local_timestamp, timezone)) }}
{%- endmacro %}
{% macro default__to_utc(local_timestamp, timezone) -%}
    {%- set candidates = [] -%}
    {%- for shift in (-86400, 86400) -%}
        {%- set shifted = '(' ~ counterpoise.add_seconds(local_timestamp, shift) ~ ')' -%}
        {%- set offset = counterpoise.epoch_seconds(shifted) ~ ' - ' ~ counterpoise.epoch_seconds('(' ~ counterpoise.to_local(shifted, timezone) ~ ')') -%}
        {%- do candidates.append('(' ~ counterpoise.add_seconds(local_timestamp, offset) ~ ')') -%}
    {%- endfor -%}
    case
        when coalesce({{ timezone }}, 'UTC') = 'UTC' then {{ local_timestamp }}
        when {{ counterpoise.to_local(candidates[0], timezone) }} = {{ local_timestamp }} then {{ candidates[0] }}
        when {{ counterpoise.to_local(candidates[1], timezone) }} = {{ local_timestamp }} then {{ candidates[1] }}
        else {{ candidates[0] }}
    end
{%- endmacro %}
{% macro spark__to_utc(local_timestamp, timezone) -%}
    to_utc_timestamp({{ local_timestamp }}, coalesce({{ timezone }}, 'UTC'))
{%- endmacro %}

{#- A whole number of seconds since 1970-01-01 UTC as a timestamp. -#}
{% macro timestamp_of_seconds(seconds) -%}
    {{ counterpoise.add_seconds("cast('1970-01-01 00:00:00' as " ~ counterpoise.type_of('timestamp') ~ ")", seconds) }}
{%- endmacro %}

{#- Seconds since midnight of a wall clock time written as HH:MM or HH:MM:SS, up to 24:00; null where it is none. -#}
{% macro clock_seconds(expression) -%}
    case
        when translate({{ expression }}, '123456789', '000000000') in ('00:00', '00:00:00')
            and {{ expression }} <= '24:00:00' and substring({{ expression }}, 4, 2) < '60'
            then
                cast(substring({{ expression }}, 1, 2) as integer) * 3600
                + cast(substring({{ expression }}, 4, 2) as integer) * 60
                + cast(coalesce(nullif(substring({{ expression }}, 7, 2), ''), '0') as integer)
    end
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
