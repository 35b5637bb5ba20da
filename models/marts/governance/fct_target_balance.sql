-- Does a team's set of targets mix leading and lagging, counted and asked, output and outcome? From the first target anybody was set:
-- before that, none is unknown.
{%- set sides = {
    'leading_targets': 'leading', 'lagging_targets': 'lagging', 'quantitative': 'counted', 'qualitative': 'answered by people',
    'outputs': 'output', 'outcomes': 'outcome',
} %}
with

team_weeks as (

    select
        team_id,
        week
    from {{ ref('int_team_weeks') }}
    where is_complete

),

first_targets as (

    select min({{ counterpoise.week_index_of_date('valid_from') }}) as week
    from {{ ref('stg_targets') }}

),

ranked as (

    select
        *,
        row_number() over (partition by team_id, week order by weight desc, {{ counterpoise.byte_order('metric_id') }}) as place
    from {{ ref('int_target_week') }}

),

counted as (

    select
        team_weeks.team_id,
        team_weeks.week,
        count(ranked.promise_id) as targets,
        sum(case when ranked.is_rewarded then 1 else 0 end) as rewarded_targets,
        sum(case when ranked.is_ranked then 1 else 0 end) as ranked_targets,
        {%- for side in sides %}
        coalesce(sum(ranked.{{ side }}), 0) as {{ side }},
        {%- endfor %}
        max(case when ranked.place = 1 then ranked.metric_id end) as top_metric_id,
        max(ranked.weight) as top_weight,
        sum(ranked.weight) as weights
    from team_weeks
    inner join first_targets on team_weeks.week >= first_targets.week
    left join ranked
        on
            team_weeks.team_id = ranked.team_id
            and team_weeks.week = ranked.week
    group by team_weeks.team_id, team_weeks.week

),

sided as (

    select
        *,
        {%- for side, words in sides.items() %}
        {{ "|| " if not loop.first }}case when {{ side }} = 0 then ', {{ words }}' else '' end{{ ' as sides' if loop.last }}
        {%- endfor %}
    from counted

),

final as (

    select
        team_id,
        {{ counterpoise.week_start('week') }} as week_start,
        {%- for column in ['targets', 'rewarded_targets', 'ranked_targets'] + (sides.keys() | list) %}
        {{ counterpoise.as_integer(column) }} as {{ column }},
        {%- endfor %}
        top_metric_id,
        {{ counterpoise.settled(counterpoise.as_double('top_weight') ~ ' / weights') }} as top_share,
        case
            when targets = 0 then 'no_targets'
            when targets = 1 then 'single'
            when sides <> '' then 'leaning'
            else 'balanced'
        end as verdict,
        case when targets > 0 and sides <> '' then substring(sides, 3) end as missing
    from sided

)

select * from final
