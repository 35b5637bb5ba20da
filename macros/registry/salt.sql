{#- Persons leave staging only as salted hashes (`within`: ids of one instance of a tool, which others may use for somebody else). The salt is one row in a private table that the owner of the warehouse (or the
    command line) writes; it is read by a subquery, so it stands in no manifest, compiled SQL or log. Without the table the
    documented demo salt is used, and `warn_about_demo_salt` says so. -#}
{% macro salt_relation() %}
    {{ return(adapter.get_relation(database=target.get('database'), schema=counterpoise.private_schema(), identifier='person_salt')) }}
{% endmacro %}

{% macro private_schema() %}
    {{ return(var('counterpoise_salt_schema', graph.nodes['model.counterpoise.stg_work_items'].schema)) }}
{% endmacro %}

{% macro hash_person(column, within=none) -%}
    {%- set relation = counterpoise.salt_relation() if execute and not counterpoise.setting('assumed_columns') else none -%}
    {%- set salt = "'counterpoise-demo-salt'" if relation is none else '(select max(person_salt.salt) from ' ~ relation ~ ' as person_salt)' -%}
    {%- set prefix = '' if within is none else counterpoise.text_literal(within ~ ':') ~ ' || ' -%}
    case
        when {{ column }} is not null
            then substring({{ counterpoise.sha256_hex(salt ~ " || '|' || " ~ prefix ~ "cast(" ~ column ~ ' as ' ~ dbt.type_string() ~ ')') }}, 1, 32)
    end
{%- endmacro %}

{% macro warn_about_demo_salt() %}
    {%- if execute and flags.WHICH in ['run', 'build'] and counterpoise.salt_relation() is none -%}
        {%- do exceptions.warn(
            "Ids of persons are hashed with the public demo salt. Outside a demo, write a secret of your own: "
            ~ "create table " ~ counterpoise.private_schema() ~ ".person_salt as select '<long random text>' as salt"
        ) -%}
    {%- endif -%}
{% endmacro %}
