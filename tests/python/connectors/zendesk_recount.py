"""What the marts must say of an account of Zendesk, counted from the connector's rows in plain Python, without the SQL."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
Figures = dict[tuple[str, date, str], list[float]]

FOLLOW_UP = timedelta(days=28)
RANKS = {"urgent": 1, "high": 2, "normal": 3, "low": 4}
STATES = {
    "new": "queued",
    "open": "queued",
    "pending": "requester",
    "hold": "other",
    "solved": "done",
    "closed": "done",
}


def hours(span: timedelta) -> float:
    return span.total_seconds() / 3600


def week(moment: datetime) -> date:
    return (moment - timedelta(days=moment.weekday())).date()


@dataclass
class Item:
    """One ticket and what came of it."""

    key: str
    raw: Row
    created: datetime
    groups: list[tuple[datetime, str]]  # who held it, from when
    states: list[tuple[datetime, str]]  # queued, requester, other, blocked or done, from when
    solved: list[datetime]
    replies: list[datetime]
    is_merged: bool
    is_customer_work: bool
    raised: datetime | None
    answer: tuple[datetime, float] | None
    pauses: int = 0
    requester_pauses: int = 0
    reopened: list[datetime] = field(default_factory=list)

    def group(self, moment: datetime) -> str | None:
        held = [group for since, group in self.groups if since <= moment]
        return held[-1] if held else None

    def state(self, moment: datetime) -> str:
        return [state for since, state in self.states if since <= moment][-1]

    def spent(self, states: set[str], until: datetime) -> float:
        """Hours in these states up to a moment."""
        ends = [since for since, _ in self.states[1:]] + [until]
        return sum(
            max(hours(min(end, until) - since), 0)
            for (since, state), end in zip(self.states, ends, strict=True)
            if state in states and since < until
        )

    @property
    def handoffs(self) -> list[datetime]:
        return [since for since, _ in self.groups[1:]]

    @property
    def elapsed(self) -> float:
        return hours(self.solved[0] - self.created)

    @property
    def paused(self) -> float:
        return self.spent({"requester", "other"}, self.solved[0])

    @property
    def end_to_end(self) -> float:
        window = self.solved[0] + FOLLOW_UP
        if self.state(window) != "done":
            return hours(window - self.created)
        return hours(max(at for at in self.solved if at <= window) - self.created)


class Roles:
    """Who was an agent when, as the audit log and the users tell."""

    def __init__(self, tables: dict[str, list[Row]]) -> None:
        self.now = {user["id"]: user["role"] != "end-user" for user in tables.get("user", [])}
        self.bots = {user["id"] for user in tables.get("user", []) if user["name"].lower().startswith("answer bot")}
        self.changes: dict[int, list[tuple[datetime, str, str]]] = defaultdict(list)
        for entry in tables.get("audit_log", []):
            found = re.search(r"Support role changed from (.+) to (.+)", entry["change_description"])
            if found and entry["source_type"] == "user":
                self.changes[entry["source_id"]].append((entry["created_at"], found[1].lower(), found[2].lower()))

    def role(self, person: int | None, requester: int, moment: datetime) -> str:
        if person == -1 or person in self.bots:
            return "automation"
        if person == requester:
            return "requester"
        changes = sorted(self.changes.get(person, []))
        if changes:
            past = [after for at, _, after in changes if at <= moment]
            return "requester" if (past[-1] if past else changes[0][1]) in ("end-user", "not set") else "agent"
        return "agent" if self.now.get(person, True) else "requester"


def items(tables: dict[str, list[Row]], source: str = "zendesk", blocked: frozenset[int] = frozenset()) -> list[Item]:
    """Every ticket that is still there. `blocked` = statuses of the account's own that the value map calls so."""
    roles = Roles(tables)
    history: dict[int, dict[tuple[str, datetime], Row]] = defaultdict(dict)
    for row in tables["ticket_field_history"]:
        history[row["ticket_id"]][row["field_name"], row["updated"]] = row
    comments: dict[int, list[Row]] = defaultdict(list)
    for row in sorted(tables["ticket_comment"], key=lambda row: (row["created"], row["id"])):
        comments[row["ticket_id"]].append(row)
    merged = {row["ticket_id"] for row in tables.get("ticket_tag", []) if row["tag"] == "closed_by_merge"}
    for row in tables["ticket"]:
        merged |= {int(number) for number in re.findall(r"\d+", row["merged_ticket_ids"])}
    ratings = {row["ticket_id"]: row for row in tables.get("satisfaction_rating", [])}
    counted = []
    for ticket in tables["ticket"]:
        if ticket["status"] == "deleted" or ticket["_fivetran_deleted"]:
            continue
        rows = sorted(history[ticket["id"]].values(), key=lambda row: row["updated"])

        def told(name: str, rows: list[Row] = rows) -> list[tuple[datetime, Any]]:
            return [(row["updated"], row["value"]) for row in rows if row["field_name"] == name]

        groups: list[tuple[datetime, str]] = []
        for at, value in told("group_id"):
            if not groups or groups[-1][1] != f"{source}:group:{value}":
                groups.append((at, f"{source}:group:{value}"))
        requesters = told("requester_id")

        def requester(
            moment: datetime, now: int = ticket["requester_id"], then: list[tuple[datetime, Any]] = requesters
        ) -> int:
            return ([int(value) for since, value in then if since <= moment] or [now])[-1]

        said = [row for row in comments[ticket["id"]][1:] if not row["_fivetran_deleted"]]
        counted.append(
            _with_states(
                Item(
                    key=f"{source}:{ticket['id']}",
                    raw=ticket,
                    created=ticket["created_at"],
                    groups=groups,
                    states=[],
                    solved=[],
                    replies=[
                        row["created"]
                        for row in said
                        if row["public"]
                        and roles.role(row["user_id"], requester(row["created"]), row["created"]) == "agent"
                    ],
                    is_merged=ticket["id"] in merged,
                    is_customer_work=not {ticket["requester_id"], ticket["submitter_id"]} & roles.bots,
                    raised=_first_raise(told("priority")),
                    answer=_answer(told("satisfaction_score"), ratings.get(ticket["id"])),
                ),
                told("status"),
                told("custom_status_id"),
                blocked,
            )
        )
    return counted


