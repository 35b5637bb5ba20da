{#- The rows of one contract table as the warehouse has them: typed, persons hashed, and typed nulls for what is absent.
    Columns come from the source definition (YAML), so the contract stands in one place. `relation` reads the same columns from elsewhere.
    `counterpoise_assumed_columns: true` skips the look at the warehouse (offline compile): every table and column is taken as there. -#}
{% macro contract_rows(table, source_name='work_system', relation=none, hashed=true) %}
    {%- set relation = relation or source(source_name, table) -%}
    {%- if not execute -%}
        select 1 as placeholder
    {%- else -%}
        {%- set columns = counterpoise.contract_columns(table, source_name) -%}
        {{ counterpoise.typed_rows(relation, columns, hashed=hashed) }}
    {%- endif -%}
{% endmacro %}

{#- The columns of a relation as their definitions say; `within` makes the hashes of persons those of one instance of a tool. Not
    `hashed`, for rows that are only compared and never kept. -#}
{% macro typed_rows(relation, columns, within=none, hashed=true) %}
    {%- set offered = counterpoise.offered_columns(relation, columns) -%}
        select
        {%- if within is not none %}
            cast({{ counterpoise.text_literal(within) }} as {{ counterpoise.type_of('string') }}) as source_system,
        {%- endif %}
        {%- for column in columns %}
            {{ counterpoise.contract_column(column, offered, within, hashed) }} as {{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
        {%- if offered is none %}
        from (select 1 as one_row) as nothing
        where 1 = 0
        {%- else %}
        from {{ relation }}
        {%- endif -%}
{% endmacro %}

{% macro contract_columns(table, source_name='work_system') %}
    {{ return(counterpoise.source_definition(source_name, table).columns.values() | list) }}
{% endmacro %}

{#- The definition of a source's table, of this package or of any other one. -#}
{% macro source_definition(source_name, table) %}
    {%- for node in graph.sources.values() if node.source_name == source_name and node.name == table -%}
        {{ return(node) }}
    {%- endfor -%}
    {{ exceptions.raise_compiler_error("no source " ~ source_name ~ "." ~ table ~ " is defined; name it, with its columns, in a YAML file") }}
{% endmacro %}

{#- Types of the columns the warehouse offers and their names as it writes them, by name in lower case; none where the table is absent. -#}
{% macro offered_columns(relation, columns) %}
    {%- set offered = {} -%}
    {%- if counterpoise.setting('assumed_columns') -%}
        {%- for column in columns -%}
            {%- set name = counterpoise.source_column(column) -%}
            {%- do offered.update({name | lower: {'type': column.data_type, 'name': name}}) -%}
        {%- endfor -%}
        {{ return(offered) }}
    {%- endif -%}
    {%- set found = adapter.get_relation(database=relation.database, schema=relation.schema, identifier=relation.identifier) -%}
    {%- if found is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- for column in adapter.get_columns_in_relation(found) -%}
        {%- do offered.update({column.name | lower: {'type': column.data_type | lower, 'name': adapter.quote(column.name)}}) -%}
    {%- endfor -%}
    {{ return(offered) }}
{% endmacro %}

{#- What the source calls a column. -#}
{% macro source_column(column) %}
    {{ return(column.config.get('meta', {}).get('source_column', column.name)) }}
{% endmacro %}

{% macro contract_column(column, offered, within=none, hashed=true) %}
    {%- set kind = column.data_type -%}
    {%- set type = counterpoise.type_of(kind) -%}
    {%- set found = (offered or {}).get(counterpoise.source_column(column) | lower) -%}
    {%- if found is none -%}
        cast(null as {{ type }})
    {%- elif column.config.get('meta', {}).get('person') and hashed -%}
        {{ counterpoise.hash_person(found.name, within) }}
    {%- elif kind == 'timestamp' and ('with time zone' in found.type or 'timestamptz' in found.type or found.type.startswith(('timestamp_tz', 'timestamp_ltz'))) -%}
        cast({{ counterpoise.in_utc(found.name) }} as {{ type }})
    {%- else -%}
        cast({{ found.name }} as {{ type }})
    {%- endif -%}
{% endmacro %}

{#- A select list in the contract's shape: the expressions given, typed nulls for every other column. For source adapters. -#}
{% macro as_contract(table, expressions) %}
    {%- if not execute -%}
        1 as placeholder
    {%- else -%}
        {%- for column in counterpoise.contract_columns(table) %}
        cast({{ expressions.get(column.name, 'null') }} as {{ counterpoise.type_of(column.data_type) }}) as {{ column.name }}{{ ',' if not loop.last }}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{#- Newest row per key of `offered`, a select. Rows the source has deleted are gone, and so is the column that says it (Iceberg deletes from
    no table that has one of that name); a row that came again says when it first came.
    Ties are broken by every other column, so that the same rows give the same answer in any order. With `apart`, keys that stand
    once are told apart first: nearly all do, and putting a hundred million rows in order is what costs. The select is then written
    out three times, as an engine would keep all its rows if it had a name. -#}
{% macro newest_rows(offered, key, columns, apart=false) %}
    {%- set key_given -%}
        {%- for column in key %}{{ column }} is not null{{ ' and ' if not loop.last }}{% endfor -%}
    {%- endset -%}
    {%- set key_hash = counterpoise.quick_hash(key) -%}
    {%- set kept = columns | reject('equalto', '_deleted') | join(', ') -%}
    {%- if apart %}
    select
        {{ kept }},
        came_at as first_loaded_at
    from (
        {{ offered }}
    ) as offered
    left join repeated on {{ key_hash }} = repeated.key_hash
    where repeated.key_hash is null and {{ key_given }} and not coalesce(_deleted, false)
    union all
    {%- endif %}
    select
        {{ kept }},
        first_loaded_at
    from (
        select
            *,
            min(came_at) over (partition by {{ key | join(', ') }}) as first_loaded_at,
            row_number() over (
                partition by {{ key | join(', ') }}
                order by
                    _loaded_at desc nulls last
                    {%- for column in columns if column not in key and column != '_loaded_at' %},
                    {{ column }} desc nulls last
                    {%- endfor %}
            ) as newest_first
        from (
            {{ offered }}
        ) as offered
        {%- if apart %}
        inner join repeated on {{ key_hash }} = repeated.key_hash
        {%- endif %}
        where {{ key_given }}
    ) as numbered
    where newest_first = 1 and not coalesce(_deleted, false)
{% endmacro %}

{#- Every row of a contract table, whoever brings it, with `came_at`. -#}
{% macro offered_rows(table, adapters, connected, columns, hashed=true) %}
    select
        direct.*,
        direct._loaded_at as came_at
    from (
        {{ counterpoise.contract_rows(table, hashed=hashed) }}
    ) as direct
    {%- for model in adapters %}
    union all
    select
        {{ columns | join(', ') }},
        _loaded_at as came_at
    from {{ ref(model) }}
    {%- endfor %}
    {%- for model in connected %}
    union all
    {{ counterpoise.connected_rows(table, model, columns) }}
    {%- endfor %}
{% endmacro %}

{#- The CTEs that rows of connectors look up their team in, for the top of a model; nothing where no connector brings the table. -#}
{% macro connected_ctes(connected, columns, table) %}
    {%- if connected and 'team_id' in columns and table != 'teams' %}

team_map as (

    select * from {{ ref('counterpoise', 'stg_team_map') }}

),

mapped_systems as (

    select distinct source_system from team_map

),
    {%- endif %}
{% endmacro %}

{#- A staging model: the contract table, with the rows of the models that offer it in the contract's shape, and those of every
    connector that is switched on. `came_at` = when a row came; connectors write rows anew, so they cannot say.
    `large`: millions of rows, nearly all with a key of their own. Where the model is incremental, only rows of changed items are read. -#}
{% macro stage(table, adapters=[], large=false) %}
    {%- set connected = counterpoise.connector_models(table) -%}
    {%- for model in adapters -%}{%- do ref(model) -%}{%- endfor -%}
    {%- if connected -%}{%- do ref('counterpoise', 'stg_team_map') -%}{%- endif -%}
    {%- if not execute -%}
        {{ counterpoise.contract_rows(table) }}
    {%- else -%}
        {%- set columns = counterpoise.contract_columns(table) | map(attribute='name') | list -%}
        {%- set key = counterpoise.source_definition('work_system', table).config.meta.primary_key -%}
        {%- set offered = counterpoise.offered_rows(table, adapters, connected, columns) -%}
with
{{ counterpoise.connected_ctes(connected, columns, table) }}

{%- if large and counterpoise.is_increment() %}

-- all rows of every key that a changed item has a row of: whose the newest is, only all of them tell
keys_reached as (

    select distinct {{ key | join(', ') }}
    from (
        {{ counterpoise.offered_rows(table, adapters, connected, columns, hashed=false) }}
    ) as offered
    {{ counterpoise.of_changed() }}

),
    {%- set offered -%}
    select offered.*
    from (
        {{ offered }}
    ) as offered
    inner join keys_reached on {% for column in key %}offered.{{ column }} = keys_reached.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    {%- endset -%}
{%- endif %}

{%- if large %}

repeated as (

    select {{ counterpoise.quick_hash(key) }} as key_hash
    from (
        {{ offered }}
    ) as offered
    where {% for column in key %}{{ column }} is not null{{ ' and ' if not loop.last }}{% endfor %}
    group by 1
    having count(*) > 1

),

{%- endif %}

final as (
    {{ counterpoise.newest_rows(offered, key, columns, apart=large) }}
)

select * from final
{{ counterpoise.of_changed() if large }}
    {%- endif -%}
{% endmacro %}
