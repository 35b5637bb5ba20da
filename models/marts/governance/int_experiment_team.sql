{#- The change of each team of an experiment in every metric, on the link scale (log odds with half counts for shares, logarithm for rates,
    means as they are), from the weeks before its start to the weeks after, as known now. Null where either side rests on too little. -#}
{{ config(schema='private') }}
{%- set weeks = 13 -%}
with

metrics as (

    select * from {{ ref('dim_metric') }}

),

small_team_weeks as (

    select team_id, week from {{ ref('int_small_team_weeks') }}
    where is_small

),

-- a team on both sides of an experiment says nothing
arms as (

    select
        experiment_id,
        team_id,
        min(arm) as arm,
        min({{ counterpoise.week_index('started_at') }}) as start_week,
        max(coalesce({{ counterpoise.week_index('ended_at') }}, {{ counterpoise.week_index('started_at') }} + {{ weeks }})) as end_week
    from {{ ref('stg_interventions') }}
    where experiment_id is not null and arm in ('treated', 'control') and team_id is not null
    group by experiment_id, team_id
    having min(arm) = max(arm)

),

reach as (

    select
        team_id,
        max(last_complete_week) as last_complete_week
    from {{ ref('int_team_weeks') }}
    group by team_id

),

halves as (

    select
        arms.experiment_id,
        arms.team_id,
        arms.arm,
        rows_known.metric_id,
        {%- for half, condition in [('before', 'rows_known.week < arms.start_week'), ('after', 'rows_known.week > arms.start_week')] %}
        count(distinct case when {{ condition }} then rows_known.week end) as weeks_{{ half }},
        {%- for column in ['n', 'link_sum', 'link_weight', 'link_squares'] %}
        {{ counterpoise.as_double('sum(case when ' ~ condition ~ ' then rows_known.' ~ column ~ ' else 0 end)') }} as {{ column }}_{{ half }}{{ ',' if not (loop.last and half == 'after') }}
        {%- endfor %}
        {%- endfor %}
    from arms
    inner join reach on arms.team_id = reach.team_id
    inner join {{ ref('int_metric_rows') }} as rows_known
        on
            arms.team_id = rows_known.team_id
            and rows_known.week between arms.start_week - {{ weeks }} and arms.start_week + {{ weeks }}
            and arms.start_week <> rows_known.week
            and arms.end_week >= rows_known.week
            and reach.last_complete_week >= rows_known.due_week
    left join small_team_weeks on rows_known.team_id = small_team_weeks.team_id and rows_known.week = small_team_weeks.week
    where small_team_weeks.team_id is null
    group by arms.experiment_id, arms.team_id, arms.arm, rows_known.metric_id

),

levels as (

    select
        halves.*,
        {%- for half in ['before', 'after'] %}
        {%- set k, w, q = 'halves.link_sum_' ~ half, 'halves.link_weight_' ~ half, 'halves.link_squares_' ~ half %}
        case
            when {{ w }} <= 0 or halves.n_{{ half }} < greatest(metrics.min_n, metrics.shown_from_n) then null
            when metrics.kind = 'binomial' then ln(({{ k }} + 0.5) / ({{ w }} - {{ k }} + 0.5))
            when metrics.kind = 'rate' then ln(({{ k }} + 0.5) / {{ w }})
            else {{ k }} / {{ w }}
        end as level_{{ half }},
        case
            when {{ w }} <= 0 then null
            when metrics.kind = 'binomial' then 1 / ({{ k }} + 0.5) + 1 / ({{ w }} - {{ k }} + 0.5)
            when metrics.kind = 'rate' then 1 / ({{ k }} + 0.5)
            -- never quite nothing, or a constant would make any change certain
            else greatest(({{ q }} - {{ k }} * {{ k }} / {{ w }}) / greatest({{ w }} - 1, 1), metrics.effect_scale * metrics.effect_scale / 4) / {{ w }}
        end as variance_{{ half }}{{ ',' if not loop.last }}
        {%- endfor %}
    from halves
    inner join metrics on halves.metric_id = metrics.metric_id

),

final as (

    select
        experiment_id,
        team_id,
        arm,
        metric_id,
        {{ counterpoise.as_integer('weeks_before') }} as weeks_before,
        {{ counterpoise.as_integer('weeks_after') }} as weeks_after,
        {{ counterpoise.settled('level_after - level_before') }} as change,
        {{ counterpoise.settled('variance_after + variance_before') }} as change_variance
    from levels

)

select * from final
