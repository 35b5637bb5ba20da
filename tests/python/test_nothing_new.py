"""A build of what was built already leaves dbt out; anything that could change a row is a real build."""

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest
import yaml

from command_line import Place, Ran, counterpoise, ended, start
from conftest import ROOT
from counterpoise.errors import CounterpoiseError
from counterpoise.inputs import load_folder
from counterpoise.warehouse import DuckDBFile, Postgres, open_warehouse, state
from counterpoise.warehouse.dbt import DbtProject
from counterpoise.warehouse.made_of import made_of
from test_engines import copy_schema

SECONDS = 2.0  # of a whole process; a machine with other work may take twice as long


def _copy_of_the_project(folder: Path) -> Path:
    """The dbt project without what only a checkout has, so that a test may change a file of it."""
    for name in ("models", "macros", "seeds"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("generic", "singular"):
        shutil.copytree(ROOT / "tests" / name, folder / "tests" / name)
    return folder


class Built:
    """A warehouse that was built once, and what a build would say of it now."""

    def __init__(self, folder: Path, raw: Path) -> None:
        self.place = Place(folder)
        self.project = _copy_of_the_project(folder / "project")
        self.raw = self.place.private / "work.duckdb"
        self.raw.parent.mkdir(parents=True)
        with duckdb.connect(str(self.raw)) as connection:
            load_folder(connection, raw)
        self.first = self.build()

    @property
    def options(self) -> tuple[str | Path, ...]:
        return "--db", self.place.database, "--project-dir", self.project

    def build(self, *arguments: str) -> Ran:
        return counterpoise("build", "--without-tests", *self.options, *arguments)

    def change(self, sql: str) -> None:
        with duckdb.connect(str(self.raw)) as connection:
            connection.execute(sql)

    def since(self, tested: bool = False, **variables: Any) -> str | None:
        """When the build was that would be taken for this one; None where this one would be a real one."""
        project = DbtProject(self.project, self.place.private, variables=variables)
        with open_warehouse(project, self.place.database) as warehouse:
            before = state.kept(warehouse)
            return state.nothing_new_since(warehouse, before, state.look(warehouse, before), tested)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, small_raw: Path) -> Built:
    found = Built(tmp_path_factory.mktemp("built"), small_raw)
    assert found.first.exit_code == 0 and found.first.stdout.startswith("Built: "), found.first.said
    return found


def test_nothing_new_leaves_dbt_out(built: Built) -> None:
    log = built.place.private / "logs" / "dbt.log"
    before = log.stat()
    took = []
    for _ in range(3):
        began = time.monotonic()
        ran = ended(start("build", "--without-tests", *built.options))
        took.append(time.monotonic() - began)
        assert ran.exit_code == 0 and ran.stdout.startswith("Nothing new since 20"), ran.said
        assert ran.stdout.endswith("UTC: dbt skipped\n")
    assert min(took) < 2 * SECONDS
    assert (log.stat().st_mtime_ns, log.stat().st_size) == (before.st_mtime_ns, before.st_size), "dbt wrote no log"


