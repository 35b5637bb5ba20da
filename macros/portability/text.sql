{#- Text in byte order. Collations differ between engines; ties that decide a number must not. -#}
{% macro byte_order(expression) -%}
    {{ return(adapter.dispatch('byte_order', 'counterpoise')(expression)) }}
{%- endmacro %}
{% macro default__byte_order(expression) -%}{{ expression }}{%- endmacro %}
{% macro postgres__byte_order(expression) -%}{{ expression }} collate "C"{%- endmacro %}
{% macro redshift__byte_order(expression) -%}{{ expression }}{%- endmacro %}

{#- A text value as a quoted SQL literal. -#}
{% macro text_literal(value) -%}
    '{{ dbt.escape_single_quotes(value | string) }}'
{%- endmacro %}

{% macro sha256_hex(expression) -%}
    {{ return(adapter.dispatch('sha256_hex', 'counterpoise')(expression)) }}
{%- endmacro %}
{% macro default__sha256_hex(expression) -%}sha256({{ expression }}){%- endmacro %}
{% macro postgres__sha256_hex(expression) -%}encode(sha256(convert_to({{ expression }}, 'UTF8')), 'hex'){%- endmacro %}
{% macro spark__sha256_hex(expression) -%}sha2({{ expression }}, 256){%- endmacro %}
{% macro snowflake__sha256_hex(expression) -%}sha2({{ expression }}, 256){%- endmacro %}
{% macro redshift__sha256_hex(expression) -%}sha2({{ expression }}, 256){%- endmacro %}
{% macro bigquery__sha256_hex(expression) -%}to_hex(sha256({{ expression }})){%- endmacro %}
{% macro trino__sha256_hex(expression) -%}lower(to_hex(sha256(to_utf8({{ expression }})))){%- endmacro %}

{#- A whole number that tells texts apart, most of the time: equal texts have equal numbers, others nearly never. Quick, for sorting
    out what needs a closer look; it differs between engines and versions, so nothing that is kept may depend on it. -#}
{% macro quick_hash(expressions) -%}
    {{ return(adapter.dispatch('quick_hash', 'counterpoise')(expressions)) }}
{%- endmacro %}
{% macro default__quick_hash(expressions) -%}hash({{ expressions | join(', ') }}){%- endmacro %}
{% macro postgres__quick_hash(expressions) -%}
    hashtextextended(concat_ws('|', {{ expressions | join(', ') }}), 0)
{%- endmacro %}
{% macro spark__quick_hash(expressions) -%}xxhash64({{ expressions | join(', ') }}){%- endmacro %}
{% macro redshift__quick_hash(expressions) -%}fnv_hash({{ expressions | join(" || '|' || ") }}){%- endmacro %}
{% macro bigquery__quick_hash(expressions) -%}farm_fingerprint(concat({{ expressions | join(", '|', ") }})){%- endmacro %}
{% macro trino__quick_hash(expressions) -%}from_big_endian_64(xxhash64(to_utf8({{ expressions | join(" || '|' || ") }}))){%- endmacro %}

{#- A number that another row hardly ever has, null told from nothing; such numbers can be added up. -#}
{% macro row_print(expressions) -%}
    cast(mod({{ adapter.dispatch('row_hash', 'counterpoise')(expressions) }}, {{ 2 ** 52 }}) as decimal(16, 0))
{%- endmacro %}
{% macro default__row_hash(expressions) -%}
    {%- set told = [] -%}
    {%- for expression in expressions -%}
        {%- do told.append("coalesce(cast(" ~ expression ~ " as " ~ dbt.type_string() ~ "), '~')") -%}
    {%- endfor -%}
    {{ counterpoise.quick_hash(told) }}
{%- endmacro %}
{% macro duckdb__row_hash(expressions) -%}hash({{ expressions | join(', ') }}){%- endmacro %}
{% macro postgres__row_hash(expressions) -%}hashtextextended(cast(row({{ expressions | join(', ') }}) as text), 0){%- endmacro %}
{% macro spark__row_hash(expressions) -%}xxhash64(to_json(struct({{ expressions | join(', ') }}))){%- endmacro %}
