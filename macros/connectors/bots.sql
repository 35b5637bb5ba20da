{#- Whether one of the columns names a machine: the list below and the var `counterpoise_bots`, both patterns of LIKE in lower case. -#}
{% macro is_bot(columns) -%}
    {%- set patterns = [
        '%[bot]', 'dependabot%', 'renovate%', 'github-actions%', 'semantic-release%', 'codecov%', 'snyk%', 'mergify%', 'allcontributors%',
        'automation for jira%', 'jira automation%', 'jira outlook%', 'slack for jira%', 'system', 'system user', 'system administrator (automation)',
        'zendesk', 'zendesk system', 'answer bot%', 'zendesk bot%', 'guest', 'midserver%', 'mid server%', 'servicenow integration%', '%-bot',
    ] + counterpoise.setting('bots') -%}
    ({%- for column in columns %}
        {%- for pattern in patterns %}
        lower(coalesce({{ column }}, '')) like {{ counterpoise.text_literal(pattern | lower) }}{{ ' or ' if not loop.last }}
        {%- endfor %}{{ ' or ' if not loop.last }}
    {%- endfor %})
{%- endmacro %}
