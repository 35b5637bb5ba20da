"""A made-up Jira site as Fivetran's connector would write it: thirty weeks of four projects, and issues for every special case.

Everything here is raw rows. What they mean is worked out twice elsewhere: by the adapter's SQL, and by the recount in test_jira.py.
"""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

START = datetime(2026, 1, 5)
WEEKS = 30
END = START + timedelta(weeks=WEEKS)

# the connector writes instants; one client shows them in its own zone, another has lost the zone
_TOKYO = pa.timestamp("us", tz="Asia/Tokyo")
_UTC = pa.timestamp("us", tz="UTC")
_NAIVE = pa.timestamp("us")
_TEXT, _WHOLE, _TRUTH = pa.string(), pa.int64(), pa.bool_()

SCHEMAS: dict[str, pa.Schema] = {
    name: pa.schema(list(columns.items()))
    for name, columns in {
        "issue": {
            "id": _WHOLE, "key": _TEXT, "summary": _TEXT, "description": _TEXT, "project": _WHOLE, "issue_type": _WHOLE, "parent_id": _WHOLE,
            "status": _WHOLE, "resolution": _WHOLE, "priority": _WHOLE, "created": _UTC, "updated": _UTC, "resolved": _UTC,
            "status_category_changed": _UTC, "due_date": pa.date32(), "assignee": _TEXT, "reporter": _TEXT, "creator": _TEXT,
            "work_ratio": pa.float64(), "_fivetran_deleted": _TRUTH, "_fivetran_synced": _UTC,
        },
        "issue_field_history": {
            "issue_id": _WHOLE, "field_id": _TEXT, "time": _TOKYO, "value": _TEXT, "is_active": _TRUTH, "author_id": _TEXT,
            "_fivetran_synced": _UTC,
        },
        "issue_multiselect_history": {
            "_fivetran_id": _TEXT, "issue_id": _WHOLE, "field_id": _TEXT, "time": _UTC, "value": _TEXT, "is_active": _TRUTH, "author_id": _TEXT,
            "_fivetran_synced": _UTC,
        },
        "field": {"id": _TEXT, "name": _TEXT, "is_array": _TRUTH, "is_custom": _TRUTH, "_fivetran_synced": _UTC},
        "status": {"id": _WHOLE, "name": _TEXT, "description": _TEXT, "status_category_id": _WHOLE, "_fivetran_synced": _UTC},
        "status_category": {"id": _WHOLE, "name": _TEXT, "_fivetran_synced": _UTC},
        "issue_type": {"id": _WHOLE, "name": _TEXT, "subtask": _TRUTH, "_fivetran_synced": _UTC},
        "priority": {"id": _WHOLE, "name": _TEXT, "_fivetran_synced": _UTC},
        "resolution": {"id": _WHOLE, "name": _TEXT, "_fivetran_synced": _UTC},
        "project": {"id": _WHOLE, "key": _TEXT, "name": _TEXT, "lead_id": _TEXT, "project_type_key": _TEXT, "_fivetran_synced": _UTC},
        "board": {"id": _WHOLE, "name": _TEXT, "type": _TEXT, "_fivetran_synced": _UTC},
        "project_board": {"board_id": _WHOLE, "project_id": _WHOLE, "_fivetran_synced": _UTC},
        "sprint": {
            "id": _WHOLE, "board_id": _WHOLE, "name": _TEXT, "start_date": _NAIVE, "end_date": _NAIVE, "complete_date": _NAIVE,
            "_fivetran_deleted": _TRUTH, "_fivetran_synced": _UTC,
        },
        "team": {"id": _TEXT, "name": _TEXT, "title": _TEXT, "is_visible": _TRUTH, "_fivetran_synced": _UTC},
        "issue_link": {"issue_id": _WHOLE, "related_issue_id": _WHOLE, "relationship": _TEXT, "_fivetran_synced": _UTC},
        "comment": {
            "id": _WHOLE, "issue_id": _WHOLE, "author_id": _TEXT, "body": _TEXT, "created": _NAIVE, "updated": _NAIVE, "is_public": _TRUTH,
            "_fivetran_synced": _UTC,
        },
        "user": {
            "id": _TEXT, "name": _TEXT, "username": _TEXT, "email": _TEXT, "time_zone": _TEXT, "is_active": _TRUTH, "_fivetran_synced": _UTC,
        },
        "user_group": {"user_id": _TEXT, "group_name": _TEXT, "_fivetran_synced": _UTC},
        "worklog": {
            "id": _WHOLE, "issue_id": _WHOLE, "author_id": _TEXT, "comment": _TEXT, "started": _UTC, "time_spent_seconds": _WHOLE, "created": _UTC,
            "_fivetran_synced": _UTC,
        },
    }.items()
}  # fmt: skip

PAY, DESK, OPS, WEB = 10001, 10002, 10003, 10004
STORY, BUG, TASK, SUBTASK, EPIC, INCIDENT, REQUEST, SPIKE, PARTY = range(10100, 10109)
BACKLOG, SELECTED, IN_PROGRESS, IN_REVIEW, TESTING, BLOCKED, ON_HOLD, DONE = 10000, 10001, 3, 10002, 10003, 10004, 10005, 10006
FOR_SUPPORT, FOR_CUSTOMER, FOR_VENDOR, RESOLVED, CLOSED, CANCELED, REOPENED, GONE = 10010, 10011, 10012, 10013, 10014, 10015, 4, 10099
R_DONE, R_WONT, R_DUPLICATE, R_CANNOT, R_DECLINED, R_ODD = range(10200, 10206)
SPRINT, TEAM, FLAG, POINTS, EPIC_LINK, ORGANISATIONS, DECOY, SATISFACTION = (
    "customfield_10020", "customfield_10001", "customfield_10021", "customfield_10016", "customfield_10014", "customfield_10002",
    "customfield_10100", "customfield_10101",
)  # fmt: skip
SEVERAL = {SPRINT, FLAG, ORGANISATIONS}
ALPHA, GAMMA = "01e9ac93-alpha", "1bc241c7-gamma"

