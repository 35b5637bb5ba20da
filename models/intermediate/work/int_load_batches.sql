-- Loads by day, with those marked that bring history: the first one, and any of which half the rows are weeks old. They stamp the
-- past with one day, and what they bring was known before. (A row that came late in an ordinary load was not.)
-- Tables whose rows name no source system are one source, `all`. What speaks of a week or a month is written at its end.
with

items as (

    select work_item_id, source_system from {{ ref('stg_work_items') }}

),

loaded_of_items as (

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

loaded as (

    select
        loaded_of_items.source_table,
        coalesce(items.source_system, 'unknown') as source_system,
        loaded_of_items.written_at,
        loaded_of_items.first_loaded_at
    from loaded_of_items
    left join items on loaded_of_items.work_item_id = items.work_item_id
    {%- for table, written_at in [
        ('time_entries', 'started_at'),
        ('team_hours', dbt.dateadd('day', 7, 'week_start')),
        ('capacity', 'week_start'),
        ('survey_answers', 'answered_at'),
        ('costs', dbt.dateadd('month', 1, 'month')),
    ] %}
    union all
    select
        '{{ table }}' as source_table,
        'all' as source_system,
        cast({{ written_at }} as {{ counterpoise.type_of('timestamp') }}) as written_at,
        first_loaded_at
    from {{ ref('stg_' ~ table) }}
    where first_loaded_at is not null
    {%- endfor %}

),

batches as (

    -- counted, not put in order: a first load has as many rows as the warehouse
    select
        source_table,
        source_system,
        cast(first_loaded_at as date) as loaded_on,
        count(*) as loaded_rows,
        sum(
            case
                when {{ counterpoise.hours_between('written_at', 'first_loaded_at') }} > 24 * {{ counterpoise.setting('history_load_lag_days') }}
                    then 1
                else 0
            end
        ) as old_rows
    from loaded
    group by source_table, source_system, cast(first_loaded_at as date)

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
        old_rows,
        is_first_load,
        is_first_load or 2 * old_rows >= loaded_rows as is_history_load
    from placed

)

select * from final
