"""What goes wrong around a scheduled run, one fault at a time: docs/faults.md lists them, with the test of each.

Whatever happens, what was published stays readable, the message says what and what to do, and the next run heals.
"""

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlparse
from zoneinfo import ZoneInfo

import duckdb
import psycopg2
import pyarrow as pa
import pytest

from command_line import SALT, Place, Ran, counterpoise, ended, start
from conftest import ROOT, table_rows
from counterpoise.contract import load_contract
from counterpoise.errors import CounterpoiseError
from counterpoise.inputs import load_folder
from counterpoise.run import Clock, swap_folders
from counterpoise.warehouse import DuckDBFile, Postgres
from counterpoise.warehouse.dbt import DbtProject
from test_engines import copy_schema, postgres  # noqa: F401

ZONES = {"blue": "Europe/Berlin", "red": "America/New_York"}
# Both changes of the clock there, a turn of the year, and the week 53 of 2020.
FIRST, LAST = date(2020, 10, 19), date(2021, 4, 5)
LEAP_SECOND = datetime(2020, 12, 31, 23, 59, 59)
REQUIRED = ("teams", "work_items", "work_item_events")

Rows = list[dict[str, str]]
Written = Callable[[datetime], str]


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}Z"


def _resolutions() -> list[tuple[str, datetime]]:
    """Team and time (UTC) of each item's resolution: one a day, and more around midnight between two weeks."""
    found = []
    for number in range((LAST - FIRST).days):
        noon = datetime.combine(FIRST + timedelta(days=number), datetime.min.time()) + timedelta(hours=12)
        hours = [0.0] if noon.weekday() < 6 else [0.0, 9.5, 10.5, 11.5, 15.5, 16.5, 17.5]
        found += [(team, noon + timedelta(hours=hour)) for team in ZONES for hour in hours]
    return [*found, ("blue", LEAP_SECOND)]


def _tables(written: Written = _utc, leap: str = _utc(LEAP_SECOND)) -> dict[str, Rows]:
    """The raw tables; `written` is how times are, `leap` how the last second of the year is."""
    items, events = [], []
    for number, (team, at) in enumerate(sorted(_resolutions())):
        item, created = f"i{number:04}", max(at - timedelta(hours=30), datetime(FIRST.year, FIRST.month, FIRST.day, 10))
        resolved = leap if at == LEAP_SECOND else written(at)
        items.append({
            "work_item_id": item, "source_system": "desk", "item_type": "ticket", "team_id": team, "priority": "P2",
            "channel": "mail", "created_at": written(created), "resolved_at": resolved,
        })  # fmt: skip
        for kind, when in (("created", written(created)), ("resolved", resolved)):
            events.append({
                "event_id": f"{item}-{kind}", "work_item_id": item, "event_type": kind, "occurred_at": when,
                "actor_id": f"p{number % 7}", "team_id": team,
            })  # fmt: skip
    teams = [{"team_id": team, "team_name": team.title(), "timezone": zone} for team, zone in ZONES.items()]
    return {"teams": teams, "work_items": items, "work_item_events": events}


def _write(folder: Path, tables: dict[str, Rows]) -> Path:
    """A folder of CSV files; a table without rows has the header of the contract."""
    folder.mkdir(parents=True)
    contract = load_contract()
    for name, rows in tables.items():
        text = io.StringIO()
        columns = list(rows[0]) if rows else [column.name for column in contract[name].columns]
        writer = csv.DictWriter(text, columns)
        writer.writeheader()
        writer.writerows(rows)
        (folder / f"{name}.csv").write_text(text.getvalue(), encoding="utf-8")
    return folder


def _marts(place: Place, but: tuple[str, ...] = ()) -> dict[str, pa.Table]:
    """Every published table, sorted, but what is kept from run to run and says by which and when it was made."""
    leave_out = {"published_runs", "check_results", "fct_check_history", *but}
    with duckdb.connect(str(place.database), read_only=True) as connection:
        names = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        return {name: table_rows(connection, f"counterpoise.{name}", ("scored_at",)) for name in names - leave_out}


