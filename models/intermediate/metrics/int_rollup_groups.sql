{#- What hidden teams add to roll-ups, in groups large enough to be seen together. From the lowest level up, what is hidden below a part of
    the organisation waits there until it holds enough people and answers. Then it counts from there upwards, and only together: a
    roll-up less its parts gives such a group, or nothing. What never finds enough company counts nowhere. -#}
{%- set levels = 6 -%}
{%- set is_enough = 'people >= ' ~ counterpoise.min_people() ~ ' and n >= shown_from_n' -%}
{%- set sums = ['numerator', 'denominator', 'n', 'people', 'teams', 'teams_with_data'] -%}
with

ancestors as (

    select * from {{ ref('int_team_ancestors') }}

),

levels as (

    select
        team_id,
        max(depth) as level
    from ancestors
    group by team_id

),

-- a circle of parents, or a chain that is too long, has no level above: what is hidden there stays hidden
parents as (

    select
        ancestors.team_id,
        ancestors.ancestor_team_id as parent_team_id
    from ancestors
    inner join levels as child on ancestors.team_id = child.team_id
    inner join levels as parent on ancestors.ancestor_team_id = parent.team_id
    where ancestors.depth = 1 and child.level = parent.level + 1

),

hidden as (

    select
        hidden_weeks.team_id,
        hidden_weeks.metric_id,
        hidden_weeks.week,
        hidden_weeks.shown_from_n,
        hidden_weeks.numerator,
        hidden_weeks.denominator,
        hidden_weeks.n,
        hidden_weeks.people,
        1 as teams,
        case when hidden_weeks.denominator > 0 then 1 else 0 end as teams_with_data,
        levels.level
    from {{ ref('int_hidden_metric_weeks') }} as hidden_weeks
    inner join levels on hidden_weeks.team_id = levels.team_id

),

{% for level in range(levels, -1, -1) %}
waiting_{{ level }} as (

    select
        team_id,
        metric_id,
        week,
        shown_from_n,
        {%- for column in sums %}
        sum({{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            team_id,
            metric_id,
            week,
            shown_from_n,
            {%- for column in sums %}
            {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from hidden
        where level = {{ level }}
        {%- if level < levels %}
        union all
        select
            parents.parent_team_id as team_id,
            below.metric_id,
            below.week,
            below.shown_from_n,
            {%- for column in sums %}
            below.{{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from waiting_{{ level + 1 }} as below
        inner join parents on below.team_id = parents.team_id
        where not ({{ is_enough }})
        {%- endif %}
    ) as here
    group by team_id, metric_id, week, shown_from_n

),
{% endfor %}

final as (

    {%- for level in range(levels + 1) %}
    select
        team_id,
        metric_id,
        week,
        {%- for column in sums %}
        {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from waiting_{{ level }}
    where {{ is_enough }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select * from final
