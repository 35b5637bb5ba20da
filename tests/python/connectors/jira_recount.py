"""The marts of a Jira site worked out in plain Python, straight from the raw rows: no SQL, no word of the adapter's own.

What words mean is stated here once more by hand, for the words of the fixture. Each issue is replayed moment by moment.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors import jira_fixture as raw

STATE = {
    raw.BACKLOG: "queued", raw.SELECTED: "queued", raw.IN_PROGRESS: "active", raw.IN_REVIEW: "active", raw.TESTING: "active",
    raw.BLOCKED: "blocked", raw.ON_HOLD: "waiting", raw.DONE: "done", raw.FOR_SUPPORT: "queued", raw.FOR_CUSTOMER: "waiting",
    raw.FOR_VENDOR: "waiting", raw.RESOLVED: "done", raw.CLOSED: "done", raw.CANCELED: "done", raw.REOPENED: "queued",
}  # fmt: skip
WAITS_ON = {raw.FOR_CUSTOMER: "requester", raw.FOR_VENDOR: "vendor", raw.ON_HOLD: "other"}
SOLVED = {raw.R_DONE, raw.R_ODD}
APPS = {raw.ROBOT, raw.CHATTER}
WITHIN = 28 * 86400
FOLLOWED = ("status", "resolution", "assignee", "reporter", "project", "priority", "issuetype", "duedate", raw.TEAM, raw.SPRINT, raw.FLAG, raw.POINTS, raw.ORGANISATIONS)
# events of one moment: handovers and starts before comments and edits, those before pauses, those before endings
PLACE = {"created": 0, "assigned": 2, "handed_off": 2, "escalated": 2, "started": 3, "resumed": 3, "unblocked": 3, "paused": 6, "blocked": 6, "reopened": 7, "resolved": 8, "closed": 9}


@dataclass
class Event:
    at: datetime
    kind: str
    state: str | None = None
    team: str | None = None
    actor: str = "agent"
    public: bool = False
    waits_on: str | None = None

    @property
    def second(self) -> int:
        return int((self.at - datetime(1970, 1, 1)).total_seconds() // 1)


@dataclass
class Item:
    """One issue as the marts should have it."""

    id: str
    events: list[Event]
    customer_work: bool
    facts: dict[str, Any] = field(default_factory=dict)


class Recount:
    def __init__(self, rows: dict[str, list[dict[str, Any]]], team_map: list[dict[str, Any]]) -> None:
        self.rows, self.team_map = rows, team_map
        self.zones = {row["team_id"]: row["timezone"] for row in team_map}
        self.sprints = {str(row["id"]): row for row in rows["sprint"]}
        self.grouped = {row["user_id"] for row in rows["user_group"]}
        self.issues: dict[int, dict[str, Any]] = {}
        for row in sorted(rows["issue"], key=lambda row: row["_fivetran_synced"]):
            self.issues[row["id"]] = row
        self.told: dict[int, dict[datetime, dict[str, tuple[Any, str | None]]]] = defaultdict(lambda: defaultdict(dict))
        for row in rows["issue_field_history"]:
            if row["field_id"] in FOLLOWED:
                self.told[row["issue_id"]][row["time"]][row["field_id"]] = (row["value"], row["author_id"])
        for row in rows["issue_multiselect_history"]:
            if row["field_id"] in FOLLOWED:
                values, _ = self.told[row["issue_id"]][row["time"]].get(row["field_id"], ((), None))
                self.told[row["issue_id"]][row["time"]][row["field_id"]] = ((*values, row["value"]) if row["value"] else values, row["author_id"])
        self.comments = defaultdict(dict)
        for row in rows["comment"]:
            self.comments[row["issue_id"]][row["id"]] = row
        self.owned: dict[int, list[tuple[datetime, dict[str, Any]]]] = defaultdict(list)
        self.items = [self.follow(row) for row in self.issues.values() if not row["_fivetran_deleted"] and row["issue_type"] != raw.EPIC]

    # who holds an issue
    def board(self, sprints: tuple[str, ...]) -> str | None:
        """Board of the sprint that begins last; one that has not begun is later than any."""
        known = [self.sprints[number] for number in sprints or ()]
        last = max(known, key=lambda sprint: sprint["start_date"] or datetime.max, default=None)
        return None if last is None else str(last["board_id"])

    def team(self, now: dict[str, Any], at: datetime) -> str | None:
        names = {"10001": "PAY", "10002": "DESK", "10003": "OPS", "10004": "WEB"}
        boards = {"2": 'Mobile 📱; "iOS"'}
        held = [("team", now.get(raw.TEAM)), ("board", self.board(now.get(raw.SPRINT))), ("project", now.get("project"))]
        for kind, owner in held:
            known_as = {str(owner).lower(), names.get(owner, "").lower() if kind == "project" else "", boards.get(owner, "").lower() if kind == "board" else ""}
            for row in self.team_map:
                begins, ends = row["valid_from"], row["valid_to"]
                if row["owner_type"] not in (None, kind) or owner is None or row["owner_key"].lower() not in known_as - {""}:
                    continue
                if (begins is None or begins <= at.date()) and (ends is None or at.date() <= ends):
                    return row["team_id"]
        return None

    def role(self, person: str | None, reporter: str | None) -> str:
        if person in APPS:
            return "automation"
        if person is not None and (person == reporter or (person in raw.CUSTOMERS and person not in self.grouped)):
            return "requester"
        return "agent"

    # one issue, moment by moment
    def follow(self, row: dict[str, Any]) -> Item:
        born = row["created"]
        told: dict[datetime, dict[str, tuple[Any, str | None]]] = defaultdict(dict)
        for at, changes in sorted(self.told[row["id"]].items()):
            at = born if at <= born + timedelta(seconds=1) else at
            told[at].update(changes)
        if not told:  # nothing is told: it stands as it stands
            said = {"project": row["project"], "reporter": row["reporter"]}
            told[born] = {name: (None if value is None else str(value), None) for name, value in said.items()}
            told[row["status_category_changed"]] |= {"status": (str(row["status"]), None), "resolution": (str(row["resolution"]), None)}
        now: dict[str, Any] = {}
        events: list[Event] = []
        done, state, waits_on, step = False, None, None, None
        worker = mover = None
        remarks = sorted((c["created"], c["id"]) for c in self.comments[row["id"]].values())
        moments = sorted({*told, *(at for at, _ in remarks), born})
        for at in moments:
            changes = told.get(at, {})
            before = dict(now)
            changed = {name: author for name, (value, author) in changes.items() if name not in now or now[name] != value}
            now.update({name: value for name, (value, _) in changes.items()})
            self.owned[row["id"]].append((at, dict(now)))
            team, reporter = self.team(now, at), now.get("reporter")
            status = int(now["status"]) if now.get("status") else None
            means = STATE.get(status)

            def add(kind: str, author: str | None, at=at, team=team, reporter=reporter, **more: Any) -> None:
                events.append(Event(at, kind, team=team, actor=self.role(author, reporter), **more))

            was_done, was_state, was_waiting, was_step = done, state, waits_on, step
            if "status" in changed and means is not None:
                done = means == "done"
            elif changed.keys() & {"status", "resolution"} and means in (None, "done"):
                done = now.get("resolution") is not None
            state = "done" if done else "blocked" if now.get(raw.FLAG) else "queued" if means == "done" else means
            waits_on, step = WAITS_ON.get(status), {raw.IN_REVIEW: "review", raw.TESTING: "check"}.get(status)
            author = changed.get("status", changed.get("resolution", changed.get(raw.FLAG)))
            moved = "status" in changed and now["status"] != before.get("status")
            if at == born:
                add("created", row["creator"] if author is None else author, state="queued" if state == "done" else state or "queued")
                if changed.get("assignee") and now["assignee"]:
                    add("assigned", changed["assignee"])
                kind = "ending" if done else None
            elif done and not was_done:
                kind = "ending"
            elif was_done and not done:
                kind = "reopened"
            elif state == "waiting" and (was_state, was_waiting) != ("waiting", waits_on):
                kind = "paused"
            elif state == "blocked" != was_state:
                kind = "blocked"
            elif was_state == "blocked" != state:
                kind = "unblocked"
            elif was_state == "waiting" != state:
                kind = "resumed"
            elif state == "active" != was_state:
                kind = "started"
            else:
                kind = "status_changed" if moved else None
            if kind == "ending":
                reason = now.get("resolution")
                solved = int(reason) in SOLVED if reason else status != raw.CANCELED
                kind = "resolved" if solved else "closed"
            if kind:
                add(kind, author, state=state, waits_on=waits_on if kind == "paused" else None)
            if at != born and step != was_step:
                alone = author is not None and author == worker == mover
                if step == "review":
                    add("review_requested", author)
                if was_step and not alone:
                    add("reviewed" if was_step == "review" else "checked", author)
            if moved and step:
                mover = author
            if moved and not step and state == "active":
                worker = author
            if at != born:
                self._edits(add, now, before, changed, state)
            for said_at, number in remarks:
                if said_at == at:
                    remark = self.comments[row["id"]][number]
                    add("commented", remark["author_id"], public=bool(remark["is_public"]))
        events.sort(key=lambda event: (event.at, PLACE.get(event.kind, 5)))
        reporter = row["reporter"]
        item = Item(f"jira:{row['id']}", events, customer_work=reporter not in APPS)
        self._facts(item, born)
        return item

    def _edits(self, add: Any, now: dict[str, Any], before: dict[str, Any], changed: dict[str, str | None], state: str | None) -> None:
        for name, author in changed.items():
            old, new = before.get(name), now.get(name)
            if name == raw.SPRINT:
                if self.board(old) != self.board(new):
                    add("moved", author, state=state)
            elif name in (raw.TEAM, "project"):
                add("moved", author, state=state)
            elif name == "assignee":
                if new:
                    add("assigned", author)
            elif name == "resolution":
                if old and new:
                    add("edited", author)
            elif name not in ("status", raw.FLAG):
                add("edited", author)
                if name == "priority" and old and int(new) < int(old):
                    add("escalated", author, state=state)

    # what the marts say of it
    def _facts(self, item: Item, born: datetime) -> None:
        team, state = None, None
        steps: list[tuple[Event, str | None, str | None, str | None]] = []
        for event in item.events:
            team_before, team = team, event.team or team
            state_before, state = state, {"waiting": "paused", "queued": "waiting"}.get(event.state, event.state) or state
            steps.append((event, team_before, team, state))
            event.state_before = state_before
        facts: dict[str, Any] = defaultdict(float, is_open=steps[-1][3] != "done", reopenings=0, handoffs=0, rounds=0, handoffs_to_resolution=0)
        start = Event(born, "").second
        resolved = [event for event in item.events if event.kind == "resolved"]
        first = resolved[0] if resolved else None
        seen = 0
        for number, (event, team_before, team_now, state_now) in enumerate(steps):
            until = first is None or steps.index(next(s for s in steps if s[0] is first)) >= number
            if number + 1 < len(steps) and (until and event is not first):
                facts[state_now] += steps[number + 1][0].second - event.second
            handed = team_before is not None and team_now != team_before
            facts["handoffs"] += handed
            facts["handoffs_to_resolution"] += handed and until
            facts["rounds"] += event.kind == "review_requested" and until
            reopening = event.kind == "reopened" or (event.state_before == "done" and state_now != "done")
            if reopening and seen:
                facts["reopenings"] += 1
                facts.setdefault("first_reopened", event)
            seen += event.kind == "resolved"
            if event.actor == "agent" and event.kind == "commented" and event.public and "first_response" not in facts:
                facts["first_response"], facts["response_team"] = event, team_now
            if event is first:
                facts["resolved_team"] = team_now
        facts["team"] = facts.get("resolved_team") if first else steps[-1][2]
        facts["steps"] = [(event, team_now) for event, _, team_now, _ in steps]
        if first:
            facts["elapsed"] = (first.second - start) / 3600
            facts["working"] = max(first.second - start - facts["paused"] - facts["done"], 0) / 3600
            ends = first.second + WITHIN + first.at.microsecond / 1e6
            inside = [(event, state_now) for event, _, _, state_now in steps if event.second + event.at.microsecond / 1e6 <= ends]
            last = max(event.second for event in resolved if event.second + event.at.microsecond / 1e6 <= ends)
            facts["end_to_end"] = ((first.second + WITHIN if inside[-1][1] != "done" else last) - start) / 3600
            back = facts.get("first_reopened")
            facts["is_back"] = back is not None and back.second + back.at.microsecond / 1e6 <= ends
        facts["first"] = first
        item.facts = facts

    # what a week says
    def week(self, at: datetime, team: str) -> Any:
        zone = ZoneInfo(self.zones.get(team) or "UTC")
        local = at.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone)
        return (local - timedelta(days=local.weekday())).date()

    def metrics(self) -> dict[tuple[str, str, Any], tuple[float, float]]:
        """(metric, team, Monday) → numerator, denominator."""
        sums: dict[tuple[str, str, Any], list[float]] = defaultdict(lambda: [0.0, 0.0])

        def count(metric: str, team: str | None, at: datetime, numerator: float, denominator: float = 1) -> None:
            if team is not None:
                cell = sums[metric, team, self.week(at, team)]
                cell[0] += numerator
                cell[1] += denominator

        for item in self.items:
            facts = item.facts
            for event, team in facts["steps"]:
                if event.kind == "resolved":
                    count("throughput", team, event.at, 1, 0)
            said = facts.get("first_response")
            if said and item.customer_work:
                count("first_response_hours", facts["response_team"], said.at, max(said.second - item.events[0].second, 0) / 3600)
            first, team = facts["first"], facts.get("resolved_team")
            if first is None:
                continue
            count("resolution_hours", team, first.at, facts["working"])
            count("handoffs_per_item", team, first.at, facts["handoffs_to_resolution"])
            if facts["rounds"]:
                count("review_loops_per_item", team, first.at, facts["rounds"])
            if item.customer_work:
                count("end_to_end_hours", team, first.at, facts["end_to_end"])
                count("reopen_rate", team, first.at, facts["is_back"])
            rating = self.rating(item)
            if rating and rating[0] - first.at <= timedelta(days=14):
                count("csat", team, first.at, rating[1])
            if any(first.at <= found <= first.at + timedelta(days=70) for found in self.defects().get(item.id, ())):
                count("defect_escape_rate", team, first.at, 1, 0)
        for started, team, hours, rework in self.hours():
            count("rework_hours_share", team, started, hours if rework else 0, hours)
        # before anybody logged rework, that there was none is not known
        known_from = min(week for (metric, _, week), value in sums.items() if metric == "rework_hours_share" and value[0])
        sums = {key: value for key, value in sums.items() if key[0] != "rework_hours_share" or key[2] >= known_from}
        return {key: (value[0], value[1]) for key, value in sums.items()}

    def rating(self, item: Item) -> tuple[datetime, float] | None:
        """The last rating of an issue, as a share."""
        told = [row for row in self.rows["issue_field_history"] if row["field_id"] == raw.SATISFACTION and f"jira:{row['issue_id']}" == item.id]
        last = max(told, key=lambda row: row["time"], default=None)
        return None if last is None else (last["time"], (float(last["value"]) - 1) / 4)

    def defects(self) -> dict[str, list[datetime]]:
        """Bugs that a link gives to the issue that caused them, by that issue: when each came up."""
        found: dict[str, set[int]] = defaultdict(set)
        for row in self.rows["issue_link"]:
            words = row["relationship"].lower()
            if words == "is caused by":
                found[f"jira:{row['related_issue_id']}"].add(row["issue_id"])
            elif words == "causes":
                found[f"jira:{row['issue_id']}"].add(row["related_issue_id"])
        live = {n: row for n, row in self.issues.items() if not row["_fivetran_deleted"] and row["issue_type"] == raw.BUG and row["resolution"] != raw.R_DUPLICATE}
        return {cause: [live[n]["created"] for n in bugs if n in live] for cause, bugs in found.items()}

    def hours(self) -> list[tuple[datetime, str | None, float, bool]]:
        """Hours people logged: when, for which team, how many, and whether on a bug."""
        logged = []
        for row in {row["id"]: row for row in self.rows["worklog"]}.values():
            issue = self.issues[row["issue_id"]]
            if issue["_fivetran_deleted"] or row["author_id"] in APPS:
                continue
            moment = max(row["started"], issue["created"])
            owned = [now for at, now in self.owned[issue["id"]] if at <= moment] or [{"project": str(issue["project"])}]
            logged.append((row["started"], self.team(owned[-1], row["started"]), row["time_spent_seconds"] / 3600, issue["issue_type"] == raw.BUG))
        return logged
