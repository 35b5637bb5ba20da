-- Fewer people than in the baseline, output per head as before or more, and longer hours or worse outcomes. Full-time equivalents
-- are known only where the team's membership is given, and for weeks within it.
{%- set weeks = counterpoise.setting('recent_weeks') | max -%}
{%- set baseline = counterpoise.setting('baseline_weeks') %}
with

{{ counterpoise.weighed_parts([[
    {'metric': 'hours_per_person', 'move': 'worse'},
    {'metric': 'reopen_rate', 'move': 'worse'},
    {'metric': 'csat', 'move': 'worse'},
    {'metric': 'exhaustion', 'move': 'worse'},
]]) }},

throughput as (
    {{ counterpoise.metric_evidence('throughput') }}
),

membership as (

    select
        team_id,
        min({{ counterpoise.week_index_of_date('valid_from') }}) as from_week,
        max(case when valid_to is null then {{ counterpoise.setting('max_weeks') }} * 10 else {{ counterpoise.week_index_of_date('valid_to') }} end) as to_week
    from {{ ref('stg_team_members') }}
    group by team_id

),

people as (

    select
        team_weeks.team_id,
        team_weeks.week,
        avg({{ counterpoise.as_double('team_weeks.exposure') }}) over (
            partition by team_weeks.team_id order by team_weeks.week rows between {{ weeks - 1 }} preceding and current row
        ) as people_now,
        avg({{ counterpoise.as_double('team_weeks.exposure') }}) over (
            partition by team_weeks.team_id order by team_weeks.week
            rows between {{ weeks + baseline - 1 }} preceding and {{ weeks }} preceding
        ) as people_before,
        count(*) over (
            partition by team_weeks.team_id order by team_weeks.week
            rows between {{ weeks + baseline - 1 }} preceding and {{ weeks }} preceding
        ) as weeks_before
    from {{ ref('int_team_weeks') }} as team_weeks
    inner join membership
        on
            team_weeks.team_id = membership.team_id
            and team_weeks.week >= membership.from_week
            and team_weeks.week <= membership.to_week
    where team_weeks.is_complete

),

fewer as (

    select
        weighed.team_id,
        weighed.week,
        {{ counterpoise.settled('people.people_now') }} as observed,
        {{ counterpoise.settled('people.people_before') }} as expected,
        {{ counterpoise.settled('ln(people.people_now / people.people_before)') }} as effect,
        weighed.n,
        case
            when people.people_before is null or weighed.log_evidence is null or throughput.log_evidence_worse is null then null
            when
                weighed.log_evidence < 0
                or (
                    {{ counterpoise.settled('people.people_now / people.people_before') }} <= {{ counterpoise.setting('austerity_people_ratio') }}
                    and throughput.log_evidence_worse < {{ counterpoise.setting('signal_fired_log_evidence') }}
                )
                then weighed.log_evidence
            else 0
        end as log_evidence
    from weighed
    left join people
        on
            weighed.team_id = people.team_id
            and weighed.week = people.week
            and people.weeks_before >= {{ counterpoise.setting('baseline_min_weeks') }}
            and people.people_now > 0
            and people.people_before > 0
    left join throughput
        on
            weighed.team_id = throughput.team_id
            and weighed.week = throughput.week

),

final as (
    {{ counterpoise.signal_rows('austerity', 'fewer') }}
)

select * from final
