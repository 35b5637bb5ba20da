{#- Expected wait in the queue of one server (Kingman): ((ca² + cs²) / 2) · (ρ / (1 − ρ)) · τ, in the unit of τ. Null from a load of 1
    on: the queue then has no end. -#}
{% macro kingman(ca2, cs2, rho, tau) -%}
    case
        when {{ rho }} >= 0 and {{ rho }} < 1
            then (({{ ca2 }}) + ({{ cs2 }})) / 2.0 * ({{ rho }}) / (1.0 - ({{ rho }})) * ({{ tau }})
    end
{%- endmacro %}

{#- The same for m servers (Sakasegawa): ((ca² + cs²) / 2) · ρ^(√(2(m + 1)) − 1) / (m(1 − ρ)) · τ. For m = 1 it is Kingman's. -#}
{% macro sakasegawa(ca2, cs2, rho, servers, tau) -%}
    case
        when {{ rho }} >= 0 and {{ rho }} < 1
            then (({{ ca2 }}) + ({{ cs2 }})) / 2.0
                * power({{ counterpoise.as_double(rho) }}, sqrt(2.0 * (({{ servers }}) + 1)) - 1)
                / (({{ servers }}) * (1.0 - ({{ rho }}))) * ({{ tau }})
    end
{%- endmacro %}

{#- The highest load, in whole percent, at which the expected wait is at most `target` service times. The wait rises with the load, so
    the first percent from above that keeps the target is it; 0 where none does. One expression: no join, no recursion. -#}
{% macro load_ceiling(ca2, cs2, servers, target) -%}
    case
        when {{ ca2 }} is null or {{ cs2 }} is null or {{ servers }} is null then null
        {%- for percent in range(99, 0, -1) %}
        {%- set rho = '%.2f' | format(percent / 100) %}
        when (({{ ca2 }}) + ({{ cs2 }})) / 2.0 * power({{ counterpoise.as_double(rho) }}, sqrt(2.0 * (({{ servers }}) + 1)) - 1) <= ({{ target }}) * ({{ servers }}) * {{ '%.2f' | format(1 - percent / 100) }} + 0.000000001 then {{ rho }}
        {%- endfor %}
        else 0.0
    end
{%- endmacro %}
