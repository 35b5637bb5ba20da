{#- What efficiency is (cost and waiting at the same outcome, work not done twice) beside what is mistaken for it (being booked, being few). -#}
{%- set sure = 1.645 -%}
{%- set true_metrics = ['cost_per_outcome', 'end_to_end_hours', 'rework_share'] -%}
with

metrics as (

    select metric_id, flat_margin from {{ ref('dim_metric') }}

),

small_team_weeks as (

    select team_id, week from {{ ref('int_small_team_weeks') }}

),

evidence as (

    select
        evidence.team_id,
        evidence.week,
        evidence.metric_id,
        evidence.observed,
        case
            when evidence.effect is null then null
            when evidence.effect - {{ sure }} * evidence.effect_error > 0 and evidence.effect > metrics.flat_margin / 2 then 'better'
            when evidence.effect + {{ sure }} * evidence.effect_error < 0 and evidence.effect < -metrics.flat_margin / 2 then 'worse'
            when abs(evidence.effect) + {{ sure }} * evidence.effect_error <= metrics.flat_margin then 'flat'
            else 'unclear'
        end as move
    from {{ ref('int_evidence') }} as evidence
    inner join metrics on evidence.metric_id = metrics.metric_id

),

people as (

    select
        team_id,
        week,
        is_complete,
        active_people,
        avg({{ counterpoise.as_double('exposure') }}) over (partition by team_id order by week rows between 12 preceding and current row) as people_now,
        avg({{ counterpoise.as_double('exposure') }}) over (partition by team_id order by week rows between 64 preceding and 13 preceding) as people_before
    from {{ ref('int_team_weeks') }}

),

wide as (

    select
        people.team_id,
        people.week,
        small_team_weeks.team_id is not null as is_suppressed,
        case when small_team_weeks.team_id is null then people.active_people end as active_people,
        small_team_weeks.team_id is null and coalesce(
            {{ counterpoise.settled('people.people_now') }}
            <= {{ counterpoise.setting('austerity_people_ratio') }} * {{ counterpoise.settled('people.people_before') }},
            false
        ) as has_fewer_people,
        {%- for metric in ['cost_per_resolved', 'cost_per_outcome', 'end_to_end_hours', 'rework_hours_share', 'rework_item_share', 'utilisation'] %}
        max(case when evidence.metric_id = '{{ metric }}' then evidence.observed end) as {{ metric }},
        max(case when evidence.metric_id = '{{ metric }}' then evidence.move end) as {{ metric }}_move{{ ',' if not loop.last }}
        {%- endfor %}
    from people
    left join small_team_weeks
        on
            people.team_id = small_team_weeks.team_id
            and people.week = small_team_weeks.week
    left join evidence
        on
            people.team_id = evidence.team_id
            and people.week = evidence.week
            and small_team_weeks.team_id is null
    where people.is_complete
    group by people.team_id, people.week, people.active_people, people.people_now, people.people_before, small_team_weeks.team_id

),

-- rework by hours where hours are known, else by items
chosen as (

    select
        *,
        case when rework_hours_share_move is not null then rework_hours_share else rework_item_share end as rework_share,
        coalesce(rework_hours_share_move, rework_item_share_move) as rework_share_move
    from wide

),

counted as (

    select
        *,
        {%- for move in ['better', 'worse', 'flat', 'unclear'] %}
        {%- for metric in true_metrics %}
        {{ '+ ' if not loop.first }}case when {{ metric }}_move = '{{ move }}' then 1 else 0 end{{ ' as ' ~ move if loop.last }}
        {%- endfor %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from chosen

),

final as (

    select
        team_id,
        {{ counterpoise.week_start('week') }} as week_start,
        {%- for column in ['cost_per_resolved', 'cost_per_outcome', 'end_to_end_hours', 'rework_share', 'utilisation'] %}
        {{ counterpoise.as_double(column) }} as {{ column }},
        {%- endfor %}
        {{ counterpoise.as_integer('active_people') }} as active_people,
        {%- for column in ['cost_per_outcome', 'end_to_end_hours', 'rework_share', 'utilisation'] %}
        {{ column }}_move,
        {%- endfor %}
        has_fewer_people,
        case
            when better + worse + flat + unclear = 0 then 'no_data'
            when worse > 0 and (coalesce(utilisation_move = 'better', false) or has_fewer_people) then 'mislabelled'
            when worse > 0 then 'worse'
            when better > 0 then 'truly_better'
            when unclear = 0 then 'flat'
            else 'unclear'
        end as verdict,
        is_suppressed
    from counted

)

select * from final
