{#- Item versions as rows to add and rows to take away. `known_week` is the first week whose reader knows the row, given that
    it belongs to `week_column`. -#}
{% macro signed_versions(relation, week_column) %}
    select
        *,
        1 as sign,
        greatest(version_from_week, {{ week_column }}) as known_week
    from {{ relation }}
    where {{ week_column }} is not null
    union all
    select
        *,
        -1 as sign,
        greatest(version_to_week, {{ week_column }}) as known_week
    from {{ relation }}
    where {{ week_column }} is not null and version_to_week is not null
{% endmacro %}

{#- A signed sum as an additive column; `condition` says which rows count. Each value is settled before it is added: sums of
    decimals are the same in any order, and what is taken away is what was added. -#}
{% macro signed_sum(expression, condition='true') -%}
    {%- set value = 'sign' if expression == '1' else 'sign * ' ~ counterpoise.as_measure(counterpoise.settled(expression)) -%}
    {{ counterpoise.as_measure('sum(case when ' ~ condition ~ ' then ' ~ value ~ ' else 0 end)') }}
{%- endmacro %}

{#- Natural logarithm of hours, at least a minute. -#}
{% macro ln_hours(hours) -%}
    ln(greatest({{ hours }}, 0.016666667))
{%- endmacro %}

{#- A wide family fact as rows of the standard shape. Each metric says which Σ columns are its numerator and denominator, and,
    where the comparison over time works on another scale (logarithms of hours), its link columns. -#}
{% macro metric_rows(relation, metrics) %}
    {%- for metric in metrics %}
    select
        team_id,
        week,
        stratum,
        known_week,
        '{{ metric.id }}' as metric_id,
        {{ counterpoise.as_measure(metric.numerator) }} as numerator,
        {{ counterpoise.as_measure(metric.denominator) }} as denominator,
        {{ counterpoise.as_measure(metric.get('n', metric.denominator)) }} as n,
        {{ counterpoise.as_measure(metric.get('link_sum', metric.numerator)) }} as link_sum,
        {{ counterpoise.as_measure(metric.get('link_weight', metric.denominator)) }} as link_weight,
        {{ counterpoise.as_measure(metric.get('link_squares', 0)) }} as link_squares
    from {{ relation }}
    where ({{ metric.numerator }}) <> 0 or ({{ metric.denominator }}) <> 0
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}

{#- The rows of a user's own metric model, in the standard shape. It gives team_id, metric_id, week_start (a Monday), numerator and
    denominator; its rows are known at the end of their week. For means and durations it also gives link_sum and link_squares. -#}
{% macro own_metric_rows(relation) %}
    {%- set given = [] -%}
    {%- if execute -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}{%- do given.append(column.name | lower) -%}{%- endfor -%}
    {%- endif %}
    select
        team_id,
        {{ counterpoise.week_index_of_date('week_start') }} as week,
        {{ 'stratum' if 'stratum' in given else "'all'" }} as stratum,
        {{ counterpoise.week_index_of_date('week_start') }} as known_week,
        metric_id,
        {{ counterpoise.as_measure('numerator') }} as numerator,
        {{ counterpoise.as_measure('denominator') }} as denominator,
        {{ counterpoise.as_measure('n' if 'n' in given else 'denominator') }} as n,
        {{ counterpoise.as_measure('link_sum' if 'link_sum' in given else 'numerator') }} as link_sum,
        {{ counterpoise.as_measure('link_weight' if 'link_weight' in given else 'denominator') }} as link_weight,
        {{ counterpoise.as_measure('link_squares' if 'link_squares' in given else '0') }} as link_squares
    from {{ relation }}
{% endmacro %}

{#- No row, in the standard shape. -#}
{% macro no_metric_rows() %}
    select
        cast(null as {{ counterpoise.type_of('string') }}) as team_id,
        cast(null as {{ counterpoise.type_of('integer') }}) as week,
        cast(null as {{ counterpoise.type_of('string') }}) as stratum,
        cast(null as {{ counterpoise.type_of('integer') }}) as known_week,
        cast(null as {{ counterpoise.type_of('string') }}) as metric_id,
        {%- for column in ['numerator', 'denominator', 'n', 'link_sum', 'link_weight', 'link_squares'] %}
        {{ counterpoise.as_measure('null') }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (select 1 as one_row) as nothing
    where 1 = 0
{% endmacro %}
