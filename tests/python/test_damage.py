"""What the gate is worth: it sees damage done to a whole organisation's data, and says nothing where there is none.

docs/guardrails.md tells the figures.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, Bench
from damages import DAMAGES, Damage

from counterpoise.guardrails import CheckReport, run_checks
from counterpoise.guardrails.suite import STAGES, load_suites

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
    with duckdb.connect(str(good)) as connection:
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
    missed = []
    for damage in DAMAGES:
        # what fails already shows nothing
        assert not failing(database, replace(damage, days_back=0), end) & set(damage.meant), damage.told
        with done(database, damage, end):
            if not failing(database, damage, end) & set(damage.meant):
                missed.append(damage.told)
    assert len(DAMAGES) >= 40
    assert 1 - len(missed) / len(DAMAGES) >= CAUGHT_AT_LEAST, missed
    assert missed == []