def _summary(folder: Path) -> dict:
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


# faults that end a run before anything is built


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A place with a published file and a report, as far as a run that does not come to publish is concerned."""
    place = Place(tmp_path_factory.mktemp("published"))
    with duckdb.connect(str(place.database)) as connection:
        connection.execute("create schema counterpoise; create table counterpoise.team_risk as select 1 as risk")
    place.report.mkdir()
    for name in ("index.html", ".counterpoise-report"):
        (place.report / name).write_text("the last good one", encoding="utf-8")
    return place


@contextmanager
def _last_good_state_stands(place: Place) -> Iterator[None]:
    before = place.published()
    assert "marts.duckdb" in before and "report/index.html" in before
    yield
    assert place.published() == before


def _without(column: str, table: str) -> dict[str, Rows]:
    tables = _tables()
    return tables | {table: [{name: row[name] for name in row if name != column} for row in tables[table]]}


def _changed(table: str, column: str, value: str) -> dict[str, Rows]:
    tables = _tables()
    return tables | {table: [{**row, column: value} for row in tables[table]]}


# exit code, and what has to be said
REFUSED = {
    "column_gone": (
        lambda: _without("event_type", "work_item_events"), 1,
        ["work_item_events.csv: column event_type is missing"],
    ),
    "type_changed": (
        lambda: _changed("work_item_events", "occurred_at", "44197.5"), 1,
        ["column occurred_at", "cannot be read as a time", "Write times like"],
    ),
    "zero_rows_of_teams": (lambda: _tables() | {"teams": []}, 3, ["teams has no rows"]),
    "zero_rows_of_work_items": (lambda: _tables() | {"work_items": []}, 3, ["work_items has no rows"]),
    "zero_rows_of_work_item_events": (lambda: _tables() | {"work_item_events": []}, 3, ["work_item_events has no rows"]),
    "zero_rows_of_all": (lambda: dict.fromkeys(load_contract(), []), 3, ["teams has no rows", "work_items has no rows"]),
}  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED)
def test_refused_before_the_build(published: Place, tmp_path: Path, fault: str) -> None:
    tables, exit_code, parts = REFUSED[fault]
    with _last_good_state_stands(published):
        ran = published.run("--raw", _write(tmp_path / "raw", tables()), "--json", "--log", "json")
    assert ran.exit_code == exit_code, ran.said
    told = json.loads(ran.stdout)
    assert told == _summary(published.private), "what is printed stands in the file too"
    assert told["exit_code"] == exit_code and told["ended_at"]
    assert told["failed_step"] == ("load" if exit_code == 1 else "check raw")
    assert not [part for part in parts if part not in " ".join(told["message"].split())]
    assert bool(told["held_by"]) == (exit_code == 3) and all(held["remedy"] for held in told["held_by"])
    lines = [json.loads(line) for line in ran.stderr.splitlines()]
    assert {line["run_id"] for line in lines} == {told["run_id"]}
    assert [line["event"] for line in lines[-2:]] == ["failed", "run held" if exit_code == 3 else "run failed"]
    assert lines[-1]["level"] == "error" and lines[-1]["exit_code"] == exit_code
    assert not [line for line in lines if set(line) - {"at", "level", "run_id", "event", "step", "message", "remedy", "seconds", "rows", "exit_code"}]


def test_a_refused_load_leaves_the_raw_tables(published: Place, tmp_path: Path) -> None:
    def rows() -> list[tuple]:
        with duckdb.connect(str(published.private / "work.duckdb")) as connection:
            return connection.execute("select count(*), sum(hash(e)) from work_system.work_item_events as e").fetchall()

    with duckdb.connect(str(published.private / "work.duckdb")) as connection:
        load_folder(connection, _write(tmp_path / "good", _tables()))
    before = rows()
    for fault in ("column_gone", "type_changed"):
        assert published.run("--raw", _write(tmp_path / fault, REFUSED[fault][0]())).exit_code == 1
    assert rows() == before


def test_a_second_run_is_told_who_is_at_work_and_a_killed_one_holds_nothing(published: Place) -> None:
    program = (
        "import sys, time; from pathlib import Path; from counterpoise.warehouse import DuckDBFile; "
        "from counterpoise.warehouse.dbt import DbtProject; path = Path(sys.argv[1])\n"
        "with DuckDBFile(path, DbtProject(path.parent, path.parent)): print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", program, str(published.database)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    before = (published.private / "run.json").read_text() if (published.private / "run.json").exists() else None
    refused = published.run("--raw", "nowhere", "--json")
    told = json.loads(refused.stdout)
    assert refused.exit_code == told["exit_code"] == 1 and told["steps"] == []
    assert f"Another run is at work on {published.database} (process {holder.pid} on " in told["message"]
    assert told["remedy"] == "Wait for it to end."
    after = (published.private / "run.json").read_text() if (published.private / "run.json").exists() else None
    assert before == after, "the summary is of the run at work"
    holder.kill()
    holder.wait()
    assert "nowhere does not exist" in published.run("--raw", "nowhere").said, "nobody had to clean up"


def test_a_file_held_for_reading_is_said(published: Place) -> None:
    private = published.private / "work.duckdb"
    duckdb.connect(str(private)).close()
    program = "import duckdb, sys; held = duckdb.connect(sys.argv[1], read_only=True); print('held', flush=True); sys.stdin.read()"
    holder = subprocess.Popen([sys.executable, "-c", program, str(private)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    with _last_good_state_stands(published):
        ran = published.run("--raw", "nowhere")
    holder.communicate("")
    assert ran.exit_code == 1 and f"{private} could not be opened" in ran.said and "close it there" in ran.said
    assert _summary(published.private)["failed_step"] == "load"


def test_a_log_line_is_one_line_whatever_stands_in_it(published: Place, tmp_path: Path) -> None:
    raw = _write(tmp_path / "raw", _tables())
    (raw / "teams.csv").rename(raw / 'x\n{"level": "info", "forged": true}\u2028.csv')
    ran = published.run("--raw", raw, "--log", "json")
    assert ran.exit_code == 1
    assert not [line for line in ran.stderr.splitlines() if "forged" in json.loads(line)]
    assert SALT not in ran.stderr


# the clock


def test_the_newest_row_stays_the_newest_when_the_clock_goes_back(tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    with DuckDBFile(tmp_path / "marts.duckdb", DbtProject(ROOT, tmp_path)) as warehouse:
        assert now <= Clock(warehouse).now() and Clock(warehouse).problems() == [], "the first run"
        connection = warehouse.connect()
        connection.execute("create schema counterpoise; create table counterpoise.published_runs (published_at timestamp)")
        for last, later in ((now - timedelta(days=1), False), (now + timedelta(days=1), True)):
            connection.execute("insert into counterpoise.published_runs values (?)", [last])
            clock = Clock(warehouse)
            assert (clock.now() > last) and (clock.now() > now + timedelta(days=1)) is later
            assert [problem for problem in clock.problems() if "Set the clock" in problem] == clock.problems()
            assert bool(clock.problems()) is later


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2020-12-31T23:59:60Z", LEAP_SECOND),
        ("2020-12-31 23:59:60.5", LEAP_SECOND.replace(microsecond=500_000)),
        ("2021-01-01T05:29:60+05:30", LEAP_SECOND),
        ("2020-12-31T23:59:61Z", None),
    ],
)
def test_a_leap_second_is_read_as_the_second_before(tmp_path: Path, text: str, read: datetime | None) -> None:
    tables = _changed("work_items", "resolved_at", text)
    with duckdb.connect() as connection:
        load_folder(connection, _write(tmp_path / "raw", tables))
        found = connection.execute("select distinct resolved_at from work_system.work_items").fetchall()
    assert found == [(read,)]


# the swap of the report


def test_at_every_moment_there_is_a_report(tmp_path: Path) -> None:
    """A reader looks without a pause while the folder is swapped two thousand times."""
    target = tmp_path / "report"
    target.mkdir()
    (target / "index.html").write_text("0")
    program = (
        "import pathlib, sys; page, stop = map(pathlib.Path, sys.argv[1:]); missing = 0; print('reads', flush=True)\n"
        "while not stop.exists(): missing += not page.exists()\n"
        "print(missing)"
    )
    reader = subprocess.Popen([sys.executable, "-c", program, str(target / "index.html"), str(tmp_path / "stop")], stdout=subprocess.PIPE, text=True)
    assert reader.stdout.readline() == "reads\n"
    for number in range(2000):
        waiting = tmp_path / ".report.new"
        waiting.mkdir()
        (waiting / "index.html").write_text(str(number + 1))
        swap_folders(waiting, target)
    (tmp_path / "stop").touch()
    assert reader.communicate(timeout=30)[0] == "0\n"
    assert (target / "index.html").read_text() == "2000"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report", "stop"]


# faults that are built, counted and healed


def _in_other_words(at: datetime) -> str:
    """The same instant, by a source that changes between no zone (which is UTC), another zone and yet another."""
    number = int(at.timestamp()) // 3600 % 3
    if number == 0:
        return f"{at:%Y-%m-%d %H:%M:%S}"
    zone = ZoneInfo(("Europe/Berlin", "Asia/Kolkata")[number - 1])
    return at.replace(tzinfo=UTC).astimezone(zone).isoformat()


def _said_otherwise() -> dict[str, Rows]:
    """The same facts: loaded twice, times in three forms, the last second of the year as a leap second."""
    tables = _tables(_in_other_words, "2020-12-31T23:59:60Z")
    return tables | {name: tables[name] * 2 for name in ("work_items", "work_item_events")}


def _damaged() -> dict[str, Rows]:
    """The last day half loaded, a new kind of event, an optional column gone, every other table without rows."""
    tables = {**dict.fromkeys(load_contract(), []), **_without("channel", "work_items")}
    noon = f"{LAST - timedelta(days=1)}T13"
    tables["work_items"] = [row for row in tables["work_items"] if row["created_at"] < noon]
    tables["work_items"] = [{**row, "resolved_at": row["resolved_at"] if row["resolved_at"] < noon else ""} for row in tables["work_items"]]
    tables["work_item_events"] = [row for row in tables["work_item_events"] if row["occurred_at"] < noon]
    new = {**tables["work_item_events"][0], "event_id": "new", "event_type": "teleported"}
    return {**tables, "work_item_events": [*tables["work_item_events"], new]}


@dataclass
class Faulty:
    """One place through four runs: good data, the same said otherwise, damaged, and good again."""

    place: Place
    raw: Path
    ran: dict[str, Ran] = field(default_factory=dict)
    marts: dict[str, dict[str, pa.Table]] = field(default_factory=dict)
    through: dict[str, date] = field(default_factory=dict)

    def run(self, name: str, raw: Path) -> None:
        self.ran[name] = self.place.run("--raw", raw, "--json")
        assert self.ran[name].exit_code == 0, self.ran[name].said
        self.marts[name] = _marts(self.place, but=("fct_data_health",))
        self.through[name] = date.fromisoformat(json.loads(self.ran[name].stdout)["data_through"])

    def failed_checks(self, name: str) -> set[str]:
        run_id = json.loads(self.ran[name].stdout)["run_id"]
        return {check for (check,) in self.place.read(
            f"select check_id from counterpoise.check_results where run_id = '{run_id}' and status <> 'passed'")}  # fmt: skip


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Faulty:
    place = Place(tmp_path_factory.mktemp("faulty"))
    found = Faulty(place, _write(place.folder / "raw", _tables()))
    found.run("said otherwise", _write(place.folder / "otherwise", _said_otherwise()))
    found.run("damaged", _write(place.folder / "damaged", _damaged()))
    found.run("healed", found.raw)
    return found


def _of_week(at: datetime, zone: str) -> date:
    local = at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
    return local - timedelta(days=local.weekday())


@pytest.mark.slow
@pytest.mark.parametrize("team", ZONES)
def test_weeks_over_changes_of_the_clock_the_turn_of_the_year_and_week_53(faulty: Faulty, team: str) -> None:
    """Each item stands in the week of its team's wall clock; the year 2020 has a week 53."""
    expected = Counter(_of_week(at, ZONES[team]) for name, at in _resolutions() if name == team)
    found = faulty.place.read(
        "select week_start, numerator from counterpoise.fct_metric_week "
        f"where metric_id = 'throughput' and team_id = '{team}' and is_complete order by 1"
    )
    assert [week for week, _ in found] == [FIRST + timedelta(weeks=n) for n in range(len(found))], "no week twice or left out"
    assert {week: int(items) for week, items in found} == {week: expected[week] for week, _ in found}
    weeks = {week.isocalendar()[:2] for week, _ in found}
    assert {(2020, 43), (2020, 53), (2021, 1), (2021, 12)} <= weeks
    changes = {_of_week(datetime(*day, 12), ZONES[team]) for day in ((2020, 10, 25), (2020, 11, 1), (2021, 3, 14), (2021, 3, 28))}
    assert changes <= {week for week, _ in found}


