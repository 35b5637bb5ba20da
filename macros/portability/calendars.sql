{#- The wall clock of a time zone as UTC. A time that the change to summer time skips is read as the hour after it; one that comes twice as
    the warehouse reads it (opening hours in that hour of that night differ by an hour between engines). -#}
{% macro to_utc(timestamp, timezone) -%}
    {{ return(adapter.dispatch('to_utc', 'counterpoise')(timestamp, timezone)) }}
{%- endmacro %}
{% macro default__to_utc(timestamp, timezone) -%}
    ({{ timestamp }}) at time zone {{ timezone }} at time zone 'UTC'
{%- endmacro %}
{% macro spark__to_utc(timestamp, timezone) -%}
    to_utc_timestamp({{ timestamp }}, {{ timezone }})
{%- endmacro %}

{#- Whole days since 1970-01-01 of a date. -#}
{% macro epoch_day(date) -%}
    {{ counterpoise.utc_day('cast(' ~ date ~ ' as ' ~ counterpoise.type_of('timestamp') ~ ')') }}
{%- endmacro %}

{#- Whole days since 1970-01-01 of a timestamp. -#}
{% macro utc_day(timestamp) -%}
    cast(floor({{ counterpoise.epoch_seconds(timestamp) }} / 86400.0) as {{ counterpoise.type_of('bigint') }})
{%- endmacro %}

{#- Seconds since midnight of a local time as text, HH:MM or HH:MM:SS; 24:00 is the end of the day. -#}
{% macro clock_seconds(text) -%}
    (
        {%- for seconds in [3600, 60, 1] %}
        {{ seconds }} * cast(coalesce(nullif({{ dbt.split_part(text, "':'", loop.index) }}, ''), '0') as {{ counterpoise.type_of('integer') }}){{ ' +' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{#- Open seconds of a calendar from its first day to each instant; `instants` has calendar_id and instant_second. -#}
{% macro open_seconds_until(instants) %}
    select
        instants.calendar_id,
        instants.instant_second,
        coalesce(
            max(case
                when instants.instant_second >= days.opens_second
                    then days.seconds_before + least(instants.instant_second, days.closes_second) - days.opens_second
            end),
            min(days.seconds_before)
        ) as open_seconds
    from {{ instants }} as instants
    inner join {{ ref('int_calendar_days') }} as days
        on
            instants.calendar_id = days.calendar_id
            and cast(floor(instants.instant_second / 86400.0) as {{ counterpoise.type_of('bigint') }}) = days.utc_day
    group by instants.calendar_id, instants.instant_second
{% endmacro %}

{#- The other way round: the last instant at which no more seconds have been open (a promise used up at closing time runs out at the next
    opening). Pieces are found by their day of open time. -#}
{% macro instant_of_open_seconds(relation, column) %}
    select
        sought.calendar_id,
        sought.{{ column }},
        {{ counterpoise.add_seconds(
            "cast('1970-01-01' as " ~ counterpoise.type_of('timestamp') ~ ')',
            'min(pieces.opens_second + sought.' ~ column ~ ' - pieces.seconds_before)'
        ) }} as instant_at
    from {{ relation }} as sought
    inner join (
        select
            *,
            floor(seconds_before / 86400.0) as open_day
        from {{ ref('int_calendar_days') }}
        where opens_second is not null
        union
        select
            *,
            floor((seconds_before + closes_second - opens_second) / 86400.0) as open_day
        from {{ ref('int_calendar_days') }}
        where opens_second is not null
    ) as pieces
        on
            sought.calendar_id = pieces.calendar_id
            and floor(sought.{{ column }} / 86400.0) = pieces.open_day
            and sought.{{ column }} >= pieces.seconds_before
            and sought.{{ column }} < pieces.seconds_before + pieces.closes_second - pieces.opens_second
    group by sought.calendar_id, sought.{{ column }}
{% endmacro %}
