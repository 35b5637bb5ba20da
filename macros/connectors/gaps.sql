{#- One row per instance and table with something missing, found at compile time; also said in dbt's log. `gives` = what the table is for. -#}
{% macro source_gaps() %}
    {%- set gaps = [] -%}
    {%- for tool in counterpoise.connector_tables() if execute and not counterpoise.setting('assumed_columns') -%}
        {%- for node in graph.sources.values() if node.source_name == tool -%}
            {%- for instance in counterpoise.connector_instances(tool) -%}
                {%- set offered = counterpoise.offered_columns(counterpoise.connector_relation(node, instance), node.columns.values() | list) -%}
                {%- set missing = [] -%}
                {%- for column in node.columns.values() if offered is not none and counterpoise.source_column(column) | lower not in offered -%}
                    {%- do missing.append(counterpoise.source_column(column)) -%}
                {%- endfor -%}
                {%- if offered is none or missing -%}
                    {%- do gaps.append({
                        'source_system': instance.source_system,
                        'table_name': node.name,
                        'is_absent': offered is none,
                        'missing_columns': missing | sort | join(', '),
                        'gives': node.config.get('meta', {}).get('gives', ''),
                    }) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for gap in gaps -%}
        {%- do log(
            "counterpoise: " ~ gap.source_system ~ " has no table " ~ gap.table_name if gap.is_absent
            else "counterpoise: " ~ gap.source_system ~ "." ~ gap.table_name ~ " lacks " ~ gap.missing_columns,
            info=true
        ) -%}
    {%- endfor -%}
    {%- for gap in gaps + [none] %}
select
        {%- for name in ['source_system', 'table_name', 'missing_columns', 'gives'] %}
    cast({{ 'null' if gap is none else counterpoise.text_literal(gap[name]) }} as {{ counterpoise.type_of('string') }}) as {{ name }},
        {%- endfor %}
    {{ 'true' if gap is not none and gap.is_absent else 'false' }} as is_absent
        {%- if gap is none %}
from (select 1 as one_row) as nothing
where 1 = 0
        {%- else %}
union all
        {%- endif %}
    {%- endfor %}
{% endmacro %}
