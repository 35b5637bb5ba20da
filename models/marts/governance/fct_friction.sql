{#- The eight high-friction conditions per team and week: exposure, not evidence. Targets speak while they are valid, interventions for 26 weeks
    from their start unless they ended before. Nothing is said before the first record of its kind, from anybody. -#}
{%- set lasting_weeks = 26 -%}
{%- set least_items = 20 -%}
{%- set one_tool_share = 0.95 -%}
with

registry as (

    select * from {{ ref('friction_registry') }}

),

team_weeks as (

    select
        team_id,
        week
    from {{ ref('int_team_weeks') }}
    where is_complete

),

first_records as (

    select
        (select min({{ counterpoise.week_index_of_date('valid_from') }}) from {{ ref('stg_targets') }}) as targets_week,
        (select min({{ counterpoise.week_index('started_at') }}) from {{ ref('stg_interventions') }}) as interventions_week

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
        case registry.seen_from
            when 'items' then sources.sources > 1 and sources.items >= {{ least_items }}
            when 'interventions' then coalesce(team_weeks.week >= first_records.interventions_week, false)
            else coalesce(team_weeks.week >= first_records.targets_week, false) or coalesce(team_weeks.week >= first_records.interventions_week, false)
        end as is_known,
        case registry.friction_id
            {%- for friction in ['single_kpi', 'public_ranking', 'quarterly_targets', 'headline_metric'] %}
            when '{{ friction }}' then coalesce(targets.{{ friction }}, false)
            {%- endfor %}
            when 'one_tool' then coalesce(sources.items_of_main_source >= {{ one_tool_share }} * sources.items, false)
            else false
        end or seen.friction_id is not null as is_present
    from team_weeks
    cross join registry
    cross join first_records
    left join targets on team_weeks.team_id = targets.team_id and team_weeks.week = targets.week
    left join seen on team_weeks.team_id = seen.team_id and team_weeks.week = seen.week and registry.friction_id = seen.friction_id
    left join {{ ref('int_source_share_week') }} as sources on team_weeks.team_id = sources.team_id and team_weeks.week = sources.week

),

decided as (

    select
        *,
        case
            when not coalesce(is_known, false) then 'no_data'
            when is_present then 'present'
            else 'absent'
        end as status
    from judged

),

numbered as (

    select
        *,
        -- weeks of one unbroken stretch of the same status share this number
        week - row_number() over (partition by team_id, friction_id, status order by week) as stretch
    from decided

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
