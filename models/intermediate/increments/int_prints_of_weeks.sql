-- What the comparisons over time are made from, as prints: rows of metrics by the week they became known, weeks of teams, weeks in
-- which a new baseline begins or a team's first change of a kind was made, and by team and pair what they are judged by; by team also
-- the first week of each metric.
with

metric_rows as (

    select
        known_week as name,
        {{ counterpoise.row_print([
            'team_id', 'metric_id', 'stratum', 'week', 'due_week', 'known_week', 'link_sum', 'link_weight', 'link_squares',
        ]) }} as print
    from {{ ref('int_metric_rows') }}

),

series as (

    select
        team_id as name,
        {{ counterpoise.row_print(['metric_id', 'min(week)']) }} as print
    from {{ ref('int_metric_rows') }}
    group by team_id, metric_id

),

team_weeks as (

    select
        team_weeks.week as name,
        {{ counterpoise.row_print([
            'team_weeks.team_id', 'team_weeks.first_week', 'team_weeks.is_complete', 'small_team_weeks.is_small',
        ]) }} as print
    from {{ ref('int_team_weeks') }} as team_weeks
    left join {{ ref('int_small_team_weeks') }} as small_team_weeks
        on
            team_weeks.team_id = small_team_weeks.team_id
            and team_weeks.week = small_team_weeks.week

),

baselines as (

    select
        from_week as name,
        {{ counterpoise.row_print(['team_id', 'metric_id']) }} as print
    from {{ ref('int_baseline_spans') }}
    where from_week > 0

),

functions as (

    select
        team_id as name,
        {{ counterpoise.row_print(['function']) }} as print
    from {{ ref('stg_teams') }}

),

pairs as (

    select
        pair_id as name,
        {{ counterpoise.row_print(['output_metric_id', 'outcome_metric_id', 'lag_min_weeks', 'applies_after']) }} as print
    from {{ ref('dim_pair') }}

),

first_changes as (

    select
        week as name,
        {{ counterpoise.row_print(['team_id', 'kind']) }} as print
    from {{ ref('int_first_changes') }}

),

final as (
    {{ counterpoise.prints_of({
        'rows known': 'metric_rows', 'series': 'series', 'team week': 'team_weeks', 'baseline': 'baselines', 'function': 'functions',
        'pair': 'pairs', 'first change': 'first_changes',
    }) }}
)

select * from final
