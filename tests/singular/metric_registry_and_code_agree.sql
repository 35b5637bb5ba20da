{#- int_metric_rows keeps only registered metrics, so a metric without a row in the registry would vanish without
    a word, and a row without code would never have data. The ids are read from the models' own code. -#}
{%- set found = [] -%}
{%- if execute -%}
    {%- set code = [] -%}
    {%- for name in ['int_metric_rows', 'int_metric_rows_items', 'int_metric_rows_traces', 'int_metric_rows_effort'] -%}
        {%- do code.append(graph.nodes['model.counterpoise.' ~ name].raw_code) -%}
    {%- endfor -%}
    {%- set code = code | join(' ') -%}
    {%- for pattern in ["'id': '([a-z_]+)'", "'([a-z_]+)' as metric_id"] -%}
        {%- do found.extend(modules.re.findall(pattern, code)) -%}
    {%- endfor -%}
{%- endif -%}
with

coded as (
    {% for metric_id in found | unique | sort %}
    select '{{ metric_id }}' as metric_id
    {{ 'union all' if not loop.last }}
    {%- else %}
    select metric_id from {{ ref('int_metric_rows') }}
    where 1 = 0
    {%- endfor %}
),

registered as (

    select metric_id from {{ ref('metric_registry') }}

),

final as (

    select
        coded.metric_id as coded_metric,
        registered.metric_id as registered_metric
    from coded
    full outer join registered on coded.metric_id = registered.metric_id
    where coded.metric_id is null or registered.metric_id is null

)

select * from final
