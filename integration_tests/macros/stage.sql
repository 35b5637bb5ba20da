{#- A macro of their own with the name of one of counterpoise's. -#}
{% macro stage(table) %}{{ exceptions.raise_compiler_error('this is riverside, not counterpoise') }}{% endmacro %}
