"""What readers see while marts are built and published: no error, and what stood there before or what comes after."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest

from command_line import Place, counterpoise, ended, start
from conftest import ROOT
from counterpoise.inputs import load_folder
from counterpoise.warehouse import DuckDBFile
from counterpoise.warehouse.dbt import DbtProject
from test_engines import copy_schema

# Each loop opens the file anew, as a dashboard does, and counts what is in it; the state or the error is a line.
_DUCKDB_READER = """
import duckdb, json, pathlib, sys, time
database, stop = sys.argv[1], pathlib.Path(sys.argv[2])
while not stop.exists():
    try:
        with duckdb.connect(database, read_only=True) as connection:
            names = [name for (name,) in connection.execute("select table_name from duckdb_tables() order by 1").fetchall()]
            counts = {name: connection.execute(f"select count(*) from counterpoise.{name}").fetchall()[0][0] for name in names}
            runs = connection.execute("select max(run_id) from counterpoise.published_runs").fetchall()[0][0]
        print(json.dumps([runs, counts]), flush=True)
    except Exception as error:
        print(json.dumps(f"{type(error).__name__}: {error}"), flush=True)
    time.sleep(float(sys.argv[3]))
"""

_POSTGRES_READER = """
import json, pathlib, psycopg2, sys, time
settings, stop = json.loads(sys.argv[1]), pathlib.Path(sys.argv[2])
connection = psycopg2.connect(**settings)
connection.autocommit = True
cursor = connection.cursor()
cursor.execute("select relname from pg_class where relnamespace = 'counterpoise'::regnamespace and relkind in ('r', 'v') order by 1")
names = [name for (name,) in cursor.fetchall()]
while not stop.exists():
    for name in names:
        try:
            cursor.execute(f"select count(*) from counterpoise.{name}")
            print(json.dumps([name, cursor.fetchone()[0]]), flush=True)
        except Exception as error:
            print(json.dumps(f"{name}: {type(error).__name__}: {error}"), flush=True)
    time.sleep(float(sys.argv[3]))
