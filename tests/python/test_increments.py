"""Any split of the same rows into any order of runs, some of them killed, ends in what one full refresh makes of them."""

import math
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from conftest import ROOT
from counterpoise.inputs import load_folder
from counterpoise.warehouse import DuckDBFile, Postgres
from counterpoise.warehouse.dbt import DbtProject
from same_rows import assert_same_marts
from test_engines import copy_schema, postgres  # noqa: F401

# Everything that is made by item or by week, and what they are made from.
_INCREMENTAL = ["--select", "+int_prints"]
_KEEPERS = (
    "int_changed_items", "int_dated_items", "int_reached_items", "int_changed_weeks",
    "int_left_team_weeks", "int_fed_team_weeks", "int_summed_team_weeks", "int_changed_team_weeks",
)  # fmt: skip
_RAW, _HELD = "work_system", "held"


class Organisation:
    """A DuckDB file with all raw rows held back, each in the batch it comes with; some come twice, some first in another version."""

    def __init__(self, folder: Path, raw: Path, seed: int, batches: int) -> None:
        self.warehouse = DuckDBFile(folder / "marts.duckdb", DbtProject(ROOT, folder / ".marts.build"))
        self.warehouse.build_folder.mkdir(parents=True, exist_ok=True)
        connection = self.warehouse.connect()
        load_folder(connection, raw)
        connection.execute(f"create schema {_HELD}; select setseed({seed / 1000})")
        self.tables = [
            row[0]
            for row in connection.execute(
                "select table_name from duckdb_tables() where schema_name = ? order by 1", [_RAW]
            ).fetchall()
        ]
        for table in self.tables:
            connection.execute(f"""
                create table {_HELD}.{table} as
                select *, cast(floor(random() * {batches}) as integer) as batch from {_RAW}.{table};
                insert into {_HELD}.{table}
                select * exclude (batch), cast(floor(random() * {batches}) as integer) from {_HELD}.{table} where random() < 0.05;
                delete from {_RAW}.{table}
            """)
        # an older version of an event, and of an item, which some batches bring after the newer one
        connection.execute(f"""
            insert into {_HELD}.work_item_events
            select * replace (_loaded_at - interval 1 hour as _loaded_at, 'commented' as event_type), cast(floor(random() * {batches}) as integer)
            from (select * exclude (batch) from {_HELD}.work_item_events) where random() < 0.02;
            insert into {_HELD}.work_items
            select * replace (_loaded_at - interval 1 hour as _loaded_at, 'other' as category), cast(floor(random() * {batches}) as integer)
            from (select * exclude (batch) from {_HELD}.work_items) where random() < 0.05
        """)
        self.warehouse.release()

    def bring(self, batch: int) -> None:
        connection = self.warehouse.connect()
        for table in self.tables:
            connection.execute(
                f"insert into {_RAW}.{table} select * exclude (batch) from {_HELD}.{table} where batch = {batch}"
            )
        self.warehouse.release()

    def run(self, *options: str) -> None:
        self.warehouse.release()
        self.warehouse.project.invoke(["build", "--exclude-resource-types", "unit_test", "test", *options])

    def run_until_killed(self, models: int) -> None:
        """A run in a process of its own, killed once it has begun as many models."""
        self.warehouse.release()
        program = (
            "import sys; from pathlib import Path; from counterpoise.warehouse import DuckDBFile; "
            "from counterpoise.warehouse.dbt import DbtProject; root, file = map(Path, sys.argv[1:]); "
            "DuckDBFile(file, DbtProject(root, file.parent / '.marts.build')); "
            "warehouse = DuckDBFile(file, DbtProject(root, file.parent / '.marts.build')); "
            "warehouse.project.build(lambda line: print(line, flush=True), tested=False)"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(ROOT), str(self.warehouse.path)], stdout=subprocess.PIPE, text=True
        )
        for line in process.stdout or ():
            number, _, rest = line.partition(" of ")
            if number.isdigit() and int(number) >= models and rest:
                process.kill()
                break
        assert process.wait() == -signal.SIGKILL, "the run ended before it could be killed"

    def snapshot(self) -> dict[str, pa.Table]:
        """Every table dbt has made, its rows in order."""
        connection = self.warehouse.connect()
        return {
            f"{schema}.{table}": _in_order(connection, f'"{schema}"."{table}"')
            for schema, table in connection.execute(
                "select schema_name, table_name from duckdb_tables() where schema_name not in (?, ?, 'main') order by 1, 2",
                [_RAW, _HELD],
            ).fetchall()
        }


