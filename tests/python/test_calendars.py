"""Business hours and deadlines, recounted minute by minute with the wall clocks of zoneinfo; the same on PostgreSQL."""

import bisect
import random
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from connectors.harness import build, write
from test_engines import copy_raw, postgres  # noqa: F401  (a fixture)

pytestmark = pytest.mark.slow

BEGIN = datetime(2024, 2, 5, tzinfo=UTC)
END = datetime(2025, 1, 6, tzinfo=UTC)  # 48 weeks: spring and autumn changes of Lisbon and New York
SELECT = ["+fct_work_item", "+fct_metric_week", "+int_deadlines"]
WEEKDAYS = range(1, 6)
Row = dict[str, object]

# calendar, weekdays, opens, closes, first day, last day
HOURS = [
    # a lunch break; from July on a short Friday, and Saturdays
    ("lisbon", WEEKDAYS, "09:00", "13:00", "2023-01-01", "2024-06-30"),
    ("lisbon", WEEKDAYS, "14:00", "18:00", "2023-01-01", "2024-06-30"),
    ("lisbon", range(1, 5), "08:30", "17:15", "2024-07-01", None),
    ("lisbon", [5], "08:30", "12:00:00", "2024-07-01", None),
    ("lisbon", [6], "10:00", "24:00", "2024-07-01", None),
    # shifts over midnight, on Sundays too: the nights in which the clock is changed
    ("new_york", [1, 3, 5, 6, 7], "22:00", "06:00", "2023-01-01", None),
    ("new_york", [2], "09:00", "17:00", "2023-01-01", None),
    # overlapping hours, and a night that touches the next morning
    ("kathmandu", WEEKDAYS, "10:00", "16:00", "2023-01-01", None),
    ("kathmandu", WEEKDAYS, "15:00", "18:30", "2023-01-01", None),
    ("kathmandu", [4], "20:00", "00:00", "2023-01-01", None),
    ("kathmandu", [5], "00:00", "03:00", "2023-01-01", None),
    # begins in spring: what was before is not known
    ("late", range(1, 8), "00:00", "24:00", "2024-04-01", None),
]
ZONES = {"lisbon": "Europe/Lisbon", "new_york": "America/New_York", "kathmandu": "Asia/Kathmandu", "late": "UTC"}
HOLIDAYS = {
    "lisbon": ["2024-03-29", "2024-04-01", "2024-12-25", "2024-06-10"],
    "new_york": ["2024-03-10", "2024-07-04", "2024-11-02", "2024-11-28"],
    "kathmandu": ["2024-04-12"],
}
TEAMS = ["own", "lisbon_team", "kathmandu_team", "unknown", "plain"]


class Clock:
    """One calendar, by asking at each minute of UTC what the wall clock shows and whether that is open."""

    def __init__(self, calendar: str) -> None:
        zone, closed = ZoneInfo(ZONES[calendar]), {date.fromisoformat(day) for day in HOLIDAYS.get(calendar, [])}
        rows = [
            (set(days), _minutes(opens), _minutes(closes), date.fromisoformat(first), date.fromisoformat(last or "2099-12-31"))
            for name, days, opens, closes, first, last in HOURS
            if name == calendar
        ]  # fmt: skip
        self.first = datetime.combine(min(row[3] for row in rows), time(), zone)
        self.begin = int(BEGIN.timestamp()) - 7 * 86400
        self.before = [0]  # open seconds before each minute
        for second in range(self.begin, int(END.timestamp()) + 60 * 86400, 60):
            local = datetime.fromtimestamp(second, zone)
            today, minute = local.date(), local.hour * 60 + local.minute
            yesterday = today - timedelta(days=1)
            is_open = today not in closed and any(
                (today.isoweekday() in days and first <= today <= last and opens <= minute < (closes if closes > opens else 1440))
                or (yesterday.isoweekday() in days and first <= yesterday <= last and closes <= opens and minute < closes)
                for days, opens, closes, first, last in rows
            )  # fmt: skip
            self.before.append(self.before[-1] + 60 * is_open)

    def at(self, moment: datetime) -> int:
        minute, seconds = divmod(int(moment.timestamp()) - self.begin, 60)
        return self.before[minute] + (seconds if self.before[minute + 1] > self.before[minute] else 0)

    def reached(self, reading: int) -> datetime:
        """The first instant at which the clock shows `reading`."""
        minute = bisect.bisect_left(self.before, reading) - 1
        return datetime.fromtimestamp(self.begin + minute * 60 + reading - self.before[minute], UTC)


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:5])


