{#- How a run after new rows touches only what they reach. Each run prints (hashes) what the warehouse offers of every item; items whose
    print is not the one the last finished run left are forgotten by the models of items and made anew. See docs/increments.md. -#}

{#- Configuration of a model that keeps its rows from run to run. -#}
{% macro growing() %}
    {{ return({'materialized': 'incremental', 'incremental_strategy': 'append', 'on_schema_change': 'fail'}) }}
{% endmacro %}

{#- Configuration of a model of items: rows of the items in `changed` are taken out and put in anew. `changed` is one of the models
    int_changed_items, int_dated_items and int_reached_items, each a wider circle than the one before. Of a model that weekly sums are made
    from, `week` is the column of the week that a row counts in. -#}
{% macro by_item(changed, week=none) %}
    {{ return(dict(
        counterpoise.growing(),
        meta={'changed_in': changed, 'week': week},
        pre_hook=['{{ counterpoise.remember_team_weeks(this) }}', '{{ counterpoise.forget_changed(this) }}']
    )) }}
{% endmacro %}

{#- Configuration of a model of which a week depends on that week and those before alone: all is made anew from the first changed week on.
    `week` is its column of the week: `week` (a number) or `week_start` (a date). -#}
{% macro by_week(week='week') %}
    {{ return(dict(
        counterpoise.growing(),
        meta={'changed_in': 'int_changed_weeks', 'week': week}, pre_hook='{{ counterpoise.forget_weeks(this) }}'
    )) }}
{% endmacro %}

{#- Configuration of a model of which a team's week depends on nothing but what `changed`, a circle of weeks of teams, looks at. -#}
{% macro by_team_week(changed, week='week') %}
    {{ return(dict(
        counterpoise.growing(), meta={'changed_in': changed, 'week': week}, pre_hook='{{ counterpoise.forget_team_weeks(this) }}'
    )) }}
{% endmacro %}

{#- The number of the week in a row of a model made by week. -#}
{% macro own_week(model) -%}
    {{ counterpoise.week_index_of_date('week_start') if model.config.meta.week == 'week_start' else 'week' }}
{%- endmacro %}

{#- A team's week in one name. -#}
{% macro team_week(team_id='team_id', week='week') -%}
    cast({{ week }} as {{ counterpoise.type_of('string') }}) || ' ' || {{ team_id }}
{%- endmacro %}

{% macro forget_weeks(relation) -%}
    {%- if counterpoise.is_increment() -%}
    delete from {{ relation }} where {{ counterpoise.own_week(model) }} >= {{ counterpoise.first_changed_week() }}
    {%- endif -%}
{%- endmacro %}

{% macro forget_team_weeks(relation) -%}
    {%- if counterpoise.is_increment() -%}
    delete from {{ relation }}
    where {{ counterpoise.team_week(week=counterpoise.own_week(model)) }} in (select team_week from {{ counterpoise.changed_circle() }})
    {%- endif -%}
{%- endmacro %}

{#- The condition on an import that leaves the weeks of teams to be made anew; nothing where all is built. -#}
{% macro of_changed_team_weeks(team_id='team_id', week='week', keyword='where') -%}
    {%- if counterpoise.is_increment() -%}
    {{ keyword }} {{ counterpoise.team_week(team_id, week) }} in (select team_week from {{ counterpoise.changed_circle() }})
    {%- endif -%}
{%- endmacro %}

{#- The first week that changed; far away where none did. -#}
{% macro first_changed_week() -%}
    (select coalesce(min(changed.week), 1000000) from {{ counterpoise.changed_circle() }} as changed)
{%- endmacro %}

{#- The condition on an import that leaves the weeks to be made anew; nothing where all is built. -#}
{% macro from_changed_week(column='week', keyword='where') -%}
    {%- if counterpoise.is_increment() -%}
    {{ keyword }} {{ column }} >= {{ counterpoise.first_changed_week() }}
    {%- endif -%}
{%- endmacro %}

{#- Weeks of teams that changed items counted in until now: their sums are to be made anew even where the items are in none of them any
    more. Before the rows are forgotten. -#}
{% macro remember_team_weeks(relation) -%}
    {%- set week = model.config.meta.week -%}
    {%- if week and counterpoise.is_increment() -%}
    {%- set kept = counterpoise.relation_of('int_left_team_weeks') -%}
    insert into {{ kept }}
    select distinct
        {{ counterpoise.team_week(week=week) }} as team_week,
        '{{ model.name }}' as left_in
    from {{ relation }}
    where
        work_item_id in (select work_item_id from {{ counterpoise.changed_circle() }})
        and team_id is not null
        and {{ week }} is not null
        and {{ counterpoise.team_week(week=week) }} not in (select team_week from {{ kept }} where left_in = '{{ model.name }}')
    {%- endif -%}
{%- endmacro %}

{% macro forget_changed(relation) -%}
    {%- if counterpoise.is_increment() -%}
    delete from {{ relation }} where work_item_id in (select work_item_id from {{ counterpoise.changed_circle() }})
    {%- endif -%}
{%- endmacro %}

{#- The circle of changed items, or weeks, of the model that is being built. -#}
{% macro changed_circle() %}
    {{ return(counterpoise.relation_of(model.config.meta.changed_in)) }}
{% endmacro %}

{#- The condition on an import that leaves only what has changed; nothing where all is built. `keyword`: where, or and. -#}
{% macro of_changed(column='work_item_id', keyword='where') -%}
    {%- if counterpoise.is_increment() -%}
    {{ keyword }} {{ column }} in (select work_item_id from {{ counterpoise.changed_circle() }})
    {%- endif -%}
{%- endmacro %}

{#- Whether the model that is built takes up what a run before has left. Without a warehouse, and in a unit test, it does not. -#}
{% macro is_increment() %}
    {{ return(execute and this and not counterpoise.setting('assumed_columns') and is_incremental()) }}
{% endmacro %}

{#- Where a model of this package stands. Not by ref: what is told through these macros is in force only once the models that keep it
    have run, and what comes before is no input of a test. -#}
{% macro relation_of(name) %}
    {%- if not execute -%}{{ return(none) }}{%- endif -%}
    {%- set node = graph.nodes['model.counterpoise.' ~ name] -%}
    {{ return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) }}
{% endmacro %}

{#- The same as the run before left it; none where it does not stand, or is about to be built from nothing. -#}
{% macro standing(name) %}
    {%- if not execute or counterpoise.setting('assumed_columns') -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set relation = counterpoise.relation_of(name) -%}
    {{ return(adapter.get_relation(database=relation.database, schema=relation.schema, identifier=relation.identifier)) }}
{% endmacro %}

{#- What the last finished run has left of the prints; none in a first run and in a full one. -#}
{% macro last_prints() %}
    {{ return(none if flags.FULL_REFRESH else counterpoise.standing('int_prints')) }}
{% endmacro %}

{#- Names of a kind whose print among `prints` is another than in the last finished run, or that were not there, or are there
    no more. With `in_both`, only names that were there and still are. -#}
{% macro names_changed(kind, in_both=false, prints='prints') %}
    {%- set last = counterpoise.last_prints() -%}
    select coalesce(found.name, last_run.name) as name
    from (
        select
            name,
            print
        from {{ prints }}
        where kind = '{{ kind }}'
    ) as found
    full outer join (
        {%- if last is none %}
        select
            name,
            print
        from {{ prints }}
        where 1 = 0
        {%- else %}
        select
            name,
            print
        from {{ last }}
        where kind = '{{ kind }}'
        {%- endif %}
    ) as last_run on found.name = last_run.name
    where found.print <> last_run.print{{ ' or found.name is null or last_run.name is null' if not in_both }}
{% endmacro %}

{#- The last step of a model of prints: rows (name, print) of the CTEs in `kinds` (kind: CTE), those of the same name added up. The same
    rows give the same print in any order. -#}
{% macro prints_of(kinds) %}
    {%- set text = counterpoise.type_of('string') -%}
    {%- for kind, told in kinds.items() %}
    select
        '{{ kind }}' as kind,
        cast(name as {{ text }}) as name,
        cast(count(*) as {{ text }}) || ':' || cast(sum(print) as {{ text }}) as print
    from {{ told }}
    where name is not null
    group by name
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- A model that keeps names until the run is over that has done with them: a run that was stopped leaves them to the next one. -#}
{% macro keeping(selected, column='work_item_id') %}
select distinct selected.{{ column }}
from (
    {{ selected }}
) as selected
{%- if counterpoise.is_increment() %}
left join {{ this }} as kept on selected.{{ column }} = kept.{{ column }}
where kept.{{ column }} is null
{%- endif %}
{% endmacro %}

{#- The models of items: what a run has to be done with before it may forget which items had changed. -#}
{% macro models_by_item() %}
    {{ return([
        'stg_work_items', 'stg_work_item_events', 'int_item_events', 'int_item_versions', 'int_item_steps', 'int_item_spans',
        'int_item_edits', 'int_work_items', 'int_item_targets', 'int_first_responses', 'int_response_traces', 'int_deadlines', 'int_closures',
        'int_closure_traces', 'int_creations', 'fct_work_item',
    ]) }}
{% endmacro %}

{#- The models made by week, in the same sense. -#}
{% macro models_by_week() %}
    {{ return(['int_metric_windows', 'int_team_contrast', 'int_contrast', 'int_evidence', 'fct_pair_week']) }}
{% endmacro %}

{#- The models made by team and week, in the same sense, by their circle. -#}
{% macro models_by_team_week() %}
    {{ return({
        'int_fed_team_weeks': [
            'int_closure_week', 'int_created_week', 'int_activity_week', 'int_switch_week', 'int_burst_week', 'int_touch_week',
        ],
        'int_summed_team_weeks': ['int_metric_rows'],
        'int_changed_team_weeks': ['fct_metric_week', 'fct_metric_week_stratum'],
    }) }}
{% endmacro %}

{#- The weekly sums that rows of metrics are made from. -#}
{% macro metric_families() %}
    {{ return([
        'int_closure_week', 'int_created_week', 'int_activity_week', 'int_deadline_week', 'int_response_week', 'int_backlog_week',
        'int_outcome_week', 'int_pause_week', 'int_bunching_week', 'int_delivery_week', 'int_account_week', 'int_goal_week', 'int_wait_week',
        'int_touch_week', 'int_switch_week', 'int_burst_week', 'int_handoff_week', 'int_trace_week', 'int_effort_week', 'int_helping_week',
        'int_cost_week', 'int_survey_week',
    ]) }}
{% endmacro %}

{#- Weeks of teams that stand in the models of a circle: what is to be made anew, besides what there is, where nothing tells what changed. -#}
{% macro standing_team_weeks(circle) %}
    {%- for name in counterpoise.models_by_team_week()[circle] if execute %}
    {%- set relation = counterpoise.standing(name) %}
    {%- if relation %}
    union all
    select {{ counterpoise.team_week(week=counterpoise.own_week(graph.nodes['model.counterpoise.' ~ name])) }} as team_week
    from {{ relation }}
    {%- endif %}
    {%- endfor %}
{% endmacro %}

{#- Settings and code of the project in one text: another one makes everything anew. -#}
{% macro project_print() %}
    {%- if not execute -%}{{ return('') }}{%- endif -%}
    {%- set told = [dbt_version] -%}
    {%- for name in counterpoise.default_settings() -%}
        {%- do told.append(name ~ '=' ~ counterpoise.setting(name)) -%}
    {%- endfor -%}
    {%- for node in graph.nodes.values() if node.package_name == 'counterpoise' and node.resource_type in ['model', 'seed'] -%}
        {%- do told.append(node.unique_id ~ '=' ~ node.checksum.checksum) -%}
    {%- endfor -%}
    {{ return(local_md5(told | sort | join('\n'))) }}
{% endmacro %}
