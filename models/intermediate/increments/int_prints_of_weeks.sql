-- What the comparisons over time are made from, as prints: rows of metrics by the week they became known, weeks of teams, weeks in
-- which a new baseline begins, and by team and metric what they are judged by.
with

metric_rows as (

    select
        known_week as name,
        {{ counterpoise.row_print([
            'team_id', 'metric_id', 'stratum', 'week', 'due_week', 'known_week', 'link_sum', 'link_weight', 'link_squares',
        ]) }} as print
    from {{ ref('int_metric_rows') }}

),

team_weeks as (

    select
        week as name,
        {{ counterpoise.row_print(['team_id', 'first_week', 'is_complete']) }} as print
    from {{ ref('int_team_weeks') }}

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

metrics as (

    select
        metric_id as name,
        {{ counterpoise.row_print(['kind', 'effect_scale', 'min_n', 'good_direction']) }} as print
    from {{ ref('dim_metric') }}

),

final as (
    {{ counterpoise.prints_of({
        'rows known': 'metric_rows', 'team week': 'team_weeks', 'baseline': 'baselines', 'function': 'functions', 'metric': 'metrics',
    }) }}
)

select * from final
