"""What the marts must say of an organisation on GitHub, counted from the connector's rows in plain Python, without the SQL."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from connectors import github_fixture as fixture

Row = dict[str, Any]
Figures = dict[tuple[str, date, str], list[float]]

FOLLOW_UP = timedelta(days=28)
BOTS = {fixture.DEPENDABOT, fixture.RELEASER, fixture.ACTIONS}
NOT_DONE = {"not_planned", "duplicate"}
STATUS = {"In Progress": "active", "blocked": "blocked", "needs info": "paused"}
LEFT = {"active": "waiting", "blocked": "active", "paused": "active"}


def hours(span: timedelta) -> float:
    return span.total_seconds() / 3600


def week(moment: datetime) -> date:
    return (moment - timedelta(days=moment.weekday())).date()


@dataclass
class Item:
    """One issue or pull request and what came of it."""

    key: str
    team: str
    raw: Row
    is_pull: bool
    created: datetime
    is_customer_work: bool
    states: list[tuple[datetime, str]] = field(default_factory=list)
    resolved: list[datetime] = field(default_factory=list)
    reopened: list[datetime] = field(default_factory=list)
    responses: list[datetime] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)
    reviewed: list[datetime] = field(default_factory=list)
    merged: datetime | None = None

    def state(self, moment: datetime) -> str:
        return [state for since, state in self.states if since <= moment][-1]

    @property
    def paused(self) -> float:
        until = self.resolved[0]
        ends = [since for since, _ in self.states[1:]] + [until]
        return sum(
            max(hours(min(end, until) - since), 0)
            for (since, state), end in zip(self.states, ends, strict=True)
            if state in ("paused", "done") and since < until
        )

    @property
    def elapsed(self) -> float:
        return hours(self.resolved[0] - self.created)

    @property
    def end_to_end(self) -> float:
        window = self.resolved[0] + FOLLOW_UP
        if self.state(window) != "done":
            return hours(window - self.created)
        return hours(max(at for at in self.resolved if at <= window) - self.created)

    @property
    def review_waits(self) -> list[tuple[datetime, float]]:
        waits, since = [], datetime.min
        for at in self.reviewed:
            asked = [each for each in self.asked if since < each <= at]
            if asked:
                waits.append((at, hours(at - asked[0])))
            since = at
        return waits


def items(tables: dict[str, list[Row]], source: str = "github") -> list[Item]:
    """Every issue and pull request."""
    by_issue: dict[str, dict[int, list[Row]]] = {
        name: defaultdict(list)
        for name in ("issue_closed_history", "issue_comment", "issue_label_history", "issue_merged")
    }
    for name, rows in by_issue.items():
        for row in tables.get(name, []):
            rows[row["issue_id"]].append(row)
    pulls = {row["issue_id"]: row for row in tables["pull_request"]}
    by_pull: dict[str, dict[int, list[Row]]] = {
        name: defaultdict(list)
        for name in (
            "pull_request_ready_for_review_history",
            "requested_reviewer_history",
            "pull_request_review",
            "commit_pull_request",
        )
    }
    for name, rows in by_pull.items():
        for row in tables.get(name, []):
            rows[row["pull_request_id"]].append(row)
    labels = {row["id"]: row["name"] for row in tables.get("label", [])}
    counted = []
    for issue in tables["issue"]:
        item = Item(
            key=f"{source}:{issue['id']}",
            team=f"{source}:repository:{issue['repository_id']}",
            raw=issue,
            is_pull=issue["pull_request"],
            created=issue["created_at"],
            is_customer_work=issue["user_id"] not in BOTS,
        )
        history: list[tuple[datetime, int, str, Row]] = []
        merges = by_issue["issue_merged"][issue["id"]]
        item.merged = merges[0]["merged_at"] if merges else None
        for row in by_issue["issue_closed_history"][issue["id"]]:
            if not (row["closed"] and item.merged and row["updated_at"] >= item.merged):
                history.append((row["updated_at"], 9, "closed" if row["closed"] else "reopened", row))
        if item.merged:
            history.append((item.merged, 8, "merged", merges[0]))
        for row in by_issue["issue_label_history"][issue["id"]]:
            history.append((row["updated_at"], 2, "label", row))
        for row in by_issue["issue_comment"][issue["id"]]:
            history.append((row["created_at"], 5, "comment", row))
        draft = False
        if issue["id"] in pulls:
            pull = pulls[issue["id"]]
            drafts = sorted(
                by_pull["pull_request_ready_for_review_history"][pull["id"]], key=lambda row: row["created_at"]
            )
            draft = drafts[0]["ready_for_review"] if drafts else pull["draft"]
            history += [(row["created_at"], 1, "draft", row) for row in drafts]
            history += [
                (row["created_at"], 4, "request", row)
                for row in by_pull["requested_reviewer_history"][pull["id"]]
                if not row["removed"]
            ]
            commits = {row["commit_sha"] for row in by_pull["commit_pull_request"][pull["id"]]}
            history += [
                (row["submitted_at"], 6, "review" if row["commit_sha"] in commits else "comment", row)
                for row in by_pull["pull_request_review"][pull["id"]]
                if row["state"] != "PENDING"
            ]
        _walk(item, sorted(history, key=lambda each: each[:2]), labels, draft)
        counted.append(item)
    return counted


def _walk(item: Item, history: list[tuple[datetime, int, str, Row]], labels: dict[int, str], draft: bool) -> None:
    author = item.raw["user_id"]
    state = "paused" if draft else "waiting"
    item.states.append((item.created, state))
    last_close = max((at for at, _, kind, _ in history if kind == "closed"), default=None)
    for at, _, kind, row in history:
        by_other = row.get("user_id") not in (*BOTS, author)
        now = state
        if kind == "draft":
            if row["ready_for_review"] and draft and state != "done":
                now = "waiting"
                item.asked.append(at)
            elif not row["ready_for_review"] and state != "done":
                now = "paused"
            draft = not row["ready_for_review"]
        elif kind == "request" and not draft and state != "done":
            item.asked.append(at)
            now = "waiting"
        elif kind in ("review", "comment") and by_other:
            item.responses.append(at)
            if kind == "review":
                item.reviewed.append(at)
                if not draft and state != "done":
                    now = "active"
        elif kind == "label" and labels[row["label_id"]] in STATUS and state != "done" and not draft:
            meaning = STATUS[labels[row["label_id"]]]
            now = meaning if row["labeled"] else LEFT[meaning]
        elif kind == "reopened":
            now = "paused" if draft else "waiting"
            if item.resolved:
                item.reopened.append(at)
        elif kind == "merged":
            item.resolved.append(at)
            now = "done"
        elif kind == "closed":
            if not item.is_pull and not (at == last_close and item.raw["state_reason"] in NOT_DONE):
                item.resolved.append(at)
            now = "done"
        if now != state:
            item.states.append((at, now))
            state = now


def figures(counted: list[Item]) -> Figures:
    """Numerator and denominator of each team, week and metric."""
    sums: Figures = defaultdict(lambda: [0.0, 0.0])

    def add(team: str, moment: datetime, metric: str, numerator: float, denominator: float = 1) -> None:
        sums[team, week(moment), metric][0] += numerator
        sums[team, week(moment), metric][1] += denominator

    for item in counted:
        if item.responses and item.is_customer_work:
            add(item.team, item.responses[0], "first_response_hours", hours(item.responses[0] - item.created))
        for at, wait in item.review_waits:
            add(item.team, at, "review_wait_hours", wait)
        if item.merged:
            add(item.team, item.merged, "merged_pull_requests", 1, 0)
        for at in item.resolved:
            add(item.team, at, "throughput", 1, 0)
        if item.resolved:
            at = item.resolved[0]
            add(item.team, at, "resolution_hours", item.elapsed - item.paused)
            if item.is_customer_work:
                add(item.team, at, "end_to_end_hours", item.end_to_end)
                add(item.team, at, "reopen_rate", bool(item.reopened) and item.reopened[0] <= at + FOLLOW_UP)
    return sums


def deployments(tables: dict[str, list[Row]], source: str = "github") -> Figures:
    """Successful deployments to production per repository and week."""
    repositories = {row["sha"]: row["repository_id"] for row in tables["commit"]}
    succeeded = {
        row["deployment_id"]: row["created_at"] for row in tables["deployment_status"] if row["state"] == "success"
    }
    sums: Figures = defaultdict(lambda: [0.0, 0.0])
    for row in tables["deployment"]:
        if row["environment"] == "production" and row["id"] in succeeded:
            team = f"{source}:repository:{repositories[row['commit_sha']]}"
            sums[team, week(succeeded[row["id"]]), "deployments"][0] += 1
    return sums