def _with_states(
    item: Item, statuses: list[tuple[datetime, str]], custom: list[tuple[datetime, str]], blocked: frozenset[int]
) -> Item:
    state = "queued"
    item.states.append((item.created, state))
    for at in sorted({at for at, _ in statuses} | {at for at, _ in custom}):
        status = [value for since, value in statuses if since <= at][-1]
        own = ([int(value) for since, value in custom if since <= at] or [0])[-1]
        now = STATES.get(status, state)
        if status == "hold" and own in blocked:
            now = "blocked"
        if now == state:
            continue
        if now == "done" and status == "solved":
            item.solved.append(at)
        if state == "done" and item.solved:
            item.reopened.append(at)
        elif now in ("requester", "other"):
            item.pauses += 1
            item.requester_pauses += now == "requester"
        item.states.append((at, now))
        state = now
    return item


def _first_raise(priorities: list[tuple[datetime, str]]) -> datetime | None:
    for (_, before), (at, after) in zip(priorities, priorities[1:], strict=False):
        if RANKS[after] < RANKS[before]:
            return at
    return None


def _answer(scores: list[tuple[datetime, str]], rating: Row | None) -> tuple[datetime, float] | None:
    answers = [(at, float(score.startswith("good"))) for at, score in scores if score.startswith(("good", "bad"))]
    if not scores and rating and rating["score"] in ("good", "bad"):
        answers = [(rating["created_at"], float(rating["score"] == "good"))]
    return (answers[0][0], answers[-1][1]) if answers else None


def figures(counted: list[Item]) -> Figures:
    """Numerator and denominator of each team, week and metric."""
    sums: Figures = defaultdict(lambda: [0.0, 0.0])

    def add(team: str | None, moment: datetime, metric: str, numerator: float, denominator: float = 1) -> None:
        if team is not None:
            sums[team, week(moment), metric][0] += numerator
            sums[team, week(moment), metric][1] += denominator

    for item in counted:
        if item.replies and item.is_customer_work:
            add(
                item.group(item.replies[0]),
                item.replies[0],
                "first_response_hours",
                hours(item.replies[0] - item.created),
            )
        for at in item.solved:
            add(item.group(at), at, "throughput", 1, 0)
        if not item.solved:
            continue
        at = item.solved[0]
        team = item.group(at)
        add(team, at, "resolution_hours", item.elapsed - item.paused)
        add(team, at, "handoffs_per_item", len([moved for moved in item.handoffs if moved <= at]))
        add(team, at, "escalation_rate", item.raised is not None and item.raised <= at + FOLLOW_UP)
        if item.elapsed > 0:
            add(team, at, "paused_share", item.paused, item.elapsed)
        if item.answer and item.answer[0] <= at + timedelta(days=14):
            add(team, at, "csat", item.answer[1])
        if item.is_customer_work:
            add(team, at, "end_to_end_hours", item.end_to_end)
            add(team, at, "reopen_rate", bool(item.reopened) and item.reopened[0] <= at + FOLLOW_UP)
    return sums


