"""Bad input and bad luck: refused clearly or accepted and counted, and the last good state stands."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from command_line import Place, Ran, counterpoise, ended, start

MAPPING = """
source_system: desk
columns: {case: case, activity: activity, time: at, team: group, resource: who}
activities: {queued: [open], resolved: [done]}
"""
LOG = """case,activity,at,group,who
1,open,2025-01-06T09:00:00Z,blue,ann
1,done,2025-01-06T12:00:00Z,blue,bob
"""
TABLES = {
    "teams": "team_id,team_name\nblue,Blue\nred,Red\n",
    "work_items": """work_item_id,source_system,item_type,team_id,created_at,resolved_at
1,desk,ticket,blue,2025-01-06T09:00:00Z,2025-01-06T12:00:00Z
2,desk,ticket,red,2025-01-07T09:00:00Z,2025-01-14T12:00:00Z
3,desk,ticket,red,2025-01-15T09:00:00Z,
""",
    "work_item_events": """event_id,work_item_id,event_type,occurred_at,actor_id,team_id
e1,1,created,2025-01-06T09:00:00Z,ann,blue
e2,1,resolved,2025-01-06T12:00:00Z,bob,blue
e3,2,created,2025-01-07T09:00:00Z,ann,red
e4,2,resolved,2025-01-14T12:00:00Z,cem,red
e5,3,created,2025-01-15T09:00:00Z,ann,red
e6,3,commented,2025-01-22T09:00:00Z,ann,red
""",
}
# What is wrong with it, by the note that has to say so: how many rows, and whether the summary says so too.
ODD_TABLES = {
    "teams": TABLES["teams"],
    "work_items": """work_item_id,source_system,item_type,team_id,created_at,resolved_at,due_at,colour
1,desk,ticket,blue,2025-01-06T09:00:00Z,2025-01-06T08:00:00Z,soon,green
2,desk,ticket,blue,2025-01-07T09:00:00Z,,,green
3,desk,ticket,red,2025-01-08T09:00:00Z,2025-01-14T12:00:00Z,,green
4,desk,ticket,,2025-01-09T09:00:00Z,,,green
5,desk,ticket,grey,2025-01-09T09:00:00Z,,,green
""",
    "work_item_events": """event_id,work_item_id,event_type,occurred_at,actor_id,team_id
e1,1,created,2025-01-06T09:00:00Z,ann,blue
e2,1,resolved,2025-01-06T08:00:00Z,bob,blue
e3,2,created,2025-01-07T09:00:00Z,ann,blue
e4,2,handed_off,2025-01-08T10:00:00Z,ann,red
e5,2,handed_off,2025-01-08T10:00:00Z,ann,blue
e6,3,created,2025-01-08T09:00:00Z,ann,red
e7,3,resolved,2025-01-14T12:00:00Z,bob,red
e7,3,resolved,2025-01-14T12:00:00Z,bob,red
e7,3,resolved,2025-01-14T12:00:00Z,bob,red
e8,4,created,2025-01-09T09:00:00Z,ann,
e9,5,created,2025-01-09T09:00:00Z,ann,grey
e10,99,created,2025-01-22T09:00:00Z,ann,blue
""",
}
ODD_NOTES = {
    "resolved_before_created": 1,
    "two_teams_at_once": 1,
    "repeated_rows": 2,
    "items_without_team": 1,
    "teams_not_listed": 1,
    "events_without_item": 1,
    "unknown_column.work_items.colour": 5,
    "unreadable_values.work_items.due_at": 1,
}


def _write(folder: Path, tables: dict[str, str]) -> Path:
    folder.mkdir(parents=True)
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_text(rows, encoding="utf-8")
    return folder


@contextmanager
def _last_good_state_stands(place: Place) -> Iterator[None]:
    """Readers see the same bytes afterwards."""
    before = place.published()
    assert "marts.duckdb" in before and "report/index.html" in before
    yield
    assert place.published() == before


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Where a good run has published its marts and report."""
    place = Place(tmp_path_factory.mktemp("published"))
    ran = place.run("--raw", _write(place.folder / "raw", TABLES))
    assert ran.exit_code == 0, ran.said
    return place


# refused input


UNREADABLE_TIMES = LOG.replace("2025-01-06T12:00:00Z", "noon") + "".join(
    f"2,done,{time},blue,bob\n" for time in ("31/12/24", "", "later", "2025-13-01", "never")
)


