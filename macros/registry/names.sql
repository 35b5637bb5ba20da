{#- dbt looks a name up in the installing project first, unless that project says otherwise. Then a model of theirs with the name of one of
    ours takes its place in our refs and tests: said before anything is built. -#}
{% macro refuse_taken_names() %}
    {%- if execute and project_name != 'counterpoise' -%}
        {%- set taken = [] -%}
        {%- for node in graph.nodes.values() if node.package_name == 'counterpoise' -%}
            {%- for needed in node.depends_on.nodes -%}
                {%- set parts = needed.split('.') -%}
                {%- if parts[1] == project_name and ('model.counterpoise.' ~ parts[2] in graph.nodes or 'seed.counterpoise.' ~ parts[2] in graph.nodes) and parts[2] not in taken -%}
                    {%- do taken.append(parts[2]) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- if taken -%}
            {{ exceptions.raise_compiler_error(
                "Your project has models of the same name as counterpoise's (" ~ taken | sort | join(', ') ~ "), and dbt would read yours in "
                ~ "their place. Put `require_ref_searches_node_package_before_root: true` under `flags:` of your dbt_project.yml "
                ~ "(dbt 1.11 or newer), or rename yours."
            ) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{#- A model or seed named in a setting: the package's default, or `model` (or `package.model`) of the installing project. -#}
{% macro named_ref(setting) %}
    {{ return(counterpoise.user_ref(var('counterpoise_' ~ setting)) if var('counterpoise_' ~ setting, none) else ref('counterpoise', counterpoise.setting(setting))) }}
{% endmacro %}

{% macro user_ref(name) %}
    {%- set parts = name.split('.') -%}
    {{ return(ref(parts[0] if parts | length > 1 else project_name, parts[-1])) }}
{% endmacro %}
