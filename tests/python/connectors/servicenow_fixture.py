"""A small ServiceNow that is worked in for thirty weeks, and writes the tables its connector would load: tasks, their classes, the audit, journals, service levels, surveys, hours.

Nothing here knows what counterpoise makes of it: records are opened, moved, held, resolved, reopened and closed, and every change of an audited column is written to `sys_audit`.
"""

import hashlib
import random
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]
Tables = dict[str, list[Row]]

START = datetime(2026, 1, 5)
WEEKS = 30
SYNCED = datetime(2026, 8, 3, 4, 0)

GROUPS = {
    "desk": 'Service Desk "1st line"',
    "network": "Réseau & Wi-Fi; core",
    "database": "Databases 🗄️",
    "field": "Field\nServices",
    "apps": "Applications <b>O'Neil</b>",
    "vendor": "Managed vendor",
}
PROMISED_HOURS = {"1": 4, "2": 8, "3": 24, "4": 72, "5": 120}
CLASS_OF = {
    "incident": "incident",
    "problem": "problem",
    "problem_task": "problem_task",
    "change_request": "change_request",
    "change_task": "change_task",
    "sc_req_item": "sc_req_item",
    "sc_task": "sc_task",
}
TITLES = ["VPN; again", 'it\'s "slow"', "💥 printer", "'; drop table task; --", "<img src=x>\nline two", "Ünïcode"]

# Columns of task; all other columns are of the class's own table. References are written as `x_value`, as the connector does.
_TASK = {
    "state", "assignment_group", "assigned_to", "business_service", "cmdb_ci", "company", "opened_at", "opened_by", "closed_at", "due_date", "priority", "contact_type", "parent", "reassignment_count", "work_start", "sys_domain",
}  # fmt: skip
_REFERENCES = {
    "assignment_group", "assigned_to", "business_service", "cmdb_ci", "company", "opened_by", "parent", "caller_id", "caused_by", "parent_incident", "problem_id", "rfc", "problem", "change_request", "request_item",
    "requested_by", "requested_for", "duplicate_of", "first_reported_by_task", "sys_domain",
}  # fmt: skip
_AUDITED = {
    "state", "assignment_group", "assigned_to", "priority", "hold_reason", "due_date", "resolved_at", "closed_at", "opened_at", "category", "on_hold", "approval", "caused_by", "reassignment_count", "short_description",
}  # fmt: skip


