{{ config(**counterpoise.by_week()) }}
-- The one place with the comparison every metric goes through: the team's own change, less what its peers do, less a damped
-- change of a year ago, with a standard error widened to what such differences do when nothing happens.
{%- set gap = counterpoise.setting('recent_weeks') | max %}
{%- set baseline = counterpoise.setting('baseline_weeks') %}
{%- set min_teams = counterpoise.setting('peer_min_teams') %}
with

changes as (

    select
        team_contrast.*,
        teams.function as team_function
    from {{ ref('int_team_contrast') }} as team_contrast
    left join {{ ref('stg_teams') }} as teams on team_contrast.team_id = teams.team_id
    {{ counterpoise.from_changed_week('team_contrast.week') }}

),

-- Peers are the teams of the same function where there are enough of them, else all teams, else nobody.
groups as (

    select
        metric_id,
        week,
        window_weeks,
        team_id,
        change,
        peer_group
    from (
        select
            *,
            case
                when count(*) over (partition by metric_id, week, window_weeks, team_function) >= {{ min_teams }} and team_function is not null
                    then 'function: ' || team_function
                when count(*) over (partition by metric_id, week, window_weeks) >= {{ min_teams }} then 'all'
            end as peer_group
        from changes
    ) as grouped
    where peer_group is not null

),

group_members as (

    select
        groups.metric_id,
        groups.week,
        groups.window_weeks,
        groups.peer_group,
        changes.change
    from (
        select distinct
            metric_id,
            week,
            window_weeks,
            peer_group
        from groups
    ) as groups
    inner join changes
        on
            groups.metric_id = changes.metric_id
            and groups.week = changes.week
            and groups.window_weeks = changes.window_weeks
            and (groups.peer_group = 'all' or groups.peer_group = 'function: ' || changes.team_function)

),

medians as (

    select
        metric_id,
        week,
        window_weeks,
        peer_group,
        count(*) as peers,
        {{ counterpoise.percentile('change', 0.5) }} as peer_change
    from group_members
    group by metric_id, week, window_weeks, peer_group

),

spreads as (

    select
        medians.metric_id,
        medians.week,
        medians.window_weeks,
        medians.peer_group,
        max(medians.peer_change) as peer_change,
        -- variance of a median of n teams, from how far they lie apart: 1.57 times that of their mean
        1.57 * power(1.4826 * {{ counterpoise.percentile('abs(group_members.change - medians.peer_change)', 0.5) }}, 2) / max(medians.peers) as peer_variance
    from medians
    inner join group_members
        on
            medians.metric_id = group_members.metric_id
            and medians.week = group_members.week
            and medians.window_weeks = group_members.window_weeks
            and medians.peer_group = group_members.peer_group
    group by medians.metric_id, medians.week, medians.window_weeks, medians.peer_group

),

-- A move that peers share is taken away as far as they really share it: where they lie far apart their median says little, and
-- two teams in trouble must not make trouble look usual.
shared as (

    select
        metric_id,
        week,
        window_weeks,
        peer_group,
        peer_change,
        peer_variance,
        greatest(0, 1 - peer_variance / nullif(peer_change * peer_change, 0)) as shared_part
    from spreads

),

against_peers as (

    select
        changes.*,
        coalesce(shared.peer_change * shared.shared_part, 0) as peer_change,
        coalesce(shared.peer_variance * shared.shared_part * shared.shared_part, 0) as peer_variance
    from changes
    left join groups
        on
            changes.team_id = groups.team_id
            and changes.metric_id = groups.metric_id
            and changes.week = groups.week
            and changes.window_weeks = groups.window_weeks
    left join shared
        on
            groups.metric_id = shared.metric_id
            and groups.week = shared.week
            and groups.window_weeks = shared.window_weeks
            and groups.peer_group = shared.peer_group

),

own as (

    select
        *,
        change - peer_change as own_change,
        sqrt(change_error * change_error + peer_variance) as own_error
    from against_peers

),

-- what was found for earlier weeks stays
own_before as (

    select
        team_id,
        metric_id,
        window_weeks,
        week,
        own_change,
        own_error
    from own
    {%- if counterpoise.is_increment() %}
    union all
    select
        team_id,
        metric_id,
        window_weeks,
        week,
        own_change,
        own_error
    from {{ this }}
    {%- endif %}

),

seasonal as (

    select
        own.*,
        -- half of what the same weeks did a year ago, and only as far as that stood out then
        coalesce(
            {{ counterpoise.setting('year_ago_weight') }} * year_ago.own_change
            * greatest(0, 1 - power(2 * year_ago.own_error / nullif(abs(year_ago.own_change), 0), 2)),
            0
        ) as year_ago_change
    from own
    left join own_before as year_ago
        on
            own.team_id = year_ago.team_id
            and own.metric_id = year_ago.metric_id
            and own.window_weeks = year_ago.window_weeks
            and own.week = year_ago.week + 52

),

weekly_null as (

    select
        metric_id,
        window_weeks,
        week,
        {{ counterpoise.percentile('abs(own_change / own_error)', 0.5) }} / 0.6745 as typical_ratio
    from own
    group by metric_id, window_weeks, week
    {%- if counterpoise.is_increment() %}
    union all
    select
        metric_id,
        window_weeks,
        week,
        max(typical_ratio) as typical_ratio
    from {{ this }}
    group by metric_id, window_weeks, week
    {%- endif %}

),

-- how far apart such differences usually lie, in standard errors, over the baseline weeks: takes up autocorrelation and spread
-- beyond counting noise
empirical_null as (

    select
        metric_id,
        window_weeks,
        week,
        avg(typical_ratio) over (
            partition by metric_id, window_weeks order by week
            rows between {{ gap + baseline - 1 }} preceding and {{ gap }} preceding
        ) as typical_ratio,
        count(*) over (
            partition by metric_id, window_weeks order by week
            rows between {{ gap + baseline - 1 }} preceding and {{ gap }} preceding
        ) as null_weeks
    from weekly_null

),

metrics as (

    select metric_id, good_direction from {{ ref('dim_metric') }}

),

judged as (

    select
        seasonal.*,
        weekly_null.typical_ratio,
        greatest(1, case
            when empirical_null.null_weeks >= 8 then coalesce({{ counterpoise.settled('empirical_null.typical_ratio') }}, 1)
            else {{ counterpoise.setting('null_ratio_without_history') }}
        end) as null_ratio,
        case when metrics.good_direction = 'down' then -1 else 1 end as direction
    from seasonal
    inner join metrics on seasonal.metric_id = metrics.metric_id
    left join weekly_null
        on
            seasonal.metric_id = weekly_null.metric_id
            and seasonal.window_weeks = weekly_null.window_weeks
            and seasonal.week = weekly_null.week
    left join empirical_null
        on
            seasonal.metric_id = empirical_null.metric_id
            and seasonal.window_weeks = empirical_null.window_weeks
            and seasonal.week = empirical_null.week

),

final as (

    select
        team_id,
        week,
        metric_id,
        window_weeks,
        baseline_weeks,
        is_trial,
        n_recent,
        n_baseline,
        observed,
        expected,
        effect_scale,
        {{ counterpoise.settled('peer_change') }} as peer_change,
        {{ counterpoise.settled('year_ago_change') }} as year_ago_change,
        null_ratio,
        own_change,
        own_error,
        typical_ratio,
        {{ counterpoise.settled('direction * (own_change - year_ago_change)') }} as effect,
        {{ counterpoise.settled('own_error * null_ratio') }} as effect_error
    from judged

)

select * from final