ENGINEERS = [f"557058:engineer-{n}" for n in range(8)]
AGENTS = [f"557058:agent-{n}" for n in range(5)]
CUSTOMERS = [f"qm:customer-{n}" for n in range(24)]
ROBOT, CHATTER = "557058:automation-app", "557058:slack-app"

ODD_WORDS = [
    "Login fails; users' sessions \"expire\"", "Robert'); drop table issue;--", "<b>bold</b> & <script>alert(1)</script>", "Überweisung 🎉 schlägt fehl",
    "line one\nline two\r\nline three", "comma, tab\t and {{ jinja }} {% raw %}", "", "日本語の件名",
]  # fmt: skip

_STATUSES = [
    (BACKLOG, "Backlog", 2), (SELECTED, "Selected for Development", 2), (IN_PROGRESS, "In Progress", 4), (IN_REVIEW, "In Review", 4),
    (TESTING, "Testing", 4), (BLOCKED, "Blocked", 4), (ON_HOLD, "On Hold", 4), (DONE, "Done", 3), (FOR_SUPPORT, "Waiting for support", 4),
    (FOR_CUSTOMER, "Waiting for customer", 4), (FOR_VENDOR, "Pending vendor", 4), (RESOLVED, "Resolved", 3), (CLOSED, "Closed", 3),
    (CANCELED, "Canceled", 3), (REOPENED, "Reopened", 2),
]  # fmt: skip

TEAM_MAP: list[dict[str, Any]] = [
    # the desk was one team, and became another on the first of May
    {"source_system": "jira", "owner_type": "project", "owner_key": "DESK", "team_id": "support", "valid_from": None, "valid_to": date(2026, 4, 30), "team_name": "Support", "timezone": "Europe/Berlin", "function": "support"},
    {"source_system": "jira", "owner_type": "project", "owner_key": "desk", "team_id": "service", "valid_from": date(2026, 5, 1), "valid_to": None, "team_name": "Service", "timezone": "Europe/Berlin", "function": "support"},
    {"source_system": "jira", "owner_type": "project", "owner_key": "10001", "team_id": "payments", "valid_from": None, "valid_to": None, "team_name": "Payments", "timezone": "America/New_York", "function": "engineering"},
    {"source_system": "jira", "owner_type": "board", "owner_key": 'Mobile 📱; "iOS"', "team_id": "mobile", "valid_from": None, "valid_to": None, "team_name": "Mobile", "timezone": "America/New_York", "function": "engineering"},
    {"source_system": None, "owner_type": "team", "owner_key": GAMMA, "team_id": "ledger", "valid_from": None, "valid_to": None, "team_name": "Ledger", "timezone": None, "function": "engineering"},
    {"source_system": "jira", "owner_type": None, "owner_key": "OPS", "team_id": "platform", "valid_from": None, "valid_to": None, "team_name": "Platform", "timezone": "Pacific/Auckland", "function": "operations"},
]  # fmt: skip


