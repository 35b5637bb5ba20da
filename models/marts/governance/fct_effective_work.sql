{#- Is the work right, well done, on time, sustainable and coordinated? One share each over the last 13 weeks that are due, as known then. Where two
    metrics speak of one aspect the worse counts: their items overlap, and a sum would count some of them twice. -#}
{%- set sources = [
    ('right', 'served_goal_share', 'kept'), ('well', 'reopen_rate', 'lost'), ('well', 'repeat_contact_rate', 'lost'),
    ('on_time', 'resolved_within_target', 'kept'), ('sustainable', 'exhaustion', 'lost'),
    ('coordinated', 'blocked_share', 'lost'), ('coordinated', 'duplicate_share', 'lost'),
] -%}
with

team_weeks as (

    select
        team_id,
        week
    from {{ ref('int_team_weeks') }}
    where is_complete

),

small_team_weeks as (

    select team_id, week from {{ ref('int_small_team_weeks') }}

),

sources as (

    {%- for aspect, metric, counts in sources %}
    select
        '{{ aspect }}' as aspect,
        '{{ metric }}' as metric_id,
        '{{ counts }}' as counts
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

aspects as (

    select
        sources.*,
        case
            when sources.aspect = 'sustainable' then {{ counterpoise.greatest_known(['metrics.shown_from_n', counterpoise.setting('min_survey_answers')]) }}
            else {{ counterpoise.greatest_known(['metrics.shown_from_n', 'metrics.min_n']) }}
        end as least_n
    from sources
    inner join {{ ref('dim_metric') }} as metrics on sources.metric_id = metrics.metric_id

),

sums as (

    select
        sums.team_id,
        sums.week,
        aspects.aspect,
        sums.metric_id,
        case when aspects.counts = 'kept' then sums.numerator else sums.denominator - sums.numerator end as numerator,
        sums.denominator,
        sums.n
    from {{ ref('int_metric_window_sums') }} as sums
    inner join aspects on sums.metric_id = aspects.metric_id
    where sums.window_weeks = 13 and sums.n >= aspects.least_n and sums.denominator > 0

),

placed as (

    select
        *,
        row_number() over (
            partition by team_id, week, aspect
            order by {{ counterpoise.settled(counterpoise.as_double('numerator') ~ ' / ' ~ counterpoise.as_double('denominator')) }}, {{ counterpoise.byte_order('metric_id') }}
        ) as place
    from sums

),

names as (

    select distinct aspect from sources

),

spine as (

    select
        team_weeks.team_id,
        team_weeks.week,
        names.aspect
    from team_weeks
    cross join names

),

final as (

    select
        spine.team_id,
        {{ counterpoise.week_start('spine.week') }} as week_start,
        spine.aspect,
        placed.metric_id,
        {{ counterpoise.as_double('placed.numerator') }} as numerator,
        {{ counterpoise.as_double('placed.denominator') }} as denominator,
        {{ counterpoise.settled(counterpoise.as_double('placed.numerator') ~ ' / ' ~ counterpoise.as_double('placed.denominator')) }} as share,
        case when small_team_weeks.team_id is null then {{ counterpoise.as_integer('coalesce(placed.n, 0)') }} end as n,
        case when placed.team_id is null then 'no_data' else 'ok' end as status,
        small_team_weeks.team_id is not null as is_suppressed
    from spine
    left join small_team_weeks
        on
            spine.team_id = small_team_weeks.team_id
            and spine.week = small_team_weeks.week
    left join placed
        on
            spine.team_id = placed.team_id
            and spine.week = placed.week
            and spine.aspect = placed.aspect
            and placed.place = 1
            and small_team_weeks.team_id is null

)

select * from final