@pytest.mark.parametrize(
    ("name", "content", "parts"),
    [
        ("nowhere.csv", None, ["nowhere.csv does not exist", "Name the file"]),
        ("picture.csv", bytes(range(256)), ["picture.csv is not CSV", "binary", "Save it as CSV"]),
        ("sheet.csv", b"PK\x03\x04 and so on", ["sheet.csv is not CSV but a spreadsheet", "Save it as CSV"]),
        ("squads.csv", LOG.replace("group", "squad"), ["squads.csv: column group is missing", '"squad"']),
        ("times.csv", UNREADABLE_TIMES, ["times.csv: column at: 5 of 7 rows cannot be read as a time", "Write ISO"]),
        (
            "times.csv",
            UNREADABLE_TIMES,
            ['(first: "noon", "31/12/24", "later")', "column at: 1 of 7 rows have no value"],
        ),
        ("gaps.csv", LOG + ",done,2025-01-06T13:00:00Z,blue,bob\n", ["column case: 1 of 3 rows have no", "Fill it in"]),
        ("empty.csv", LOG.splitlines()[0] + "\n", ["empty.csv holds no events", "Export the log again"]),
        ("latin.csv", LOG.replace("blue", "Köln").encode("latin-1"), ["latin.csv is not UTF-8", "line 2", "Save it"]),
        ("zero.parquet", b"", ["zero.parquet is empty (0 bytes)", "Export it again"]),
        ("text.parquet", LOG, ["text.parquet cannot be read as Parquet", "Export it again"]),
        ("half.csv.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00", ["half.csv.gz is not a whole gzip file", "again"]),
        ("log.txt", LOG, ["log.txt", "the ending says no format", ".csv"]),
    ],
)
def test_a_log_that_cannot_be_read_is_refused(
    place: Place, tmp_path: Path, name: str, content: str | bytes | None, parts: list[str]
) -> None:
    log, mapping = tmp_path / name, tmp_path / "log.yml"
    mapping.write_text(MAPPING, encoding="utf-8")
    if content is not None:
        log.write_bytes(content if isinstance(content, bytes) else content.encode())
    with _last_good_state_stands(place):
        ran = place.run("--event-log", log, "--mapping", mapping)
    assert ran.exit_code == 1
    assert not [part for part in parts if part not in ran.said], ran.said
    assert "ann" not in ran.said.split() and "bob" not in ran.said


@pytest.mark.parametrize(
    ("table", "content", "parts"),
    [
        ("teams", None, ["Table teams is missing from", "Add teams.csv or teams.parquet"]),
        ("work_items", "\0\1\2", ["work_items.csv is not CSV", "Save it as CSV"]),
        ("work_items", "", ["work_items.csv is empty (0 bytes)", "Export it again"]),
        ("work_items", "work_item_id,kind\n1,ticket\n", ["work_items.csv: column created_at is missing", '"kind"']),
        (
            "work_item_events",
            TABLES["work_item_events"].replace("2025-01-22T09:00:00Z", "yesterday"),
            ["work_item_events.csv: column occurred_at: 1 of 6 rows cannot be read as a time", '"yesterday"', "Write"],
        ),
    ],
)
def test_a_folder_that_cannot_be_read_is_refused(
    place: Place, tmp_path: Path, table: str, content: str | None, parts: list[str]
) -> None:
    raw = _write(tmp_path / "raw", TABLES)
    (raw / f"{table}.csv").unlink()
    if content is not None:
        (raw / f"{table}.csv").write_text(content, encoding="utf-8")
    with _last_good_state_stands(place):
        ran = place.run("--raw", raw)
    assert ran.exit_code == 1
    assert not [part for part in parts if part not in ran.said], ran.said


def test_a_folder_that_is_not_there_is_refused(place: Place, tmp_path: Path) -> None:
    with _last_good_state_stands(place):
        ran = place.run("--raw", tmp_path / "raw")
    assert ran.exit_code == 1 and "raw does not exist. Name the folder" in ran.said


# a check of severity `stop`


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (
            {
                "targets": "target_id,team_id,metric_id,direction,threshold,valid_from\n"
                "t1,blue,team_risk,at_most,20,2025-01-01\nt2,blue,csat,at_least,0.8,2025-01-01\n"
            },
            "1 of 2 rows of targets have team_risk as their metric_id. For example: t1. The risk may not become",
        ),
        ({"work_item_events": TABLES["work_item_events"].splitlines()[0] + "\n"}, "work_item_events has no rows."),
    ],
)
def test_a_stop_check_holds_the_run_with_exit_code_3(
    place: Place, tmp_path: Path, tables: dict[str, str], message: str
) -> None:
    with _last_good_state_stands(place):
        ran = place.run("--raw", _write(tmp_path / "raw", TABLES | tables), "--junit", tmp_path / "checks.xml")
    assert ran.exit_code == 3
    assert "<failure" in (tmp_path / "checks.xml").read_text(encoding="utf-8")
    with duckdb.connect(str(place.private / "work.duckdb"), read_only=True) as private:
        kept = private.execute(
            "select count(distinct run_id) > 1 and max(case when message like '%' || ? || '%' then 1 else 0 end) = 1 "
            "from counterpoise.check_results",
            [message],
        )
        assert kept.fetchone()[0], "the result of the run that was stopped is kept beside those of the runs before"
    assert "A check held the run; what was published before still stands." in ran.said
    assert message in ran.said
    page = ran.stderr.partition("All checks: ")[2].strip()
    assert message in Path(page).read_text(encoding="utf-8")


