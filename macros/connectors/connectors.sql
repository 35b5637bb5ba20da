{#- Tools whose connector schemas are read, and the tables each gives in the contract's shape, as models `stg_<tool>__<table>` (`values` = the seed `<tool>_values`).
    A user's own adapter is one more entry, by the var `counterpoise_adapters: {pagerduty: [owners, work_items, …]}`. -#}
{% macro connector_tables() %}
    {%- set tables = {
        'jira': ['owners', 'values', 'unknown_values', 'work_items', 'work_item_events', 'work_item_links', 'outcomes', 'time_entries'],
        'zendesk': [
            'owners', 'values', 'unknown_values', 'work_items', 'work_item_events', 'work_item_links', 'outcomes', 'targets', 'team_members',
            'business_calendars', 'holidays',
        ],
        'github': ['owners', 'values', 'unknown_values', 'work_items', 'work_item_events', 'work_item_links', 'outcomes', 'team_members'],
        'servicenow': [
            'owners', 'values', 'unknown_values', 'work_items', 'work_item_events', 'work_item_links', 'outcomes', 'time_entries', 'targets',
            'team_members', 'business_calendars', 'holidays',
        ],
    } -%}
    {%- for tool in tables.keys() | list if not var('counterpoise_' ~ tool ~ '_enabled', false) -%}
        {%- do tables.pop(tool) -%}
    {%- endfor -%}
    {%- do tables.update(counterpoise.setting('adapters')) -%}
    {{ return(tables) }}
{% endmacro %}

{#- A model or seed of a tool: the package's own, or that of the project whose adapter it is. -#}
{% macro connector_ref(tool, name) %}
    {{ return(counterpoise.user_ref(name) if tool in counterpoise.setting('adapters') else ref('counterpoise', name)) }}
{% endmacro %}

{#- Models of all connectors switched on that give one table. -#}
{% macro connector_models(table) %}
    {%- set models = [] -%}
    {%- for tool, tables in counterpoise.connector_tables().items() if table in tables -%}
        {%- do models.append(counterpoise.connector_ref(tool, 'stg_' ~ tool ~ '__' ~ table)) -%}
    {%- endfor -%}
    {{ return(models) }}
{% endmacro %}

{#- Whether any connector is switched on: the models they share are not built otherwise. -#}
{% macro has_connectors() %}
    {{ return(counterpoise.connector_tables() | length > 0) }}
{% endmacro %}

{#- The instances of a tool: `counterpoise_<tool>_schemas` is one schema, or a mapping of instance to schema. The instance that
    is named like the tool keeps the tool's own name, so that a second one can come later and no id changes. -#}
{% macro connector_instances(tool) %}
    {%- set schemas = var('counterpoise_' ~ tool ~ '_schemas', none) -%}
    {%- if schemas is not mapping -%}
        {%- set schemas = {tool: schemas} -%}
    {%- endif -%}
    {%- set instances = [] -%}
    {%- for name, schema in schemas.items() -%}
        {%- set parts = (schema | string).split('.') if schema else [none] -%}
        {%- do instances.append({
            'source_system': tool if name == tool else tool ~ '_' ~ name,
            'database': parts[-2] if parts | length > 1 else none,
            'schema': parts[-1],
        }) -%}
    {%- endfor -%}
    {{ return(instances) }}
{% endmacro %}

{#- Where an instance has a table of the tool's source definition. -#}
{% macro connector_relation(definition, instance) %}
    {{ return(api.Relation.create(
        database=instance.database or var('counterpoise_connectors_database', none) or definition.database,
        schema=instance.schema or definition.schema,
        identifier=var('counterpoise_' ~ definition.source_name ~ '_tables', {}).get(definition.name, definition.identifier),
    )) }}
{% endmacro %}

{#- Rows of a connector's table, all instances united: typed as the source definition says, timestamps in UTC, ids of persons hashed,
    `source_system` = the instance. What an account does not have is null; stg_source_gaps lists it. -#}
{% macro connector_rows(tool, table) %}
    {%- do source(tool, table) -%}
    {%- if not execute -%}
        select 1 as placeholder
    {%- else -%}
        {%- set definition = counterpoise.source_definition(tool, table) -%}
        {%- for instance in counterpoise.connector_instances(tool) -%}
            {{ 'union all' if not loop.first }}
            {{ counterpoise.typed_rows(
                counterpoise.connector_relation(definition, instance), definition.columns.values() | list, instance.source_system
            ) }}
        {% endfor -%}
    {%- endif -%}
{% endmacro %}

{#- An id no other tool or instance can have. -#}
{% macro connector_id(expression) -%}
    source_system || ':' || {{ expression }}
{%- endmacro %}

{#- A select list for an adapter's model: the contract's columns, but the owners in place of the team (`stage` finds the team). -#}
{% macro as_adapter(table, expressions) %}
    {%- if not execute -%}
        1 as placeholder
    {%- else -%}
        {%- set columns = [] -%}
        {%- for column in counterpoise.contract_columns(table) if column.name != 'team_id' or table == 'teams' -%}
            {%- do columns.append((column.name, column.data_type)) -%}
        {%- endfor -%}
        {%- for name in counterpoise.adapter_columns(table) -%}
            {%- do columns.append((name, 'string')) -%}
        {%- endfor -%}
        {%- for name in expressions if name not in columns | map('first') -%}
            {{ exceptions.raise_compiler_error("the contract's table " ~ table ~ " has no column " ~ name ~ " for an adapter; it has " ~ columns | map('first') | join(', ')) }}
        {%- endfor -%}
        {%- set expressions = dict({'source_system': 'source_system'}, **expressions) -%}
        {%- for name, kind in columns %}
        cast({{ expressions.get(name, 'null') }} as {{ counterpoise.type_of(kind) }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{#- Columns an adapter's model has beyond the contract's: who held the row, finest first, and who serves as a team while nothing is
    mapped; of events, which owner a handoff left and which it came to. -#}
{% macro adapter_columns(table) %}
    {%- set names = counterpoise.contract_columns(table) | map(attribute='name') | list -%}
    {%- set added = [] if 'source_system' in names else ['source_system'] -%}
    {%- if 'team_id' in names and table != 'teams' -%}
        {%- set added = added + ['owner_first', 'owner_second', 'owner_third', 'own_team'] -%}
    {%- endif -%}
    {%- if table == 'work_item_events' -%}
        {%- set added = added + ['from_owner', 'to_owner'] -%}
    {%- endif -%}
    {{ return(added) }}
{% endmacro %}
