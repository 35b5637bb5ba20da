"""What the gate is worth: it sees damage done to a whole organisation's data, and says nothing where there is none.

docs/guardrails.md tells the figures.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from conftest import Bench
from counterpoise.guardrails import CheckReport, run_checks
from counterpoise.guardrails.suite import STAGES, load_suites
from damages import DAMAGES, Damage

SCHEMAS = {"raw": "work_system", "staging": "counterpoise_private", "marts": "counterpoise", "scores": "counterpoise"}
CAUGHT_AT_LEAST = 0.95
WARNINGS_AT_MOST = 2

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def good(bench: Bench, small_raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Raw tables, staging, marts and scores of a small organisation, in one file."""
    warehouse = bench.build_folder(small_raw)
    warehouse.release()
    return Path(shutil.copy(warehouse.build_file, tmp_path_factory.mktemp("good") / "good.duckdb"))


@pytest.fixture(scope="module")
def database(good: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy to do damage to."""
    with duckdb.connect(shutil.copy(good, good.with_name("damaged.duckdb"))) as connection:
        yield connection


@pytest.fixture(scope="module")
def end(database: duckdb.DuckDBPyConnection) -> datetime:
    """Monday at midnight after the last week of the data."""
    last = database.execute("select date_trunc('week', max(occurred_at)) from work_system.work_item_events").fetchone()[0]
    return datetime(last.year, last.month, last.day) + timedelta(days=7)


@contextmanager
def done(database: duckdb.DuckDBPyConnection, damage: Damage, end: datetime) -> Iterator[None]:
    """The damage, undone at the end."""
    schema = SCHEMAS[damage.stage]
    table, kept = f"{schema}.{damage.table}", f"{schema}.kept_{damage.table}"
    words = {
        "t": table,
        "end": f"timestamp '{end}'",
        "team": "'team-0002'",
        "loaded": "(select max(_loaded_at) from work_system.work_item_events)",
    }
    database.execute(f"create table {kept} as from {table}")
    try:
        touched = database.execute(damage.sql.format(**words)).fetchone()
        assert touched is None or touched[0], f"nothing is damaged: {damage.told}"  # None where a column or table is
        yield
    finally:
        database.execute(f"drop table if exists {table}")
        database.execute(f"alter table {kept} rename to {damage.table}")


def failing(database: duckdb.DuckDBPyConnection, damage: Damage, end: datetime) -> set[str]:
    """Checks of the damaged table that do not pass."""
    checks = [check for check in load_suites(damage.stage) if damage.table in {check.table, *check.reads}]
    now = end + timedelta(hours=3) - timedelta(days=damage.days_back)
    report = run_checks(database, damage.stage, "run", now=now, checks=checks)
    return {result.check_id for result in report.results if result.status != "passed"}


def test_damage_is_caught_by_the_check_meant_for_it(database: duckdb.DuckDBPyConnection, end: datetime) -> None:
    reports = [run_checks(database, stage, "good", now=end + timedelta(hours=3)) for stage in STAGES]
    results = [result for report in reports for result in report.results if result.status != "passed"]
    assert [result.message for result in results if result.severity != "report"] == [], "undamaged data raise nothing"
    fail_already = {result.check_id for result in results}
    missed = []
    for damage in DAMAGES:
        with done(database, damage, end):
            if not (failing(database, damage, end) - fail_already) & set(damage.meant):
                missed.append(damage.told)
    assert len(DAMAGES) >= 40
    assert len(missed) <= (1 - CAUGHT_AT_LEAST) * len(DAMAGES), missed


# What can be known of a table at a moment {cut}, a Monday at midnight: rows of raw tables by when they were written down, those of
# marts by their week, which says the same then and later (test_time.py shows that).
_ARRIVED = "greatest(occurred_at, coalesce(recorded_at, occurred_at), coalesce(_loaded_at, occurred_at)) < {cut}"
KNOWN = {
    "work_item_events": _ARRIVED,
    "outcomes": _ARRIVED,
    "work_items": "created_at < {cut}",
    "work_item_links": "created_at < {cut}",
    "survey_answers": "answered_at < {cut}",
    "team_hours": "week_start < {cut}",
    "capacity": "week_start < {cut}",
    "metric_changes": "requested_at < {cut}",
    "interventions": "started_at < {cut}",
    "targets": "valid_from < {cut}",
    "stg_work_item_events": _ARRIVED,
    "stg_outcomes": _ARRIVED,
    "stg_work_items": "created_at < {cut}",
    "int_work_items": "created_at < {cut}",
    "int_item_spans": "started_at < {cut}",
    "fct_work_item": "created_at < {cut}",
    "team_reward_eligibility": "period_start < {cut}",
}
LATER_TIMES = ("first_response_at", "resolved_at", "closed_at")


def known_at(good: Path, cut: datetime) -> duckdb.DuckDBPyConnection:
    """Everything the checks read, as a run at that moment would have found it."""
    connection = duckdb.connect()
    connection.execute(f"attach '{good}' as good (read_only)")
    at = f"timestamp '{cut}'"
    read = {(SCHEMAS[stage], table) for stage in STAGES for c in load_suites(stage) for table in (c.table, *c.reads)}
    for schema in set(SCHEMAS.values()):
        connection.execute(f"create schema {schema}")
    columns = connection.execute(
        "select schema_name, table_name, list(column_name) from duckdb_columns() where database_name = 'good' group by all"
    ).fetchall()
    for schema, table, names in columns:
        if (schema, table) in read:
            weekly = f"week_start < {at}" if "week_start" in names else "true"
            where = KNOWN.get(table, weekly).format(cut=at)
            later = [f"case when {name} < {at} then {name} end as {name}" for name in LATER_TIMES if name in names]
            if table == "team_risk":
                later = [f"least(data_through, cast({at} as date)) as data_through"]
            changed = f"* replace ({', '.join(later)})" if later else "*"
            connection.execute(f"create table {schema}.{table} as select {changed} from good.{schema}.{table} where {where}")
    connection.execute("detach good")
    return connection


def weekly_run(good: Path, cut: datetime) -> list[CheckReport]:
    """All checks, three hours after the end of a week."""
    with known_at(good, cut) as connection:
        return [run_checks(connection, stage, f"{cut}", now=cut + timedelta(hours=3)) for stage in STAGES]


def test_a_year_of_weekly_runs_on_clean_data_raises_no_alarm(good: Path, end: datetime) -> None:
    stops, others = [], []
    for week in range(52):
        for report in weekly_run(good, end - timedelta(weeks=week)):
            assert len(report.results) > 20
            stops += report.stops
            others += [r for r in report.results if r.status != "passed" and r.severity in ("withhold", "warn")]
    assert [result.message for result in stops] == []
    assert len(others) <= WARNINGS_AT_MOST, [result.message for result in others]