@dataclass
class Site:
    """Raw tables of a site, as rows."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in SCHEMAS})

    def tables(self, without: tuple[str, ...] = (), less: dict[str, tuple[str, ...]] | None = None) -> dict[str, pa.Table]:
        """The tables but those in `without`, each but its columns in `less`."""
        tables = {}
        for name, schema in SCHEMAS.items():
            if name in without:
                continue
            kept = pa.schema([column for column in schema if column.name not in (less or {}).get(name, ())])
            tables[name] = pa.Table.from_pylist([{c: row.get(c) for c in kept.names} for row in self.rows[name]], schema=kept)
        return tables

    def add(self, table: str, **row: Any) -> None:
        row.setdefault("_fivetran_synced", END)
        self.rows[table].append(row)


class Issue:
    """An issue that writes its history while it lives."""

    def __init__(
        self, site: Site, number: int, project: int, kind: int, created: datetime, reporter: str | None, *, status: int, creator: str | None = None,
        priority: int = 3, parent: int | None = None, told: bool = True, late_by: float = 0.0, **fields: Any,
    ) -> None:  # fmt: skip
        self.site, self.id, self.told, self.deleted = site, number, told, False
        self.created, self.creator, self.parent = created, creator or reporter, parent
        self.project_keys = {PAY: "PAY", DESK: "DESK", OPS: "OPS", WEB: "WEB"}
        self.values: dict[str, Any] = {}
        self.changed: dict[str, datetime] = {}
        self.now = created
        first = {"project": project, "issuetype": kind, "status": status, "resolution": None, "priority": priority, "reporter": reporter, "assignee": None, "duedate": None}
        for name, value in {**first, **fields}.items():
            self.change(name, value, created + timedelta(seconds=late_by), self.creator)

    def change(self, name: str, value: Any, at: datetime, author: str | None) -> None:
        self.values[name] = value
        self.changed[name] = at
        if not self.told:
            return
        if name in SEVERAL:
            several = value if isinstance(value, (list, tuple)) else [value]
            for one in several or [None]:
                self.site.add(
                    "issue_multiselect_history", _fivetran_id=f"{self.id}{name}{at}{one}", issue_id=self.id, field_id=name, time=at,
                    value=None if one is None else str(one), author_id=author, is_active=True,
                )  # fmt: skip
        else:
            self.site.add(
                "issue_field_history", issue_id=self.id, field_id=name, time=at, value=None if value is None else str(value), author_id=author,
                is_active=True,
            )  # fmt: skip

    def move(self, status: int, at: datetime, author: str | None, **fields: Any) -> None:
        """A transition: the status, and with it what its screen or post functions set."""
        self.change("status", status, at, author)
        for name, value in fields.items():
            self.change(name, value, at, author)

    def comment(self, at: datetime, author: str | None, public: bool | None = True, body: str = "…") -> None:
        number = 50_000 + len(self.site.rows["comment"])
        self.site.add("comment", id=number, issue_id=self.id, author_id=author, body=body, created=at, updated=at, is_public=public)

    def log(self, at: datetime, author: str, hours: float) -> None:
        number = 70_000 + len(self.site.rows["worklog"])
        self.site.add(
            "worklog", id=number, issue_id=self.id, author_id=author, started=at, time_spent_seconds=round(hours * 3600), created=at, comment="did; \"it\"",
        )  # fmt: skip

    def save(self) -> None:
        """Write the issue as it is now."""
        get = self.values.get
        due = get("duedate")
        self.site.add(
            "issue", id=self.id, key=f"{self.project_keys.get(get('project'), 'X')}-{self.id}", summary=ODD_WORDS[self.id % len(ODD_WORDS)],
            description=ODD_WORDS[(self.id + 3) % len(ODD_WORDS)], project=get("project"), issue_type=get("issuetype"), parent_id=self.parent,
            status=get("status"), resolution=get("resolution"), priority=get("priority"), created=self.created, updated=max(self.changed.values()),
            resolved=self.changed["resolution"] if get("resolution") else None, status_category_changed=self.changed["status"],
            due_date=date.fromisoformat(due) if due else None, assignee=get("assignee"), reporter=get("reporter"), creator=self.creator,
            work_ratio=-1.0, _fivetran_deleted=self.deleted,
        )  # fmt: skip


def _dictionaries(site: Site) -> None:
    for number, name, category in _STATUSES:
        site.add("status", id=number, name=name, description="what's \"done\"?", status_category_id=category)
    for number, name in [(1, "No Category"), (2, "Zu erledigen"), (3, "Fertig"), (4, "In Arbeit")]:
        site.add("status_category", id=number, name=name)
    for number, name, part in [
        (STORY, "Story", False), (BUG, "Bug", False), (TASK, "Task", False), (SUBTASK, "Sub-task", True), (EPIC, "Epic", False),
        (INCIDENT, "[System] Incident", False), (REQUEST, "[System] Service request", False), (SPIKE, "Spike", False),
        (PARTY, 'Onboarding 🎉; "new" joiner\'s day', False),
    ]:  # fmt: skip
        site.add("issue_type", id=number, name=name, subtask=part)
    for number, name in [(1, "Highest"), (2, "High"), (3, "Medium"), (4, "Low"), (5, "Lowest")]:
        site.add("priority", id=number, name=name)
    for number, name in [
        (R_DONE, "Done"), (R_WONT, "Won't Do"), (R_DUPLICATE, "Duplicate"), (R_CANNOT, "Cannot Reproduce"), (R_DECLINED, "Declined"),
        (R_ODD, "Grundlos; <i>egal</i>"),
    ]:  # fmt: skip
        site.add("resolution", id=number, name=name)
    for number, key, name, kind in [
        (PAY, "PAY", "Payments & Söhne", "software"), (DESK, "DESK", "Help 'n' Desk", "service_desk"), (OPS, "OPS", 'Ops "core"; infra', "software"),
        (WEB, "WEB", "Web 🌍", "business"),
    ]:  # fmt: skip
        site.add("project", id=number, key=key, name=name, lead_id=ENGINEERS[0], project_type_key=kind)
    for number, name, project in [(1, "Pay board", PAY), (2, 'Mobile 📱; "iOS"', PAY), (3, "Ops board", OPS), (4, "Pay kanban", PAY)]:
        site.add("board", id=number, name=name, type="scrum")
        site.add("project_board", board_id=number, project_id=project)
    for board in (1, 2, 3):
        for n in range(WEEKS // 2):
            begins = START + timedelta(weeks=2 * n, hours=9)
            site.add(
                "sprint", id=100 * board + n, board_id=board, name=f"Sprint {n}", start_date=begins, end_date=begins + timedelta(days=14),
                complete_date=None, _fivetran_deleted=n == 3,
            )  # fmt: skip
    site.add("sprint", id=499, board_id=4, name="Someday", start_date=None, end_date=None, complete_date=None, _fivetran_deleted=False)
    for number, name in [(ALPHA, "Alpha"), (GAMMA, "Gamma & 'Co'")]:
        site.add("team", id=number, name=name, title=name, is_visible=True)
    for number, name, several in [
        ("status", "Status", False), ("resolution", "Resolution", False), ("assignee", "Assignee", False), ("duedate", "Fällig am", False),
        (SPRINT, "Sprint", True), (TEAM, "Team", False), (FLAG, "Flagged", True), (POINTS, "Story point estimate", False),
        (EPIC_LINK, "Epic Link", False), (ORGANISATIONS, "Organizations", True), (DECOY, "Status", False), (SATISFACTION, "Satisfaction", False),
    ]:  # fmt: skip
        site.add("field", id=number, name=name, is_array=several, is_custom=number.startswith("customfield"))
    for person in ENGINEERS + AGENTS + CUSTOMERS:
        role = person.split(":")[1]
        site.add("user", id=person, name=f"{role} O'Neil; \"x\"", username=role, email=f"{role}@example.com", time_zone="Europe/Berlin", is_active=True)
        if person not in CUSTOMERS:
            site.add("user_group", user_id=person, group_name="jira-software-users")
    site.add("user", id=ROBOT, name="Automation for Jira", username=None, email=None, time_zone=None, is_active=True)
    site.add("user", id=CHATTER, name="Slack for Jira Cloud", username=None, email=None, time_zone=None, is_active=True)
    site.add("user_group", user_id=ROBOT, group_name="atlassian-addons-admin")


class _Clock:
    """Moments of one issue, each after the one before."""

    def __init__(self, rng: random.Random, start: datetime) -> None:
        self.rng, self.at = rng, start

    def after(self, low: float, high: float) -> datetime:
        """Some hours later: the logarithm of the hours is uniform. Milliseconds and all."""
        hours = low * (high / low) ** self.rng.random()
        self.at += timedelta(hours=hours, milliseconds=self.rng.randrange(1000))
        return self.at


def _software(site: Site, rng: random.Random, number: int, project: int, epics: list[int]) -> None:
    created = START + timedelta(weeks=WEEKS * rng.random() ** 0.9)
    clock = _Clock(rng, created)
    reporter = rng.choice(ENGINEERS + AGENTS[:1])
    kind = rng.choices([STORY, BUG, TASK, SPIKE, PARTY], [5, 4, 2, 1, 1])[0]
    epic = rng.choice(epics) if rng.random() < 0.4 else None
    linked = {EPIC_LINK: f"PAY-{epic}" if rng.random() < 0.5 else epic} if epic and rng.random() < 0.5 else {}
    issue = Issue(
        site, number, project, kind, created, reporter, status=BACKLOG, priority=rng.choice([1, 2, 3, 3, 3, 4]), parent=None if linked else epic,
        late_by=rng.choice([0, 0, 0.004]), **linked,
    )  # fmt: skip
    worker, other = rng.sample(ENGINEERS, 2)
    if rng.random() < 0.7:
        issue.change(POINTS, rng.choice(["1", "2.0", "3", "5.0", "8"]), clock.after(0.1, 5), reporter)
    if project == PAY and rng.random() < 0.5:
        issue.change(TEAM, ALPHA if clock.at < datetime(2026, 4, 20) else GAMMA, clock.after(0.1, 20), reporter)
    if project in (PAY, OPS) and rng.random() < 0.6:
        board = 3 if project == OPS else rng.choice([1, 1, 2])
        at = clock.after(0.5, 60)
        last = 100 * board + min(WEEKS // 2 - 1, int((at - START).days // 14))
        issue.change(SPRINT, [last], at, reporter)
        if rng.random() < 0.25:
            at = clock.after(1, 100)
            issue.change(SPRINT, [last, 204 if rng.random() < 0.5 else min(last + 1, 100 * board + WEEKS // 2 - 1)], at, worker)
        elif rng.random() < 0.1:
            issue.change(SPRINT, [], clock.after(1, 50), worker)
    if rng.random() < 0.1:
        issue.move(DONE if rng.random() < 0.5 else SELECTED, clock.after(1, 400), reporter, resolution=rng.choice([R_WONT, R_DUPLICATE, R_CANNOT]))
        if issue.values["status"] == DONE:
            return _finish(issue, rng)
    if rng.random() < 0.5:
        issue.move(SELECTED, clock.after(1, 100), reporter)
    if rng.random() < 0.2:
        issue.change("priority", rng.choice([1, 2, 4, 5]), clock.after(1, 50), worker)
    if rng.random() < 0.3:
        issue.change("duedate", (clock.after(1, 20) + timedelta(days=rng.randrange(3, 30))).date().isoformat(), clock.at, reporter)
    issue.change("assignee", worker, clock.after(1, 200), worker)
    issue.move(IN_PROGRESS, clock.after(0.01, 10), worker)
    if rng.random() < 0.5:
        issue.log(clock.at + timedelta(minutes=5), rng.choice([worker, other, ROBOT]), rng.choice([0.5, 1.25, 3]))
    for _ in range(rng.choice([0, 0, 1])):
        issue.comment(clock.after(0.5, 30), rng.choice([worker, other, reporter, ROBOT]), rng.choice([True, True, False, None]), rng.choice(ODD_WORDS))
    if rng.random() < 0.2:
        issue.change(FLAG, ["10019"], clock.after(1, 30), other)
        if rng.random() < 0.3:
            issue.move(IN_REVIEW, clock.after(1, 10), worker)
            issue.move(IN_PROGRESS, clock.after(1, 10), worker)
        if rng.random() < 0.8:
            issue.change(FLAG, [], clock.after(1, 100), other)
    if rng.random() < 0.15:
        issue.move(rng.choice([BLOCKED, ON_HOLD]), clock.after(1, 30), worker)
        issue.move(IN_PROGRESS, clock.after(1, 100), worker)
    if rng.random() < 0.08:
        issue.change("project", rng.choice([p for p in (PAY, OPS, WEB) if p != project]), clock.after(1, 50), reporter)
    for _ in range(rng.choice([0, 1, 1, 2])):
        issue.move(IN_REVIEW, clock.after(1, 60), worker)
        issue.move(IN_PROGRESS if rng.random() < 0.5 else TESTING, clock.after(0.5, 60), other if rng.random() < 0.7 else worker)
    if rng.random() < 0.15:
        return _finish(issue, rng)
    early = project == OPS and rng.random() < 0.3
    if early:
        issue.change("resolution", R_DONE, clock.after(0.5, 10), worker)
    closing = {} if project == WEB or early else {"resolution": R_DONE if rng.random() < 0.93 else R_ODD}
    issue.move(DONE, clock.after(0.5, 60), worker, **closing)
    if rng.random() < 0.2:
        clearing = {} if project == OPS else {"resolution": None}
        issue.move(rng.choice([IN_PROGRESS, REOPENED]), clock.after(2, 1000), other, **clearing)
        if rng.random() < 0.8:
            issue.move(DONE, clock.after(1, 100), worker, **({"resolution": R_DONE} if clearing else {}))
    elif rng.random() < 0.05:
        issue.change("resolution", None, clock.after(2, 300), other)
    return _finish(issue, rng)


def _desk(site: Site, rng: random.Random, number: int) -> None:
    created = START + timedelta(weeks=WEEKS * rng.random() ** 0.9)
    clock = _Clock(rng, created)
    customer = rng.choice(CUSTOMERS) if rng.random() < 0.93 else rng.choice(AGENTS)
    agent = rng.choice([a for a in AGENTS if a != customer])
    creator = ROBOT if rng.random() < 0.05 else agent if rng.random() < 0.1 else customer
    issue = Issue(
        site, number, DESK, rng.choices([REQUEST, INCIDENT], [6, 1])[0], created, ROBOT if creator == ROBOT and rng.random() < 0.5 else customer,
        status=FOR_SUPPORT, creator=creator, priority=rng.choice([2, 3, 3, 4]), **{ORGANISATIONS: [rng.choice(["7", "8", "12"])]},
    )  # fmt: skip
    issue.comment(clock.after(0.001, 0.01), ROBOT, True, "We got it 🤖")
    if rng.random() < 0.3:
        issue.comment(clock.after(0.1, 5), agent, False, "internal; don't tell")
    if rng.random() < 0.2:
        issue.comment(clock.after(0.1, 5), rng.choice(CUSTOMERS), True, "me too\n\nthanks")
    issue.change("assignee", agent, clock.after(0.1, 20), ROBOT)
    issue.move(IN_PROGRESS, clock.after(0.1, 20), agent)
    issue.comment(clock.after(0.01, 10), agent, True, rng.choice(ODD_WORDS))
    for _ in range(rng.choice([0, 0, 1, 1, 2])):
        issue.move(FOR_CUSTOMER, clock.after(0.05, 10), agent)
        if rng.random() < 0.15:
            issue.move(FOR_VENDOR, clock.after(0.5, 10), agent)
        issue.comment(clock.after(1, 90), customer, True)
        issue.move(FOR_SUPPORT, clock.at + timedelta(seconds=2), ROBOT)
        issue.comment(clock.after(0.5, 20), agent, True)
        issue.move(IN_PROGRESS, clock.after(0.1, 3), agent)
    if rng.random() < 0.1:
        issue.change("project", OPS, clock.after(0.1, 10), agent)
    if rng.random() < 0.5:
        issue.log(clock.at, agent, 0.25)
    if rng.random() < 0.1:
        return _finish(issue, rng)
    issue.move(RESOLVED, clock.after(0.5, 60), agent, resolution=R_DONE if rng.random() < 0.85 else R_DECLINED)
    if rng.random() < 0.3:
        issue.change(SATISFACTION, rng.choice(["1", "3", "4.0", "5"]), clock.after(0.1, 20), customer)
        if rng.random() < 0.3:
            issue.change(SATISFACTION, rng.choice(["2", "5"]), clock.after(0.1, 20), customer)
    if rng.random() < 0.25:
        issue.comment(clock.after(0.5, 40), customer, True, "still broken 😡")
        issue.move(REOPENED, clock.at + timedelta(seconds=1), ROBOT, resolution=None)
        issue.move(IN_PROGRESS, clock.after(0.5, 20), agent)
        issue.move(RESOLVED, clock.after(0.5, 60), agent, resolution=R_DONE)
    issue.move(CLOSED, clock.after(70, 74), ROBOT)
    return _finish(issue, rng)


def _finish(issue: Issue, rng: random.Random) -> None:
    issue.deleted = rng.random() < 0.03
    issue.save()


def _forget_the_future(site: Site) -> None:
    """The connector ran at END: nothing after it is known, and issues are as they stood then."""
    for table, column in [("issue_field_history", "time"), ("issue_multiselect_history", "time"), ("comment", "created"), ("worklog", "started")]:
        site.rows[table] = [row for row in site.rows[table] if row[column] < END]
    site.rows["issue"] = [row for row in site.rows["issue"] if row["created"] < END]
    last: dict[tuple[int, str], dict[str, Any]] = {}
    for row in site.rows["issue_field_history"]:
        last[row["issue_id"], row["field_id"]] = row
    for row in site.rows["issue"]:
        told = {name: last.get((row["id"], name)) for name in ("status", "resolution", "project", "priority", "reporter")}
        if told["status"] is None:
            continue
        for name, entry in told.items():
            value = entry["value"] if entry else None
            row[name] = int(value) if value is not None and name != "reporter" else value
        row["resolved"] = told["resolution"]["time"] if told["resolution"] and told["resolution"]["value"] else None
        row["status_category_changed"] = told["status"]["time"]


def site(seed: int = 7, software: int = 260, desk: int = 200, *, cases: bool = True) -> Site:
    """A whole site; the same for the same seed."""
    rng = random.Random(seed)
    made = Site()
    _dictionaries(made)
    epics = []
    for n in range(6):
        epic = Issue(made, 1000 + n, PAY, EPIC, START + timedelta(days=n), ENGINEERS[0], status=BACKLOG)
        epic.move(IN_PROGRESS, START + timedelta(days=20 + n), ENGINEERS[0])
        epic.log(START + timedelta(days=21 + n), ENGINEERS[1], 1.0)
        epic.save()
        epics.append(epic.id)
    for n in range(software):
        _software(made, rng, 2000 + n, rng.choices([PAY, OPS, WEB], [4, 3, 1])[0], epics)
    for n in range(desk):
        _desk(made, rng, 4000 + n)
    stories = [row["id"] for row in made.rows["issue"] if row["issue_type"] == STORY and not row["_fivetran_deleted"]]
    for n in range(40):
        parent = rng.choice(stories)
        born = next(row["created"] for row in made.rows["issue"] if row["id"] == parent)
        part = Issue(made, 6000 + n, PAY, SUBTASK, born + timedelta(hours=5), ENGINEERS[2], status=BACKLOG, parent=parent)
        part.move(IN_PROGRESS, born + timedelta(hours=30), ENGINEERS[2])
        part.move(DONE, born + timedelta(hours=40 + n), ENGINEERS[2], resolution=R_DONE)
        part.save()
    bugs = [row["id"] for row in made.rows["issue"] if row["issue_type"] in (BUG, INCIDENT)]
    for bug in rng.sample(bugs, min(40, len(bugs))):
        cause = rng.choice(stories)
        made.add("issue_link", issue_id=bug, related_issue_id=cause, relationship="is caused by")
        made.add("issue_link", issue_id=cause, related_issue_id=bug, relationship="causes")
    for left, right in zip(rng.sample(bugs, min(12, len(bugs))), rng.sample(stories, len(stories)), strict=False):
        made.add("issue_link", issue_id=left, related_issue_id=right, relationship=rng.choice(["duplicates", "relates to", "blocks", "is blocked by", "plagues; <b>"]))
    if cases:
        special_cases(made)
    _forget_the_future(made)
    # a re-sync writes rows a second time, and one table as it was before
    for table in ("issue_field_history", "comment", "worklog"):
        for row in rng.sample(made.rows[table], min(25, len(made.rows[table]))):
            made.rows[table].append({**row, "_fivetran_synced": END + timedelta(days=1)})
    for row in rng.sample(made.rows["issue"], 10):
        made.rows["issue"].append({**row, "priority": 5, "_fivetran_synced": row["_fivetran_synced"] - timedelta(days=30)})
    for table in made.rows:
        rng.shuffle(made.rows[table])
    return made


def at(text: str) -> datetime:
    """A moment of the special cases, in UTC."""
    return datetime.fromisoformat(text)


def special_cases(made: Site) -> None:
    """One issue a case; test_jira.py works each out by hand."""
    worker, other, agent, second = ENGINEERS[0], ENGINEERS[1], AGENTS[0], AGENTS[1]
    customer = CUSTOMERS[0]

    # 9001 has never changed its status
    Issue(made, 9001, OPS, TASK, at("2026-02-02 09:00"), other, status=IN_PROGRESS).save()

    # 9002 has no history at all: it is read as it stands
    bare = Issue(made, 9002, OPS, TASK, at("2026-02-02 09:00"), other, status=BACKLOG, told=False)
    bare.move(DONE, at("2026-02-04 09:00"), worker, resolution=R_DONE)
    bare.save()

    # 9003 loses its resolution while it stays Done, and gets it back
    issue = Issue(made, 9003, OPS, BUG, at("2026-02-02 09:00"), other, status=BACKLOG)
    issue.move(DONE, at("2026-02-03 09:00"), worker, resolution=R_DONE)
    issue.change("resolution", None, at("2026-02-05 09:00"), other)
    issue.change("resolution", R_DONE, at("2026-02-06 15:00"), worker)
    issue.save()

    # 9004 is Done without a resolution
    issue = Issue(made, 9004, OPS, BUG, at("2026-02-02 09:00"), other, status=BACKLOG)
    issue.move(DONE, at("2026-02-02 19:00"), worker)
    issue.save()

    # 9005 gets its resolution long before it is Done
    issue = Issue(made, 9005, OPS, BUG, at("2026-02-02 09:00"), other, status=BACKLOG)
    issue.move(IN_PROGRESS, at("2026-02-02 10:00"), worker)
    issue.change("resolution", R_DONE, at("2026-02-02 13:00"), worker)
    issue.move(TESTING, at("2026-02-03 09:00"), worker)
    issue.move(DONE, at("2026-02-04 09:00"), other)
    issue.save()

    # 9006 is reopened and keeps its resolution
    issue = Issue(made, 9006, OPS, BUG, at("2026-02-02 09:00"), other, status=BACKLOG)
    issue.move(DONE, at("2026-02-03 09:00"), worker, resolution=R_DONE)
    issue.move(IN_PROGRESS, at("2026-02-04 09:00"), other)
    issue.move(DONE, at("2026-02-05 09:00"), worker)
    issue.save()

    # 9007 will not be done
    issue = Issue(made, 9007, OPS, STORY, at("2026-02-02 09:00"), other, status=BACKLOG)
    issue.move(DONE, at("2026-02-03 09:00"), worker, resolution=R_WONT)
    issue.save()

    # 9008 went into a status that was deleted since
    issue = Issue(made, 9008, OPS, BUG, at("2026-02-02 09:00"), other, status=BACKLOG)
    issue.move(GONE, at("2026-02-03 09:00"), worker)
    issue.change("resolution", R_DONE, at("2026-02-04 09:00"), worker)
    issue.save()

    # 9009 moves from payments to platform
    issue = Issue(made, 9009, PAY, BUG, at("2026-02-02 09:00"), other, status=BACKLOG)
    issue.move(IN_PROGRESS, at("2026-02-03 09:00"), worker)
    issue.change("project", OPS, at("2026-02-03 15:00"), worker)
    issue.log(at("2026-02-03 14:00"), worker, 1.0)
    issue.log(at("2026-02-03 16:00"), worker, 2.0)
    issue.log(at("2026-02-03 16:30"), ROBOT, 9.0)
    issue.move(DONE, at("2026-02-04 09:00"), other, resolution=R_DONE)
    issue.save()

    # 9010 is flagged for a day, and goes to review under the flag
    issue = Issue(made, 9010, OPS, STORY, at("2026-02-02 09:00"), other, status=IN_PROGRESS)
    issue.change(FLAG, ["10019"], at("2026-02-03 09:00"), other)
    issue.move(IN_REVIEW, at("2026-02-03 12:00"), worker)
    issue.change(FLAG, [], at("2026-02-04 09:00"), other)
    issue.move(DONE, at("2026-02-04 15:00"), other, resolution=R_DONE)
    issue.save()

    # 9011: an app, the requester, a colleague of the requester and an internal note come before the first answer
    issue = Issue(made, 9011, DESK, REQUEST, at("2026-02-02 09:00"), customer, status=FOR_SUPPORT)
    issue.comment(at("2026-02-02 09:00:30"), ROBOT)
    issue.comment(at("2026-02-02 09:10"), customer)
    issue.comment(at("2026-02-02 09:20"), CUSTOMERS[1])
    issue.comment(at("2026-02-02 09:30"), agent, public=False)
    issue.comment(at("2026-02-02 11:30"), agent)
    issue.save()

    # 9012 an agent asked for himself, and later for a customer: who asked is who asked then
    issue = Issue(made, 9012, DESK, REQUEST, at("2026-02-02 09:00"), agent, status=FOR_SUPPORT)
    issue.comment(at("2026-02-02 10:00"), agent)
    issue.change("reporter", customer, at("2026-02-02 12:00"), second)
    issue.comment(at("2026-02-02 13:00"), agent)
    issue.save()

    # 9013: priority, due date, type and size are edited
    issue = Issue(made, 9013, OPS, TASK, at("2026-02-02 09:00"), other, status=BACKLOG, priority=4, duedate="2026-02-20", **{POINTS: "3"})
    issue.change("priority", 2, at("2026-02-03 09:00"), worker)
    issue.change("priority", 3, at("2026-02-03 10:00"), worker)
    issue.change("duedate", "2026-02-27", at("2026-02-03 11:00"), worker)
    issue.change("issuetype", BUG, at("2026-02-03 12:00"), worker)
    issue.change(POINTS, "5.0", at("2026-02-03 13:00"), worker)
    issue.change("priority", 3, at("2026-02-03 14:00"), worker)
    issue.save()

    # 9014 is deleted
    issue = Issue(made, 9014, OPS, TASK, at("2026-02-02 09:00"), other, status=BACKLOG)
    issue.move(DONE, at("2026-02-03 09:00"), worker, resolution=R_DONE)
    issue.comment(at("2026-02-02 12:00"), agent)
    issue.log(at("2026-02-02 12:00"), worker, 1.0)
    issue.deleted = True
    issue.save()

    # 9015 an epic, 9016 its story, 9017 a sub-task of that, 9018 linked to it by the field of old
    Issue(made, 9015, PAY, EPIC, at("2026-02-02 09:00"), other, status=IN_PROGRESS).save()
    Issue(made, 9016, PAY, STORY, at("2026-02-02 10:00"), other, status=BACKLOG, parent=9015).save()
    issue = Issue(made, 9017, PAY, SUBTASK, at("2026-02-02 11:00"), other, status=BACKLOG, parent=9016)
    issue.move(DONE, at("2026-02-03 11:00"), worker, resolution=R_DONE)
    issue.save()
    Issue(made, 9018, PAY, STORY, at("2026-02-02 10:00"), other, status=BACKLOG, **{EPIC_LINK: "PAY-9015"}).save()

    # 9019 waits for the customer, then for a vendor; auto-closed at last
    issue = Issue(made, 9019, DESK, REQUEST, at("2026-02-02 09:00"), customer, status=FOR_SUPPORT)
    issue.move(FOR_CUSTOMER, at("2026-02-02 10:00"), agent)
    issue.move(FOR_VENDOR, at("2026-02-02 14:00"), agent)
    issue.move(FOR_SUPPORT, at("2026-02-03 10:00"), ROBOT)
    issue.move(RESOLVED, at("2026-02-03 12:00"), agent, resolution=R_DONE)
    issue.move(CLOSED, at("2026-02-06 12:00"), ROBOT)
    issue.save()

    # 9020 reviewed by a colleague and sent back, then waved through by its own worker, then tested by the colleague
    issue = Issue(made, 9020, OPS, STORY, at("2026-02-02 09:00"), other, status=BACKLOG)
    issue.move(IN_PROGRESS, at("2026-02-02 10:00"), worker)
    issue.move(IN_REVIEW, at("2026-02-02 12:00"), worker)
    issue.move(IN_PROGRESS, at("2026-02-02 14:00"), other)
    issue.move(IN_PROGRESS, at("2026-02-02 14:00:05"), worker)
    issue.move(SELECTED, at("2026-02-02 15:00"), worker)
    issue.move(IN_PROGRESS, at("2026-02-02 16:00"), worker)
    issue.move(IN_REVIEW, at("2026-02-02 17:00"), worker)
    issue.move(TESTING, at("2026-02-02 18:00"), worker)
    issue.move(DONE, at("2026-02-02 20:00"), other, resolution=R_DONE)
    issue.save()

    # 9021 is resolved on a Sunday late in Berlin's summer time: Sunday 29 March, 23:30 there is 21:30 UTC
    # 9022 is resolved two hours on, on Monday there and still Sunday in UTC
    for number, moment in [(9021, "2026-03-29 21:30"), (9022, "2026-03-29 22:30")]:
        issue = Issue(made, number, DESK, REQUEST, at("2026-03-28 12:00"), customer, status=FOR_SUPPORT)
        issue.move(RESOLVED, at(moment), agent, resolution=R_DONE)
        issue.save()

    # 9023 is done on 10 February; 9024 was found before, 9025 after, 9026 is an incident, 9027 turned out a duplicate
    issue = Issue(made, 9023, OPS, STORY, at("2026-02-02 09:00"), other, status=BACKLOG)
    issue.move(DONE, at("2026-02-10 09:00"), worker, resolution=R_DONE)
    issue.save()
    for number, kind, born in [(9024, BUG, "2026-02-09 09:00"), (9025, BUG, "2026-02-12 09:00"), (9026, INCIDENT, "2026-02-13 09:00"), (9027, BUG, "2026-02-14 09:00")]:
        issue = Issue(made, number, OPS, kind, at(born), other, status=BACKLOG)
        if number == 9027:
            issue.move(DONE, at("2026-02-15 09:00"), worker, resolution=R_DUPLICATE)
        issue.save()
        made.add("issue_link", issue_id=number, related_issue_id=9023, relationship="Is Caused By")
        made.add("issue_link", issue_id=9023, related_issue_id=number, relationship="causes")
    made.add("issue_link", issue_id=9025, related_issue_id=9027, relationship="is duplicated by")
    made.add("issue_link", issue_id=9027, related_issue_id=9025, relationship="duplicates")

    # 9028 goes from a sprint of one board to the next sprint, to another board of the same team, to the mobile team's, to no sprint
    issue = Issue(made, 9028, PAY, STORY, at("2026-02-02 08:00"), other, status=BACKLOG)
    issue.change(SPRINT, ["102"], at("2026-02-02 08:30"), other)
    issue.change(SPRINT, ["102", "103"], at("2026-02-17 09:00"), other)
    issue.change(SPRINT, ["102", "103", "499"], at("2026-02-18 09:00"), other)
    issue.change(SPRINT, ["102", "103", "204"], at("2026-02-19 09:00"), other)
    issue.change(SPRINT, [], at("2026-02-20 09:00"), other)
    issue.save()

    # 9029 was put into a sprint that ran already
    issue = Issue(made, 9029, OPS, STORY, at("2026-02-10 08:00"), other, status=BACKLOG, **{SPRINT: ["302"]})
    issue.save()

    # 9030 is rated, and rated again
    issue = Issue(made, 9030, DESK, REQUEST, at("2026-02-02 09:00"), customer, status=FOR_SUPPORT, **{ORGANISATIONS: ["7"]})
    issue.move(RESOLVED, at("2026-02-02 12:00"), agent, resolution=R_DONE)
    issue.change(SATISFACTION, "2", at("2026-02-02 13:00"), customer)
    issue.change(SATISFACTION, "4", at("2026-02-03 13:00"), customer)
    issue.save()

    # 9031 was made by a rule, nobody asked for it
    Issue(made, 9031, OPS, INCIDENT, at("2026-02-02 09:00"), ROBOT, status=BACKLOG).save()

    # 9032: a custom field is called Status too, rows come a few milliseconds after the creation, and a status is written twice
    issue = Issue(made, 9032, OPS, TASK, at("2026-02-02 09:00"), other, status=IN_PROGRESS, late_by=0.007, **{DECOY: "3"})
    issue.change(DECOY, str(DONE), at("2026-02-03 09:00"), worker)
    issue.change("status", IN_PROGRESS, at("2026-02-03 10:00"), worker)
    issue.save()

    # 9033 stays open over the desk's change of team, 9034 passes from the Alpha team (mapped to nobody) to Gamma
    issue = Issue(made, 9033, DESK, REQUEST, at("2026-04-28 09:00"), customer, status=FOR_SUPPORT)
    issue.move(IN_PROGRESS, at("2026-04-29 09:00"), agent)
    issue.move(RESOLVED, at("2026-05-04 09:00"), agent, resolution=R_DONE)
    issue.save()
    issue = Issue(made, 9034, PAY, STORY, at("2026-04-13 09:00"), other, status=BACKLOG, **{TEAM: ALPHA})
    issue.change(TEAM, GAMMA, at("2026-04-20 09:00"), other)
    issue.move(DONE, at("2026-04-21 09:00"), worker, resolution=R_DONE)
    issue.save()

    # 9035 belongs to a project nobody mapped; 9036 is canceled by its status alone
    Issue(made, 9035, WEB, TASK, at("2026-02-02 09:00"), other, status=BACKLOG).save()
    issue = Issue(made, 9036, DESK, REQUEST, at("2026-02-02 09:00"), customer, status=FOR_SUPPORT)
    issue.move(CANCELED, at("2026-02-02 10:00"), customer)
    issue.save()
