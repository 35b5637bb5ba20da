with

interventions as (

    select
        'intervention|' || intervention_id as mark_id,
        team_id,
        kind,
        {{ counterpoise.week_index('started_at') }} as week
    from {{ ref('stg_interventions') }}

),

metric_changes as (

    select
        'metric_change|' || change_id as mark_id,
        team_id,
        metric_id || ': ' || change_type as kind,
        {{ counterpoise.week_index('coalesce(approved_at, requested_at)') }} as week
    from {{ ref('stg_metric_changes') }}

),

marks as (

    select * from interventions
    union all
    select * from metric_changes

),

final as (

    select
        mark_id,
        team_id,
        {{ counterpoise.week_start('week') }} as week_start,
        kind,
        {{ dbt.replace('kind', "'_'", "' '") }} as label
    from marks

)

select * from final
