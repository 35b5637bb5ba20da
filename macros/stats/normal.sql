{#- Standard normal distribution function, Abramowitz and Stegun 26.2.17 (error below 7.5e-8): no engine but one has erf. -#}
{% macro normal_cdf(z) -%}
    {%- set t = '(1.0 / (1.0 + 0.2316419 * abs(' ~ z ~ ')))' -%}
    case
        when {{ z }} is null then null
        when abs({{ z }}) > 38 then case when {{ z }} > 0 then 1.0 else 0.0 end
        when {{ z }} >= 0 then 1.0 - {{ counterpoise.normal_tail(z, t) }}
        else {{ counterpoise.normal_tail(z, t) }}
    end
{%- endmacro %}

{% macro normal_tail(z, t) -%}
    exp(-({{ z }}) * ({{ z }}) / 2.0) * 0.3989422804014327 * {{ t }} * (0.319381530 + {{ t }} * (-0.356563782 + {{ t }} * (1.781477937 + {{ t }} * (-1.821255978 + {{ t }} * 1.330274429))))
{%- endmacro %}

{#- Half-normal log Bayes factor for a move in the named direction (positive d), clipped to [-3, 6]; scoring.md "Evidence".
    d: effect, s: its standard error, tau: effect scale of the prior; all on the link scale. Null without d or s. -#}
{% macro log_evidence(d, s, tau) -%}
    {%- set r = '((' ~ tau ~ ') * (' ~ tau ~ ') / ((' ~ s ~ ') * (' ~ s ~ ')))' -%}
    {%- set z = '((' ~ d ~ ') / (' ~ s ~ '))' -%}
    {%- set u = '(' ~ z ~ ' * sqrt(' ~ r ~ ' / (1.0 + ' ~ r ~ ')))' -%}
    case
        when {{ d }} is null or {{ s }} is null or {{ s }} <= 0 then null
        else least(6.0, greatest(-3.0,
            0.6931471805599453
            + ln(greatest({{ counterpoise.normal_cdf(u) }}, 1e-12))
            - 0.5 * ln(1.0 + {{ r }})
            + {{ z }} * {{ z }} * {{ r }} / (2.0 * (1.0 + {{ r }}))
        ))
    end
{%- endmacro %}