"""


VIEWS = {"team_week", "fct_check_history", "debug_metric_week", "debug_item_steps"}


class Readers:
    """Processes that read in a loop, and what they have seen."""

    def __init__(self, code: str, place: str, folder: Path, pause: float) -> None:
        self._stop = folder / "stop"
        self._files = [folder / f"reader-{number}.txt" for number in range(2)]
        self._processes = []
        for path in self._files:
            with path.open("w") as out:
                command = [sys.executable, "-c", code, place, str(self._stop), str(pause)]
                self._processes.append(subprocess.Popen(command, stdout=out, stderr=out))

    def wait_until_all_read(self) -> None:
        while not all(path.stat().st_size for path in self._files):
            assert all(process.poll() is None for process in self._processes), "a reader has ended"
            time.sleep(0.05)

    def end(self) -> list[Any]:
        self._stop.touch()
        for process in self._processes:
            process.wait(timeout=60)
        return [json.loads(line) for path in self._files for line in path.read_text().splitlines()]


@contextmanager
def _reading(code: str, place: str, folder: Path, pause: float = 0.0) -> Iterator[list[Any]]:
    readers, seen = Readers(code, place, folder, pause), []
    try:
        readers.wait_until_all_read()
        yield seen
        time.sleep(0.5)  # what stands there afterwards
    finally:
        seen += readers.end()


def _state(place: Path) -> list[Any]:
    """What a reader of the file sees now."""
    with duckdb.connect(str(place), read_only=True) as connection:
        names = [name for (name,) in connection.execute("select table_name from duckdb_tables() order by 1").fetchall()]
        counts = {
            name: connection.execute(f"select count(*) from counterpoise.{name}").fetchall()[0][0] for name in names
        }
        [(run,)] = connection.execute("select max(run_id) from counterpoise.published_runs").fetchall()
    return [run, counts]


def test_a_file_is_swapped_whole_under_its_readers(tmp_path: Path) -> None:
    """Twenty publications, each with other rows and another set of tables, while two processes do nothing but read."""
    rows = 20_000
    with DuckDBFile(tmp_path / "marts.duckdb", DbtProject(ROOT, tmp_path / ".marts.build")) as warehouse:

        def publish(number: int) -> list[Any]:
            connection = warehouse.connect()
            connection.execute("drop schema if exists counterpoise cascade; create schema counterpoise")
            connection.execute(f"create table counterpoise.published_runs as select 'run-{number:02}' as run_id")
            for table in range(5 + number % 2):
                connection.execute(
                    f"create table counterpoise.mart_{table} as select n, {number} as run from range({rows + number}) as t(n)"
                )
            warehouse.publish()
            return _state(warehouse.path)

        published = [publish(0)]
        with _reading(_DUCKDB_READER, str(warehouse.path), tmp_path) as seen:
            published += [publish(number) for number in range(1, 20)]
    strange = [state for state in seen if state not in published]
    assert strange == []
    assert len({state[0] for state in seen}) > 5, "the readers saw the swaps happen"
    assert seen[-1] == published[-1]


def _more_rows(raw: Path, target: Path) -> Path:
    """The same organisation a little later: every team under a second id as well."""
    target.mkdir()
    for path in raw.glob("*.parquet"):
        doubled = f"select * from '{path}'"
        if path.stem == "teams":
            doubled += f" union all by name select * replace (team_id || '-new' as team_id) from '{path}'"
        duckdb.execute(f"copy ({doubled}) to '{target / path.name}'")
    return target


@pytest.mark.slow
def test_readers_during_a_whole_run(small_raw: Path, tmp_path: Path) -> None:
    place = Place(tmp_path)
    assert place.run("--raw", small_raw).exit_code == 0
    before = _state(place.database)
    later = _more_rows(small_raw, tmp_path / "later")
    with _reading(_DUCKDB_READER, str(place.database), tmp_path, pause=0.1) as seen:
        ran = ended(start("run", "--raw", later, *place.options))
        assert ran.exit_code == 0, ran.said
    after = _state(place.database)
    assert before != after and before[1]["dim_team"] < after[1]["dim_team"]
    assert [state for state in seen if state not in (before, after)] == []
    assert seen.count(before) > 50 and after in seen


@pytest.mark.slow
def test_readers_of_postgres_see_each_table_whole(
    postgres_server: dict[str, str], small_raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each table has the rows of before or of after, and its name is never without one; the run is told by its row."""
    credentials = {key: value for key, value in postgres_server.items() if value}
    for name, key in (("HOST", "host"), ("PORT", "port"), ("USER", "user"), ("DATABASE", "dbname")):
        monkeypatch.setenv(f"COUNTERPOISE_PG_{name}", credentials[key])
    monkeypatch.chdir(tmp_path)

    def load(raw: Path) -> None:
        with duckdb.connect() as connection:
            load_folder(connection, raw)
            copy_schema(connection, credentials, tmp_path, "work_system")

    def counts() -> dict[str, int]:
        with psycopg2.connect(**credentials) as connection, connection.cursor() as cursor:
            cursor.execute(
                "select relname from pg_class where relnamespace = 'counterpoise'::regnamespace and relkind = 'r'"
            )
            found = {}
            for (name,) in cursor.fetchall():
                cursor.execute(f"select count(*) from counterpoise.{name}")
                found[name] = cursor.fetchone()[0]
            return found

    def runs() -> list[str]:
        with psycopg2.connect(**credentials) as connection, connection.cursor() as cursor:
            cursor.execute("select run_id from counterpoise.published_runs order by published_at")
            return [run for (run,) in cursor.fetchall()]

    load(small_raw)
    run = ("run", "--target", "postgres", "--out", tmp_path / "report")
    assert counterpoise(*run).exit_code == 0
    before, first = counts(), runs()
    load(_more_rows(small_raw, tmp_path / "later"))
    with _reading(_POSTGRES_READER, json.dumps(credentials), tmp_path, pause=0.1) as seen:
        ran = ended(start(*run, "--json"))
        assert ran.exit_code == 0, ran.said
        assert runs() == [*first, json.loads(ran.stdout)["run_id"]]
    after = counts()
    assert before["dim_team"] < after["dim_team"]
    # a view goes with a table it reads, and comes back when dbt is at it again
    gone = [told for told in seen if isinstance(told, str)]
    assert {told.partition(": ")[0] for told in gone} <= VIEWS and all("UndefinedTable" in told for told in gone), gone
    tables = [told for told in seen if isinstance(told, list) and told[0] not in VIEWS]
    assert [told for told in tables if told[1] not in (before[told[0]], after[told[0]])] == []
    assert {("dim_team", before["dim_team"]), ("dim_team", after["dim_team"])} <= {tuple(told) for told in tables}
