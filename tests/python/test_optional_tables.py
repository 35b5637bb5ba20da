"""Null is not zero: without an optional table what needs it says no data, everything else is as it was."""

import shutil
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from conftest import Bench
from counterpoise.contract import load_contract
from counterpoise.doctor.optional_tables import OPTIONAL_TABLES
from counterpoise.simulation import simulate

pytestmark = pytest.mark.slow

OPTIONAL = [name for name, table in load_contract().items() if not table.required]
# Taken away two at a time, the first with the last: a build for each would take twice as long.
PAIRS = [tuple(dict.fromkeys(pair)) for pair in zip(OPTIONAL, reversed(OPTIONAL), strict=True)][: (len(OPTIONAL) + 1) // 2]
# What has no figure at all without the table: what `counterpoise doctor` says it would add.
LOST_METRICS = {table: set(adds.metrics) for table, adds in OPTIONAL_TABLES.items()}
LOST_SIGNALS = {table: set(adds.signals) for table, adds in OPTIONAL_TABLES.items()}
# Metrics whose figures change in meaning, not in presence, when the table goes: said in their definitions.
CHANGED_METRICS = {
    "targets": {"resolved_within_target", "first_response_within_target"},  # items have promises of their own
    "capacity": {"utilisation", "queue_load", "unbudgeted_meta_share"},
    "team_hours": {"collaboration_share", "meta_work_overhead", "unbudgeted_meta_share", "hours_per_person"},
    "team_members": {"utilisation", "queue_load", "hours_per_person", "throughput", "merged_pull_requests", "deployments",
                     "delivered_requests", "assigned_per_person", "fragmentation"},
    "work_item_links": {"split_share", "duplicate_share", "rework_item_share", "change_failure_rate", "repeat_contact_rate",
                        "repeat_account_rate", "first_contact_resolution", "handed_on_return_share",
                        "handed_on_wait_hours", "reopen_rate", "end_to_end_hours", "complaint_rate", "escalation_rate",
                        "served_goal_share", "unconfirmed_close_share", "delivered_requests", "cost_per_outcome"},
    "outcomes": {"change_failure_rate"},
}  # fmt: skip


class Built:
    """What a build says, kept as plain values."""

    def __init__(self, bench: Bench, raw: Path) -> None:
        connection = bench.build_folder(raw).connect()
        self.figures: dict[str, pa.Table] = {}
        for (metric,) in connection.execute("select distinct metric_id from counterpoise.fct_metric_week").fetchall():
            self.figures[metric] = connection.execute(
                "select team_id, week_start, numerator, denominator, value, n from counterpoise.fct_metric_week "
                "where metric_id = ? order by all",
                [metric],
            ).to_arrow_table()
        self.with_values = {
            row[0]
            for row in connection.execute(
                "select metric_id from counterpoise.fct_metric_week group by 1 having count(value) > 0"
            ).fetchall()
        }
        self.judged_signals = {
            row[0]
            for row in connection.execute(
                "select distinct signal_id from counterpoise.fct_signal_week where status <> 'no_data'"
            ).fetchall()
        }
        self.coverage = connection.execute("select avg(coverage) from counterpoise.team_risk").fetchone()[0]


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some teams of every function of the catalogue organisation: it has every table, and twelve teams are enough here."""
    whole, folder = tmp_path_factory.mktemp("catalogue") / "raw", tmp_path_factory.mktemp("some") / "raw"
    simulate(whole, scenario="catalogue", weeks=60, scale=0.4)
    folder.mkdir()
    connection = duckdb.connect()
    for file in whole.glob("*.parquet"):
        connection.execute(f"create view {file.stem} as select * from read_parquet('{file}')")
    connection.execute(
        "create table kept as select team_id from teams where parent_team_id is null or team_id in "
        "(select team_id from teams where parent_team_id is not null order by team_id limit 12)"
    )
    connection.execute("create table items as select work_item_id from work_items semi join kept using (team_id)")
    for file in whole.glob("*.parquet"):
        columns = [row[0] for row in connection.execute(f"describe {file.stem}").fetchall()]
        kept = f"select * from {file.stem}"
        if "work_item_id" in columns:
            kept += " where work_item_id in (from items)"
        elif "from_item_id" in columns:
            kept += " where from_item_id in (from items) and to_item_id in (from items)"
        elif "team_id" in columns:
            kept += " where team_id is null or team_id in (from kept)"
        connection.execute(f"copy ({kept}) to '{folder / file.name}'")
    return folder


@pytest.fixture(scope="module")
def whole(bench: Bench, raw: Path) -> Built:
    return Built(bench, raw)


@pytest.mark.parametrize("tables", PAIRS, ids="+".join)
def test_without_two_optional_tables(
    bench: Bench, raw: Path, whole: Built, tables: tuple[str, ...], tmp_path: Path
) -> None:
    absent = [table for table in tables if list(raw.glob(f"{table}.*"))]
    if not absent:
        pytest.skip(f"the organisation has no {' nor '.join(tables)} to take away")
    shutil.copytree(raw, tmp_path / "raw", ignore=shutil.ignore_patterns(*(f"{table}.*" for table in absent)))
    without = Built(bench, tmp_path / "raw")
    lost = _of(LOST_METRICS, absent) & whole.with_values
    assert not lost & without.with_values, "no data, neither zero nor healthy"
    assert not _of(LOST_SIGNALS, absent) & without.judged_signals
    untouched = whole.with_values - lost - _of(CHANGED_METRICS, absent)
    changed = [metric for metric in sorted(untouched) if without.figures.get(metric) != whole.figures[metric]]
    assert not changed, f"these figures have nothing to do with {' and '.join(absent)}"
    if lost & {"csat", "exhaustion", "rework_hours_share"}:  # outcomes that the score reads
        assert without.coverage < whole.coverage


def _of(sets: dict[str, set[str]], tables: list[str]) -> set[str]:
    return set().union(*(sets.get(table, set()) for table in tables))


def test_what_two_tables_take_along_can_be_told_apart() -> None:
    for first, second in (pair for pair in PAIRS if len(pair) == 2):
        for lost in (LOST_METRICS, LOST_SIGNALS):
            both = lost.get(first, set()) & lost.get(second, set())
            assert not both, f"{first} and {second} each take {both} along: pair them otherwise"