def _in_order(connection: duckdb.DuckDBPyConnection, relation: str) -> pa.Table:
    columns = connection.execute(f"describe {relation}").fetchall()
    exact = [f'"{name}"' for name, kind, *_ in columns if kind != "DOUBLE"]
    floats = [f'"{name}"' for name, kind, *_ in columns if kind == "DOUBLE"]
    return connection.sql(f"select * from {relation} order by {', '.join(exact + floats)}").to_arrow_table()


def assert_same(found: dict[str, pa.Table], expected: dict[str, pa.Table]) -> None:
    assert found.keys() == expected.keys()
    for name, table in expected.items():
        assert found[name].num_rows == table.num_rows, name
        for column in table.column_names:
            ours, theirs = found[name][column].to_pylist(), table[column].to_pylist()
            if pa.types.is_floating(table.schema.field(column).type):
                for one, other in zip(ours, theirs, strict=True):
                    assert (one is None) == (other is None), (name, column)
                    assert one is None or math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9), (name, column)
            else:
                assert ours == theirs, (name, column)


def assert_ends_like_a_full_refresh(organisation: Organisation, *options: str) -> None:
    found = organisation.snapshot()
    for keeper in _KEEPERS:
        assert found[f"counterpoise_private.{keeper}"].num_rows == 0, f"{keeper} still holds what was done"
    assert found["counterpoise_private.int_closures"].num_rows > 100
    organisation.run("--full-refresh", *options)
    assert_same(found, organisation.snapshot())


def test_two_batches_end_like_one_full_refresh(tmp_path: Path, small_raw: Path) -> None:
    organisation = Organisation(tmp_path, small_raw, seed=1, batches=2)
    for batch in range(2):
        organisation.bring(batch)
        organisation.run(*_INCREMENTAL)
    assert_ends_like_a_full_refresh(organisation, *_INCREMENTAL)


@pytest.mark.slow
def test_a_run_touches_only_what_changed(tmp_path: Path, small_raw: Path) -> None:
    """One item gets a late event: only its rows are made anew, and only weeks from the one it is known in on."""
    organisation = Organisation(tmp_path, small_raw, seed=3, batches=1)
    organisation.bring(0)
    organisation.run(*_INCREMENTAL)
    connection = organisation.warehouse.connect()
    (item, last), *_ = connection.execute(f"""
        select work_item_id, (select max(_loaded_at) from {_RAW}.work_item_events)
        from counterpoise_private.int_closures where version_to_week is null order by first_resolved_at limit 1
    """).fetchall()
    connection.execute(
        f"""insert into {_RAW}.work_item_events by name
        select work_item_id, 'late' as event_id, 'reopened' as event_type, occurred_at + interval 2 hour as occurred_at,
            cast(? as timestamp) as recorded_at, cast(? as timestamp) as _loaded_at
        from {_RAW}.work_item_events where work_item_id = ? and event_type = 'resolved' limit 1""",
        [last, last, item],
    )
    before = dict(connection.execute("select work_item_id, min(rowid) from counterpoise_private.int_item_steps group by 1").fetchall())
    organisation.warehouse.release()
    organisation.run("--select", "+int_changed_weeks", "+int_reached_items", "+int_fed_team_weeks", "+int_changed_team_weeks")
    connection = organisation.warehouse.connect()
    touched = {row[0] for row in connection.execute("select work_item_id from counterpoise_private.int_dated_items").fetchall()}
    (from_week, newest), *_ = connection.execute("""
        select min(week), (select max(week) from counterpoise_private.int_team_weeks) from counterpoise_private.int_changed_weeks
    """).fetchall()
    after = dict(connection.execute("select work_item_id, min(rowid) from counterpoise_private.int_item_steps group by 1").fetchall())
    assert touched == {item}
    assert {name for name, row in after.items() if before[name] != row} == {item}, "rows of other items were written anew"
    assert from_week >= newest - 1, "weeks before the late event was known were reached"
    teams = {row[0] for row in connection.execute("select team_id from counterpoise_private.int_item_steps where work_item_id = ?", [item]).fetchall()}
    for circle in ("int_fed_team_weeks", "int_summed_team_weeks", "int_changed_team_weeks"):
        names = [row[0] for row in connection.execute(f"select team_week from counterpoise_private.{circle}").fetchall()]
        assert 0 < len(names) < 20 and {name.split(" ", 1)[1] for name in names} <= teams, f"{circle} holds weeks of others"
    organisation.run(*_INCREMENTAL)
    assert_ends_like_a_full_refresh(organisation, *_INCREMENTAL)


