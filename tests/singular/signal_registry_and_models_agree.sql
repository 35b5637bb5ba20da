{#- Every registered signal, a user's own too, has its model `signal_<id>` and stands in fct_signal_week, and the other way round: a
    forgotten one would be silent for ever. -#}
{%- set found = [] -%}
{%- if execute -%}
    {%- for node in graph.nodes['model.counterpoise.fct_signal_week'].depends_on.nodes -%}
        {%- if node.startswith('model.') and node != 'model.counterpoise.int_small_team_weeks' -%}
            {%- do found.append(node.split('.')[-1].removeprefix('signal_')) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endif -%}
with

modelled as (
    {% for signal_id in found | unique | sort %}
    select '{{ signal_id }}' as signal_id
    {{ 'union all' if not loop.last }}
    {%- else %}
    select signal_id from {{ ref('fct_signal_week') }}
    where 1 = 0
    {%- endfor %}
),

registered as (

    select signal_id from {{ ref('dim_signal') }}

),

final as (

    select
        modelled.signal_id as modelled_signal,
        registered.signal_id as registered_signal
    from modelled
    full outer join registered on modelled.signal_id = registered.signal_id
    where modelled.signal_id is null or registered.signal_id is null

)

select * from final
