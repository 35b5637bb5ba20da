{#- Sudden changes that ask for a sentence of explanation: when a metric has shifted, and again when it has done so suddenly. A stretch of such
    weeks asks once for each; a pause of up to four weeks does not end it. -#}
{%- set pause_weeks = 4 -%}
{%- set shifted = counterpoise.setting('narrative_log_evidence') -%}
with

small_team_weeks as (

    select team_id, week from {{ ref('int_small_team_weeks') }}
    where is_small

),

metrics as (

    select * from {{ ref('dim_metric') }}
    where room in ('output', 'outcome')

),

directed as (

    {%- for direction, sign in [('better', 1), ('worse', -1)] %}
    select
        evidence.team_id,
        evidence.metric_id,
        evidence.week,
        '{{ direction }}' as direction,
        evidence.effect,
        evidence.log_evidence_{{ direction }} as log_evidence,
        metrics.owner_role,
        evidence.log_evidence_{{ direction }} >= {{ counterpoise.setting('signal_fired_log_evidence') }} and {{ sign }} * evidence.effect > metrics.flat_margin as is_sudden
    from {{ ref('int_evidence') }} as evidence
    inner join metrics on evidence.metric_id = metrics.metric_id
    left join small_team_weeks on evidence.team_id = small_team_weeks.team_id and evidence.week = small_team_weeks.week
    where small_team_weeks.team_id is null and evidence.log_evidence_{{ direction }} >= {{ shifted }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

-- one direction a week: where the windows disagree, the stronger
moves as (

    select *
    from (
        select
            *,
            row_number() over (partition by team_id, metric_id, week order by log_evidence desc, direction asc) as place
        from directed
    ) as placed
    where place = 1

),

begun as (

    select
        *,
        case
            when week - lag(week) over (partition by team_id, metric_id, direction order by week) <= {{ pause_weeks + 1 }} then 0
            else 1
        end as begins
    from moves

),

stretches as (

    select
        *,
        sum(begins) over (partition by team_id, metric_id, direction order by week rows between unbounded preceding and current row) as stretch
    from begun

),

spans as (

    select
        team_id,
        metric_id,
        direction,
        stretch,
        min(week) as from_week,
        min(case when is_sudden then week end) as sudden_week,
        max(week) as to_week
    from stretches
    group by team_id, metric_id, direction, stretch

),

explanations as (

    select
        team_id,
        metric_id,
        {{ counterpoise.week_index_of_date('week_start') }} as week
    from {{ ref('stg_annotations') }}
    where state = 'explained'

),

explained as (

    select distinct
        spans.team_id,
        spans.metric_id,
        spans.direction,
        spans.stretch
    from spans
    inner join explanations
        on
            spans.team_id = explanations.team_id
            and spans.metric_id = coalesce(explanations.metric_id, spans.metric_id)
            and explanations.week between spans.from_week and spans.to_week

),

final as (

    select
        stretches.team_id,
        stretches.metric_id,
        {{ counterpoise.week_start('stretches.week') }} as week_start,
        stretches.direction,
        stretches.effect,
        stretches.log_evidence,
        case when stretches.week = spans.sudden_week then 'sudden' else 'shifted' end as tier,
        stretches.owner_role,
        explained.team_id is not null as is_explained,
        cast({{ dbt.dateadd('day', 13, counterpoise.week_start('stretches.week')) }} as date) as due_on
    from stretches
    inner join spans
        on
            stretches.team_id = spans.team_id
            and stretches.metric_id = spans.metric_id
            and stretches.direction = spans.direction
            and stretches.stretch = spans.stretch
    left join explained
        on
            stretches.team_id = explained.team_id
            and stretches.metric_id = explained.metric_id
            and stretches.direction = explained.direction
            and stretches.stretch = explained.stretch
    where stretches.week = spans.from_week or stretches.week = spans.sudden_week

)

select * from final
