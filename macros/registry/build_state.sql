{#- The command line keeps what the last build was made of in `build_state`, to leave dbt out when nothing is new. Whoever runs dbt,
    with or without it, changes what stands there, so this is marked before the first model. -#}
{% macro mark_build_state() %}
    {%- if execute and flags.WHICH in ['run', 'build', 'seed', 'snapshot'] -%}
        {%- set state = adapter.get_relation(
            database=target.get('database'), schema=graph.nodes['model.counterpoise.stg_work_items'].schema, identifier='build_state') -%}
        {%- if state is not none -%}
            update {{ state }} set state = 'stale ' || state where state not like 'stale %'
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