# places that are not ours


def test_a_database_somebody_writes_to_is_left_alone(place: Place) -> None:
    with _last_good_state_stands(place), _open_in_another_process(place.database):
        ran = place.run("--raw", place.folder / "raw")
    assert ran.exit_code == 1
    assert f"{place.database} is locked: another process has it open for writing. Nothing was changed. Close it there" in ran.said


def test_a_private_file_somebody_holds_open_is_said(place: Place) -> None:
    private = place.private / "work.duckdb"
    with _last_good_state_stands(place), _open_in_another_process(private):
        ran = place.run("--raw", place.folder / "raw")
    assert ran.exit_code == 1
    assert f"{private} could not be opened" in ran.said and "close it there" in ran.said


@contextmanager
def _open_in_another_process(database: Path) -> Iterator[None]:
    program = "import duckdb, sys; opened = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "open\n"
    try:
        yield
    finally:
        holder.communicate("")


def test_a_database_named_like_its_schema_is_refused(place: Place, tmp_path: Path) -> None:
    ran = counterpoise("run", "--raw", place.folder / "raw", "--db", tmp_path / "counterpoise.duckdb")
    assert ran.exit_code == 2
    assert "counterpoise.duckdb: a DuckDB file must not be named like the schema inside it" in ran.said
    assert "counterpoise_marts.duckdb" in ran.said
    assert list(tmp_path.iterdir()) == []