def _targets() -> list[Row]:
    def target(team: str, metric: str, hours: float, clock: str, calendar: str | None) -> Row:
        return {
            "target_id": f"{team}-{metric}", "team_id": team, "metric_id": metric, "direction": "at_most", "threshold": hours,
            "valid_from": date(2023, 1, 1), "clock": clock, "calendar_id": calendar,
        }  # fmt: skip

    return [
        target("own", "first_response_hours", 2.5, "business", "kathmandu"),
        target("own", "resolution_hours", 12.0, "business", "kathmandu"),
        target("lisbon_team", "first_response_hours", 4.0, "business", "lisbon"),
        target("lisbon_team", "resolution_hours", 16.0, "business", "lisbon"),
        target("kathmandu_team", "first_response_hours", 4.0, "calendar", "kathmandu"),
        target("kathmandu_team", "resolution_hours", 8.5, "business", "kathmandu"),
        target("unknown", "first_response_hours", 4.0, "business", None),
        target("unknown", "resolution_hours", 8.0, "business", None),
    ]


@pytest.fixture(scope="module")
def organisation() -> tuple[dict[str, list[Row]], list[Row]]:
    """Raw tables, and the items as drawn: with their team, calendar, answer, resolution and pauses."""
    rng, span = random.Random(20240331), int((END - BEGIN).total_seconds()) - 30 * 86400
    items: list[Row] = []
    items_rows, events = [], []
    # weeks of changed clocks and holidays are drawn more often
    special = [datetime.fromisoformat(f"{day}T00:00+00:00") for day in
               ("2024-03-09", "2024-03-30", "2024-03-28", "2024-10-26", "2024-11-02", "2024-04-11", "2024-06-30")]  # fmt: skip
    for number in range(500):
        team = TEAMS[number % len(TEAMS)]
        around = rng.choice(special) if rng.random() < 0.4 else None
        created = (around or BEGIN) + timedelta(seconds=rng.randrange(3 * 86400 if around else span))
        own = rng.choice(["lisbon", "new_york", "kathmandu", "late"]) if team == "own" else None
        at, pauses, answered, resolved = created, [], None, None
        for _ in range(rng.choice([0, 0, 1, 2])):
            paused = at + timedelta(seconds=rng.randrange(60, 40 * 3600))
            at = paused + timedelta(seconds=rng.randrange(60, 90 * 3600))
            pauses.append((paused, at))
        if rng.random() < 0.85:
            resolved = at + timedelta(seconds=rng.randrange(60, 60 * 3600))
        elif pauses and rng.random() < 0.5:
            pauses[-1] = pauses[-1][0], None  # paused for good
        if rng.random() < 0.9:
            answered = created + timedelta(seconds=rng.randrange(1, 30 * 3600))
        key = f"i{number}"
        items.append({"id": key, "team": team, "own": own, "created": created, "answered": answered,
                      "resolved": resolved, "pauses": pauses})  # fmt: skip
        items_rows.append({"work_item_id": key, "item_type": "ticket", "source_system": "desk", "team_id": team,
                           "calendar_id": own, "origin": "customer", "created_at": created})  # fmt: skip
        told = [("created", created), ("first_response", answered), ("resolved", resolved)]
        told += [(kind, when) for pause in pauses for kind, when in zip(("paused", "resumed"), pause, strict=True)]
        for kind, when in told:
            if when is not None:
                events.append({"event_id": f"{key}-{len(events)}", "work_item_id": key, "event_type": kind,
                               "occurred_at": when, "team_id": team, "actor_role": "agent"})  # fmt: skip
    # a last word of the source, so that all weeks before are complete
    items_rows.append({"work_item_id": "last", "item_type": "ticket", "source_system": "desk", "team_id": "plain",
                       "calendar_id": None, "origin": "customer", "created_at": END})  # fmt: skip
    tables = {
        "teams": [{"team_id": team, "team_name": team} for team in TEAMS],
        "work_items": items_rows,
        "work_item_events": events,
        "targets": _targets(),
        "business_calendars": [
            {"calendar_id": name, "weekday": day, "opens_at": opens, "closes_at": closes, "timezone": ZONES[name],
             "valid_from": date.fromisoformat(first), "valid_to": date.fromisoformat(last) if last else None}
            for name, days, opens, closes, first, last in HOURS for day in days
        ],
        "holidays": [{"calendar_id": name, "day": date.fromisoformat(day)} for name, days in HOLIDAYS.items() for day in days],
    }  # fmt: skip
    for rows in tables.values():
        for row in rows:
            for column, value in row.items():
                row[column] = value.replace(tzinfo=None) if isinstance(value, datetime) else value
    return tables, items