def text(value: Any) -> str:
    """A value as the audit writes it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


class Instance:
    """One ServiceNow, and what its connector would load from it."""

    def __init__(self, *, audited: bool = True) -> None:
        self.audited = audited
        self.records: dict[str, Row] = {}
        self.tables: dict[str, list[Row]] = defaultdict(list)
        self.numbers: dict[str, int] = defaultdict(int)

    def id(self, kind: str, name: object = None) -> str:
        """A sys_id: 32 hex digits, the same in every instance for the same thing."""
        if name is None:
            self.numbers[kind] += 1
            name = self.numbers[kind]
        return hashlib.md5(f"{kind}:{name}".encode()).hexdigest()

    def add(self, table: str, **values: Any) -> Row:
        row = {"sys_id": self.id(table), "_fivetran_synced": SYNCED, "_fivetran_deleted": False, **values}
        self.tables[table].append(row)
        return row

    def user(
        self,
        login: str,
        since: datetime | None = None,
        groups: tuple[str, ...] = (),
        *,
        machine: bool = False,
        role: bool = True,
    ) -> str:
        person = self.id("user", login)
        self.add(
            "sys_user",
            sys_id=person,
            user_name=login,
            active=True,
            internal_integration_user=machine,
            web_service_access_only=False,
            sys_updated_on=START,
        )
        for group in groups:
            self.add("sys_user_grmember", user_value=person, group_value=self.id("group", group), sys_created_on=since)
        if groups and role:
            self.add("sys_user_has_role", user_value=person, sys_created_on=since)
        return person

    def group(self, name: str, parent: str | None = None) -> str:
        return self.add(
            "sys_user_group", sys_id=self.id("group", name), name=GROUPS.get(name, name), parent_value=parent
        )["sys_id"]

    def open(self, table: str, at: datetime, login: str, *, recorded_at: datetime | None = None, **values: Any) -> str:
        record = {
            "sys_id": self.id(table), "sys_class_name": table, "sys_created_on": recorded_at or at, "opened_at": at, "opened_by": self.id("user", login), "state": "1", "reassignment_count": 0, "priority": "3",
            "short_description": TITLES[self.numbers[table] % len(TITLES)], **values,
        }  # fmt: skip
        self.records[record["sys_id"]] = record
        return record["sys_id"]

    def update(self, key: str, at: datetime, login: str, **values: Any) -> None:
        """Change columns of a record; all of one call are one update."""
        record = self.records[key]
        self.numbers["checkpoint"] += 1
        if "assignment_group" in values and record.get("assignment_group") not in (None, values["assignment_group"]):
            values["reassignment_count"] = record["reassignment_count"] + 1
        if "state" in values and record["sys_class_name"] == "incident":
            self.audit(key, at, login, "incident_state", record["state"], values["state"])
        for field, value in values.items():
            if field in _AUDITED and text(record.get(field)) != text(value):
                self.audit(key, at, login, field, record.get(field), value)
            record[field] = value

    def audit(self, key: str, at: datetime, login: str, field: str, old: Any, new: Any) -> None:
        if self.audited:
            self.tables["sys_audit"].append({
                "sys_id": self.id("sys_audit"), "tablename": self.records[key]["sys_class_name"], "fieldname": field, "documentkey": key, "oldvalue": text(old), "newvalue": text(new), "user": login,
                "record_checkpoint": f"{self.numbers['checkpoint']:012x}", "sys_created_on": at,
            })  # fmt: skip

    def say(self, key: str, at: datetime, login: str, *, public: bool = True) -> None:
        self.tables["sys_journal_field"].append({
            "sys_id": self.id("journal"), "name": "task", "element_id": key, "element": "comments" if public else "work_notes", "value": "It's \"done\"; see <a>\n👍", "sys_created_by": login, "sys_created_on": at,
            "_fivetran_deleted": False,
        })  # fmt: skip

    def promise(
        self,
        key: str,
        definition: str,
        start: datetime,
        planned: datetime,
        end: datetime | None,
        stage: str = "completed",
    ) -> None:
        self.add(
            "task_sla", task_value=key, sla_value=self.id("sla", definition), stage=stage, start_time=start, planned_end_time=planned, end_time=end, has_breached=end is not None and end > planned, schedule_value=None,
        )  # fmt: skip

    def survey(self, key: str, at: datetime, score: int | None) -> None:
        """A survey on a record, answered a day later on a scale of 1 to 5 where `score` is given."""
        survey = self.add(
            "asmt_assessment_instance",
            task_id_value=key,
            trigger_id=key,
            state="complete" if score else "ready",
            sys_created_on=at,
            taken_on=at + timedelta(days=1) if score else None,
        )
        for question in ("speed", "remark") if score else ():
            self.add(
                "asmt_metric_result",
                instance_value=survey["sys_id"],
                metric_value=self.id("question", question),
                actual_value=float(score if question == "speed" else 1),
            )

    def load(self, shuffled: random.Random | None = None) -> Tables:
        """The tables as the connector writes them: classes apart, references as `x_value`."""
        tables: Tables = {name: [dict(row) for row in rows] for name, rows in self.tables.items()}
        named: dict[str, set[str]] = defaultdict(set)
        split: list[tuple[str, Row]] = []
        for record in self.records.values():
            own = {
                "sys_id": record["sys_id"],
                "sys_created_on": record["sys_created_on"],
                "_fivetran_synced": SYNCED,
                "_fivetran_deleted": record.get("_fivetran_deleted", False),
            }
            task = {**own, "sys_class_name": record["sys_class_name"], "short_description": record["short_description"]}
            rest = dict(own)
            for field, value in record.items():
                column = f"{field}_value" if field in _REFERENCES else field
                if field in _TASK:
                    task[column] = value
                elif field not in (
                    "sys_id",
                    "sys_class_name",
                    "sys_created_on",
                    "short_description",
                    "_fivetran_deleted",
                ):
                    rest[column] = value
            split.append(("task", task))
            if record["sys_class_name"] in CLASS_OF:
                split.append((record["sys_class_name"], rest))
        for table, row in split:
            tables.setdefault(table, []).append(row)
        for table, rows in tables.items():
            for row in rows:
                named[table].update(row)
            tables[table] = [{column: row.get(column) for column in sorted(named[table])} for row in rows]
            if shuffled:
                shuffled.shuffle(tables[table])
        return tables


def furnish(instance: Instance) -> None:
    """Groups, people, choices, questions and service levels, as every instance here has them."""
    root = instance.group("it")
    for name in GROUPS:
        instance.group(name, root)
    since = START - timedelta(days=400)
    for name in GROUPS:
        for number in range(3):
            instance.user(f"{name}.{number}", since, (name,))
    for number in range(40):
        instance.user(f"caller{number}")
    # asked in the first weeks, an agent from April on
    instance.user("eve", datetime(2026, 4, 1), ("apps",))
    instance.user("admin")
    instance.add("sys_user_has_role", user_value=instance.id("user", "admin"), sys_created_on=since)
    instance.user("svc.monitor", machine=True)
    instance.user("system")
    gone = instance.user("desk.gone", since, ("desk",))
    next(row for row in instance.tables["sys_user_grmember"] if row["user_value"] == gone).update(
        {"_fivetran_deleted": True, "_fivetran_synced": datetime(2026, 5, 20, 3, 0)}
    )
    for table, value, label, language in [
        ("incident", "1", "New", "en"), ("incident", "2", "In Progress", "en"), ("incident", "3", "On Hold", "en"), ("incident", "3", "Wartend", "de"), ("incident", "6", "Resolved", "en"),
        ("incident", "7", "Closed", "en"), ("incident", "8", "Canceled", "en"), ("incident", "10", "Awaiting Parts", "en"), ("incident", "99", "Halb offen", "en"), ("change_request", "-4", "Assess", "en"),
        ("task", "3", "Closed Complete", "en"),
    ]:  # fmt: skip
        instance.add(
            "sys_choice",
            name=table,
            element="state",
            value=value,
            label=label,
            language=language,
            inactive=False,
            sys_domain_value="global",
        )
    for value, label in [
        ("1", "Awaiting Caller"),
        ("3", "Awaiting Problem"),
        ("4", "Awaiting Vendor"),
        ("5", "Awaiting Change"),
    ]:
        instance.add(
            "sys_choice",
            name="incident",
            element="hold_reason",
            value=value,
            label=label,
            language="en",
            inactive=False,
            sys_domain_value="global",
        )
    instance.add("asmt_metric", sys_id=instance.id("question", "speed"), scored=True, min=1.0, max=5.0)
    instance.add("asmt_metric", sys_id=instance.id("question", "remark"), scored=False, min=0.0, max=0.0)
    for priority, hours in PROMISED_HOURS.items():
        for target, promised in (("response", hours / 4), ("resolution", hours)):
            instance.add(
                "contract_sla", sys_id=instance.id("sla", f"{target}{priority}"), type="SLA", target=target, collection="incident", duration=datetime(1970, 1, 1) + timedelta(hours=promised), schedule_value=None,
                start_condition=f"active=true^priority={priority}^EQ", active=True, sys_created_on=START - timedelta(days=30), sys_updated_on=START - timedelta(days=30),
            )  # fmt: skip
    instance.add("core_company", sys_id=instance.id("company", "acme"), name='Acme "Holding"; Ltd')
    instance.add("cmdb_ci_service", sys_id=instance.id("service", "mail"), name="Mail & calendar")
    instance.add("cmdb_ci", sys_id=instance.id("service", "mail"), name="Mail & calendar")


class _Work:
    """The thirty weeks, drawn with one seed."""

    def __init__(self, instance: Instance, seed: int) -> None:
        self.instance = instance
        self.random = random.Random(seed)
        self.changes: list[tuple[str, datetime]] = []
        self.problems: list[str] = []
        self.end = START + timedelta(weeks=WEEKS)

    def later(self, at: datetime, hours: float) -> datetime:
        return at + timedelta(seconds=round(self.random.expovariate(1 / (hours * 3600))) + 60)

    def moment(self) -> datetime:
        return START + timedelta(seconds=self.random.randrange(WEEKS * 7 * 86400 - 86400))

    def agent(self, group: str | None) -> str:
        return f"{group or 'desk'}.{self.random.randrange(3)}"

    def incident(self) -> None:
        i, draw = self.instance, self.random
        at = self.moment()
        caller = "eve" if draw.random() < 0.04 else f"caller{draw.randrange(40)}"
        way = draw.choice(["phone", "email", "self-service", "monitoring"])
        priority = draw.choice(["1", "2", "3", "3", "3", "4", "5"])
        group = draw.choice(["desk", "desk", "desk", "apps", "network", None])
        opener = "svc.monitor" if way == "monitoring" else caller if way == "self-service" else self.agent("desk")
        key = i.open(
            "incident", at, opener, recorded_at=at + timedelta(hours=draw.choice([0, 0, 0, 0, 3, 200])), caller_id=None if way == "monitoring" else i.id("user", caller), contact_type=way, priority=priority,
            assignment_group=i.id("group", group) if group else None, category=draw.choice(["network", "software", "hardware", "inquiry"]), incident_state="1", state="2" if draw.random() < 0.08 else "1",
            business_service=i.id("service", "mail") if draw.random() < 0.3 else None, company=i.id("company", "acme"), hold_reason=None, resolved_at=None, close_code=None, caused_by=None, problem_id=None,
            parent_incident=None, rfc=None, reopen_count=0, reopened_time=None, due_date=None,
        )  # fmt: skip
        now = self.later(at, 3)
        if way == "email":
            i.say(key, at + timedelta(seconds=30), "system")
        if draw.random() < 0.05:
            return self.cancel(key, now, group)
        if group is None:
            group = draw.choice(list(GROUPS))
            i.update(key, now, self.agent("desk"), assignment_group=i.id("group", group))
            now = self.later(now, 1)
        agent = self.agent(group)
        i.update(key, now, agent, assigned_to=i.id("user", agent), state="2")
        if draw.random() < 0.8:
            now = self.later(now, 1)
            i.say(key, now, agent, public=draw.random() < 0.85)
        responded = now
        paused = timedelta()
        for _ in range(draw.randrange(4)):
            now = self.later(now, 5)
            what = draw.random()
            if what < 0.35:
                group = draw.choice([name for name in GROUPS if name != group])
                agent = self.agent(group)
                i.update(key, now, self.agent("desk"), assignment_group=i.id("group", group), assigned_to=None)
                now = self.later(now, 2)
                i.update(key, now, agent, assigned_to=i.id("user", agent))
            elif what < 0.7:
                if draw.random() < 0.2:
                    i.update(key, now, agent, state="10")
                else:
                    i.update(key, now, agent, state="3", hold_reason=draw.choice(["1", "1", "3", "4", "5"]))
                held = now
                now = self.later(now, 20)
                if draw.random() < 0.5 and way != "monitoring":
                    i.say(key, now, caller)
                    now += timedelta(minutes=1)
                i.update(key, now, draw.choice([agent, "system"]), state="2", hold_reason=None)
                paused += now - held
            elif what < 0.85:
                i.update(key, now, agent, priority=draw.choice(["1", "2", "3", "4"]), category="software")
            elif what < 0.92:
                i.update(key, now, agent, due_date=now + timedelta(days=3), short_description="renamed; 'twice'")
            else:
                i.update(key, now, agent, state="99")
                now = self.later(now, 1)
                i.update(key, now, agent, state="2")
        now = self.later(now, 8)
        self.promises(key, at, responded, now, paused, priority)
        if now > self.end:
            return None
        if draw.random() < 0.04:
            i.update(
                key,
                now,
                agent,
                state="7",
                close_code=draw.choice(["Solved (Permanently)", "No resolution provided"]),
                closed_at=now,
                incident_state="7",
            )
            return None
        self.resolve(key, now, agent)
        if draw.random() < 0.06:
            i.update(
                key, now + timedelta(hours=30), agent, resolved_at=i.records[key]["resolved_at"] - timedelta(hours=2)
            )
        if draw.random() < 0.12 and way != "monitoring":
            now = self.later(now, 60)
            i.update(
                key,
                now,
                caller,
                state="2",
                reopen_count=1,
                reopened_time=now,
                resolved_at=None if draw.random() < 0.5 else i.records[key]["resolved_at"],
            )
            now = self.later(now, 10)
            self.resolve(key, now, agent)
        elif draw.random() < 0.3:
            i.survey(key, now + timedelta(minutes=5), draw.choice([1, 2, 3, 4, 5, 5, None]))
        if now + timedelta(days=7) < self.end:
            i.update(key, now + timedelta(days=7), "system", state="7", closed_at=now + timedelta(days=7))
        if draw.random() < 0.5:
            i.add(
                "task_time_worked", task_value=key, user_value=i.id("user", agent), time_in_seconds=draw.randrange(600, 9000), work_date=(now - timedelta(hours=1)).date(), time_card_value=None, sys_created_on=now,
            )  # fmt: skip
        if self.changes and draw.random() < 0.08:
            change, done = draw.choice(self.changes)
            if done < at:
                i.update(key, now + timedelta(hours=1), agent, caused_by=change)
        if self.problems and draw.random() < 0.1:
            i.records[key]["problem_id"] = draw.choice(self.problems)
        if draw.random() < 0.02:
            i.records[key]["_fivetran_deleted"] = True
        return None

    def promises(
        self, key: str, at: datetime, responded: datetime, resolved: datetime, paused: timedelta, priority: str
    ) -> None:
        hours = PROMISED_HOURS[priority]
        over = resolved > self.end
        self.instance.promise(key, f"response{priority}", at, at + timedelta(hours=hours / 4), responded)
        self.instance.promise(
            key,
            f"resolution{priority}",
            at,
            at + timedelta(hours=hours) + paused,
            None if over else resolved,
            "in_progress" if over else "completed",
        )
        self.instance.promise(key, "resolution5", at, at + timedelta(minutes=1), None, "cancelled")

    def cancel(self, key: str, now: datetime, group: str | None) -> None:
        self.instance.update(key, now, self.agent(group), state="8", closed_at=now)

    def resolve(self, key: str, now: datetime, agent: str) -> None:
        """Resolve; now and then somebody says it was earlier than it was."""
        said = now - timedelta(minutes=self.random.choice([40, 600])) if self.random.random() < 0.06 else now
        self.instance.update(
            key, now, agent, state="6", resolved_at=said, close_code="Solution provided", hold_reason=None
        )

    def change(self) -> None:
        i, draw = self.instance, self.random
        now = self.moment()
        agent = self.agent("apps")
        key = i.open(
            "change_request", now, agent, state="-5", assignment_group=i.id("group", draw.choice(["apps", "network", "database"])), assigned_to=i.id("user", agent), type=draw.choice(["normal", "standard", "emergency"]),
            requested_by=i.id("user", draw.choice([agent, "caller1"])), close_code=None, on_hold=False, approval="not requested",
        )  # fmt: skip
        for state in ("-4", "-3", "-2", "-1", "0", "3"):
            now = self.later(now, 15)
            if now > self.end:
                return
            if state == "-3" and draw.random() < 0.1:
                i.update(key, now, agent, state="4", closed_at=now)
                return
            values: Row = {"state": state}
            if state == "-3":
                values["approval"] = "requested"
            if state == "-2":
                values["approval"] = "approved"
            if state == "3":
                values |= {
                    "close_code": draw.choice(["successful", "successful", "successful_issues", "unsuccessful"]),
                    "closed_at": now,
                }
            i.update(key, now, draw.choice([agent, "network.1"]), **values)
            if state == "-1" and draw.random() < 0.3:
                i.update(key, now + timedelta(minutes=10), agent, on_hold=True)
                now = self.later(now, 4) + timedelta(minutes=10)
                i.update(key, now, agent, on_hold=False)
            if state == "0":
                self.changes.append((key, now))
        if draw.random() < 0.5:
            task = i.open(
                "change_task",
                now,
                "system",
                state="1",
                assignment_group=i.id("group", "network"),
                change_request=key,
                close_code=None,
            )
            i.update(task, self.later(now, 5), "network.0", state="3", closed_at=self.later(now, 5))

    def problem(self) -> None:
        i, now = self.instance, self.moment()
        key = i.open(
            "problem",
            now,
            self.agent("database"),
            state="101",
            assignment_group=i.id("group", "database"),
            category="software",
            resolved_at=None,
            resolution_code=None,
            duplicate_of=None,
        )
        self.problems.append(key)
        for state in ("102", "103", "104", "106", "107"):
            now = self.later(now, 40)
            if now > self.end:
                return
            values: Row = {"state": state}
            if state == "106":
                values |= {"resolved_at": now, "resolution_code": "fix_applied"}
            if state == "107":
                values["closed_at"] = now
            i.update(key, now, "database.1", **values)

    def request(self) -> None:
        i, draw, now = self.instance, self.random, self.moment()
        login = f"caller{draw.randrange(40)}"
        head = i.open("sc_request", now, login, state="1")
        key = i.open(
            "sc_req_item",
            now,
            login,
            state="1",
            parent=head,
            requested_for=i.id("user", login),
            assignment_group=i.id("group", "field"),
        )
        task = i.open("sc_task", now, login, state="1", request_item=key, assignment_group=i.id("group", "field"))
        now = self.later(now, 10)
        i.update(task, now, "field.1", state="2", assigned_to=i.id("user", "field.1"))
        i.say(key, now, "field.1")
        now = self.later(now, 20)
        state = draw.choice(["3", "3", "3", "4", "7"])
        i.update(task, now, "field.1", state=state, closed_at=now)
        i.update(key, now, "system", state=state, closed_at=now)


def generate(seed: int = 7, incidents: int = 330) -> Tables:
    """The tables of a large instance."""
    instance = Instance()
    furnish(instance)
    work = _Work(instance, seed)
    for _ in range(45):
        work.change()
    for _ in range(15):
        work.problem()
    for _ in range(incidents):
        work.incident()
    for _ in range(35):
        work.request()
    instance.open(
        "x_acme_checklist",
        START + timedelta(days=3),
        "desk.1",
        state="1",
        assignment_group=instance.id("group", "desk"),
    )
    return instance.load(random.Random(seed))