def test_a_database_with_somebody_elses_tables_is_not_replaced(place: Place, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.duckdb"
    with duckdb.connect(str(theirs)) as connection:
        connection.execute("create schema sales; create table sales.orders as select 1 as order_id")
    before = theirs.read_bytes()
    ran = counterpoise("run", "--raw", place.folder / "raw", "--db", theirs)
    assert ran.exit_code == 2
    assert f"{theirs} holds tables that are not counterpoise's (schema sales)" in ran.said
    assert "Give another --db" in ran.said
    assert theirs.read_bytes() == before


def test_a_file_that_is_no_database_is_not_replaced(place: Place, tmp_path: Path) -> None:
    thesis = tmp_path / "thesis.txt"
    thesis.write_text("the only copy", encoding="utf-8")
    ran = counterpoise("run", "--raw", place.folder / "raw", "--db", thesis)
    assert ran.exit_code == 1
    assert f"{thesis} is there and is not a DuckDB file" in ran.said and "Give another --db" in ran.said
    assert thesis.read_text(encoding="utf-8") == "the only copy"


def test_a_folder_that_is_no_report_is_refused_before_anything_runs(place: Place, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("the only copy", encoding="utf-8")
    with _last_good_state_stands(place):
        ran = counterpoise("run", "--raw", place.folder / "raw", "--db", place.database, "--out", tmp_path)
    assert ran.exit_code == 2
    assert f"--out {tmp_path} holds files that are not a report" in ran.said and "Name a new or an empty" in ran.said
    assert "load:" not in ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


# accepted, counted and listed


@dataclass(frozen=True)
class Odd:
    """A run on odd but acceptable input that was killed while dbt was building, and the next run on it."""

    killed: int
    before: dict[str, str]
    after_kill: dict[str, str]
    ran: Ran
    notes: dict[str, tuple[int, str, str]]
    items: list[tuple]


@pytest.fixture(scope="module")
def odd(place: Place) -> Odd:
    raw, before = _write(place.folder / "odd", ODD_TABLES), place.published()
    log = place.private / "logs" / "dbt.log"
    told = log.stat().st_size
    process = start("run", "--raw", raw, *place.options)
    while process.poll() is None and "START sql table model" not in log.read_text(encoding="utf-8")[told:]:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    killed, after_kill = ended(process).exit_code, place.published()
    ran = place.run("--raw", raw)
    assert ran.exit_code == 0, ran.said
    notes = place.read("select note_id, row_count, severity, sentence from counterpoise.fct_data_health")
    items = place.read("select work_item_id, working_hours, handoffs from counterpoise.fct_work_item order by 1")
    return Odd(killed, before, after_kill, ran, {note: tuple(rest) for note, *rest in notes}, items)


def test_a_kill_in_the_middle_of_the_build_changes_nothing_that_is_published(odd: Odd) -> None:
    assert odd.killed == -signal.SIGKILL
    assert odd.after_kill == odd.before


@pytest.mark.parametrize("note", ODD_NOTES)
def test_odd_rows_are_accepted_counted_and_listed(odd: Odd, note: str) -> None:
    rows, severity, sentence = odd.notes[note]
    assert rows == ODD_NOTES[note]
    assert severity in ("info", "warn") and sentence.endswith(".")
    if severity == "warn":
        assert sentence in odd.ran.said or "more in the report" in odd.ran.stdout


def test_no_item_is_dropped(odd: Odd) -> None:
    assert [item for item, *_ in odd.items] == ["1", "2", "3", "4", "5"]
    (_, hours, _), (_, _, handoffs), *_ = odd.items
    assert hours == 0, "resolved before it was created: a duration of nothing"
    assert handoffs == 2, "two teams at once: to the one and back, in the order of the events' ids"


LONE_CASE = """case,activity,at,group,who
1,open,2025-01-06T09:00:00Z,blue,ann
1,pondered,2025-01-07T09:00:00Z,blue,ann
1,done,2025-01-14T09:00:00Z,blue,bob
1,done,2025-01-14T09:00:00Z,blue,bob
"""


@pytest.fixture(scope="module")
def lone_case(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, Ran]:
    """One case of one team, one of its activities without a meaning, one of its events twice.

    It is published over a file that somebody wrote to and never closed.
    """
    place = Place(tmp_path_factory.mktemp("lone"))
    mapping, log = place.folder / "log.yml", place.folder / "log.csv"
    mapping.write_text(MAPPING, encoding="utf-8")
    log.write_text(LONE_CASE, encoding="utf-8")
    program = (
        "import duckdb, os, sys; opened = duckdb.connect(sys.argv[1]); "
        "opened.execute('create schema counterpoise; create table counterpoise.left_over as select 1 as one'); "
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(place.database)], check=False)
    assert place.database.with_name("marts.duckdb.wal").exists()
    return place, place.run("--event-log", log, "--mapping", mapping, salt=None)


def test_one_case_of_one_team_is_enough_for_a_run(lone_case: tuple[Place, Ran]) -> None:
    place, ran = lone_case
    assert ran.exit_code == 0, ran.said
    assert place.read("select handoffs, elapsed_hours from counterpoise.fct_work_item") == [(0, 8 * 24.0)]
    assert place.read("select count(*) from duckdb_tables() where table_name = 'left_over'") == [(0,)]
    notes = {
        note: (rows, sentence)
        for note, rows, sentence in place.read("select note_id, row_count, sentence from counterpoise.fct_data_health")
    }
    assert notes["one_case_only"][0] == 1 and notes["one_team_only"][0] == 1
    assert notes["duplicate_events.event_log"][0] == 1
    rows, sentence = notes["unknown_activity.event_log.pondered"]
    assert rows == 1 and 'Activity "pondered" (1 event) has no meaning in log.yml' in sentence
    assert sentence in ran.said
    assert "pondered" in (place.report / "index.html").read_text(encoding="utf-8")


def test_without_a_salt_the_user_is_warned(lone_case: tuple[Place, Ran], odd: Odd) -> None:
    warning = "Ids of persons are hashed with the public demo salt."
    assert warning in lone_case[1].stderr and "set COUNTERPOISE_SALT" in lone_case[1].stderr
    assert warning not in odd.ran.stderr


def test_the_columns_the_contract_requires_are_enough(tmp_path: Path) -> None:
    place = Place(tmp_path)
    raw = _write(
        place.folder / "raw",
        {
            "teams": "team_id,team_name\nblue,Blue\n",
            "work_items": "work_item_id,item_type,team_id,created_at\n"
            + "".join(f"{day},ticket,blue,2025-01-{day:02}T09:00:00Z\n" for day in range(6, 31)),
            "work_item_events": "event_id,work_item_id,event_type,occurred_at,team_id\n"
            + "".join(f"e{day},{day},resolved,2025-01-{day:02}T12:00:00Z,blue\n" for day in range(6, 31)),
        },
    )
    ran = place.run("--raw", raw)
    assert ran.exit_code == 0, ran.said
    resolved = place.read(
        "select week_start, numerator from counterpoise.fct_metric_week "
        "where metric_id = 'throughput' and is_complete order by 1"
    )
    assert [items for _, items in resolved] == [7, 7, 7]


def test_a_log_of_less_than_a_week_is_refused(place: Place, tmp_path: Path) -> None:
    log, mapping = tmp_path / "log.csv", tmp_path / "log.yml"
    mapping.write_text(MAPPING, encoding="utf-8")
    log.write_text(LOG, encoding="utf-8")
    with _last_good_state_stands(place):
        ran = place.run("--event-log", log, "--mapping", mapping)
    assert ran.exit_code == 1
    assert "one complete week" in ran.said and "run again" in ran.said


# no space left


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 192 MB of our own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=192m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("a small file system cannot be mounted here (it takes root), so the disk cannot be filled")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def _fill(disk: Path, but: int) -> Path:
    """Fill a disk until only `but` bytes are left."""
    filler = disk / "filler"
    space = os.statvfs(disk)
    try:
        with filler.open("wb") as file:
            file.write(b"\0" * (space.f_bavail * space.f_frsize - but))
    except OSError as error:
        if error.errno != errno.ENOSPC:  # what runs beside may have taken room meanwhile: the disk is full all the same
            raise
    return filler


def _copy_of(place: Place, disk: Path) -> Place:
    """The published state of a place on another disk."""
    copy = Place(disk)
    subprocess.run(["cp", "-r", str(place.database), str(place.report), str(disk)], check=True)
    return copy


@pytest.mark.parametrize("left", [0, 400_000])
def test_no_space_for_the_raw_data(place: Place, small_disk: Path, tmp_path: Path, left: int) -> None:
    here, log, mapping = _copy_of(place, small_disk), tmp_path / "log.csv", tmp_path / "log.yml"
    mapping.write_text(MAPPING, encoding="utf-8")
    rows = (f"case {n},open,2025-01-06T09:00:00Z,team {n % 997},person {n * 7919 % 100_003}\n" for n in range(40_000))
    log.write_text(LOG + "".join(rows), encoding="utf-8")
    _fill(small_disk, left)
    with _last_good_state_stands(here):
        ran = here.run("--event-log", log, "--mapping", mapping)
    _assert_says_no_space(ran, small_disk)
    assert "check raw:" not in ran.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "left"), [("build", 0), ("build", 4_000_000), ("check scores", 0), ("check scores", 3_000_000)]
)
def test_no_space_from_a_step_on_and_then_there_is(place: Place, small_disk: Path, step: str, left: int) -> None:
    """While dbt parses or builds, results are kept, or marts are copied out; with room, the next run ends right."""
    here, progress = _copy_of(place, small_disk), place.folder / "progress.txt"
    with _last_good_state_stands(here):
        with progress.open("w") as stderr:
            process = start("run", "--raw", place.folder / "raw", *here.options, stderr=stderr)
            while process.poll() is None and f"] {step}:" not in progress.read_text():
                time.sleep(0.01)
            filler = _fill(small_disk, left)
            ran = ended(process)
    _assert_says_no_space(Ran(ran.exit_code, ran.stdout, progress.read_text()), small_disk)
    filler.unlink()
    again = here.run("--raw", place.folder / "raw")
    assert again.exit_code == 0, again.said
    assert here.read("select count(*) from counterpoise.fct_work_item") == [(3,)]


def _assert_says_no_space(ran: Ran, disk: Path) -> None:
    assert ran.exit_code == 1
    assert f"There is no space left for {disk} (" in ran.said
    assert "Make room and run again; what was published before still stands." in ran.said
    assert "Traceback" not in ran.said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('counterpoise:\n  outputs:\n    pg:\n      password: "hunter2\n', "profiles.yml is not YAML, near line"),
        ("other:\n  outputs: {pg: {type: postgres, password: hunter2}}\n", "needs a profile 'counterpoise'"),
        ("counterpoise:\n  target: no\n  outputs: {pg: {type: postgres, password: hunter2}}\n", "target names for this profile are"),
        ("counterpoise: {target: pg, outputs: {pg: {type: postgres, password: hunter2, port: \"{{ env_var('NO') }}\"}}}\n", "'NO'"),
    ],
)  # fmt: skip
def test_a_broken_profile_is_named_without_its_secrets(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "profiles.yml").write_text(text, encoding="utf-8")
    ran = counterpoise("build", "--profiles-dir", tmp_path)
    assert ran.exit_code == 2
    assert said in ran.said
    assert "hunter2" not in ran.said
