{#- ln of the standard normal distribution function, plus z²/2: far below 0 one swallows the other, so they are never held apart.
    By the complementary error function of Numerical Recipes (6.2), whose relative error is below 1.2e-7 everywhere: no engine
    but one has erf. -#}
{% macro ln_normal_cdf_plus_half_square(z) -%}
    {%- set t = '(1.0 / (1.0 + 0.35355339059327373 * abs(' ~ z ~ ')))' -%}
    {%- set tail = '(ln(0.5 * ' ~ t ~ ') - 1.26551223 + ' ~ t ~ ' * (1.00002368 + ' ~ t ~ ' * (0.37409196 + ' ~ t ~ ' * (0.09678418 + ' ~ t ~ ' * (-0.18628806 + ' ~ t ~ ' * (0.27886807 + ' ~ t ~ ' * (-1.13520398 + ' ~ t ~ ' * (1.48851587 + ' ~ t ~ ' * (-0.82215223 + ' ~ t ~ ' * 0.17087277)))))))))' -%}
    case
        when {{ z }} <= 0 then {{ tail }}
        when {{ z }} > 8 then {{ z }} * {{ z }} / 2.0
        else {{ z }} * {{ z }} / 2.0 + ln(1.0 - exp(least({{ tail }} - {{ z }} * {{ z }} / 2.0, 0.0)))
    end
{%- endmacro %}

{#- Half-normal log Bayes factor for a move in the named direction (positive d), clipped to [-3, 6]; design notes on scoring, "Evidence".
    d: effect, s: its standard error, tau: effect scale of the prior; all on the link scale. Null without d or s. -#}
{% macro log_evidence(d, s, tau) -%}
    {%- set r = '((' ~ tau ~ ') * (' ~ tau ~ ') / ((' ~ s ~ ') * (' ~ s ~ ')))' -%}
    {%- set u = '((' ~ d ~ ') / (' ~ s ~ ') * sqrt(' ~ r ~ ' / (1.0 + ' ~ r ~ ')))' -%}
    case
        when {{ d }} is null or {{ s }} is null or {{ s }} <= 0 then null
        else least(6.0, greatest(-3.0,
            0.6931471805599453 - 0.5 * ln(1.0 + {{ r }}) + {{ counterpoise.ln_normal_cdf_plus_half_square(u) }}
        ))
    end
{%- endmacro %}

{#- ln k! by Ramanujan; within 0.0002 from 1 on, 0 for 0. -#}
{% macro ln_factorial(k) -%}
    case
        when {{ k }} <= 0 then 0.0
        else {{ k }} * ln({{ k }}) - {{ k }} + ln({{ k }} * (1 + 4 * {{ k }} * (1 + 2 * {{ k }}))) / 6.0 + 0.5723649429247001
    end
{%- endmacro %}

{#- Log Bayes factor for "more often than usual" from a few counted events, clipped to [-3, 6]: k ~ Poisson(e) against a rate drawn from an
    exponential with mean 3e, e.g. 4 where 0.5 is usual: ln(1.5^4 / 2.5^5) - ln(0.5^4 e^-0.5 / 4!) = 3.49. -#}
{% macro counted_evidence(k, usual) -%}
    least(6.0, greatest(-3.0,
        ({{ k }}) * ln(3.0 * ({{ usual }})) - (({{ k }}) + 1) * ln(1.0 + 3.0 * ({{ usual }}))
        - ({{ k }}) * ln({{ usual }}) + ({{ usual }}) + {{ counterpoise.ln_factorial('(' ~ k ~ ')') }}
    ))
{%- endmacro %}
