{#- Whether a team's quality allows rewards for a whole reward period, decided once. A report for people who decide; it withholds nothing
    by itself. -#}
with

counted as (

    select
        team_id,
        period_start,
        period_end,
        from_week,
        to_week,
        decided_week,
        first_week,
        last_complete_week,
        count(guardrail_id) as guardrails,
        sum(case when margin >= 0 then 1 else 0 end) as met,
        sum(case when margin < 0 then 1 else 0 end) as breached,
        sum(case when guardrail_id is not null and margin is null then 1 else 0 end) as no_data
    from {{ ref('int_guardrail_period') }}
    group by team_id, period_start, period_end, from_week, to_week, decided_week, first_week, last_complete_week

),

judged as (

    select
        *,
        case
            when to_week > last_complete_week then 'the period is not over'
            when from_week < first_week then 'the data of the team begin within the period'
            when guardrails = 0 then 'the team has no metric with a guardrail'
            when decided_week > last_complete_week then 'outcomes are not mature'
        end as open_reason
    from counted

),

final as (

    select
        team_id,
        period_start,
        period_end,
        case
            when open_reason is not null then 'undetermined'
            when breached > 0 then 'not_eligible'
            when met * 2 < guardrails then 'undetermined'
            else 'eligible'
        end as status,
        {{ counterpoise.as_integer('guardrails') }} as guardrails,
        {%- for column in ['met', 'breached', 'no_data'] %}
        {{ counterpoise.as_integer('case when open_reason is null then ' ~ column ~ ' end') }} as {{ column }},
        {%- endfor %}
        case
            when open_reason is not null then open_reason
            when breached > 0 then 'a minimum threshold was missed'
            when met * 2 < guardrails then 'fewer than half of the guardrails have enough data'
            else 'every guardrail with enough data was met'
        end as reason
    from judged

)

select * from final
