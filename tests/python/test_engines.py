"""The same rows on a real PostgreSQL as on DuckDB, for a small organisation and for the real service desk's log."""

import math
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg2
import pyarrow.csv as pacsv
import pytest

from conftest import ROOT, Bench, real_data
from counterpoise.inputs import load_event_log, load_folder
from counterpoise.scoring import score
from counterpoise.warehouse import Postgres
from counterpoise.warehouse.dbt import DbtProject

MARTS = {
    "dim_team": ["team_id"],
    "dim_change_mark": ["mark_id"],
    "fct_work_item": ["work_item_id"],
    "fct_metric_week": ["team_id", "metric_id", "week_start"],
    "fct_metric_week_stratum": ["team_id", "metric_id", "stratum", "week_start"],
    "fct_pair_week": ["team_id", "pair_id", "week_start"],
    "fct_signal_week": ["team_id", "signal_id", "week_start"],
    "signal_evidence": ["signal_id", "team_id", "week_start", "rank"],
    "fct_data_health": ["note_id", "source_table", "subject"],
    "next_steps": ["step_id", "week_start"],
    "fct_metric_week_rollup": ["parent_team_id", "metric_id", "week_start"],
    "fct_metric_week_bins": ["team_id", "metric_id", "week_start", "bin_upper_hours"],
    "fct_flow_week": ["team_id", "week_start"],
    "fct_ai_week": ["team_id", "week_start"],
    "fct_ai_outcome_week": ["team_id", "week_start", "is_ai_assisted", "difficulty"],
    "fct_guardrail_week": ["team_id", "guardrail_id", "week_start"],
    "team_reward_eligibility": ["team_id", "period_start"],
    "fct_target_balance": ["team_id", "week_start"],
    "fct_metric_health": ["metric_id"],
    "fct_ai_readiness": ["team_id", "week_start", "layer"],
    "fct_narrative_due": ["team_id", "metric_id", "week_start"],
    "fct_experiment_effect": ["experiment_id", "metric_id"],
    "fct_true_efficiency": ["team_id", "week_start"],
    "fct_effective_work": ["team_id", "week_start", "aspect"],
    "fct_friction": ["team_id", "week_start", "friction_id"],
    "team_exposure": ["team_id", "week_start"],
    "team_risk": ["team_id", "week_start"],
    "team_risk_reasons": ["team_id", "week_start", "rank"],
}
TYPES = {
    "VARCHAR": "text", "TIMESTAMP": "timestamp", "DOUBLE": "double precision", "BOOLEAN": "boolean", "DATE": "date",
    "BIGINT": "bigint", "INTEGER": "integer",
}  # fmt: skip
MADE_WHEN = ("scored_at",)


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
    with psycopg2.connect(**postgres.credentials) as connection, connection.cursor() as cursor:
        cursor.execute("drop schema if exists work_system cascade; create schema work_system")
        tables = duck.sql("select table_name from duckdb_tables() where schema_name = 'work_system'").fetchall()
        for (table,) in tables:
            columns = duck.sql(f"describe work_system.{table}").fetchall()
            listed = ", ".join(f"{name} {TYPES[kind]}" for name, kind, *_ in columns)
            cursor.execute(f"create table work_system.{table} ({listed})")
            path = folder / f"{table}.csv"
            pacsv.write_csv(duck.sql(f"from work_system.{table}").to_arrow_table(), path)
            with path.open("rb") as file:
                cursor.copy_expert(f"copy work_system.{table} from stdin with (format csv, header)", file)


def assert_same_marts(bench: Bench, postgres: Postgres) -> None:
    for mart, key in MARTS.items():
        ours = bench.warehouse.query(f"select * from counterpoise.{mart}").to_pylist()
        theirs = postgres.query(f"select * from counterpoise.{mart}").to_pylist()
        assert len(ours) == len(theirs), f"{mart}: {len(ours)} rows on DuckDB, {len(theirs)} on PostgreSQL"
        by_key = {tuple(row[column] for column in key): row for row in theirs}
        assert len(by_key) == len(theirs), f"{mart}: {key} is not its grain"
        for row in ours:
            other = by_key[tuple(row[column] for column in key)]
            for column, value in row.items():
                if column in MADE_WHEN:
                    continue
                if isinstance(value, float) and other[column] is not None:
                    assert math.isclose(value, other[column], rel_tol=1e-9, abs_tol=1e-9), (
                        mart,
                        column,
                        row,
                        other,
                    )
                else:
                    assert value == other[column], (mart, column, row, other)


def _build_both(bench: Bench, postgres: Postgres, folder: Path, load) -> None:
    bench.build(load)
    copy_raw(bench.warehouse.connect(), postgres, folder)
    postgres.project.build(tested=False)
    score(postgres)
    assert_same_marts(bench, postgres)


def test_a_small_organisation(bench: Bench, postgres: Postgres, small_raw: Path, tmp_path: Path) -> None:
    _build_both(bench, postgres, tmp_path, lambda connection: load_folder(connection, small_raw))
    assert (
        postgres.query("select count(*) as n from counterpoise.team_risk where status = 'scored'")["n"].to_pylist()[0]
        > 50
    )


@pytest.mark.slow
def test_the_real_log(bench: Bench, postgres: Postgres, tmp_path: Path) -> None:
    log = real_data("incidents/incidents.csv.gz")
    mapping = ROOT / "tests" / "mappings" / "incidents.yml"
    _build_both(bench, postgres, tmp_path, lambda connection: load_event_log(connection, log, mapping))
