-- Loads by day, with those marked that bring history: the first one, and any whose typical row is weeks old. They stamp the
-- past with one day, and what they bring was known before. (A row that came late in an ordinary load was not.)
with

items as (

    select work_item_id, source_system from {{ ref('stg_work_items') }}

),

loaded as (

    select
        'work_item_events' as source_table,
        work_item_id,
        coalesce(recorded_at, occurred_at) as written_at,
        first_loaded_at
    from {{ ref('stg_work_item_events') }}
    where first_loaded_at is not null
    union all
    select
        'outcomes' as source_table,
        work_item_id,
        coalesce(recorded_at, occurred_at) as written_at,
        first_loaded_at
    from {{ ref('stg_outcomes') }}
    where first_loaded_at is not null

),

lags as (

    select
        loaded.source_table,
        coalesce(items.source_system, 'unknown') as source_system,
        cast(loaded.first_loaded_at as date) as loaded_on,
        {{ counterpoise.hours_between('loaded.written_at', 'loaded.first_loaded_at') }} / 24.0 as lag_days
    from loaded
    left join items on loaded.work_item_id = items.work_item_id

),

batches as (

    select
        source_table,
        source_system,
        loaded_on,
        count(*) as loaded_rows,
        {{ counterpoise.percentile('lag_days', 0.5) }} as median_lag_days
    from lags
    group by source_table, source_system, loaded_on

),

placed as (

    select
        *,
        loaded_on = min(loaded_on) over (partition by source_table, source_system) as is_first_load
    from batches

),

final as (

    select
        source_table,
        source_system,
        loaded_on,
        loaded_rows,
        median_lag_days,
        is_first_load,
        is_first_load or median_lag_days > {{ counterpoise.setting('history_load_lag_days') }} as is_history_load
    from placed

)

select * from final
