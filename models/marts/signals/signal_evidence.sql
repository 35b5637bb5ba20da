{#- What a fired signal points at: items, pairs, weeks and records of registers, never people; at most a few per team and week, the
    plainest first, then the metrics it was judged by. A relation of its own, so that it can have a grant of its own, for the team itself. -#}
with

evidence as (

    {%- for kind in ['items', 'records', 'others', 'metrics'] %}
    select
        signal_id,
        team_id,
        week_start,
        key_type,
        evidence_key,
        what,
        turn
    from {{ ref('int_signal_evidence_' ~ kind) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

ranked as (

    select
        *,
        row_number() over (
            partition by signal_id, team_id, week_start
            order by turn, case key_type when 'metric' then 1 else 0 end, {{ counterpoise.byte_order('evidence_key') }}
        ) as place
    from evidence

),

final as (

    select
        signal_id,
        team_id,
        week_start,
        key_type,
        evidence_key,
        {{ counterpoise.as_integer('place') }} as rank,
        what
    from ranked
    where place <= {{ counterpoise.setting('max_evidence_rows') }}

)

select * from final
