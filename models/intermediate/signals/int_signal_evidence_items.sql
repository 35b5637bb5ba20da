{{ config(materialized='view') }}
-- Items that show what a fired signal is about: by flag (`signal_flags`), from the weeks the signal speaks of.
with

fired as (

    select
        signal_id,
        team_id,
        week_start,
        {{ counterpoise.week_index_of_date('week_start') }} as week
    from {{ ref('fct_signal_week') }}
    where status = 'fired'

),

flags as (

    select * from {{ ref('signal_flags') }}

),

item_flags as (

    select * from {{ ref('int_item_flags') }}

),

flagged as (

    select
        fired.signal_id,
        fired.team_id,
        fired.week_start,
        item_flags.work_item_id,
        item_flags.flag_id,
        item_flags.what,
        item_flags.weight,
        row_number() over (
            partition by fired.signal_id, fired.team_id, fired.week_start, item_flags.work_item_id
            order by {{ counterpoise.byte_order('item_flags.flag_id') }}, item_flags.week desc
        ) as mention
    from fired
    inner join flags on fired.signal_id = flags.signal_id
    inner join item_flags
        on
            fired.team_id = item_flags.team_id
            and flags.flag_id = item_flags.flag_id
            and fired.week - flags.weeks_before_from >= item_flags.week
            and fired.week - flags.weeks_before_to <= item_flags.week

),

-- an item stands once; kinds of flag take turns, because their weights are in different units
final as (

    select
        signal_id,
        team_id,
        week_start,
        'work_item' as key_type,
        work_item_id as evidence_key,
        what,
        row_number() over (
            partition by signal_id, team_id, week_start, flag_id
            order by case when weight is null then 1 else 0 end, weight desc, {{ counterpoise.byte_order('work_item_id') }}
        ) as turn
    from flagged
    where mention = 1

)

select * from final
