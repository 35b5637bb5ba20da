{#- Ids of the package's metrics, in the order of `metric_registry`. They are the columns of `team_week`: columns must be known before a
    row is read. A test holds the list equal to the registry. -#}
{% macro package_metric_ids() %}
    {{ return([
        'throughput', 'first_response_within_target', 'first_response_hours', 'first_response_business_hours',
        'resolved_within_target', 'resolution_hours', 'resolution_business_hours', 'end_to_end_hours', 'reopen_rate', 'first_contact_resolution', 'repeat_contact_rate',
        'complaint_rate', 'csat', 'aged_backlog', 'handoffs_per_item', 'review_loops_per_item', 'paused_share',
        'requester_pause_share', 'late_pause_share', 'target_bunching', 'merged_pull_requests', 'deployments',
        'utilisation', 'rework_hours_share', 'rework_item_share', 'defect_escape_rate', 'change_failure_rate',
        'churn_rate', 'escalation_rate', 'goal_progress', 'wait_hours', 'cost_per_resolved', 'cost_per_outcome',
        'repeat_account_rate', 'served_goal_share', 'blocked_share', 'duplicate_share', 'unplanned_share',
        'urgent_share', 'reporting_share', 'fragmentation', 'review_wait_hours', 'collaboration_share',
        'maintenance_share', 'learning_share', 'experiment_share', 'queue_load', 'meta_work_overhead',
        'unbudgeted_meta_share', 'ai_assisted_share', 'ai_unreviewed_share', 'ai_undeclared_share',
        'assigned_per_person', 'promised_hours', 'hours_per_resolved', 'workload', 'exhaustion', 'clarity', 'safety',
        'intent_to_stay', 'ai_permission', 'ai_definition', 'ai_boundaries', 'ai_coaching', 'delivered_requests',
        'split_share', 'item_size', 'period_end_share', 'period_end_created_share', 'burstiness', 'late_record_share',
        'edited_after_resolution_share', 'silent_rework_share', 'unconfirmed_close_share',
        'silent_first_response_share', 'checked_share', 'hard_resolved_share', 'hard_created_share',
        'handed_on_return_share', 'handed_on_wait_hours', 'pingpong_share', 'untouched_share',
        'tracking_events_per_item', 'unanswered_pause_share', 'hours_per_person',
    ]) }}
{% endmacro %}
