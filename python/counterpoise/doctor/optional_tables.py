"""What each optional table of the contract adds. Held by a test that builds the marts without each of them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Adds:
    """What nobody knows without the table.

    Attributes:
        what: in a few words.
        metrics, signals: ids of those that say `no data` without it; others may still be known less well.
        page: where in the report it shows beside the teams' own pages; empty = nowhere else.
    """

    what: str
    metrics: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    page: str = ""


OPTIONAL_TABLES: dict[str, Adds] = {
    "work_item_links": Adds("what is a duplicate, is split off or comes back as another item"),
    "outcomes": Adds(
        "what customers say and what fails: the other side of most pairs",
        ("csat", "complaint_rate", "defect_escape_rate", "churn_rate", "goal_progress"),
    ),
    "time_entries": Adds("hours booked on kinds of work"),
    "team_hours": Adds(
        "hours of teams by kind of work",
        ("utilisation", "queue_load", "reporting_share", "maintenance_share", "learning_share", "experiment_share",
         "rework_hours_share", "hours_per_resolved"),
        ("fewer_experiments", "proof_of_work", "overloaded_queue"),
        "Flow",
    ),
    "team_members": Adds("how many people a team has, and so what is done a head"),
    "capacity": Adds("planned hours and the budget for meta-work", ("unbudgeted_meta_share",), page="Flow"),
    "survey_answers": Adds(
        "how people are: workload, clarity, safety, AI",
        ("workload", "exhaustion", "clarity", "safety", "intent_to_stay", "ai_permission", "ai_definition",
         "ai_boundaries", "ai_coaching"),
        page="AI",
    ),
    "targets": Adds(
        "what is promised and rewarded",
        ("target_bunching", "late_pause_share"),
        ("metric_fixation", "threshold_bunching"),
        "Guardrails",
    ),
    "metric_changes": Adds("when a definition changed", signals=("definition_churn",)),
    "metric_reviews": Adds(
        "which metric was reviewed and led to a decision", signals=("unreviewed_outcomes",), page="Metrics"
    ),
    "annotations": Adds("what became of signs and next steps (`counterpoise answer` writes it)", page="Next steps"),
    "business_calendars": Adds("hours that count only while the desk is open"),
    "holidays": Adds("days on which nobody works"),
    "process_runs": Adds("work that processes do beside people", signals=("invisible_work",)),
    "interventions": Adds(
        "roll-outs, new KPIs, experiments", signals=("expectation_inflation",), page="Experiments"
    ),
    "norms": Adds("what is agreed on AI", page="AI"),
    "costs": Adds("money", ("cost_per_resolved", "cost_per_outcome"), page="Flow"),
}  # fmt: skip
