{#- Every team with the teams above it, itself first (depth 0). Six levels by joins and no recursion, so that a circle of parents ends
    where it began: `is_cut` says that the chain went on from there. -#}
{%- set levels = 6 -%}
with

teams as (

    select team_id, parent_team_id from {{ ref('stg_teams') }}

),

working as (

    select distinct team_id from {{ ref('int_team_weeks') }}

),

known as (

    select team_id from teams
    {{ counterpoise.union_distinct() }}
    select team_id from working

),

chains as (

    select
        known.team_id as above_0,
        {%- for level in range(1, levels + 2) %}
        teams_{{ level - 1 }}.parent_team_id as above_{{ level }}{{ ',' if not loop.last }}
        {%- endfor %}
    from known
    left join teams as teams_0 on known.team_id = teams_0.team_id
    {%- for level in range(1, levels + 1) %}
    left join teams as teams_{{ level }} on teams_{{ level - 1 }}.parent_team_id = teams_{{ level }}.team_id
    {%- endfor %}

),

final as (

    {%- for level in range(levels + 1) %}
    select
        above_0 as team_id,
        above_{{ level }} as ancestor_team_id,
        {{ counterpoise.as_integer(level) }} as depth,
        -- the next one is there, and is either one level too many or a team the chain has passed already
        above_{{ level + 1 }} is not null
        {%- if level < levels %}
        and above_{{ level + 1 }} in (
            {%- for lower in range(level + 1) %}
            above_{{ lower }}{{ ',' if not loop.last }}
            {%- endfor %}
        )
        {%- endif %} as is_cut
    from chains
    where above_{{ level }} is not null
        {%- for lower in range(level) %}
        and above_{{ level }} <> above_{{ lower }}
        {%- endfor %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select * from final