@pytest.fixture(scope="module")
def expected(organisation: tuple[dict[str, list[Row]], list[Row]]) -> dict[tuple[str, str], Row]:
    """Business hours and deadline by item and promise; no row without a calendar."""
    clocks = {name: Clock(name) for name in ZONES}
    targets = {(row["team_id"], row["metric_id"]): row for row in _targets()}
    found: dict[tuple[str, str], Row] = {}
    for item in organisation[1]:
        created = item["created"]
        for promise, kept in (("first_response", item["answered"]), ("resolution", item["resolved"])):
            target = targets.get((item["team"], f"{promise}_hours"), {})
            calendar = item["own"] or target.get("calendar_id")
            if calendar is None or created < clocks[calendar].first:
                continue
            clock, promised = clocks[calendar], round(target.get("threshold", 0) * 3600)
            pauses = item["pauses"] if promise == "resolution" else []
            running, start = [], created
            for paused, resumed in pauses:
                running.append((start, paused))
                start = resumed
            if start is not None:
                running.append((start, kept))
            hours = None
            if kept is not None:
                hours = sum(clock.at(until) - clock.at(since) for since, until in running) / 3600
            due, left = None, promised
            if target.get("clock") == "business":
                for since, until in running:
                    spent = None if until is None else clock.at(until) - clock.at(since)
                    # a resolved item's clock is taken to run on
                    if spent is None or spent >= left or until == kept:
                        due = clock.reached(clock.at(since) + left)
                        break
                    left -= spent
            found[item["id"], promise] = {"hours": hours, "due": due, "kept": kept, "team": item["team"]}
    return found


Query = Callable[[str], list[Row]]


