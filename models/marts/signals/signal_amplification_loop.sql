-- Expectations, meta-work beyond its budget and unclear permission rise together, week after week: in each of the last weeks (setting
-- `amplification_weeks`) all three point up. The strength is the mean over these weeks of the weakest of the three.
{%- set weeks = counterpoise.setting('amplification_weeks') %}
with

team_weeks as (

    select team_id, week from {{ ref('int_team_weeks') }}
    where is_complete

),

signals as (

    {%- for signal in ['expectation_inflation', 'meta_work_explosion', 'permission_ambiguity'] %}
    select
        team_id,
        {{ counterpoise.week_index_of_date('week_start') }} as week,
        log_evidence,
        n
    from {{ ref('signal_' ~ signal) }}
    where log_evidence is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

weakest as (

    select
        team_id,
        week,
        min(log_evidence) as log_evidence,
        min(n) as n
    from signals
    group by team_id, week
    having count(*) = 3

),

lasting as (

    select
        team_weeks.team_id,
        team_weeks.week,
        count(*) as known_weeks,
        sum(case when weakest.log_evidence > 0 then 1 else 0 end) as weeks_together,
        avg(weakest.log_evidence) as mean_evidence,
        min(weakest.log_evidence) as least_evidence,
        min(weakest.n) as n
    from team_weeks
    inner join weakest
        on
            team_weeks.team_id = weakest.team_id
            and team_weeks.week >= weakest.week
            and team_weeks.week - {{ weeks }} < weakest.week
    group by team_weeks.team_id, team_weeks.week
    having count(*) = {{ weeks }}

),

weighed as (

    select
        team_weeks.team_id,
        team_weeks.week,
        lasting.weeks_together as observed,
        case when lasting.known_weeks is not null then 0 end as expected,
        cast(null as {{ counterpoise.type_of('double') }}) as effect,
        lasting.n,
        {{ counterpoise.settled('case when lasting.least_evidence > 0 then lasting.mean_evidence else lasting.least_evidence end') }} as log_evidence
    from team_weeks
    left join lasting
        on
            team_weeks.team_id = lasting.team_id
            and team_weeks.week = lasting.week

),

final as (
    {{ counterpoise.signal_rows('amplification_loop', 'weighed') }}
)

select * from final
