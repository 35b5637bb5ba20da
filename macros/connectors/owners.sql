{#- Id of an owner in a tool: a project, group, board, repository, organisation … -#}
{% macro owner_id(owner_type, expression) -%}
    source_system || ':{{ owner_type }}:' || {{ expression }}
{%- endmacro %}

{#- An adapter's rows in the contract's shape, with the team the map gives their owners at the row's own date (of an item: the newest).
    The finest owner that is mapped decides. A source system nobody has mapped anything of keeps its own groups as teams. -#}
{% macro connected_rows(table, relation, columns) %}
    {%- if 'team_id' not in columns or table == 'teams' -%}
    select
        {{ columns | join(', ') }},
        cast(null as {{ counterpoise.type_of('timestamp') }}) as came_at
    from {{ relation }}
    {%- elif 'valid_from' in columns -%}
        {{ counterpoise.connected_spans(table, relation, columns) }}
    {%- else -%}
        {%- set dated_by = {
            'work_items': none, 'outcomes': 'occurred_at', 'work_item_events': 'occurred_at', 'time_entries': 'started_at',
            'process_runs': 'started_at', 'survey_answers': 'answered_at', 'team_hours': 'week_start', 'capacity': 'week_start',
            'costs': 'month', 'interventions': 'started_at', 'metric_reviews': 'reviewed_at',
        } -%}
        {%- set is_event = table == 'work_item_events' -%}
    select
        {{ columns | join(', ') }},
        cast(null as {{ counterpoise.type_of('timestamp') }}) as came_at
    from (
        select
            {%- for column in columns if column not in ['team_id'] + (['from_value', 'to_value'] if is_event else []) %}
            adapted.{{ column }},
            {%- endfor %}
            {%- if is_event %}
            case when adapted.event_type = 'handed_off' then {{ counterpoise.mapped_team('left') }} else adapted.from_value end as from_value,
            case when adapted.event_type = 'handed_off' then {{ counterpoise.mapped_team('held') }} else adapted.to_value end as to_value,
            {%- endif %}
            {{ counterpoise.mapped_team('held') }} as team_id
        from (
            select
                owned.*,
                {%- for level in ['owner_first', 'owner_second', 'owner_third', 'own_team'] %}
                {%- if is_event %}
                case
                    when owned.event_type = 'handed_off'
                        then case when coalesce(owned.to_owner, '') = coalesce(owned.{{ level }}, '') then owned.from_owner else owned.{{ level }} end
                end as left_{{ level }},
                {%- endif %}
                owned.{{ level }} as held_{{ level }}{{ ',' if not loop.last }}
                {%- endfor %}
            from {{ relation }} as owned
        ) as adapted
        left join mapped_systems on adapted.source_system = mapped_systems.source_system
        {%- for part in ['held', 'left'] if part == 'held' or is_event %}
        {%- for level in ['owner_first', 'owner_second', 'owner_third'] %}
        left join team_map as {{ part }}_map_{{ loop.index }}
            on
                adapted.{{ part }}_{{ level }} = {{ part }}_map_{{ loop.index }}.owner_id
                {%- if dated_by[table] is none %}
                and {{ part }}_map_{{ loop.index }}.is_newest
                {%- else %}
                and cast(adapted.{{ dated_by[table] }} as date) between {{ part }}_map_{{ loop.index }}.valid_from and {{ part }}_map_{{ loop.index }}.valid_to
                {%- endif %}
        {%- endfor %}
        {%- endfor %}
    ) as placed
        {%- if is_event %}
    -- from one part of a team to another is no handoff
    where not (event_type = 'handed_off' and coalesce(from_value, '') = coalesce(to_value, ''))
        {%- elif table not in ('work_items', 'outcomes', 'process_runs') %}
    where team_id is not null
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{#- The team of the owners that hold (or that a handoff left): the finest mapped one; where nothing is mapped, the own team. -#}
{% macro mapped_team(part) -%}
    coalesce({% for level in [1, 2, 3] %}{{ part }}_map_{{ level }}.team_id, {% endfor %}case when mapped_systems.source_system is null then adapted.{{ part }}_own_team end)
{%- endmacro %}

{#- What holds for a while (memberships, targets), cut where the map gives its owner to another team. -#}
{% macro connected_spans(table, relation, columns) %}
    {%- set key = counterpoise.source_definition('work_system', table).config.meta.primary_key -%}
    {%- if table == 'team_members' %}
    -- who is in two groups of one team is in it once, with both parts of the time
    select
        {%- for column in columns %}
        {{ {'fte': 'sum(fte) as fte', '_loaded_at': 'max(_loaded_at) as _loaded_at'}.get(column, column) }},
        {%- endfor %}
        came_at
    from (
    {%- endif %}
    select
        {%- for column in columns %}
        {%- if column == 'team_id' %}
        coalesce(held_map.team_id, adapted.own_team) as team_id,
        {%- elif column == 'valid_from' %}
        {{ counterpoise.greatest_known(['adapted.valid_from', 'held_map.valid_from']) }} as valid_from,
        {%- elif column == 'valid_to' %}
        nullif(
            least(coalesce(adapted.valid_to, cast('9999-12-31' as date)), coalesce(held_map.valid_to, cast('9999-12-31' as date))),
            cast('9999-12-31' as date)
        ) as valid_to,
        {%- elif column in key and column.endswith('_id') and column != 'person_id' %}
        adapted.{{ column }} || coalesce('|' || cast(held_map.valid_from as {{ counterpoise.type_of('string') }}), '') as {{ column }},
        {%- else %}
        adapted.{{ column }},
        {%- endif %}
        {%- endfor %}
        cast(null as {{ counterpoise.type_of('timestamp') }}) as came_at
    from {{ relation }} as adapted
    left join mapped_systems on adapted.source_system = mapped_systems.source_system
    left join team_map as held_map
        on
            adapted.owner_first = held_map.owner_id
            and adapted.valid_from <= held_map.valid_to
            and (adapted.valid_to is null or adapted.valid_to >= held_map.valid_from)
    where held_map.team_id is not null or (mapped_systems.source_system is null and adapted.own_team is not null)
    {%- if table == 'team_members' %}
    ) as memberships
    group by {% for column in columns if column not in ('fte', '_loaded_at') %}{{ column }}, {% endfor %}came_at
    {%- endif %}
{% endmacro %}
