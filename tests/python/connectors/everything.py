"""Raw tables of every tool and of an event log, as one warehouse has them, and the vars that switch all on."""

from datetime import datetime, timedelta
from typing import Any

from connectors import github_fixture, jira_fixture, servicenow_fixture, zendesk_fixture

# A team of people works in several tools; what the map does not name is nobody's.
TEAM_MAP: list[dict[str, Any]] = [
    *jira_fixture.TEAM_MAP,
    {"source_system": "zendesk", "owner_type": "group", "owner_key": 'Billing "EMEA"; refunds', "team_id": "payments"},
    {"source_system": "github", "owner_type": "repository", "owner_key": "acme/pay-api", "team_id": "payments"},
]


def event_log() -> dict[str, list[dict[str, Any]]]:
    """A log of a help line: forty cases, one every third day, each called in and closed two days later."""
    events = []
    for number in range(40):
        called = datetime(2026, 1, 6, 9) + timedelta(days=3 * number)
        for place, (activity, at) in enumerate((("called", called), ("closed", called + timedelta(days=2)))):
            events.append({
                "source_system": "helpline", "case_id": f"{10000 + number}", "event_seq": place, "activity": activity,
                "occurred_at": at, "actor_id": f"caller{number}" if place == 0 else "line-1", "team_id": "Help line",
                "item_type": "ticket", "requester_id": f"caller{number}",
            })  # fmt: skip
    activities = [
        {"source_system": "helpline", "activity": "called", "event_type": "created", "is_known": True},
        {"source_system": "helpline", "activity": "closed", "event_type": "resolved", "is_known": True},
    ]
    return {"event_log": events, "event_log_activities": activities}


def tables() -> dict[str, Any]:
    """Schema by schema, as connectors load them."""
    return {
        "jira": jira_fixture.site().tables(),
        "zendesk": zendesk_fixture.account(),
        "github": github_fixture.account(),
        "servicenow": servicenow_fixture.generate(),
        "work_system": {**event_log(), "team_map": TEAM_MAP},
    }
