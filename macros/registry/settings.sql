{#- Every setting of the package with its default, in one place. A user's `vars:` win. -#}
{% macro setting(name) %}
    {%- set defaults = {
        'follow_up_days': 28,
        'csat_follow_up_days': 14,
        'baseline_weeks': 52,
        'baseline_min_weeks': 12,
        'baseline_full_weeks': 26,
        'recent_weeks': [4, 8, 13],
        'max_strata': 12,
        'max_weeks': 1560,
        'stratum_weeks': 12,
        'aged_backlog_weeks': 13,
        'aged_backlog_min_items': 20,
        'peer_min_teams': 5,
        'year_ago_weight': 0.5,
        'null_ratio_without_history': 1.25,
        'history_load_lag_days': 28,
        'signal_fired_log_evidence': 3.0,
        'assumed_columns': false,
        'max_evidence_rows': 20,
    } -%}
    {%- if name not in defaults -%}
        {{ exceptions.raise_compiler_error("counterpoise has no setting '" ~ name ~ "'") }}
    {%- endif -%}
    {{ return(var('counterpoise_' ~ name, defaults[name])) }}
{% endmacro %}
