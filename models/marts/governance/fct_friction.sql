{#- The eight high-friction conditions per team and week: exposure, not evidence. Targets speak while they are valid, interventions for 26 weeks
    from their start unless they ended before. Nothing is said before the first record of its kind, from anybody. -#}
{%- set lasting_weeks = 26 -%}
{%- set least_items = 20 -%}
{%- set one_tool_share = 0.95 -%}
with

team_weeks as (

    select
        team_id,
        week
    from {{ ref('int_team_weeks') }}
    where is_complete

),

-- a column that no target ever filled tells nothing
told as (

    select
        min({{ counterpoise.week_index_of_date('valid_from') }}) as any_week,
        min(case when tied_to_reward is not null then {{ counterpoise.week_index_of_date('valid_from') }} end) as rewards_week,
        min(case when publicly_ranked is not null then {{ counterpoise.week_index_of_date('valid_from') }} end) as ranks_week
    from {{ ref('stg_targets') }}

),

heard as (

    select min({{ counterpoise.week_index('started_at') }}) as interventions_week
    from {{ ref('stg_interventions') }}

),

-- what each kind of intervention brings
interventions as (

    select
        team_id,
        case kind
            when 'bonus' then 'single_kpi'
            when 'time_tracking' then 'event_counting'
            when 'leaderboard' then 'public_ranking'
            when 'quarterly_target' then 'quarterly_targets'
            when 'new_kpi' then 'headline_metric'
            when 'headline_metric' then 'headline_metric'
            when 'reorganisation' then 'reorganisation'
            when 'headcount_cut' then 'resource_cuts'
        end as friction_id,
        {{ counterpoise.week_index('started_at') }} as from_week,
        coalesce({{ counterpoise.week_index('ended_at') }}, {{ counterpoise.week_index('started_at') }} + {{ lasting_weeks - 1 }}) as to_week
    from {{ ref('stg_interventions') }}

),

targets as (

    select
        team_id,
        week,
        sum(case when is_rewarded then 1 else 0 end) = 1 as single_kpi,
        sum(case when is_ranked then 1 else 0 end) > 0 as public_ranking,
        sum(case when is_quarterly then 1 else 0 end) > 0 as quarterly_targets,
        count(*) = 1 as headline_metric
    from {{ ref('int_target_week') }}
    group by team_id, week

),

seen as (

    select distinct
        team_weeks.team_id,
        team_weeks.week,
        interventions.friction_id
    from team_weeks
    inner join interventions
        on
            team_weeks.team_id = coalesce(interventions.team_id, team_weeks.team_id)
            and team_weeks.week between interventions.from_week and interventions.to_week
            and team_weeks.week < interventions.from_week + {{ lasting_weeks }}

),

-- known: whether this kind of record is there at all by then
judged as (

    select
        team_weeks.team_id,
        team_weeks.week,
        registry.friction_id,
        registry.what,
        case
            when not coalesce(case
                when registry.seen_from = 'items' then sources.sources > 1 and sources.items >= {{ least_items }}
                when team_weeks.week >= heard.interventions_week then true
                when registry.friction_id = 'single_kpi' then team_weeks.week >= told.rewards_week
                when registry.friction_id = 'public_ranking' then team_weeks.week >= told.ranks_week
                when registry.seen_from = 'targets' then team_weeks.week >= told.any_week
            end, false) then 'no_data'
            when seen.friction_id is not null then 'present'
            {%- for friction in ['single_kpi', 'public_ranking', 'quarterly_targets', 'headline_metric'] %}
            when registry.friction_id = '{{ friction }}' and targets.{{ friction }} then 'present'
            {%- endfor %}
            when registry.seen_from = 'items' and sources.items_of_main_source >= {{ one_tool_share }} * sources.items then 'present'
            else 'absent'
        end as status
    from team_weeks
    cross join {{ ref('friction_registry') }} as registry
    cross join told
    cross join heard
    left join targets on team_weeks.team_id = targets.team_id and team_weeks.week = targets.week
    left join seen on team_weeks.team_id = seen.team_id and team_weeks.week = seen.week and registry.friction_id = seen.friction_id
    left join {{ ref('int_source_share_week') }} as sources on team_weeks.team_id = sources.team_id and team_weeks.week = sources.week

),

numbered as (

    select
        *,
        -- weeks of one unbroken stretch of the same status share this number
        week - row_number() over (partition by team_id, friction_id, status order by week) as stretch
    from judged

),

final as (

    select
        team_id,
        {{ counterpoise.week_start('week') }} as week_start,
        friction_id,
        status,
        case when status = 'present' then {{ counterpoise.week_start('min(week) over (partition by team_id, friction_id, status, stretch)') }} end as since_week,
        what
    from numbered

)

select * from final