@pytest.mark.slow
def test_a_load_that_ran_twice_a_source_that_changes_its_zone_and_a_leap_second_change_no_mart(faulty: Faulty) -> None:
    ours, theirs = faulty.marts["said otherwise"], faulty.marts["healed"]
    assert ours.keys() == theirs.keys() and ours["fct_work_item"].num_rows == len(_resolutions())
    assert [name for name, rows in ours.items() if not rows.equals(theirs[name])] == []
    assert {"events_key_repeated", "work_items_key_repeated"} <= faulty.failed_checks("said otherwise")
    assert "events_key_repeated" not in faulty.failed_checks("healed")


@pytest.mark.slow
def test_a_half_loaded_day_ends_no_week(faulty: Faulty) -> None:
    assert faulty.through["healed"] == LAST - timedelta(days=1)
    assert faulty.through["damaged"] == LAST - timedelta(days=8), "the week is not complete and nothing is said of it"
    weeks = faulty.marts["damaged"]["team_risk"]["week_start"].to_pylist()
    assert max(weeks) == LAST - timedelta(days=14)


@pytest.mark.slow
def test_a_new_value_is_counted_and_a_column_gone_read_as_empty(faulty: Faulty) -> None:
    assert faulty.marts["damaged"]["fct_work_item"].num_rows == len(_damaged()["work_items"])
    assert "events_type_known" in faulty.failed_checks("damaged")
    assert "events_type_known" not in faulty.failed_checks("healed")


