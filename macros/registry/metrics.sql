{#- Item versions as rows to add and rows to take away. `known_week` is the first week whose reader knows the row, given that
    it belongs to `week_column`. `only`: a further condition on the rows, with its `and`. -#}
{% macro signed_versions(relation, week_column, only='') %}
    select
        *,
        1 as sign,
        greatest(version_from_week, {{ week_column }}) as known_week
    from {{ relation }}
    where {{ week_column }} is not null {{ only }}
    union all
    select
        *,
        -1 as sign,
        greatest(version_to_week, {{ week_column }}) as known_week
    from {{ relation }}
    where {{ week_column }} is not null and version_to_week is not null {{ only }}
{% endmacro %}

{#- A signed sum as an additive column; `condition` says which rows count. Each value is settled before it is added: sums of
    decimals are the same in any order, and what is taken away is what was added. -#}
{% macro signed_sum(expression, condition='true') -%}
    {%- set value = 'sign' if expression == '1' else 'sign * ' ~ counterpoise.as_measure(counterpoise.settled(expression)) -%}
    {{ counterpoise.as_measure('sum(case when ' ~ condition ~ ' then ' ~ value ~ ' else 0 end)') }}
{%- endmacro %}

{#- Natural logarithm of hours, at least a minute. -#}
{% macro ln_hours(hours) -%}
    ln(greatest({{ hours }}, 0.016666667))
{%- endmacro %}

{#- A wide family fact as rows of the standard shape. Each metric says which Σ columns are its numerator and denominator, and,
    where the comparison over time works on another scale (logarithms of hours), its link columns. -#}
{% macro metric_rows(relation, metrics) %}
    {%- for metric in metrics %}
    select
        team_id,
        week,
        stratum,
        known_week,
        '{{ metric.id }}' as metric_id,
        {{ counterpoise.as_measure(metric.numerator) }} as numerator,
        {{ counterpoise.as_measure(metric.denominator) }} as denominator,
        {{ counterpoise.as_measure(metric.get('n', metric.denominator)) }} as n,
        {{ counterpoise.as_measure(metric.get('link_sum', metric.numerator)) }} as link_sum,
        {{ counterpoise.as_measure(metric.get('link_weight', metric.denominator)) }} as link_weight,
        {{ counterpoise.as_measure(metric.get('link_squares', 0)) }} as link_squares
    from {{ relation }}
    where ({{ metric.numerator }}) <> 0 or ({{ metric.denominator }}) <> 0
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}

{#- The rows of a user's own metric model, in the standard shape. It gives team_id, metric_id, week_start (a Monday), numerator and
    denominator; its rows are known at the end of their week. For means and durations it also gives link_sum and link_squares. -#}
{% macro own_metric_rows(relation) %}
    {%- set given = [] -%}
    {%- if execute -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}{%- do given.append(column.name | lower) -%}{%- endfor -%}
    {%- endif %}
    select
        team_id,
        {{ counterpoise.week_index_of_date('week_start') }} as week,
        {{ 'stratum' if 'stratum' in given else "'all'" }} as stratum,
        {{ counterpoise.week_index_of_date('week_start') }} as known_week,
        metric_id,
        {{ counterpoise.as_measure('numerator') }} as numerator,
        {{ counterpoise.as_measure('denominator') }} as denominator,
        {{ counterpoise.as_measure('n' if 'n' in given else 'denominator') }} as n,
        {{ counterpoise.as_measure('link_sum' if 'link_sum' in given else 'numerator') }} as link_sum,
        {{ counterpoise.as_measure('link_weight' if 'link_weight' in given else 'denominator') }} as link_weight,
        {{ counterpoise.as_measure('link_squares' if 'link_squares' in given else '0') }} as link_squares
    from {{ relation }}
{% endmacro %}

{#- Rows that give a rate its exposure: every week the team's sources told anything, even when nothing was counted. `since`: a
    relation with team_id, first_week and first_known_week, for what is not of every team (deployments): weeks before are unknown,
    not zero. -#}
{% macro exposure_rows(metric_id, since=none) %}
    select
        team_weeks.team_id,
        team_weeks.week,
        'all' as stratum,
        greatest(team_weeks.week, team_weeks.loaded_known_week{{ ', since.first_known_week' if since }}) as known_week,
        '{{ metric_id }}' as metric_id,
        {{ counterpoise.as_measure('0') }} as numerator,
        {{ counterpoise.as_measure('1') }} as denominator,
        {{ counterpoise.as_measure('0') }} as n,
        {{ counterpoise.as_measure('0') }} as link_sum,
        {{ counterpoise.as_measure('team_weeks.exposure') }} as link_weight,
        {{ counterpoise.as_measure('0') }} as link_squares
    from {{ ref('int_team_weeks') }} as team_weeks
    {%- if since %}
    inner join {{ since }} as since
        on
            team_weeks.team_id = since.team_id
            and team_weeks.week >= since.first_week
    {%- endif %}
    where team_weeks.loaded_known_week is not null
{% endmacro %}

{#- Item versions that were resolved and whose requester or account (`key`) opened another item of the same category later. One
    pass: contacts and resolutions of a key in one line, each resolution looking at the first contact after it. -#}
{% macro came_back(key) %}
with

splits as (

    select distinct from_item_id as work_item_id
    from {{ ref('stg_work_item_links') }}
    where link_type = 'split_from'

),

-- what the team split off itself is nobody coming back
contacts as (

    select
        items.{{ key }},
        items.category,
        items.created_at as occurred_at,
        0 as kind,
        cast(null as {{ counterpoise.type_of('string') }}) as work_item_id,
        cast(null as {{ counterpoise.type_of('integer') }}) as version_from_week
    from {{ ref('stg_work_items') }} as items
    left join splits on items.work_item_id = splits.work_item_id
    where
        items.{{ key }} is not null
        and coalesce(items.origin, 'customer') = 'customer'
        and (items.origin is not null or splits.work_item_id is null)

),

resolutions as (

    select
        {{ key }},
        category,
        -- an item resolved before it was created must not meet its own creation
        greatest(first_resolved_at, created_at) as occurred_at,
        1 as kind,
        work_item_id,
        version_from_week
    from {{ ref('int_work_items') }}
    where {{ key }} is not null and first_resolved_at is not null

),

line as (

    select * from contacts
    union all
    select * from resolutions

),

looked_ahead as (

    select
        *,
        min(case when kind = 0 then occurred_at end) over (
            partition by {{ key }}, category
            order by occurred_at, kind
            rows between 1 following and unbounded following
        ) as next_contact_at
    from line

),

final as (

    select
        work_item_id,
        version_from_week,
        next_contact_at,
        {{ counterpoise.epoch_seconds('next_contact_at') }} - {{ counterpoise.epoch_seconds('occurred_at') }} <= {{ counterpoise.setting('follow_up_days') * 86400 }} as is_repeated
    from looked_ahead
    where kind = 1 and next_contact_at is not null

)

select * from final
{% endmacro %}

{#- Whether a moment (local time) lies in the last days of its calendar month (setting `period_end_days`, at most 28). -#}
{% macro is_period_end(local_timestamp) -%}
    extract(month from {{ counterpoise.add_seconds(local_timestamp, counterpoise.setting('period_end_days') * 86400) }}) <> extract(month from {{ local_timestamp }})
{%- endmacro %}

{#- Place of a priority, 0 = the most urgent: common words and the numbers of p0 to p5; null where it says nothing comparable. Those
    of the setting `urgent_priorities` that no list here has come before every other. -#}
{% macro priority_rank(priority) -%}
    {%- set ranks = {
        '0': 0, 'p0': 0, 'blocker': 1, 'critical': 1, 'highest': 1, 'urgent': 1, 'p1': 1, '1': 1, 'high': 2, 'major': 2, 'p2': 2, '2': 2,
        'normal': 3, 'medium': 3, 'moderate': 3, 'p3': 3, '3': 3, 'low': 4, 'minor': 4, 'p4': 4, '4': 4,
        'lowest': 5, 'trivial': 5, 'planning': 5, 'p5': 5, '5': 5,
    } -%}
    case lower(trim({{ priority }}))
        {%- for word in counterpoise.setting('urgent_priorities') if word not in ranks %}
        when {{ counterpoise.text_literal(word) }} then 1
        {%- endfor %}
        {%- for word, rank in ranks.items() %}
        when '{{ word }}' then {{ rank }}
        {%- endfor %}
    end
{%- endmacro %}

{#- A time written as text (ISO 8601, UTC) as a timestamp, to the second; null where it is none. -#}
{% macro timestamp_of_text(expression) -%}
    {{ return(adapter.dispatch('timestamp_of_text', 'counterpoise')(expression)) }}
{%- endmacro %}
{% macro default__timestamp_of_text(expression) -%}
    try_cast(replace(substring({{ expression }}, 1, 19), 'T', ' ') as {{ counterpoise.type_of('timestamp') }})
{%- endmacro %}
{% macro bigquery__timestamp_of_text(expression) -%}
    safe_cast(replace(substring({{ expression }}, 1, 19), 'T', ' ') as {{ counterpoise.type_of('timestamp') }})
{%- endmacro %}
{% macro redshift__timestamp_of_text(expression) -%}
    {{ counterpoise.default__timestamp_of_text(expression) }}
{%- endmacro %}
{% macro postgres__timestamp_of_text(expression) -%}
    case
        when {{ expression }} ~ '^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])([T ]([01]\d|2[0-3]):[0-5]\d|$)'
            or {{ expression }} ~ '^\d{4}-(0[13-9]|1[0-2])-(29|30)([T ]([01]\d|2[0-3]):[0-5]\d|$)'
            or {{ expression }} ~ '^\d{4}-(0[13578]|1[02])-31([T ]([01]\d|2[0-3]):[0-5]\d|$)'
            or {{ expression }} ~ '^(\d\d(0[48]|[2468][048]|[13579][26])|(0[048]|[2468][048]|[13579][26])00)-02-29([T ]([01]\d|2[0-3]):[0-5]\d|$)'
            then cast(replace(substring({{ expression }}, 1, 19), 'T', ' ') as {{ counterpoise.type_of('timestamp') }})
    end
{%- endmacro %}

{#- The weeks in which a team-week's figures become known or change: when they first stand (`figures`), and when something they are
    divided by is learnt later (`changes`). -#}
{% macro moments(figures, changes) %}
    select team_id, week, known_week from {{ figures }}
    {{ counterpoise.union_distinct() }}
    select
        changes.team_id,
        changes.week,
        changes.known_week
    from {{ changes }} as changes
    inner join {{ figures }} as figures
        on
            changes.team_id = figures.team_id
            and changes.week = figures.week
            and changes.known_week > figures.known_week
{% endmacro %}

{#- Select list of a week's figures as people see them: nothing of groups too small, no value before it is mature. -#}
{% macro shown_figures() -%}
        case when not is_hidden then {{ counterpoise.as_double('numerator') }} end as numerator,
        case when not is_hidden then {{ counterpoise.as_double('denominator') }} end as denominator,
        case
            when due_week <= last_complete_week and denominator > 0 and not is_hidden
                then {{ counterpoise.as_double('numerator') }} / {{ counterpoise.as_double('denominator') }}
        end as value,
        case when not is_hidden then {{ counterpoise.as_integer('n') }} end as n,
        week <= last_complete_week as is_complete,
        due_week <= last_complete_week as is_mature,
        is_hidden as is_suppressed
{%- endmacro %}

{#- Whether a row of targets is a limit that items are held against. -#}
{% macro is_item_limit() -%}
    metric_id in ('first_response_hours', 'resolution_hours') and direction = 'at_most' and threshold > 0
{%- endmacro %}

{#- The clock a limit runs on: pauses stop that of the resolution, if nothing else is said. -#}
{% macro limit_clock(of='') -%}
    coalesce({{ of }}clock, case when {{ of }}metric_id = 'resolution_hours' then 'working' else 'calendar' end)
{%- endmacro %}
