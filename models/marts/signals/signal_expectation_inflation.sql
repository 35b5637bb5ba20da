-- Since AI arrived, more is assigned to each person or promises get shorter. Explained away where hours per person fell: then the time
-- that was freed was left free. Before the week after a roll-out, for the team or for all, there is nothing to judge.
with

{{ counterpoise.weighed_parts(
    [[{'metric': 'assigned_per_person', 'move': 'better'}, {'metric': 'promised_hours', 'move': 'worse', 'shown': false}]],
    [{'metric': 'hours_per_person', 'move': 'better'}]
) }},

roll_outs as (

    select team_id, week from {{ ref('int_first_changes') }}
    where kind = 'ai_rollout'

),

rolled_out as (

    select
        weighed.team_id,
        weighed.week,
        weighed.observed,
        weighed.expected,
        weighed.effect,
        weighed.n,
        case when weighed.week > roll_outs.week then weighed.log_evidence end as log_evidence
    from weighed
    left join roll_outs on weighed.team_id = roll_outs.team_id

),

final as (
    {{ counterpoise.signal_rows('expectation_inflation', 'rolled_out') }}
)

select * from final
