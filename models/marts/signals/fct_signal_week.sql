{%- set signals = ['outcome_divergence', 'rework_loop', 'stopped_clock', 'threshold_bunching'] -%}
with

signals as (

    {%- for signal in signals %}
    select * from {{ ref('signal_' ~ signal) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select * from signals
