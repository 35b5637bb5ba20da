{#- Burstiness A of Kim and Jo (2016), which corrects Goh and Barabasi's for few gaps: -1 = regular, 0 = random, 1 = all at once.
    r: standard deviation of the gaps (of all, not of a sample) over their mean; n: number of gaps, 2 and more. -#}
{% macro burstiness(r, n) -%}
    (sqrt({{ n }} + 1.0) * {{ r }} - sqrt({{ n }} - 1.0)) / ((sqrt({{ n }} + 1.0) - 2) * {{ r }} + sqrt({{ n }} - 1.0))
{%- endmacro %}