@pytest.fixture(scope="module")
def duck(organisation: tuple[dict[str, list[Row]], list[Row]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("calendars")
    build(folder, {"work_system": organisation[0]}, select=SELECT).close()
    return folder / "work.duckdb"


@pytest.fixture(scope="module")
def query(duck: Path) -> Query:
    connection = duckdb.connect(str(duck), read_only=True)
    return lambda sql: connection.sql(sql).to_arrow_table().to_pylist()


def _naive(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=None) if moment else None


def _sorted(rows: list[Row], keys: list[str]) -> list[Row]:
    return sorted(rows, key=lambda row: tuple(str(row[key]) for key in keys))


def test_business_hours_are_those_of_the_wall_clock(query: Query, expected: dict[tuple[str, str], Row]) -> None:
    rows = query("select work_item_id, business_hours, first_response_business_hours from counterpoise.fct_work_item")
    seen = 0
    for row in rows:
        for promise, column in (("resolution", "business_hours"), ("first_response", "first_response_business_hours")):
            hours = expected.get((row["work_item_id"], promise), {}).get("hours")
            assert row[column] == (None if hours is None else pytest.approx(hours, abs=1e-9)), (row, promise, hours)
            seen += hours is not None
    assert seen > 450


def test_deadlines_are_when_the_clock_reaches_the_promise(
    query: Query, expected: dict[tuple[str, str], Row], organisation: tuple[dict[str, list[Row]], list[Row]]
) -> None:
    rows = query("select work_item_id, promise, deadline_at, is_in_time from counterpoise_private.int_deadlines")
    theirs = {(row["work_item_id"], row["promise"]): row for row in rows}
    seen = [0, 0]
    for (item, promise), row in expected.items():
        if row["team"] == "kathmandu_team" and promise == "first_response":
            continue  # its target is on the calendar clock
        told = theirs.get((item, promise))
        assert (told and told["deadline_at"]) == _naive(row["due"]), (item, promise, row, told)
        if row["due"] is not None:
            assert told["is_in_time"] == (row["kept"] is not None and row["kept"] <= row["due"])
            seen[told["is_in_time"]] += 1
    assert min(seen) > 50
    # a business clock without a calendar is not read as calendar hours: nothing is due
    teams = {item["id"]: item["team"] for item in organisation[1]}
    assert not [key for key in theirs if teams.get(key[0]) in ("unknown", "plain")]


def test_metrics_are_sums_by_team_and_week(query: Query, expected: dict[tuple[str, str], Row]) -> None:
    sums: dict[tuple[str, str, date], list[float]] = defaultdict(list)
    for (_, promise), row in expected.items():
        if row["hours"] is not None:
            day = row["kept"].date()
            sums[f"{promise}_business_hours", row["team"], day - timedelta(days=day.weekday())].append(row["hours"])
    rows = query(
        "select metric_id, team_id, week_start, numerator, denominator, n, value from counterpoise.fct_metric_week "
        "where metric_id like '%business_hours' and is_mature"
    )
    told = {(row["metric_id"], row["team_id"], row["week_start"]): row for row in rows if row["n"]}
    assert set(told) == set(sums) and len(sums) > 150
    for key, hours in sums.items():
        assert told[key]["numerator"] == pytest.approx(sum(hours), abs=1e-5)
        assert (told[key]["denominator"], told[key]["n"]) == (len(hours), len(hours))
    # not zero: no row at all for those without a calendar
    assert not {"unknown", "plain"} & {row["team_id"] for row in rows}


def test_postgres_tells_the_same(
    postgres,  # noqa: F811
    organisation: tuple[dict[str, list[Row]], list[Row]],
    query: Query,
    tmp_path: Path,
) -> None:
    raw = tmp_path / "raw.duckdb"
    write(raw, {"work_system": organisation[0]})
    with duckdb.connect(str(raw), read_only=True) as connection:
        copy_raw(connection, postgres, tmp_path)
    postgres.project.invoke(["build", "--exclude-resource-types", "unit_test", "test", "--select", *SELECT])
    for table in ("counterpoise_private.int_calendar_spans", "counterpoise_private.int_item_business",
                  "counterpoise_private.int_business_spans"):  # fmt: skip
        ours = query(f"select * from {table} order by all")
        theirs = postgres.query(f"select * from {table}").to_pylist()
        keys = [column for column in ours[0] if not column.endswith("hours")]
        assert len(ours) > 300 and len(ours) == len(theirs)
        for one, other in zip(_sorted(ours, keys), _sorted(theirs, keys), strict=True):
            for column, value in one.items():
                same = pytest.approx(float(other[column]), abs=1e-9) if column.endswith("hours") and value is not None else other[column]  # fmt: skip
                assert value == same, (table, one, other)
