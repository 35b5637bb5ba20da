{#- Every setting of the package with its default, in one place. A user's `vars:` win. -#}
{% macro default_settings() %}
    {{ return({
        'follow_up_days': 28,
        'csat_follow_up_days': 14,
        'baseline_weeks': 104,
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
        'own_metrics': [],
        'own_metric_models': [],
        'own_pairs': [],
        'own_signals': [],
        'own_signal_models': [],
        'own_responses': [],
        'signal_exceptions': 'signal_exceptions',
        'guardrails': 'guardrail_registry',
        'load_reference': 0.85,
        'load_wait_target': 1.0,
        'load_weeks': 13,
        'hours_per_week': 40,
        'reference_meta_work': 0.30,
        'urgent_priorities': ['critical', 'urgent', 'highest', 'high', 'p0', 'p1', '1', '2'],
        'silence_hours': 24,
        'untouched_days': 14,
        'period_end_days': 7,
        'late_record_hours': 24,
        'definition_churn_usual': 0.5,
        'unreviewed_usual_share': 0.25,
        'fixation_share': 0.8,
        'austerity_people_ratio': 0.9,
        'amplification_weeks': 4,
        'invisible_work_weeks': 26,
        'spike_ratio': 1.3,
        'reward_period': 'quarter',
        'narrative_log_evidence': 2.0,
        'adapters': {},
        'team_map': none,
        'value_map': none,
        'bots': [],
        'min_people': 5,
        'min_survey_answers': 5,
    }) }}
{% endmacro %}

{#- The value of a setting: the user's, else the default. -#}
{% macro setting(name) %}
    {%- set defaults = counterpoise.default_settings() -%}
    {%- if name not in defaults -%}
        {{ exceptions.raise_compiler_error("counterpoise has no setting '" ~ name ~ "'") }}
    {%- endif -%}
    {{ return(var('counterpoise_' ~ name, defaults[name])) }}
{% endmacro %}

{#- Least number of people of which figures are shown (setting `min_people`). Fewer than three is refused. -#}
{% macro min_people() %}
    {%- set people = counterpoise.setting('min_people') -%}
    {%- if people is not integer or people is boolean or people < 3 -%}
        {{ exceptions.raise_compiler_error(
            "counterpoise_min_people is a whole number, 3 or more: figures of fewer people are never shown. It is: " ~ people
        ) }}
    {%- endif -%}
    {{ return(people) }}
{% endmacro %}