ZONES = {"Lisbon": "Europe/Lisbon", "Eastern Time (US & Canada)": "America/New_York"}
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ALWAYS, FOR_GOOD = date(1970, 1, 1), date(9999, 12, 31)


class OpeningHours:
    """Schedules read from the raw rows and from the words of the audit log, laid out day by day with Python's time zones."""

    def __init__(self, tables: dict[str, list[Row]]) -> None:
        self.closed = {
            (row["schedule_id"], date.fromisoformat(row["start_date"]) + timedelta(days=number))
            for row in tables["schedule_holiday"]
            if not row["_fivetran_deleted"]
            for number in range((date.fromisoformat(row["end_date"]) - date.fromisoformat(row["start_date"])).days + 1)
        }
        self.zones = {
            row["id"]: ZoneInfo(ZONES[row["time_zone"]]) for row in tables["schedule"] if row["time_zone"] in ZONES
        }
        # schedule, weekday, minutes of the day, first and last day
        self.stretches: list[tuple[int, int, int, int, date, date]] = []
        changed: dict[int, list[tuple[date, str]]] = defaultdict(list)
        for entry in sorted(tables["audit_log"], key=lambda entry: entry["created_at"]):
            found = re.match(r"Workweek changed from (\{.*\}) to \{", entry["change_description"])
            if found and entry["created_at"].date() not in [day for day, _ in changed[entry["source_id"]]]:
                changed[entry["source_id"]].append((entry["created_at"].date(), found[1]))
        for schedule, changes in changed.items():
            since = ALWAYS
            for day, before in changes:
                for name, said in re.findall(r"(mon|tue|wed|thu|fri|sat|sun)[^{]*\{(.*?)\}", before):
                    times = [int(hour) * 60 + int(minute) for hour, minute in re.findall(r"(\d\d):(\d\d)", said)]
                    for opens, closes in zip(times[::2], times[1::2], strict=True):
                        self.stretches.append(
                            (schedule, DAYS.index(name), opens, closes, since, day - timedelta(days=1))
                        )
                since = day
        gone = {
            (row["id"], row["start_time"] // 1440): row["_fivetran_synced"].date()
            for row in tables["schedule"]
            if row["_fivetran_deleted"]
        }
        for row in tables["schedule"]:
            schedule, day = row["id"], row["start_time"] // 1440
            since = changed[schedule][-1][0] if changed[schedule] else gone.get((schedule, day), ALWAYS)
            if row["_fivetran_deleted"]:
                first, last = ALWAYS, row["_fivetran_synced"].date() - timedelta(days=1)
            else:
                first, last = since, FOR_GOOD
            for minute in range(row["start_time"], row["end_time"], 30):
                weekday = (minute // 1440 - 1) % 7
                self.stretches.append((schedule, weekday, minute % 1440, minute % 1440 + 30, first, last))

    def between(self, schedule: int, start: datetime, finish: datetime) -> float:
        """Open hours from one moment to another, both UTC."""
        zone, sum_of = self.zones[schedule], timedelta()
        day = start.date() - timedelta(days=1)
        while day <= finish.date() + timedelta(days=1):
            if (schedule, day) not in self.closed:
                for of, weekday, opens, closes, first, last in self.stretches:
                    if of == schedule and weekday == day.weekday() and first <= day <= last:
                        midnight = datetime(day.year, day.month, day.day)
                        begin, end = (
                            (midnight + timedelta(minutes=minute))
                            .replace(tzinfo=zone)
                            .astimezone(UTC)
                            .replace(tzinfo=None)
                            for minute in (opens, closes)
                        )
                        sum_of += max(min(end, finish) - max(begin, start), timedelta())
            day += timedelta(days=1)
        return hours(sum_of)

    def of_item(self, item: Item, schedule: int) -> tuple[float | None, float | None]:
        """To the first answer; and to the first resolution without pauses."""
        reply = self.between(schedule, item.created, item.replies[0]) if item.replies else None
        if not item.solved:
            return reply, None
        ends = [since for since, _ in item.states[1:]] + [item.solved[0]]
        worked = sum(
            self.between(schedule, since, min(end, item.solved[0]))
            for (since, state), end in zip(item.states, ends, strict=True)
            if state in ("queued", "blocked") and since < item.solved[0]
        )
        return reply, worked
