-- Family of accounts: one row per team, last week of a quarter and week of knowledge. A week belongs to the quarter it ends in, so
-- that a quarter is whole when its last week is. An account with several items of the team counts once.
{%- set quarter_end -%}
    {{ counterpoise.week_index_of_date(dbt.dateadd('month', 3, dbt.date_trunc('quarter', dbt.dateadd('day', 6, counterpoise.week_start('WEEK'))))) }} - 1
{%- endset %}
with

creations as (

    select
        team_id,
        account_id,
        week as created_week,
        {{ quarter_end | replace('WEEK', 'week') }} as week,
        greatest(version_from_week, week) as version_from_week,
        case when version_to_week is not null then greatest(version_to_week, week) end as version_to_week
    from {{ ref('int_creations') }}
    where account_id is not null

),

churned as (

    select
        account_id,
        {{ counterpoise.week_index('occurred_at') }} as churn_week,
        {{ counterpoise.week_index('known_at') }} as known_week
    from {{ ref('int_outcomes') }}
    where outcome_type = 'churn' and account_id is not null

),

churns as (

    select
        account_id,
        {{ quarter_end | replace('WEEK', 'churn_week') }} as week,
        min(known_week) as known_week
    from churned
    group by account_id, {{ quarter_end | replace('WEEK', 'churn_week') }}

),

first_churn as (

    select min(known_week) as week from churned

),

signed as (

    {{ counterpoise.signed_versions('creations', 'week') }}

),

-- an account comes in with the first item that is known of it, and goes when the last one is taken back
known as (

    select
        team_id,
        account_id,
        week,
        known_week,
        sum(sign) as change
    from signed
    group by team_id, account_id, week, known_week

),

running as (

    select
        *,
        sum(change) over (partition by team_id, account_id, week order by known_week rows unbounded preceding) as items_now
    from known

),

entered as (

    select
        running.team_id,
        running.account_id,
        running.week,
        running.known_week,
        case when running.items_now > 0 then 1 else 0 end - case when running.items_now - running.change > 0 then 1 else 0 end as sign
    from running
    cross join first_churn
    where running.week >= first_churn.week

),

counted as (

    select
        team_id,
        week,
        known_week,
        sign as accounts,
        0 as churned_accounts
    from entered
    union all
    select
        entered.team_id,
        entered.week,
        greatest(entered.known_week, churns.known_week) as known_week,
        0 as accounts,
        entered.sign as churned_accounts
    from entered
    inner join churns
        on
            entered.account_id = churns.account_id
            and entered.week = churns.week

),

final as (

    select
        team_id,
        week,
        'all' as stratum,
        known_week,
        {{ counterpoise.as_measure('sum(accounts)') }} as accounts,
        {{ counterpoise.as_measure('sum(churned_accounts)') }} as churned_accounts
    from counted
    group by team_id, week, known_week
    having sum(accounts) <> 0 or sum(churned_accounts) <> 0

)

select * from final
