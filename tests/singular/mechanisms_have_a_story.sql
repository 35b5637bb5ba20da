-- Each mechanism is told by the paradox story of its name; the only other paradox story is the one without a
-- mechanism.
with

mechanisms as (

    select signal_id from {{ ref('dim_signal') }}
    where is_mechanism

),

stories as (

    select story_id from {{ ref('story_registry') }}
    where is_paradox and story_id <> 'unexplained'

),

final as (

    select
        mechanisms.signal_id,
        stories.story_id
    from mechanisms
    full outer join stories on mechanisms.signal_id = stories.story_id
    where mechanisms.signal_id is null or stories.story_id is null

)

select * from final