@pytest.mark.slow
def test_a_stale_source_adds_nothing(faulty: Faulty) -> None:
    """The same rows as last week: nothing is new, dbt is left out, and the last week is the same as before."""
    before = _marts(faulty.place)
    again = faulty.place.run("--raw", faulty.raw, "--json", "--log", "json")
    told = json.loads(again.stdout)
    assert told["exit_code"] == 0 and told["data_through"] == str(faulty.through["healed"]) and told["new"] == []
    assert "nothing new since" in again.stderr
    assert _marts(faulty.place) == before


@pytest.mark.slow
def test_a_clock_put_back_a_day(faulty: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    class Yesterday(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) - timedelta(days=1)

    [(before,)] = faulty.place.read("select max(published_at) from counterpoise.published_runs")
    monkeypatch.setattr("counterpoise.run.datetime", Yesterday)
    ran = faulty.place.run("--raw", faulty.raw, "--json")
    told = json.loads(ran.stdout)
    assert ran.exit_code == 0 and [problem for problem in told["problems"] if "Set the clock" in problem]
    [(newest, at)] = faulty.place.read(
        "select run_id, published_at from counterpoise.published_runs order by published_at desc limit 1"
    )
    assert newest == told["run_id"] and at > before
    shown = (faulty.place.report / "checks.html").read_text(encoding="utf-8")
    assert newest in shown, "the report shows the checks of this run"


# kill -9

# Imports once, then a child for each line read: it runs the command and kills itself in a step, at the n-th word of it.
_ZYGOTE = """
import os, signal, sys
from pathlib import Path
import counterpoise.guardrails.expectations, counterpoise.report, counterpoise.run as runs
from counterpoise.cli import main

def die():
    os.kill(os.getpid(), signal.SIGKILL)

for line in sys.stdin:
    step, number = line.rsplit(" ", 1)
    child = os.fork()
    if not child:
        class Steps(runs._Steps):
            words = 0
            def __call__(self, name, detail):
                super().__call__(name, detail)
                self.words += name == step
                if name == step and self.words == int(number):
                    die()
        runs._Steps = Steps
        if step == "marts published":
            runs.swap_folders = lambda *folders: die()
        main(sys.argv[1:])
    print(os.waitpid(child, 0)[1], flush=True)
"""
KILLED_AT = (  # in the middle of models: test_run_bad_input.py and test_increments.py
    ("load", 3), ("check raw", 1), ("build", 1), ("check staging", 1), ("check marts", 1), ("score", 2), ("check scores", 1), ("report", 3),
    ("publish", 1),
)  # fmt: skip


@pytest.mark.slow
def test_a_kill_at_each_step(faulty: Faulty) -> None:
    """The report and the marts stand byte for byte until they are swapped, and the next run ends well."""
    place = faulty.place
    zygote = subprocess.Popen(
        [sys.executable, "-c", _ZYGOTE, "run", "--raw", str(faulty.raw), *map(str, place.options)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=os.environ | {"COUNTERPOISE_SALT": SALT},
    )  # fmt: skip

    def kill(step: str, number: int) -> None:
        zygote.stdin.write(f"{step} {number}\n")
        zygote.stdin.flush()
        assert int(zygote.stdout.readline()) == signal.SIGKILL, f"{step} {number} was not reached"
        told = _summary(place.private)
        assert told["exit_code"] is None and told["ended_at"] is None, "it did not come to say how it ended"

    before, marts = place.published(), _marts(place)
    for step, number in KILLED_AT:
        kill(step, number)
        assert place.published() == before, f"killed in {step}"
    kill("marts published", 0)
    after = place.published()
    assert {name: digest for name, digest in after.items() if name != "marts.duckdb"} == {
        name: digest for name, digest in before.items() if name != "marts.duckdb"
    }, "the report of before"
    assert after["marts.duckdb"] != before["marts.duckdb"]
    zygote.communicate("")
    ran = place.run("--raw", faulty.raw)
    assert ran.exit_code == 0, ran.said
    assert _marts(place) == marts
    assert _summary(place.private)["exit_code"] == 0
    left = {path.name for path in place.folder.iterdir()} - {"raw", "otherwise", "damaged"}
    assert left == {"marts.duckdb", "report", ".marts.build"}, "nothing is left lying about"


# the docs


def test_every_row_of_the_docs_names_tests_that_are_there() -> None:
    rows = [line for line in (ROOT / "docs" / "faults.md").read_text("utf-8").splitlines() if line.startswith("| ")]
    rows = [line for line in rows if not line.startswith("| Fault ")]
    commands = {line: re.findall(r"`(test_\w+\.py) -k (\w+)`", line) for line in rows}
    assert len(rows) >= 25 and all(commands.values()), [line for line, found in commands.items() if not found]
    files = sorted({name for found in commands.values() for name, _ in found})
    collected = subprocess.run(
        [sys.executable, "-m", "pytest", "-o", "addopts=", "-q", "--collect-only", *files],
        cwd=Path(__file__).parent, capture_output=True, text=True,
    )  # fmt: skip
    assert collected.returncode == 0, collected.stdout
    names = [line.rpartition("/")[2].partition("::") for line in collected.stdout.splitlines() if "::" in line]
    selected = {(file, word): [n for f, _, n in names if f == file and word in n] for found in commands.values() for file, word in found}
    assert [command for command, found in selected.items() if not found] == []


# a server


class Server:
    """A PostgreSQL of our own, which is stopped and started."""

    def __init__(self, folder: Path) -> None:
        pgserver = pytest.importorskip("pgserver", reason="pgserver is not installed (extra: test)")
        self._handle = pgserver.get_server(folder, cleanup_mode="stop")
        self.host = parse_qs(urlparse(self._handle.get_uri()).query)["host"][0]
        self.credentials = {"host": self.host, "user": "postgres", "dbname": "postgres"}

    def stop(self) -> None:
        """At once, in the middle of whatever it does."""
        process = self._handle.get_pid()
        os.kill(process, signal.SIGQUIT)
        while Path(f"/proc/{process}").exists():
            time.sleep(0.05)

    def start(self) -> None:
        self._handle.ensure_postgres_running()

    def end(self) -> None:
        self._handle.cleanup()

    def rows(self, sql: str) -> list[tuple]:
        connection = psycopg2.connect(**self.credentials)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    # not below pytest's folder: a root's server runs as a user to whom that is closed
    folder = Path(tempfile.mkdtemp(prefix="counterpoise-faults-"))
    server = Server(folder)
    try:
        yield server
    finally:
        server.end()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
def test_a_server_that_goes_away_and_a_table_somebody_holds(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One run loses its server, one waits for a table in vain, each says so, and the third ends well."""
    with duckdb.connect() as connection:
        load_folder(connection, _write(tmp_path / "raw", _tables()))
        copy_schema(connection, server.credentials, tmp_path, "work_system")
    monkeypatch.chdir(tmp_path)
    for name, value in (("HOST", server.host), ("USER", "postgres"), ("DATABASE", "postgres"), ("LOCK_TIMEOUT", "1s")):
        monkeypatch.setenv(f"COUNTERPOISE_{'PG_' if name != 'LOCK_TIMEOUT' else ''}{name}", value)
    run = ("run", "--target", "postgres", "--out", tmp_path / "report", "--json")
    process = start(*run)
    stopped = False
    while process.poll() is None and not stopped:
        [(built,)] = server.rows("select count(*) from pg_tables where schemaname = 'counterpoise_private'")
        if stopped := built >= 40:
            server.stop()
        time.sleep(0.1)
    assert stopped, "the run ended before"
    lost = ended(process)
    server.start()
    assert lost.exit_code == 1 and "Traceback" not in lost.said, lost.said
    told = json.loads(lost.stdout)
    assert told == _summary(tmp_path / ".counterpoise") and told["failed_step"] == "build"
    assert f"The connection to postgresql {server.host}/postgres, schema counterpoise was lost during the run" in told["message"]
    assert told["remedy"] == "Start the server and run again."
    [(kept,)] = server.rows("select count(*) from counterpoise_private.stg_work_items")
    assert kept == len(_resolutions()), "what was built before can be read"

    holder = psycopg2.connect(**server.credentials)
    with holder.cursor() as cursor:
        cursor.execute("select count(*) from counterpoise_private.stg_teams")  # and never ends its transaction
        held = counterpoise(*run)
    told = json.loads(held.stdout)
    assert held.exit_code == 1 and told["failed_step"] == "build", held.said
    assert "Somebody holds a table of" in told["message"] and "stg_teams" in told["message"]
    assert "idle in transaction" in told["remedy"]
    holder.close()

    healed = counterpoise(*run)
    assert healed.exit_code == 0, healed.said
    assert server.rows("select count(*) from counterpoise.fct_work_item") == [(len(_resolutions()),)]
    assert server.rows("select count(*) from counterpoise.published_runs") == [(1,)]


def test_on_a_server_too_the_second_run_is_told_who_is_at_work(postgres: Postgres) -> None:  # noqa: F811
    with pytest.raises(CounterpoiseError) as refused, Postgres(postgres.credentials, DbtProject(ROOT, ROOT)):
        pass
    known = rf"Another run is at work on .* \(process {os.getpid()} on \S+ since \d{{4}}-\d\d-\d\d \d\d:\d\d UTC\)\. Nothing was changed\."
    assert re.match(known, refused.value.what) and refused.value.remedy == "Wait for it to end."
