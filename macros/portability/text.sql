{#- Text in byte order. Collations differ between engines; ties that decide a number must not. -#}
{% macro byte_order(expression) -%}
    {{ return(adapter.dispatch('byte_order', 'counterpoise')(expression)) }}
{%- endmacro %}
{% macro default__byte_order(expression) -%}{{ expression }}{%- endmacro %}
{% macro postgres__byte_order(expression) -%}{{ expression }} collate "C"{%- endmacro %}

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
