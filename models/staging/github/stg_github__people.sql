{{ config(enabled=var('counterpoise_github_enabled', false)) }}
-- Accounts, and which are machines: GitHub says so of apps, the login of others.
with

final as (

    select
        source_system,
        id as person_id,
        coalesce(lower(type), '') = 'bot' or {{ counterpoise.is_bot(['login']) }} as is_bot,
        created_at
    from (
        {{ counterpoise.connector_rows('github', 'user') }}
    ) as accounts
    where id is not null

)

select * from final
