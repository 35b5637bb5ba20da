{#- The label of an item's kind; items that say nothing are one kind. -#}
{% macro stratum_label(relation) -%}
    coalesce({{ relation }}.category, '') || ' / ' || coalesce({{ relation }}.priority, '')
{%- endmacro %}
