"""An account of Zendesk as Fivetran's connector lays it down: made up, seeded, with what real accounts have of odd things."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

Row = dict[str, Any]
Tables = dict[str, list[Row]]

START = datetime(2026, 1, 5)
END = datetime(2026, 8, 3)  # the last sync: nothing is known of later
SYNCED = datetime(2026, 8, 3, 1)

FIRST_LINE, BILLING, TECHNICAL, DESK, NIGHT = 21, 22, 23, 24, 25
GROUPS = {
    FIRST_LINE: "First line",
    BILLING: 'Billing "EMEA"; refunds',
    TECHNICAL: "Technik & Störung 🔧",
    DESK: "O'Brien's desk",
    NIGHT: "Night\nshift",
}
FORMS = {31: "Question", 32: 'Order; "return"', 33: "<b>Fault</b> -- DROP TABLE ticket"}
SYSTEM = -1
ANSWER_BOT = 900
LIGHT_AGENT = 901
PROMOTED = 902  # asked as an end user until June, agent since
SUSPENDED = 903
CUSTOM_LAB, CUSTOM_PARTNER = 71, 72
POLICY, OTHER_POLICY = 51, 52
PROMOTED_AT = datetime(2026, 6, 1, 8, 30)
AGENTS = {group: [100 * place + number for number in range(1, 6)] for place, group in enumerate(GROUPS, start=1)}


class Account:
    """Tables that are being filled."""

    def __init__(self, seed: int = 5) -> None:
        self.random = random.Random(seed)
        self.tables: Tables = {
            name: []
            for name in (
                "ticket",
                "ticket_field_history",
                "ticket_comment",
                "ticket_tag",
                "satisfaction_rating",
                "ticket_sla_policy",
                "ticket_schedule",
            )
        }
        self.comment_number = 50_000

    def add(self, table: str, **row: Any) -> Row:
        row = {"_fivetran_synced": SYNCED, **row}
        self.tables.setdefault(table, []).append(row)
        return row

    def change(self, ticket: Row, at: datetime, field: str, value: object, by: int) -> None:
        if at < END:
            self.add(
                "ticket_field_history",
                ticket_id=ticket["id"],
                field_name=field,
                updated=at,
                value=None if value is None else str(value),
                user_id=by,
            )
            if field in ("status", "group_id", "brand_id", "organization_id", "priority"):
                ticket[field] = value

    def comment(self, ticket: Row, at: datetime, by: int, *, public: bool = True, deleted: bool = False) -> None:
        if at < END:
            self.comment_number += 1
            self.add(
                "ticket_comment",
                id=self.comment_number,
                ticket_id=ticket["id"],
                created=at,
                public=public,
                user_id=by,
                body="Robert'); DROP TABLE ticket;-- 🙃\n",
                _fivetran_deleted=deleted,
            )

    def ticket(
        self,
        number: int,
        at: datetime,
        requester: int,
        *,
        group: int | None = FIRST_LINE,
        status: str = "new",
        priority: str | None = "normal",
        submitter: int | None = None,
        public: bool = True,
        **more: Any,
    ) -> Row:
        """A ticket with its opening comment; what it was created with stands in the history too."""
        submitter = requester if submitter is None else submitter
        ticket = self.add(
            "ticket",
            id=number,
            created_at=at,
            requester_id=requester,
            submitter_id=submitter,
            group_id=group,
            status=status,
            priority=priority,
            brand_id=more.pop("brand", 41),
            organization_id=more.pop("organization", 61 + requester % 20),
            type=more.pop("type", "question"),
            ticket_form_id=more.pop("form", 31),
            via_channel=more.pop("channel", "email"),
            merged_ticket_ids="[]",
            subject='Re: "it\'s" broken; <script>alert(1)</script>',
            via_followup_source_id=more.pop("followed", None),
            via_source_rel=None,
            via_source_from_id=None,
            problem_id=more.pop("problem", None),
            due_at=more.pop("due", None),
            _fivetran_deleted=False,
        )
        assert not more, more
        for field in ("status", "group_id", "brand_id", "organization_id", "priority", "type"):
            if ticket[field] is not None:
                self.change(ticket, at, field, ticket[field], SYSTEM if field == "group_id" else submitter)
        self.comment(ticket, at, submitter, public=public)
        return ticket

    def hours(self, low: float, high: float) -> timedelta:
        """Between two numbers of hours, small ones more often, to the second."""
        return timedelta(seconds=round(3600 * (low + (high - low) * self.random.random() ** 2)))


def _solve(account: Account, ticket: Row, at: datetime, by: int) -> datetime:
    """Solved, perhaps rated, perhaps reopened and solved again, at last closed. Gives the moment of the last solution."""
    chance = account.random.random
    account.change(ticket, at, "status", "solved", by)
    asked_at = at + timedelta(hours=24)
    if chance() < 0.8:
        account.change(ticket, asked_at, "satisfaction_score", "offered", SYSTEM)
        if chance() < 0.5:
            answer, answered_at = account.random.choice(["good", "good", "bad"]), asked_at + account.hours(0.1, 60)
            account.change(ticket, answered_at, "satisfaction_score", answer, ticket["requester_id"])
            if chance() < 0.3:
                other = "badwithcomment" if answer == "good" else "good"
                account.change(
                    ticket, answered_at + account.hours(1, 400), "satisfaction_score", other, ticket["requester_id"]
                )
    if chance() < 0.15:
        back_at = at + account.hours(0.5, 90)
        account.comment(ticket, back_at, ticket["requester_id"])
        account.change(ticket, back_at, "status", "open", ticket["requester_id"])
        reply_at = back_at + account.hours(1, 80)
        account.comment(ticket, reply_at, by)
        return _solve(account, ticket, reply_at, by)
    account.change(ticket, at + timedelta(hours=96), "status", "closed", SYSTEM)
    return at


def _live(account: Account, ticket: Row, at: datetime) -> None:
    """What happens to an ordinary ticket from its creation."""
    chance, choice = account.random.random, account.random.choice
    group = ticket["group_id"]
    if group is None:
        at += account.hours(0.2, 30)
        group = choice(list(GROUPS))
        account.change(ticket, at, "group_id", group, choice(AGENTS[FIRST_LINE]))
    agent = choice(AGENTS[group])
    at += account.hours(0.1, 40)
    account.change(ticket, at, "assignee_id", agent, agent)
    if ticket["status"] == "new":
        account.change(ticket, at, "status", "open", agent)
    for _ in range(account.random.randint(1, 4)):
        if chance() < 0.15:
            group = choice([other for other in GROUPS if other != group])
            at += account.hours(0.1, 20)
            account.change(ticket, at, "group_id", group, agent)
            agent = choice(AGENTS[group])
            account.change(ticket, at, "assignee_id", agent, agent)
        if chance() < 0.25:
            account.comment(ticket, at + account.hours(0.01, 2), choice([agent, LIGHT_AGENT]), public=False)
        if chance() < 0.1 and ticket["priority"] is not None:
            account.change(
                ticket, at + account.hours(0.01, 5), "priority", choice(["low", "normal", "high", "urgent"]), agent
            )
        at += account.hours(0.2, 30)
        account.comment(ticket, at, agent)
        way = chance()
        if way < 0.45:
            account.change(ticket, at, "status", "pending", agent)
            if chance() < 0.2:
                account.change(ticket, at + timedelta(hours=72), "status", "solved", SYSTEM)
                account.change(ticket, at + timedelta(hours=168), "status", "closed", SYSTEM)
                return
            at += account.hours(0.5, 60)
            account.comment(ticket, at, ticket["requester_id"] if chance() < 0.9 else 2_000 + ticket["id"] % 50)
            account.change(ticket, at, "status", "open", ticket["requester_id"])
        elif way < 0.6:
            status = choice([CUSTOM_LAB, CUSTOM_PARTNER, None])
            if status is not None:
                account.change(ticket, at, "custom_status_id", status, agent)
            account.change(ticket, at, "status", "hold", agent)
            at += account.hours(2, 120)
            if status is not None:
                account.change(ticket, at, "custom_status_id", 70, agent)
            account.change(ticket, at, "status", "open", agent)
    if chance() < 0.04:
        return
    at += account.hours(0.1, 50)
    account.comment(ticket, at, agent)
    _solve(account, ticket, at, agent)


def _settings(account: Account) -> None:
    """What the account is, beside its tickets."""
    add, created = account.add, datetime(2025, 1, 1)
    for group, name in GROUPS.items():
        add("group", id=group, name=name, created_at=created)
    for brand, name in {41: "Main", 42: "Second brand"}.items():
        add("brand", id=brand, name=name)
    for organization in range(61, 81):
        add("organization", id=organization, name=f"Customer {organization} <Ltd>; 'x'")
    for form, name in FORMS.items():
        add("ticket_form_history", id=form, name="an older name", updated_at=created)
        add("ticket_form_history", id=form, name=name, updated_at=datetime(2025, 6, 1))
    for status, label in {70: "Open", CUSTOM_LAB: "Waiting for the lab", CUSTOM_PARTNER: "With a partner"}.items():
        add("ticket_custom_status", id=status, agent_label=label, status_category="open" if status == 70 else "hold")

    def person(number: int, name: str, role: str, **more: Any) -> None:
        row = {
            "role_type": None,
            "only_private_comments": False,
            "active": True,
            "suspended": False,
            "updated_at": created,
        }
        add("user", id=number, name=name, role=role, created_at=created, **{**row, **more})

    for agents in AGENTS.values():
        for agent in agents:
            person(agent, f"Agent {agent}", "admin" if agent % 100 == 1 else "agent")
    for number in [*range(1_000, 1_120), *range(2_000, 2_050)]:
        person(number, "Ünïcode 'Customer' 😀", "end-user")
    person(ANSWER_BOT, "Answer Bot", "agent")
    person(LIGHT_AGENT, "Lee Light", "agent", role_type=1, only_private_comments=True)
    person(PROMOTED, "Pat Promoted", "agent")
    person(SUSPENDED, "Sam Suspended", "agent", suspended=True, updated_at=datetime(2026, 4, 10, 12))
    number = 0
    for group, agents in AGENTS.items():
        for agent in [*agents, ANSWER_BOT, LIGHT_AGENT]:
            number += 1
            add("group_member", id=number, group_id=group, user_id=agent, created_at=created, _fivetran_deleted=False)
    add("group_member", id=801, group_id=FIRST_LINE, user_id=SUSPENDED, created_at=created, _fivetran_deleted=False)
    add("group_member", id=802, group_id=BILLING, user_id=PROMOTED, created_at=PROMOTED_AT, _fivetran_deleted=False)
    # in two groups from March on, in one again since May
    add(
        "group_member", id=803, group_id=BILLING, user_id=AGENTS[FIRST_LINE][0], created_at=datetime(2026, 3, 2),
        _fivetran_deleted=True, _fivetran_synced=datetime(2026, 5, 4, 2),
    )  # fmt: skip
    add(
        "audit_log", id=1, source_type="user", source_id=PROMOTED, created_at=PROMOTED_AT,
        change_description="Guide role changed from not set to Viewer\nSupport role changed from End-user to Agent\nTalk role changed from Agent to not set",
    )  # fmt: skip
    for policy, updated, first_reply, work in [
        (POLICY, datetime(2025, 1, 1), 8 * 60, 72 * 60),
        (POLICY, datetime(2026, 4, 6, 9), 4 * 60, 48 * 60),
        (OTHER_POLICY, datetime(2025, 1, 1), 60, None),
    ]:
        for place, priority in enumerate(["low", "normal", "high", "urgent"]):
            for metric, target in [("first_reply_time", first_reply), ("agent_work_time", work)]:
                if target is not None:
                    add(
                        "sla_policy_metric_history", sla_policy_id=policy, index=place, sla_policy_updated_at=updated,
                        metric=metric, priority=priority, target=target * (4 - place), business_hours=policy == OTHER_POLICY,
                    )  # fmt: skip
    for policy in (POLICY, OTHER_POLICY):
        add("sla_policy_history", id=policy, updated_at=created, _fivetran_deleted=False)
    _schedules(account)


def _schedules(account: Account) -> None:
    """Monday to Friday 9 to 17 (8 to 16 before 2 March), a night shift over midnight, and one in a zone nobody knows."""
    add = account.add
    for day in range(1, 6):
        add(
            "schedule", id=81, start_time=day * 1440 + 540, end_time=day * 1440 + 1020, time_zone="Lisbon",
            created_at=datetime(2025, 1, 1), _fivetran_deleted=False,
        )  # fmt: skip
    add(
        "schedule", id=82, start_time=5 * 1440 + 22 * 60, end_time=6 * 1440 + 6 * 60, time_zone="Eastern Time (US & Canada)",
        created_at=datetime(2025, 2, 1), _fivetran_deleted=False,
    )  # fmt: skip
    add(
        "schedule", id=82, start_time=6 * 1440 + 22 * 60, end_time=7 * 1440 + 6 * 60, time_zone="Eastern Time (US & Canada)",
        created_at=datetime(2025, 2, 1), _fivetran_deleted=False,
    )  # fmt: skip
    # Wednesday ended at 12 until the connector saw it go on 20 April
    add(
        "schedule", id=82, start_time=3 * 1440 + 480, end_time=3 * 1440 + 720, time_zone="Eastern Time (US & Canada)",
        created_at=datetime(2025, 2, 1), _fivetran_deleted=True, _fivetran_synced=datetime(2026, 4, 20, 3),
    )  # fmt: skip
    add(
        "schedule", id=82, start_time=3 * 1440 + 480, end_time=3 * 1440 + 960, time_zone="Eastern Time (US & Canada)",
        created_at=datetime(2025, 2, 1), _fivetran_deleted=False,
    )  # fmt: skip
    add(
        "schedule", id=83, start_time=1440, end_time=2880, time_zone="Middle Earth", created_at=datetime(2025, 3, 1),
        _fivetran_deleted=False,
    )  # fmt: skip
    before = ", ".join(
        f':{day}=&amp;gt;{{"08:00"=&amp;gt;"12:00", "13:00"=&amp;gt;"16:00"}}'
        for day in ["mon", "tue", "wed", "thu", "fri"]
    )
    after = before.replace("08:00", "09:00")
    changed = "zendesk/business_hours/workweek"
    add(
        "audit_log", id=11, source_type=changed, source_id=81, created_at=datetime(2026, 3, 2, 9),
        change_description=f"Workweek changed from {{{before}}} to {{{after}}}",
    )  # fmt: skip
    add(
        "audit_log", id=12, source_type=changed, source_id=81, created_at=datetime(2026, 3, 2, 10),
        change_description=f"Workweek changed from {{{after}}} to {{:mon=&amp;gt;{{}}}}",
    )  # fmt: skip
    add(
        "audit_log", id=10, source_type=changed, source_id=81, created_at=datetime(2025, 12, 1, 9),
        change_description='Workweek changed from {} to {"mon":{"08:00":"12:00"}}',
    )  # fmt: skip
    for number, first, last in [(1, "2026-04-03", "2026-04-06"), (2, "2026-05-01", "2026-05-01")]:
        add("schedule_holiday", id=number, schedule_id=81, start_date=first, end_date=last, _fivetran_deleted=False)
    add(
        "schedule_holiday", id=3, schedule_id=81, start_date="2026-06-10", end_date="2026-06-10", _fivetran_deleted=True
    )


def _special(account: Account) -> None:
    """Tickets that are each a case of its own; the tests work them out by hand. Numbers from 9001."""
    at, agent, other = datetime(2026, 3, 3, 10), AGENTS[TECHNICAL][0], AGENTS[BILLING][0]
    hour = timedelta(hours=1)

    # 9001 solved, reopened by the requester, pending, solved; handed from First line to Technical while pending
    ticket = account.ticket(9001, at, 1_001, priority="high")
    account.change(ticket, at + hour, "status", "open", AGENTS[FIRST_LINE][0])
    account.comment(ticket, at + 2 * hour, AGENTS[FIRST_LINE][0])
    account.change(ticket, at + 2 * hour, "status", "pending", AGENTS[FIRST_LINE][0])
    account.change(ticket, at + 4 * hour, "group_id", TECHNICAL, AGENTS[FIRST_LINE][0])
    account.comment(ticket, at + 12 * hour, 1_001)
    account.change(ticket, at + 12 * hour, "status", "open", 1_001)
    account.comment(ticket, at + 14 * hour, agent)
    account.change(ticket, at + 14 * hour, "status", "solved", agent)
    account.comment(ticket, at + 20 * hour, 1_001)
    account.change(ticket, at + 20 * hour, "status", "open", 1_001)
    account.change(ticket, at + 26 * hour, "status", "solved", agent)
    account.change(ticket, at + 122 * hour, "status", "closed", SYSTEM)

    # 9002 merged into 9003 (tag and list); 9004 merged into it too, told by the list alone; 9005 closed unsolved by a rule
    into = account.ticket(9003, at, 1_002)
    for number, tagged in [(9002, True), (9004, False)]:
        merged = account.ticket(number, at + hour, 1_002)
        account.comment(merged, at + 3 * hour, agent, public=False)
        account.change(merged, at + 3 * hour, "status", "closed", agent)
        if tagged:
            account.add("ticket_tag", ticket_id=number, tag="closed_by_merge")
    into["merged_ticket_ids"] = "[9002, 9004]"
    account.comment(into, at + 5 * hour, agent)
    account.change(into, at + 5 * hour, "status", "solved", agent)
    account.add("ticket_tag", ticket_id=9003, tag="odd; 'tag' 🏷")
    account.change(account.ticket(9005, at, 1_003), at + 300 * hour, "status", "closed", SYSTEM)

    # 9006 an agent writes to a customer first, and answers again after two days: the second answer is the first response
    ticket = account.ticket(9006, at, 1_004, submitter=agent, group=TECHNICAL, status="open")
    account.comment(ticket, at + hour, ANSWER_BOT)
    account.comment(ticket, at + 2 * hour, agent, public=False)
    account.comment(ticket, at + 48 * hour, agent)
    account.change(ticket, at + 48 * hour, "status", "solved", agent)

    # 9007 asked by somebody who became an agent in June; their word before that is a customer's, on 9008 after it an agent's
    ticket = account.ticket(9007, at, PROMOTED, group=BILLING, status="open")
    account.comment(ticket, at + 5 * hour, PROMOTED)
    account.comment(ticket, at + 9 * hour, other)
    account.change(ticket, at + 9 * hour, "status", "solved", other)
    for number, begins in [(9008, datetime(2026, 6, 2, 9)), (9009, datetime(2026, 5, 5, 9))]:
        ticket = account.ticket(number, begins, 1_005, group=BILLING, status="open")
        account.comment(ticket, begins + 3 * hour, PROMOTED)
        account.comment(ticket, begins + 7 * hour, other)
        account.change(ticket, begins + 7 * hour, "status", "solved", other)

    # 9010 a phone call: created and solved in one; 9011 deleted; 9012 gone from the connector; 9013 solved by an automation
    account.ticket(9010, at, 1_006, submitter=agent, group=TECHNICAL, status="solved", channel="voice")
    account.change(account.ticket(9011, at, 1_007), at + 5 * hour, "status", "deleted", agent)
    gone = account.ticket(9012, at, 1_008)
    account.change(gone, at + 5 * hour, "status", "solved", agent)
    gone["_fivetran_deleted"] = True
    ticket = account.ticket(9013, at, 1_009, status="open")
    account.change(ticket, at + 4 * hour, "status", "pending", agent)
    account.change(ticket, at + 76 * hour, "status", "solved", SYSTEM)

    # 9014 nobody's until triaged; 9015 raised in priority, then lowered; 9016 made by a machine, solved by people
    ticket = account.ticket(9014, at, 1_010, group=None)
    account.change(ticket, at + 6 * hour, "group_id", BILLING, AGENTS[FIRST_LINE][1])
    account.comment(ticket, at + 8 * hour, other)
    account.change(ticket, at + 8 * hour, "status", "solved", other)
    ticket = account.ticket(9015, at, 1_011, priority="low")
    account.change(ticket, at + hour, "priority", "urgent", agent)
    account.change(ticket, at + 2 * hour, "priority", "normal", agent)
    account.change(ticket, at + 3 * hour, "status", "solved", agent)
    ticket = account.ticket(9016, at, ANSWER_BOT, channel="api", organization=None)
    account.comment(ticket, at + 2 * hour, agent)
    account.change(ticket, at + 2 * hour, "status", "solved", agent)

    # 9017 waits for the lab (a status of the account's own that the map calls blocked); 9018 is a problem, 9019 its incident,
    # 9020 follows 9018 up; 9021 is rated bad, then good a month later; 9022 has a rating and no history of it
    ticket = account.ticket(9017, at, 1_012, status="open", group=TECHNICAL)
    account.change(ticket, at + hour, "custom_status_id", CUSTOM_LAB, agent)
    account.change(ticket, at + hour, "status", "hold", agent)
    account.change(ticket, at + 5 * hour, "custom_status_id", CUSTOM_PARTNER, agent)
    account.change(ticket, at + 9 * hour, "custom_status_id", 70, agent)
    account.change(ticket, at + 9 * hour, "status", "open", agent)
    account.change(ticket, at + 10 * hour, "status", "solved", agent)
    account.ticket(9018, at, 1_013, type="problem")
    account.ticket(9019, at + hour, 1_014, type="incident", problem=9018)
    account.ticket(9020, datetime(2026, 7, 1, 8), 1_013, followed=9018, type="task", due=datetime(2026, 7, 9, 12))
    for number in (9021, 9022):
        ticket = account.ticket(number, at, 1_015, group=TECHNICAL, status="open")
        account.change(ticket, at + 2 * hour, "status", "solved", agent)
        if number == 9021:
            for later, score in [
                (26, "offered"),
                (50, "bad"),
                (52, "badwithcomment"),
                (770, "good"),
                (800, "goodwithcomment"),
            ]:
                account.change(ticket, at + later * hour, "satisfaction_score", score, 1_015)
        else:
            account.add(
                "satisfaction_rating", id=1, ticket_id=number, score="good", created_at=at + 30 * hour, updated_at=at + 31 * hour
            )  # fmt: skip
    account.add("satisfaction_rating", id=2, ticket_id=9021, score="good", created_at=at, updated_at=at)
    account.add(
        "satisfaction_rating", id=3, ticket_id=9010, score="offered", created_at=at + hour, updated_at=at + 99 * hour
    )

    # 9023 in the night the clocks change in Lisbon; 9024 with a word nobody knows; 9025 with a comment that was deleted
    night = datetime(2026, 3, 29, 0, 30)
    ticket = account.ticket(9023, night, 1_016, group=NIGHT)
    account.comment(ticket, night + hour, AGENTS[NIGHT][0])
    account.change(ticket, night + 2 * hour, "status", "solved", AGENTS[NIGHT][0])
    ticket = account.ticket(9024, at, 1_017, type="Wunsch")
    account.change(ticket, at + hour, "status", "snoozed", agent)
    account.change(ticket, at + 5 * hour, "status", "solved", agent)
    ticket = account.ticket(9025, at, 1_018)
    account.comment(ticket, at + hour, agent, deleted=True)
    account.comment(ticket, at + 3 * hour, agent)
    account.change(ticket, at + 3 * hour, "status", "solved", agent)
    # 9026 an agent's own ticket until it is given to the customer it is for
    ticket = account.ticket(9026, at, agent, group=TECHNICAL, status="open")
    account.change(ticket, at, "requester_id", agent, agent)
    account.comment(ticket, at + hour, agent)
    account.change(ticket, at + 2 * hour, "requester_id", 1_019, agent)
    ticket["requester_id"] = 1_019
    account.comment(ticket, at + 3 * hour, agent)
    account.change(ticket, at + 4 * hour, "status", "solved", agent)
    account.add("ticket_schedule", ticket_id=9023, schedule_id=81, created_at=night)
    account.add("ticket_schedule", ticket_id=9023, schedule_id=82, created_at=night + hour)


def account(seed: int = 5, tickets: int = 420) -> Tables:
    """All tables of an account with `tickets` ordinary tickets over thirty weeks and the special ones."""
    made = Account(seed)
    chance, choice = made.random.random, made.random.choice
    _settings(made)
    span = (END - START).total_seconds()
    for number in range(1, tickets + 1):
        at = START + timedelta(seconds=round(span * (number - chance()) / tickets))
        ticket = made.ticket(
            number,
            at,
            made.random.randint(1_000, 1_119),
            group=None if chance() < 0.2 else choice(list(GROUPS)),
            status=choice(["new", "new", "open"]),
            priority=choice(["low", "normal", "normal", "high", "urgent", None]),
            form=choice(list(FORMS)),
            brand=choice([41, 41, 42]),
            channel=choice(["email", "web", "chat"]),
        )
        if chance() < 0.03 and number > 10:
            into = made.tables["ticket"][-choice([3, 5, 9])]
            merged_at = at + made.hours(0.1, 20)
            made.change(ticket, merged_at, "status", "closed", choice(AGENTS[FIRST_LINE]))
            if merged_at < END:
                listed = into["merged_ticket_ids"].strip("[]")
                into["merged_ticket_ids"] = f"[{listed}, {number}]" if listed else f"[{number}]"
                made.add("ticket_tag", ticket_id=number, tag="closed_by_merge")
        else:
            _live(made, ticket, at)
        if chance() < 0.03:
            ticket["status"] = "deleted"
        made.add(
            "ticket_sla_policy", ticket_id=number, sla_policy_id=POLICY if number % 9 else OTHER_POLICY, policy_applied_at=at
        )  # fmt: skip
    _special(made)
    # the connector has written some rows twice
    history = made.tables["ticket_field_history"]
    history.extend(dict(row, _fivetran_synced=SYNCED + timedelta(days=1)) for row in made.random.sample(history, 60))
    made.random.shuffle(history)
    return made.tables


def second_account() -> Tables:
    """Another account with the same raw ids, a few tickets, and none of the tables that are not in every plan."""
    made = Account(8)
    made.add("group", id=FIRST_LINE, name="First line", created_at=START)
    for number in range(1, 40):
        at = START + timedelta(days=5 * number, hours=number)
        ticket = made.ticket(number, at, 1_000 + number)
        _live(made, ticket, at)
    return {name: made.tables[name] for name in ("ticket", "ticket_field_history", "ticket_comment", "group")}


def in_utc(tables: Tables) -> Tables:
    """The same rows with timestamps that carry their zone, as some warehouses have them."""
    return {
        name: [
            {key: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value for key, value in row.items()}
            for row in rows
        ]
        for name, rows in tables.items()
    }
