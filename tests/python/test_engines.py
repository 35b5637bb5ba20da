"""The same rows on a real PostgreSQL as on DuckDB, for a small organisation and for the real service desk's log."""

import json
import math
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pyarrow as pa
import pyarrow.csv as pacsv
import pytest
from psycopg2.extras import RealDictCursor

from conftest import ROOT, Bench, real_data
from contracts import assert_contracts_hold
from counterpoise.doctor import examine
from counterpoise.explain import explain
from counterpoise.inputs import load_event_log, load_folder
from counterpoise.scoring import score
from counterpoise.warehouse import Postgres
from counterpoise.warehouse.dbt import DbtProject
from explained import recompute
from same_rows import assert_same_marts

TYPES = {
    "VARCHAR": "text", "TIMESTAMP": "timestamp", "DOUBLE": "double precision", "BOOLEAN": "boolean", "DATE": "date",
    "BIGINT": "bigint", "INTEGER": "integer", "TIMESTAMP WITH TIME ZONE": "timestamptz", '"NULL"': "text",
}  # fmt: skip


@pytest.fixture(scope="module")
def postgres(postgres_server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    environment = {f"COUNTERPOISE_PG_{name}": postgres_server[key] for name, key in (
        ("HOST", "host"), ("PORT", "port"), ("USER", "user"), ("PASSWORD", "password"), ("DATABASE", "dbname"),
    )}  # fmt: skip
    project = DbtProject(ROOT, tmp_path_factory.mktemp("pg"), target="postgres", environment=environment)
    credentials = {key: value for key, value in postgres_server.items() if value} | {"options": "-c timezone=UTC"}
    with Postgres(credentials, project) as warehouse:
        yield warehouse


def copy_raw(duck: duckdb.DuckDBPyConnection, postgres: Postgres, folder: Path) -> None:
    """The raw schema of a DuckDB file, as it stands, in the PostgreSQL database."""
    copy_schema(duck, postgres.credentials, folder, "work_system")


def copy_schema(duck: duckdb.DuckDBPyConnection, credentials: dict[str, Any], folder: Path, schema: str) -> None:
    """A schema of a DuckDB file, as it stands, in the PostgreSQL database."""
    with psycopg2.connect(**credentials) as connection, connection.cursor() as cursor:
        cursor.execute(f"drop schema if exists {schema} cascade; create schema {schema}")
        tables = duck.execute("select table_name from duckdb_tables() where schema_name = ?", [schema]).fetchall()
        for (table,) in tables:
            columns = duck.sql(f'describe {schema}."{table}"').fetchall()
            listed = ", ".join(f'"{name}" {TYPES[kind]}' for name, kind, *_ in columns)
            cursor.execute(f'create table {schema}."{table}" ({listed})')
            path = folder / f"{table}.csv"
            pacsv.write_csv(duck.sql(f'from {schema}."{table}"').to_arrow_table(), path)
            with path.open("rb") as file:
                cursor.copy_expert(f'copy {schema}."{table}" from stdin with (format csv, header)', file)


def test_batches_of_postgres_are_the_rows_of_the_select(postgres: Postgres) -> None:
    sql = """
        select number, 'team-' || number % 7 as team_id, date '2024-01-01' + number % 700 as week_start,
            number % 3 = 0 as is_third, case when number % 10 > 0 then number / 8.0 end as effect,
            case when number > 200000 then number end as late, '100 %' as share
        from generate_series(1, 250000) as t(number) order by number"""
    batches = list(postgres.batches(sql))
    assert [batch.num_rows for batch in batches] == [100_000, 100_000, 50_000]
    joined = pa.Table.from_batches(batches)  # of one type in every batch, also where a column has no value in one
    assert joined.equals(postgres.query(sql))
    # by hand: 1 + ... + 250,000; every tenth has no effect; 50,000 come late
    assert sum(joined["number"].to_pylist()) == 31_250_125_000
    assert (joined["effect"].null_count, joined["late"].null_count) == (25_000, 200_000)
    assert joined["effect"][8].as_py() == 1.125
    assert list(postgres.batches("select 1 as one where false")) == []


def test_postgres_hands_every_value_over_as_it_is(postgres: Postgres) -> None:
    text = "a line\n another, \"quoted\" 100 % \\N"
    found = postgres.query(
        "select *, ? as given from (values (1, 0.125::numeric, true, '', 'NaN', timestamp '2024-01-01 10:00:00.5', "
        "timestamptz '2024-01-01 10:00:00+02', date '2024-02-29', 0.1::float8), "
        "(2, null, null, null, null, null, null, null, 'NaN')) "
        "as t(number, decimal, yes, empty, word, at, zoned, day, float) order by number",
        [text],
    )
    first, second = found.to_pylist()
    assert first == {
        "number": 1, "decimal": 0.125, "yes": True, "empty": "", "word": "NaN", "at": datetime(2024, 1, 1, 10, 0, 0, 500_000),
        "zoned": datetime(2024, 1, 1, 8, tzinfo=UTC), "day": date(2024, 2, 29), "float": 0.1, "given": text,
    }  # fmt: skip
    assert math.isnan(second.pop("float"))
    assert second == dict.fromkeys(second) | {"number": 2, "given": text}
    assert postgres.query("select null::int as number, null::text as word").schema.types == [pa.int64(), pa.string()]
    assert postgres.query("select 1 as number, 'a' as word where false").schema.types == [pa.int64(), pa.string()]
    one = "select null::text as word union all select 'a' union all select null"
    assert postgres.query(one)["word"].to_pylist() == [None, "a", None], "a row of nothing is a row"


def test_postgres_can_be_written_while_its_batches_are_read(postgres: Postgres) -> None:
    with postgres.connect().cursor() as cursor:
        cursor.execute("create schema if not exists batches_read; create table batches_read.numbers as "
                       "select number from generate_series(1, 150000) as t(number)")  # fmt: skip
        try:
            seen = 0
            for batch in postgres.batches("select number from batches_read.numbers"):
                cursor.execute("delete from batches_read.numbers")
                seen += batch.num_rows
            assert seen == 150_000
        finally:
            cursor.execute("drop schema batches_read cascade")


def test_readers_of_postgres_see_the_old_rows_or_the_new(postgres: Postgres) -> None:
    marts = postgres.marts_schema
    counted = f'select count(*) as n from {marts}.replaced'
    numbers = pa.table({"number": range(1000)})
    with postgres.connect().cursor() as cursor:
        cursor.execute(f"create schema if not exists {marts}; create table {marts}.replaced (number bigint)")
    try:
        seen = []

        def parts() -> Iterator[pa.Table]:
            for _ in range(3):
                seen.append(postgres.query(counted)["n"][0].as_py())
                yield numbers

        postgres.append_rows("replaced", numbers)
        postgres.replace_rows("replaced", parts())
        assert seen == [1000, 1000, 1000]
        assert postgres.query(counted)["n"][0].as_py() == 3000
        with pytest.raises(ZeroDivisionError):
            postgres.replace_rows("replaced", (numbers.slice(0, 1 // n) for n in (1, 0)))
        assert postgres.query(counted)["n"][0].as_py() == 3000
    finally:
        with postgres.connect().cursor() as cursor:
            cursor.execute(f"drop table {marts}.replaced")


def test_duckdb_holds_little_memory_only_while_batches_are_read(bench: Bench) -> None:
    settings = "select current_setting('memory_limit') as memory, current_setting('threads') as threads"
    bench.warehouse.build_folder.mkdir(parents=True, exist_ok=True)
    before = bench.warehouse.query(settings)
    (inside,) = bench.warehouse.batches(settings)
    assert inside.to_pylist() == [{"memory": "488.2 MiB", "threads": 2}]
    assert bench.warehouse.query(settings).equals(before)
    with pytest.raises(duckdb.Error):
        list(bench.warehouse.batches("select error('no') from range(3)"))
    assert bench.warehouse.query(settings).equals(before)
    bench.warehouse.release()


def test_duckdb_enforces_contracts(tmp_path: Path) -> None:
    assert_contracts_hold(tmp_path, "duckdb", {"COUNTERPOISE_BUILD_FILE": str(tmp_path / "kept.duckdb")})


def test_postgres_enforces_contracts(postgres: Postgres, tmp_path: Path) -> None:
    assert_contracts_hold(tmp_path, "postgres", dict(postgres.project.environment))


def _build_both(bench: Bench, postgres: Postgres, folder: Path, load) -> None:
    bench.build(load)
    copy_raw(bench.warehouse.connect(), postgres, folder)
    postgres.project.build(tested=False)
    score(postgres)
    assert_same_marts(bench.warehouse, postgres)


def test_a_small_organisation(bench: Bench, postgres: Postgres, small_raw: Path, tmp_path: Path) -> None:
    _build_both(bench, postgres, tmp_path, lambda connection: load_folder(connection, small_raw))
    assert (
        postgres.query("select count(*) as n from counterpoise.team_risk where status = 'scored'")["n"].to_pylist()[0]
        > 50
    )
    _assert_explained(postgres)


def _assert_explained(postgres: Postgres) -> None:
    """Every number that is told of teams is what its SQL gives in a session of somebody else; who is at work is told."""
    [team] = postgres.query("select team_id, contribution from counterpoise.team_risk_reasons where week_start = "
                            "(select max(week_start) from counterpoise.team_risk) order by contribution desc limit 1"
                            )["team_id"].to_pylist()  # fmt: skip
    told = json.loads(json.dumps(explain(postgres, team, metric_id="reopen_rate").document, default=str))
    assert told["reasons"] and told["where"]["private"] == postgres.shown_as
    assert any(figure["reads"] == "private" for figure in told["figures"].values())
    with psycopg2.connect(**postgres.credentials) as connection:
        with connection.cursor(cursor_factory=RealDictCursor) as cursor:

            def run(reads: str, sql: str) -> list[dict]:
                cursor.execute(sql)
                return [dict(row) for row in cursor.fetchall()]

            assert recompute(told, run) > 500
            for text in ("O'Brien", "back\\slash", "a\nb\x1b[31m", "\u202e", ""):
                cursor.execute(f"select {postgres.literal(text)} as text")
                assert cursor.fetchone()["text"] == text
    assert f"process {os.getpid()} on " in (postgres.holder() or ""), "the fixture holds the lock"
    found = examine(lambda: postgres)
    assert not [one for one in found if one.is_problem], found
    assert {"rights", "lock", "tables"} <= {one.topic for one in found}


@pytest.mark.slow
def test_the_real_log(bench: Bench, postgres: Postgres, tmp_path: Path) -> None:
    log = real_data("incidents/incidents.csv.gz")
    mapping = ROOT / "tests" / "mappings" / "incidents.yml"
    _build_both(bench, postgres, tmp_path, lambda connection: load_event_log(connection, log, mapping))