@pytest.mark.slow
def test_loads_that_came_out_of_order_end_like_one_full_refresh(tmp_path: Path, small_raw: Path) -> None:
    """A load that was the first one, and so history, turns out to be news: items without a row of their own that changed are dated anew."""
    organisation = Organisation(tmp_path, small_raw, seed=5, batches=1)
    connection = organisation.warehouse.connect()
    ((monday,),) = connection.execute(
        f"select date_trunc('week', median(_loaded_at))::date from {_HELD}.work_item_events"
    ).fetchall()
    # events of that week are loaded a week late, and so known later than they happened, unless the load is history
    connection.execute(f"""
        update {_HELD}.work_item_events set _loaded_at = _loaded_at + interval 7 day
        where date_trunc('week', _loaded_at) = date '{monday}';
        update {_HELD}.work_item_events set batch = case when _loaded_at < date '{monday}' + 7 then 1 else 0 end
    """)
    marks = []
    for batch in range(2):
        organisation.bring(batch)
        organisation.run(*_INCREMENTAL)
        marks += organisation.warehouse.connect().execute(f"""
            select bool_or(is_history_load), (select count(*) from counterpoise_private.int_item_events where is_late)
            from counterpoise_private.int_load_batches
            where source_table = 'work_item_events' and loaded_on = date '{monday}' + 7
        """).fetchall()
    (was_history, late_before), (is_history, late_after) = marks
    assert was_history and not is_history and late_after > late_before, "no load has changed its mark"
    assert_ends_like_a_full_refresh(organisation, *_INCREMENTAL)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11])
def test_any_split_and_any_kill_end_like_one_full_refresh(tmp_path: Path, small_raw: Path, seed: int) -> None:
    dice = random.Random(seed)
    organisation = Organisation(tmp_path, small_raw, seed, batches=3)
    for batch in dice.sample(range(3), 3):
        organisation.bring(batch)
        organisation.run_until_killed(dice.randint(15, 190))
        if dice.random() < 0.5:
            organisation.run_until_killed(dice.randint(15, 190))
    organisation.run()
    assert_ends_like_a_full_refresh(organisation)


@pytest.fixture
def filled_postgres(postgres: Postgres, tmp_path: Path, small_raw: Path) -> Iterator[tuple[Postgres, Organisation]]:  # noqa: F811
    organisation = Organisation(tmp_path, small_raw, seed=21, batches=2)
    yield postgres, organisation


@pytest.mark.slow
def test_two_batches_on_postgres_end_like_a_full_refresh_on_duckdb(
    filled_postgres: tuple[Postgres, Organisation], tmp_path: Path
) -> None:
    warehouse, organisation = filled_postgres
    for batch in range(2):
        organisation.bring(batch)
        copy_schema(organisation.warehouse.connect(), warehouse.credentials, tmp_path, _RAW)
        organisation.warehouse.release()
        # the rest is made anew in any case
        warehouse.project.invoke(["build", "--exclude-resource-types", "unit_test", "test", *(_INCREMENTAL if batch == 0 else [])])
    organisation.run()
    assert_same_marts(organisation.warehouse, warehouse)
