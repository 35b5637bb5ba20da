-- Every signal by team and week: the package's and a user's own (setting `own_signal_models`). One that somebody has explained until a
-- day (seed in the setting `signal_exceptions`) stands as it is and is marked.
{%- set models = counterpoise.signal_models() %}
{%- set own = counterpoise.setting('own_signal_models') %}
with

signals as (

    {%- for model in models %}
    select
        team_id,
        signal_id,
        week_start,
        status,
        observed,
        expected,
        effect,
        log_evidence,
        n,
        since_week
    from {{ counterpoise.user_ref(model) if model in own else ref(model) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

exceptions as (

    select
        *,
        lag(until) over (partition by team_id, signal_id order by until) as until_before
    from {{ counterpoise.named_ref('signal_exceptions') }}

),

small_team_weeks as (

    select team_id, {{ counterpoise.week_start('week') }} as week_start from {{ ref('int_small_team_weeks') }}
    where is_small

),

final as (

    select
        signals.team_id,
        signals.signal_id,
        signals.week_start,
        case when small_team_weeks.team_id is null then signals.status else 'no_data' end as status,
        {%- for column in ['observed', 'expected', 'effect', 'log_evidence', 'n', 'since_week'] %}
        case when small_team_weeks.team_id is null then signals.{{ column }} end as {{ column }},
        {%- endfor %}
        small_team_weeks.team_id is not null as is_suppressed,
        exceptions.until is not null as is_excepted,
        exceptions.reason as exception_reason
    from signals
    left join small_team_weeks on signals.team_id = small_team_weeks.team_id and signals.week_start = small_team_weeks.week_start
    left join exceptions
        on
            signals.team_id = exceptions.team_id
            and signals.signal_id = exceptions.signal_id
            and signals.week_start <= exceptions.until
            -- of several the one that ends first
            and (exceptions.until_before is null or signals.week_start > exceptions.until_before)

)

select * from final