ROWS = {
    "a new row": (
        "insert into work_system.teams by name select 'new' as team_id",
        "delete from work_system.teams where team_id = 'new'",
    ),
    "a row taken away": (
        "create table kept as from work_system.targets; delete from work_system.targets",
        "insert into work_system.targets from kept; drop table kept",
    ),
    "a late row changed in place, its load stamp with it": (
        "update work_system.work_item_events set _loaded_at = _loaded_at + interval 1 hour where event_id = "
        "(select min(event_id) from work_system.work_item_events)",
        "update work_system.work_item_events set _loaded_at = _loaded_at - interval 1 hour where event_id = "
        "(select min(event_id) from work_system.work_item_events)",
    ),
    "a word changed in place, and no load stamp": (
        "update work_system.teams set team_name = team_name || '!'",
        "update work_system.teams set team_name = team_name[:-2]",
    ),
    "a column more": (
        "alter table work_system.teams add column shown boolean",
        "alter table work_system.teams drop column shown",
    ),
    "a table more": (
        "create table work_system.later (id text)",
        "drop table work_system.later",
    ),
    "a salt": (
        "create table counterpoise_private.person_salt as select 'a long random text' as salt",
        "drop table counterpoise_private.person_salt",
    ),
    "a mart gone": (
        "alter table counterpoise.fct_metric_week rename to gone",
        "alter table counterpoise.gone rename to fct_metric_week",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", ROWS)
def test_what_stands_in_the_warehouse_is_looked_at(built: Built, what: str) -> None:
    change, back = ROWS[what]
    assert built.since() is not None
    built.change(change)
    assert built.since() is None, f"{what} is news"
    built.change(back)
    assert built.since() is not None, "and the same as before is not"


def test_files_of_the_project_are_looked_at(built: Built) -> None:
    for path in (
        built.project / "models" / "marts" / "core" / "dim_team.sql",
        built.project / "macros" / "registry" / "settings.sql",
        built.project / "seeds" / "registry" / "story_registry.csv",
        built.project / "dbt_project.yml",
    ):
        text = path.read_text("utf-8")
        path.write_text(text + "\n", encoding="utf-8")
        assert built.since() is None, f"{path.name} is another"
        path.write_text(text, encoding="utf-8")
        assert built.since() is not None
    more = built.project / "models" / "mine.sql"
    more.write_text("select 1 as one", encoding="utf-8")
    assert built.since() is None
    more.unlink()


def test_vars_versions_and_the_profile_are_looked_at(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    assert built.since(counterpoise_min_denominator=7) is None
    monkeypatch.setenv("COUNTERPOISE_THREADS", "1")
    assert built.since() is None
    monkeypatch.undo()
    assert built.since() is not None
    monkeypatch.setattr("counterpoise.warehouse.made_of.version", lambda package: "9")
    assert built.since() is None


def test_a_build_with_tests_is_not_taken_for_done_by_one_without(built: Built) -> None:
    assert built.since() is not None and built.since(tested=True) is None
    project = DbtProject(built.project, built.place.private)
    with open_warehouse(project, built.place.database) as warehouse:
        untested = warehouse.read_state()
        state.keep(warehouse, state.look(warehouse, None), tested=True)
    assert built.since() is not None and built.since(tested=True) is not None
    with open_warehouse(project, built.place.database) as warehouse:
        warehouse.write_state(untested)


def test_a_state_of_another_version_is_none(built: Built) -> None:
    with open_warehouse(DbtProject(built.project, built.place.private), built.place.database) as warehouse:
        kept = warehouse.read_state()
        for text in ("", "[]", '{"built_at": "2026-01-01"}', '{"tables": {"a": 1}}'):
            warehouse.write_state(text)
            assert state.kept(warehouse) is None
        warehouse.write_state(kept)


@pytest.mark.parametrize(
    "text",
    ["select run_started_at as at", "select current_timestamp as at", "select '{{ env_var(name) }}' as at"],
)
def test_what_cannot_be_seen_is_never_taken_for_old(built: Built, text: str) -> None:
    """SQL that asks for the time, and variables whose names are not told, may say something else the next time."""
    path = built.project / "models" / "mine.sql"
    path.write_text(text, encoding="utf-8")
    assert made_of(DbtProject(built.project, built.place.private), {}) is None
    path.unlink()
    assert made_of(DbtProject(built.project, built.place.private), {}) is not None


def test_a_named_variable_of_the_environment_is_looked_at(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    path = built.project / "models" / "mine.sql"
    path.write_text("select '{{ env_var(\"REGION\", \"\") }}' as region", encoding="utf-8")
    project = DbtProject(built.project, built.place.private)
    before = made_of(project, {})
    monkeypatch.setenv("REGION", "north")
    assert made_of(project, {}) != before
    path.unlink()


def test_a_build_begun_is_remembered_with_what_it_was_made_of(tmp_path: Path) -> None:
    """Rows of two makes may stand there until a build has ended well, and then those of one."""
    with DuckDBFile(tmp_path / "marts.duckdb", DbtProject(ROOT, tmp_path)) as warehouse:

        def of_other_make(made_of: dict[str, str] | None) -> bool:
            warehouse.made_of = made_of
            return state.is_of_other_make(warehouse, state.kept(warehouse))

        def begin(made_of: dict[str, str] | None) -> None:
            warehouse.made_of = made_of
            state.begin(warehouse, state.kept(warehouse))

        one, other = {"files": "1"}, {"files": "2"}
        begin(None)
        assert state.kept(warehouse) is None, "of code whose result may change by itself, nothing is kept"
        begin(one)
        assert state.kept(warehouse).is_stale and not of_other_make(one) and of_other_make(other)
        warehouse.made_of = one
        state.keep(warehouse, {}, tested=False)
        assert not state.kept(warehouse).is_stale and not of_other_make(one)
        begin(one)
        assert state.kept(warehouse).is_stale and not of_other_make(one), "killed, and the same again: new rows are enough"
        begin(other)
        assert of_other_make(one) and of_other_make(other), "killed with other code: what stands there is of both"
        begin(other)
        assert of_other_make(other), "and still is when that one is killed too"
        warehouse.made_of = other
        state.keep(warehouse, None, tested=False)
        assert state.kept(warehouse).is_stale and not of_other_make(other), "ended, but what was read cannot be told"
        warehouse.made_of = None
        state.keep(warehouse, {}, tested=False)
        assert state.kept(warehouse) is None


# the last one of what was built
@pytest.mark.slow
def test_after_a_killed_build_of_another_macro_and_one_that_failed_the_next_makes_all_anew(
    built: Built, tmp_path: Path
) -> None:
    def found() -> tuple[bool, bool]:
        """Whether dbt has begun since what is kept, and whether a build now would make everything anew."""
        with open_warehouse(DbtProject(built.project, built.place.private), built.place.database) as warehouse:
            kept = state.kept(warehouse)
            return kept.is_stale, state.is_of_other_make(warehouse, kept)

    assert built.since() is not None and found() == (False, False)
    model = built.project / "models" / "marts" / "core" / "dim_team.sql"
    text = model.read_text("utf-8")
    model.write_text("select 1 / 'no' as team_id", encoding="utf-8")
    with pytest.raises(CounterpoiseError):  # by dbt alone
        DbtProject(
            built.project, built.place.private, environment={"COUNTERPOISE_BUILD_FILE": str(built.raw)}
        ).invoke(["run", "--select", "dim_team"])
    model.write_text(text, encoding="utf-8")
    assert built.since() is None and found() == (True, False), "the code is the old one again"
    macro = built.project / "macros" / "registry" / "signals.sql"
    as_it_was = macro.read_text("utf-8")
    macro.write_text(as_it_was + "{#- another -#}\n", encoding="utf-8")
    said = tmp_path / "said.txt"
    with said.open("w") as stderr:
        process = start("build", "--without-tests", *built.options, stderr=stderr)
        while process.poll() is None and "build: 1 of" not in said.read_text():
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    assert built.since() is None and found() == (True, True)
    macro.write_text(as_it_was, encoding="utf-8")
    assert built.since() is None and found() == (True, True), "some rows may be of the macro that is gone"


def test_large_tables_are_compared_by_their_load_stamps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("counterpoise.warehouse.duckdb_file._ROWS_READ_WHOLE", 100)
    with DuckDBFile(tmp_path / "marts.duckdb", DbtProject(ROOT, tmp_path)) as warehouse:
        connection = warehouse.connect()
        connection.execute(
            "create schema work_system; create table work_system.work_item_events as select n as event_id, "
            "timestamp '2026-01-01' + interval 1 minute * n as _loaded_at from range(1000) as numbers(n)"
        )
        _assert_stamps_tell(
            lambda sql: connection.execute(sql), lambda: warehouse.watermark([("", "work_system", "")], {})
        )


def _assert_stamps_tell(execute: Callable[[str], Any], watermark: Callable[[], Any]) -> None:
    before = watermark()
    assert len(before) == 1
    execute("update work_system.work_item_events set event_id = event_id + 1")
    assert _contents(watermark()) == _contents(before), "what the docs say cannot be noticed"
    execute("update work_system.work_item_events set _loaded_at = _loaded_at + interval '1' second where event_id = 7")
    assert _contents(watermark()) != _contents(before), "the newest stamp and the count are as they were"


def _contents(marks: Any) -> dict[str, str]:
    return {name: mark.content for name, mark in marks.items()}


# PostgreSQL


@pytest.fixture
def database(postgres_server: dict[str, str], tmp_path: Path) -> Iterator[Postgres]:
    """A database where nobody else is at work."""
    server = {key: value for key, value in postgres_server.items() if value}
    admin = psycopg2.connect(**server)
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute("drop database if exists alone")
        cursor.execute("create database alone")
    with Postgres({**server, "dbname": "alone"}, DbtProject(ROOT, tmp_path, target="postgres")) as warehouse:
        with warehouse.connect().cursor() as cursor:
            cursor.execute(
                "create schema work_system; create table work_system.work_item_events as select n as event_id, "
                "timestamp '2026-01-01' + interval '1 minute' * n as _loaded_at from generate_series(1, 1000) as n"
            )
        yield warehouse
    with admin.cursor() as cursor:
        cursor.execute("drop database alone")
    admin.close()


ALL = [("", "work_system", "")]


def test_postgres_notices_every_change_of_a_small_table(database: Postgres) -> None:
    cursor = database.connect().cursor()
    for change in (
        "update work_system.work_item_events set event_id = event_id + 1 where event_id = 5",
        "insert into work_system.work_item_events values (0, null)",
        "delete from work_system.work_item_events where event_id = 0",
        "truncate work_system.work_item_events",
        "alter table work_system.work_item_events add column note text",
        "create view work_system.later as select 1 as one",
    ):
        before = database.watermark(ALL, {})
        assert database.watermark(ALL, before) == before
        cursor.execute(change)
        assert _contents(database.watermark(ALL, before)) != _contents(before), change


def test_postgres_compares_large_tables_by_their_load_stamps(
    database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("counterpoise.warehouse.postgres._BYTES_READ_WHOLE", 1000)
    _assert_stamps_tell(database.connect().cursor().execute, lambda: database.watermark(ALL, {}))


def test_postgres_reads_no_rows_where_its_counters_stand_still(database: Postgres) -> None:
    """What is known of a table is believed while nobody writes, and not a moment longer."""
    before = database.watermark(ALL, {})
    known = {name: mark._replace(content="as it was") for name, mark in before.items()}
    assert database.watermark(ALL, known) == known, "no row was read"
    database.connect().cursor().execute("update work_system.work_item_events set event_id = -1 where event_id = 9")
    assert _contents(database.watermark(ALL, known)) != _contents(known)
    # somebody else's session may not have told what it wrote
    with psycopg2.connect(**database.credentials):
        assert _contents(database.watermark(ALL, known)) == _contents(database.watermark(ALL, {}))


@pytest.mark.slow
def test_nothing_new_leaves_dbt_out_on_postgres(
    database: Postgres, small_raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with duckdb.connect() as connection:
        load_folder(connection, small_raw)
        copy_schema(connection, database.credentials, tmp_path, "work_system")
    for name, key in (("HOST", "host"), ("PORT", "port"), ("USER", "user"), ("DATABASE", "dbname")):
        monkeypatch.setenv(f"COUNTERPOISE_PG_{name}", database.credentials[key])
    monkeypatch.chdir(tmp_path)
    database.__exit__(None, None, None)
    build = ("build", "--without-tests", "--target", "postgres")
    assert ended(start(*build)).stdout.startswith("Built: ")
    took = []
    for _ in range(3):
        began = time.monotonic()
        ran = ended(start(*build))
        took.append(time.monotonic() - began)
        assert ran.stdout.startswith("Nothing new since "), ran.said
    assert min(took) < 2 * SECONDS
    with psycopg2.connect(**database.credentials) as connection, connection.cursor() as cursor:
        cursor.execute("update work_system.teams set team_name = 'another' where team_id = "
                       "(select min(team_id) from work_system.teams)")  # fmt: skip
    with (tmp_path / "said.txt").open("w") as stderr:
        killed = start(*build, stderr=stderr)
        while killed.poll() is None and "build: 1 of" not in (tmp_path / "said.txt").read_text():
            time.sleep(0.05)
        killed.kill()
        killed.communicate()
    assert state.kept(database).is_stale


# secrets


@pytest.mark.slow
def test_the_password_of_a_profile_stands_nowhere(
    postgres_server: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not on the screen, in a log, a file beside them, or the state, though dbt writes all it does into its log."""
    canary = "canary-4711-in-the-mine"
    server = {key: value for key, value in postgres_server.items() if value}
    profile = {"type": "postgres", "schema": "canary", "threads": 1, **server, "password": canary}
    profile["port"] = int(profile["port"])
    (tmp_path / "profiles").mkdir()
    text = yaml.safe_dump({"counterpoise": {"target": "prod", "outputs": {"prod": profile}}})
    (tmp_path / "profiles" / "profiles.yml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DBT_LOG_LEVEL_FILE", "debug")
    project = DbtProject(ROOT, tmp_path / ".counterpoise", tmp_path / "profiles", variables={"work_system_schema": "canary_raw"})
    warehouse = open_warehouse(project, None)
    assert warehouse.credentials["password"] == canary
    said = [warehouse.shown_as, json.dumps(warehouse.made_of)]
    with warehouse:
        tables = state.look(warehouse, None)
        project.invoke(["run", "--select", "+stg_teams"])
        state.keep(warehouse, tables, tested=False)
        said.append(warehouse.read_state() or "")
        with warehouse.connect().cursor() as cursor:
            cursor.execute("drop schema if exists canary, canary_private cascade")
    assert all(said) and not [text for text in said if canary in text]
    text = text.replace(str(profile["host"]), str(tmp_path))
    (tmp_path / "profiles" / "profiles.yml").write_text(text, encoding="utf-8")
    refused = counterpoise("build", "--profiles-dir", tmp_path / "profiles")
    assert refused.exit_code == 1 and "could not be reached" in refused.said and canary not in refused.said
    written = [path for path in (tmp_path / ".counterpoise").rglob("*") if path.is_file()]
    assert any(path.name == "dbt.log" for path in written)
    assert [path for path in written if canary.encode() in path.read_bytes()] == []
    profile["password"] = "another"
    assert made_of(project, profile) == warehouse.made_of, "no digest is made of it"
