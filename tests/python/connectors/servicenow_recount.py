"""What the marts should say of a ServiceNow, counted in plain Python from the connector's rows alone: no SQL, no seed, no model of the package is read.

The platform's numbers of states are written down here once more, on purpose.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]

KINDS = {
    "incident": "incident",
    "problem": "issue",
    "problem_task": "task",
    "change_request": "change",
    "change_task": "task",
    "sc_req_item": "ticket",
    "sc_task": "task",
}
HEADS = {"sc_request"}
STATES = {
    "incident": {"1": "queued", "2": "active", "3": "waiting", "6": "done", "7": "done", "8": "done", "10": "waiting"},
    "problem": {"101": "queued", "102": "active", "103": "active", "104": "active", "106": "done", "107": "done"},
    "change_request": {
        "-5": "queued",
        "-4": "queued",
        "-3": "queued",
        "-2": "queued",
        "-1": "active",
        "0": "active",
        "3": "done",
        "4": "done",
    },
}
TASK_STATES = {"-5": "waiting", "1": "queued", "2": "active", "3": "done", "4": "done", "7": "done"}
DROPPED = {
    ("incident", "8"),
    ("change_request", "4"),
    *((kind, state) for kind in ("sc_task", "sc_req_item", "change_task", "x_acme_checklist") for state in ("4", "7")),
}
SOLVED = {("incident", "6"), ("problem", "106")}
DONE_CODES = {"Solution provided", "Solved (Permanently)", "fix_applied", "successful", "successful_issues"}
FIELD_ORDER = {"assignment_group": 1, "assigned_to": 2, "hold_reason": 3, "on_hold": 4, "state": 5}
TYPE_ORDER = {
    "created": 0,
    "assigned": 2,
    "handed_off": 2,
    "started": 3,
    "resumed": 3,
    "paused": 6,
    "reopened": 7,
    "resolved": 8,
    "closed": 9,
}
STATE_OF_TYPE = {
    "handed_off": "queued",
    "reopened": "queued",
    "started": "active",
    "resumed": "active",
    "paused": "waiting",
    "resolved": "done",
    "closed": "done",
    "created": "queued",
}
FOLLOW_UP = timedelta(days=28)


@dataclass
class Event:
    at: datetime
    seq: int
    kind: str
    key: str
    state: str | None = None
    team: str | None = None
    role: str = "agent"
    public: bool = False
    waits_on: str | None = None
    recorded: datetime | None = None
    state_now: str | None = None
    team_now: str | None = None
    team_before: str | None = None


@dataclass
class Item:
    key: str
    kind: str
    created: datetime
    customer: bool
    events: list[Event]
    first_response: datetime | None = None
    first_resolved: datetime | None = None
    resolver: str | None = None
    elapsed: float | None = None
    working: float | None = None
    end_to_end: float | None = None
    reopened: bool = False
    handoffs_to_resolution: int = 0
    numbers: dict[str, float] = field(default_factory=dict)


def _empty(value: object) -> str | None:
    return str(value).strip() or None if value is not None else None


class Recount:
    """The items of one instance, and the weekly figures of its teams.

    Args:
        tables: the connector's tables.
        team_map: (kind of owner, name or id, team, first day, last day).
        names: names of owners by sys_id.
        timezones: time zone by team; UTC where it has none.
    """

    def __init__(
        self,
        tables: Tables,
        team_map: Iterable[tuple[str, str, str, date, date]],
        names: Mapping[str, str],
        timezones: Mapping[str, str],
    ) -> None:
        self.tables = tables
        self.team_map = list(team_map)
        self.names = names
        self.timezones = timezones
        self.machines = {
            row["sys_id"]
            for row in tables["sys_user"]
            if row["internal_integration_user"] or row["user_name"] in ("system", "guest")
        }
        self.people = {row["user_name"]: row["sys_id"] for row in tables["sys_user"]}
        self.agent_from: dict[str, datetime] = {}
        for table in ("sys_user_grmember", "sys_user_has_role"):
            for row in tables[table]:
                self.agent_from[row["user_value"]] = min(
                    row["sys_created_on"], self.agent_from.get(row["user_value"], datetime.max)
                )
        self.classes = {table: {row["sys_id"]: row for row in tables.get(table, ())} for table in KINDS}
        opened = {row["sys_id"]: row["opened_at"] for row in tables["task"]}
        self.asked_from: dict[str, datetime] = {}
        for row in tables["incident"]:
            if row["caller_id_value"]:
                self.asked_from[row["caller_id_value"]] = min(
                    opened[row["sys_id"]], self.asked_from.get(row["caller_id_value"], datetime.max)
                )
        self.audits: dict[str, list[Row]] = defaultdict(list)
        for row in tables["sys_audit"]:
            self.audits[row["documentkey"]].append(row)
        self.journals: dict[str, list[Row]] = defaultdict(list)
        for row in tables["sys_journal_field"]:
            self.journals[row["element_id"]].append(row)
        self.items = [
            self._item(task)
            for task in tables["task"]
            if not task["_fivetran_deleted"] and task["sys_class_name"] not in HEADS
        ]

    def _owner(self, kind: str, owner: str | None, day: date) -> str | None:
        return next(
            (
                team
                for what, name, team, first, last in self.team_map
                if owner and what == kind and name in (owner, self.names.get(owner)) and first <= day <= last
            ),
            None,
        )

    def team(self, task: Row, group: str | None, at: datetime) -> str | None:
        return self._owner("assignment_group", group, at.date()) or self._owner(
            "service", task["business_service_value"], at.date()
        )

    def local(self, team: str | None, at: datetime) -> datetime:
        zone = ZoneInfo(self.timezones.get(team or "", "UTC"))
        return at.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).replace(tzinfo=None)

    def week(self, team: str | None, at: datetime) -> date:
        day = self.local(team, at).date()
        return day - timedelta(days=day.weekday())

    def _role(self, requester: str | None, login: str, at: datetime) -> str:
        person = self.people.get(login)
        if person in self.machines or login in ("system", "guest"):
            return "automation"
        agent_from = self.agent_from.get(person or "")
        asked_first = agent_from is not None and self.asked_from.get(person or "", datetime.max) < agent_from
        is_end_user = person is not None and (agent_from is None or (asked_first and at < agent_from))
        return "requester" if is_end_user or (person is not None and person == requester) else "agent"

    def _events(self, task: Row, requester: str | None, done: bool) -> list[Event]:
        name = task["sys_class_name"]
        states = STATES.get(name, {}) if name in STATES else {}

        def category(state: str | None) -> str | None:
            return states.get(state or "", TASK_STATES.get(state or "")) if state else None

        def order(row: Row) -> tuple[datetime, str, int, str]:
            return row["sys_created_on"], row["record_checkpoint"], FIELD_ORDER.get(row["fieldname"], 6), row["sys_id"]

        read = {*FIELD_ORDER, "approval", "priority", "category", "due_date", "opened_at", "resolved_at", "caused_by"}
        rows = sorted(
            (
                row
                for row in self.audits[task["sys_id"]]
                if row["fieldname"] in read and row["oldvalue"] != row["newvalue"]
            ),
            key=order,
        )
        rows = [row for row in rows if row["fieldname"] != "assigned_to" or row["newvalue"]]

        def at_first(column: str, stands: str | None) -> str | None:
            return next((_empty(row["oldvalue"]) for row in rows if row["fieldname"] == column), stands)

        group = at_first("assignment_group", task["assignment_group_value"])
        state = at_first("state", task["state"])
        reason = at_first("hold_reason", self.classes.get(name, {}).get(task["sys_id"], {}).get("hold_reason"))
        held = False
        turned: datetime | None = None
        opener = next((login for login, person in self.people.items() if person == task["opened_by_value"]), "")
        first = category(state)
        events = [
            Event(
                task["opened_at"], -1, "created", f"servicenow:{task['sys_id']}|created", first if first not in (None, "done") else "queued", self.team(task, group, task["opened_at"]),
                self._role(requester, opener, task["opened_at"]), recorded=task["sys_created_on"],
            )
        ]  # fmt: skip
        for seq, row in enumerate(rows, 1):
            what, old, new, at = (
                row["fieldname"],
                _empty(row["oldvalue"]),
                _empty(row["newvalue"]),
                row["sys_created_on"],
            )
            event = Event(
                at,
                seq,
                "",
                f"servicenow:audit:{row['sys_id']}",
                role=self._role(requester, row["user"], at),
                recorded=at,
            )
            stamp = next(
                (
                    other["newvalue"]
                    for other in rows
                    if other["fieldname"] == "resolved_at" and order(other)[:2] == order(row)[:2]
                ),
                None,
            )
            in_force = "waiting" if held else category(state)
            if what == "assignment_group":
                left, group = group, new
                event.team = self.team(task, group, at)
                if old is None:
                    event.kind = "assigned"
                elif self.team(task, left, at) != event.team:
                    event.kind, event.state = (
                        "handed_off",
                        in_force if in_force in ("waiting", "blocked", "done") else "queued",
                    )
            elif what == "assigned_to":
                event.kind, event.state = "assigned", "active" if in_force == "active" else None
            elif what == "hold_reason":
                reason = new
            elif what == "on_hold":
                held = new in ("1", "true")
                if category(state) != "done":
                    event.kind, event.state = ("paused", "waiting") if held else ("resumed", category(state))
            elif what == "state":
                before, state = category(old), new
                after = category(state)
                event.state = after
                event.kind = self._turn(name, before, after, state or "", done)
                if event.kind == "paused":
                    event.waits_on = {"1": "requester", "3": "colleague", "4": "vendor", "5": "colleague"}.get(
                        reason or ""
                    ) or ("vendor" if state == "10" else None)
                if event.kind == "resolved" and stamp and datetime.fromisoformat(stamp) < at:
                    event.at = max(datetime.fromisoformat(stamp), turned or datetime.min)
                milestones = (
                    {"-1": "implementing", "0": "implemented", "3": "implemented"} if name == "change_request" else {}
                )
                if milestones.get(old or "") == "implementing" and milestones.get(state or "") == "implemented":
                    events.append(
                        Event(
                            at,
                            seq,
                            "deployed",
                            event.key + "|deployed",
                            team=self.team(task, group, at),
                            role=event.role,
                            recorded=at,
                        )
                    )
                if name == "change_request" and after == "done" and before != "done" and state == "3" and not done:
                    events.append(
                        Event(
                            at,
                            seq,
                            "reverted",
                            event.key + "|reverted",
                            team=self.team(task, group, at),
                            role=event.role,
                            recorded=at,
                        )
                    )
            elif what == "approval":
                if name == "change_request" and new in ("requested", "approved", "rejected"):
                    event.kind = "review_requested" if new == "requested" else "reviewed"
            elif what != "caused_by" and new and (old or what == "due_date"):
                with_state = any(other["fieldname"] == "state" and order(other)[:2] == order(row)[:2] for other in rows)
                event.kind = "" if what == "resolved_at" and with_state else "edited"
            if what in ("assignment_group", "assigned_to", "state", "on_hold"):
                turned = at
            if event.kind:
                event.team = event.team if what == "assignment_group" else self.team(task, group, event.at)
                events.append(event)
        for row in self.journals[task["sys_id"]]:
            at = row["sys_created_on"]
            holder = at_first("assignment_group", task["assignment_group_value"])
            for change in rows:
                if change["fieldname"] == "assignment_group" and change["sys_created_on"] <= at:
                    holder = _empty(change["newvalue"])
            role = self._role(requester, row["sys_created_by"], at)
            events.append(
                Event(
                    at,
                    0,
                    "commented",
                    f"servicenow:journal:{row['sys_id']}",
                    None,
                    self.team(task, holder, at),
                    role,
                    row["element"] == "comments",
                    recorded=at,
                )
            )
        return events

    @staticmethod
    def _turn(name: str, before: str | None, after: str | None, state: str, done: bool) -> str:
        """What a change of state is."""
        if after == "done":
            if (name, state) in DROPPED:
                return "closed"
            if before == "done":
                return "status_changed" if (name, state) in SOLVED else "closed"
            return "resolved" if (name, state) in SOLVED or done else "closed"
        if before == "done" and after:
            return "reopened"
        if after == before and after:
            return "status_changed"
        if after == "waiting":
            return "paused"
        if before == "waiting" and after:
            return "resumed"
        return "started" if after == "active" else "status_changed"

    def _item(self, task: Row) -> Item:
        name = task["sys_class_name"]
        own = self.classes.get(name, {}).get(task["sys_id"], {})
        requester = own.get("caller_id_value") or own.get("requested_for_value")
        if name == "change_request" and own["requested_by_value"] != task["assigned_to_value"]:
            requester = own["requested_by_value"]
        if requester in self.machines:
            requester = None
        code = own.get("close_code") or own.get("resolution_code")
        done = code is None or code in DONE_CODES
        parent = own.get("change_request_value") or own.get("request_item_value") or own.get("problem_value")
        by_machine = task["opened_by_value"] in self.machines
        if KINDS.get(name) == "task" and parent:
            customer = not (name == "sc_task" or by_machine)
        else:
            customer = name in ("problem", "change_request") or requester is not None or not by_machine
        events = self._events(task, requester, done)
        states = STATES.get(name, TASK_STATES)
        ended = states.get(task["state"]) == "done" or (name not in STATES and TASK_STATES.get(task["state"]) == "done")
        kinds = {event.kind for event in events}
        dropped = (name, task["state"]) in DROPPED
        solved_at = own.get("resolved_at") or task["closed_at"]
        if (
            ended
            and not dropped
            and "resolved" not in kinds
            and solved_at
            and ((name, task["state"]) in SOLVED or done or own.get("resolved_at"))
        ):
            events.append(Event(solved_at, 0, "resolved", f"servicenow:{task['sys_id']}|resolved"))
        is_closing = (
            own.get("resolved_at") is not None
            and task["closed_at"] is not None
            and own["resolved_at"] < task["closed_at"]
        )
        if (
            ended
            and (name, task["state"]) not in SOLVED
            and "closed" not in kinds
            and task["closed_at"]
            and (dropped or not done or is_closing)
        ):
            events.append(Event(task["closed_at"], 0, "closed", f"servicenow:{task['sys_id']}|closed"))
        events.sort(key=lambda event: (event.at, event.seq, TYPE_ORDER.get(event.kind, 5), event.key))
        item = Item(f"servicenow:{task['sys_id']}", KINDS.get(name, "other"), task["opened_at"], customer, events)
        self._walk(item)
        return item

    def _walk(self, item: Item) -> None:
        """State and team from event to event, and what follows of them."""
        state = team = None
        resolutions, reopenings, paused, stopped = 0, 0, 0.0, 0.0
        first_reopened: datetime | None = None
        numbers = defaultdict(float)
        for place, event in enumerate(item.events):
            before = state
            state = event.state or STATE_OF_TYPE.get(event.kind) or state
            event.team_before, team = team, event.team or team
            event.state_now, event.team_now = state, team
            handed = event.team_before is not None and team is not None and team != event.team_before
            numbers["handoffs"] += handed
            item.handoffs_to_resolution += handed and item.first_resolved is None
            numbers["pause_events"] += event.kind == "paused"
            numbers["requester_pause_events"] += event.kind == "paused" and event.waits_on == "requester"
            if resolutions and (event.kind == "reopened" or (before == "done" and state != "done")):
                reopenings += 1
                first_reopened = first_reopened or event.at
            if event.kind == "resolved":
                resolutions += 1
                if item.first_resolved is None:
                    item.first_resolved, item.resolver = event.at, team
            if event.kind == "commented" and event.public and event.role == "agent":
                item.first_response = min(event.at, item.first_response or event.at)
            following = item.events[place + 1].at if place + 1 < len(item.events) else None
            if following and item.first_resolved is None:
                hours = (following - event.at).total_seconds() / 3600
                paused += hours * (state == "waiting")
                stopped += hours * (state == "done")
        numbers["reopenings"], numbers["paused_hours"] = reopenings, paused
        numbers["is_open"] = state != "done"
        numbers["is_closed_unresolved"] = item.first_resolved is None and any(
            event.kind == "closed" for event in item.events
        )
        item.numbers = numbers
        if item.first_resolved is None:
            return
        item.elapsed = (item.first_resolved - item.created).total_seconds() / 3600
        item.working = max(item.elapsed - paused - stopped, 0)
        until = item.first_resolved + FOLLOW_UP
        item.reopened = first_reopened is not None and first_reopened <= until
        within = [event for event in item.events if event.at <= until]
        last = within[-1]
        end = until if last.state_now != "done" else max(event.at for event in within if event.kind == "resolved")
        item.end_to_end = (end - item.created).total_seconds() / 3600

    def team_at(self, item: Item, at: datetime) -> str | None:
        return next((event.team_now for event in reversed(item.events) if event.at <= at), None)

    def weekly(self) -> dict[tuple[str, str, date], list[float]]:
        """Numerator and denominator by metric, team and week."""
        sums: dict[tuple[str, str, date], list[float]] = defaultdict(lambda: [0.0, 0.0])

        def add(metric: str, team: str | None, at: datetime, value: float, weight: float = 1) -> None:
            if team is not None:
                row = sums[metric, team, self.week(team, at)]
                row[0] += value
                row[1] += weight

        for item in self.items:
            for event in item.events:
                if event.kind == "resolved":
                    add("throughput", event.team_now, event.at, 1)
                if event.kind == "deployed":
                    add("deployments", event.team_now, event.at, 1)
            if item.first_response and item.customer:
                add(
                    "first_response_hours",
                    self.team_at(item, item.first_response),
                    item.first_response,
                    max((item.first_response - item.created).total_seconds() / 3600, 0),
                )
            if item.first_resolved is None or item.working is None or item.end_to_end is None:
                continue
            add("resolution_hours", item.resolver, item.first_resolved, item.working)
            add("handoffs_per_item", item.resolver, item.first_resolved, item.handoffs_to_resolution)
            if item.customer:
                add("end_to_end_hours", item.resolver, item.first_resolved, item.end_to_end)
                add("reopen_rate", item.resolver, item.first_resolved, item.reopened)
        by_key = {item.key: item for item in self.items}
        for survey in self.tables["asmt_assessment_instance"]:
            item = by_key.get(f"servicenow:{survey['task_id_value']}")
            scores = [
                row["actual_value"]
                for row in self.tables["asmt_metric_result"]
                if row["instance_value"] == survey["sys_id"] and row["actual_value"] is not None
            ]
            if (
                item
                and item.first_resolved
                and survey["taken_on"]
                and scores
                and survey["taken_on"] - item.first_resolved <= timedelta(days=14)
            ):
                # of the two questions the one that counts was answered from 1 to 5; the other is always 1
                add("csat", item.resolver, item.first_resolved, (max(scores) - 1) / 4)
        return sums
