"""Tables of a PagerDuty account, made up: 20 weeks of incidents with everything that goes wrong in them."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 1, 5, tzinfo=UTC)
WEEKS = 20
INCIDENTS = 200

PLATFORM, PAYMENTS, DATABASE = "PT4Kplat", "PT4KPAY1", "pt4kDB_9"
_TEAMS = {PLATFORM: 'Platform; "core" 🚒', PAYMENTS: "Payments & API’s", DATABASE: "Database\nnight watch"}
# service → name, escalation policy, team of that policy
SERVICES = {
    "PSVC001": ('Pay & API v2; "live" <b>', "PEP001", PAYMENTS),
    "PSVC002": ("Küchen-Cluster / k8s 🍳", "PEP002", PLATFORM),
    "PSVC003": ("Legacy FTP; drop table incident; --", "PEP003", None),
}
_PEOPLE = [f"PUSER{number:02}" for number in range(1, 9)]
ROBOT = "PUSERBOT"
_TITLES = [
    "Disk is 95 % full; call O'Brien",
    'Latency "p99" > 2 s',
    "💥 <script>alert(1)</script>",
    "line\nbreak",
    "",
    "ÄÖÜ\t1",
]
UNKNOWN = "responder_request_log_entry"

Rows = list[dict[str, Any]]


class _Account:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.tables: dict[str, Rows] = {
            "incident": [],
            "incident_team": [],
            "log_entry": [],
            "log_entry_team": [],
            "service": [
                {"id": key, "name": name, "escalation_policy_id": policy} for key, (name, policy, _) in SERVICES.items()
            ],
            "escalation_policy_team": [
                {"escalation_policy_id": policy, "team_id": team} for _, policy, team in SERVICES.values() if team
            ]
            + [{"escalation_policy_id": "PEP004", "team_id": DATABASE}],
            "team": [{"id": key, "name": name} for key, name in _TEAMS.items()],
            "user": [{"id": key, "name": f"Person O'{key}"} for key in _PEOPLE[:-1]]
            + [{"id": ROBOT, "name": "Runbook-Robot"}],
        }

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def hours(self, low: float, high: float) -> timedelta:
        return timedelta(seconds=round(self.random.uniform(low, high) * 3600))


class _Incident:
    """Writes one incident's timeline, in order."""

    def __init__(self, account: _Account, number: int) -> None:
        self.account = account
        self.id = f"{'QqRr'[number % 4]}{number:05}"
        self.service = account.random.choice([*SERVICES, "PSVC001"])
        self.team = SERVICES[self.service][2]
        self.now = START + account.hours(0, WEEKS * 7 * 24 - 24)
        self.created_at = self.now
        self.resolved_at: datetime | None = None
        self.reason: str | None = None
        self.entries = 0
        self.logged = number % 50 != 17  # those of before the connector's first sync have no timeline

    def say(self, kind: str, agent: str | None, agent_type: str | None, after: timedelta = timedelta(0)) -> None:
        self.now += after
        self.entries += 1
        if not self.logged:
            return
        entry_id = f"R{'aB'[self.entries % 2]}{self.id}{self.entries:03}"
        late = self.account.hours(72, 240) if self.account.chance(0.05) else timedelta(minutes=20)
        self.account.tables["log_entry"].append({
            "id": entry_id,
            "incident_id": self.id,
            "type": kind,
            "created_at": self.now,
            "service_id": self.service,
            "agent_id": agent,
            "agent_type": agent_type,
            "summary": self.account.random.choice(_TITLES),
            "_fivetran_synced": self.now + late,
        })  # fmt: skip
        if self.team:
            self.account.tables["log_entry_team"].append({"log_entry_id": entry_id, "team_id": self.team})

    def person(self, kind: str, after: timedelta) -> None:
        self.say(kind, self.account.random.choice(_PEOPLE), "user_reference", after)

    def machine(self, kind: str, after: timedelta = timedelta(0)) -> None:
        self.say(kind, self.service, "service_reference", after)

    def resolve(self, after: timedelta, *, by_machine: bool = False) -> None:
        if by_machine:
            self.machine("resolve_log_entry", after)
        else:
            self.person("resolve_log_entry", after)
        self.resolved_at = self.now

    def tell(self, number: int) -> None:
        account = self.account
        if account.chance(0.15):
            self.person("trigger_log_entry", timedelta(0))
        else:
            self.machine("trigger_log_entry")
        self.machine("assign_log_entry", timedelta(seconds=1))
        self.machine("notify_log_entry", timedelta(seconds=2))
        if account.chance(0.15):
            self.machine("trigger_log_entry", account.hours(0.01, 0.1))  # one more alert
        if number % 40 == 3:
            self.machine(UNKNOWN, timedelta(seconds=30))
        if number % 8 == 0:
            self.resolve(account.hours(0.1, 3), by_machine=True)  # nobody had to come
            return
        if number % 13 == 5:
            self.say("acknowledge_log_entry", ROBOT, "user_reference", account.hours(0.01, 0.1))
            self.machine("unacknowledge_log_entry", timedelta(minutes=30))
        for _ in range(2):
            if account.chance(0.25):
                self.say("escalate_log_entry", "PEPX", "escalation_policy_reference", account.hours(0.2, 0.5))
        if number % 6 == 1:
            self.team = account.random.choice([team for team in _TEAMS if team != self.team])
            self.person("delegate_log_entry", account.hours(0.1, 4))
        self.person("acknowledge_log_entry", account.hours(0.05, 8))
        if account.chance(0.3):
            self.person("annotate_log_entry", account.hours(0.1, 2))
        if number % 9 == 2:
            self.person("snooze_log_entry", account.hours(0.1, 3))
            self.machine("unacknowledge_log_entry", account.hours(4, 80))
            self.person("acknowledge_log_entry", account.hours(0.1, 2))
        if number % 11 == 4:
            self.person("assign_log_entry", account.hours(0.1, 1))
        if number % 25 == 6:
            return  # still open
        if number % 20 == 9:
            self.reason = "merge_resolve_reason"
        self.resolve(account.hours(0.3, 40), by_machine=account.chance(0.2))
        if number % 15 == 7:
            if number % 30 == 7:
                self.team = account.random.choice([team for team in _TEAMS if team != self.team])
            self.machine("trigger_log_entry", account.hours(0.5, 60))
            self.resolved_at = None
            self.person("acknowledge_log_entry", account.hours(0.1, 3))
            self.resolve(account.hours(0.5, 20))

    def write(self, number: int) -> None:
        self.tell(number)
        self.account.tables["incident"].append({
            "id": self.id,
            "title": self.account.random.choice(_TITLES),
            "status": "resolved" if self.resolved_at else "acknowledged",
            "urgency": self.account.random.choice(["high", "low"]),
            "service_id": self.service,
            "resolve_reason_type": self.reason,
            "created_at": self.created_at,
            "resolved_at": self.resolved_at,
            "_fivetran_deleted": number % 70 == 33,
            "_fivetran_synced": self.now + timedelta(minutes=25),
        })  # fmt: skip
        if self.team:
            self.account.tables["incident_team"].append({"incident_id": self.id, "team_id": self.team})


def account(seed: int = 5) -> dict[str, Rows]:
    """Tables by name. Rows in no order; a timeline whose incident is gone; everything twice the same for one seed."""
    made = _Account(seed)
    for number in range(INCIDENTS):
        _Incident(made, number).write(number)
    gone = made.tables["incident"].pop(29)
    assert any(row["incident_id"] == gone["id"] for row in made.tables["log_entry"])
    for rows in made.tables.values():
        made.random.shuffle(rows)
    return made.tables
