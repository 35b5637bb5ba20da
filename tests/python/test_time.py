"""Rows in any order end in the same marts, and the past stays as it was known then."""

from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from conftest import Bench, table_rows
from counterpoise.inputs import load_folder

MARTS = (
    "fct_work_item",
    "fct_metric_week",
    "fct_metric_week_stratum",
    "fct_pair_week",
    "fct_signal_week",
    "team_risk",
    "team_risk_reasons",
)
MADE_WHEN = ("scored_at",)


def _rows(bench: Bench, marts=MARTS) -> dict:
    return {mart: table_rows(bench.warehouse.connect(), f"counterpoise.{mart}", MADE_WHEN) for mart in marts}


@pytest.fixture(scope="module")
def in_one_go(bench: Bench, small_raw: Path) -> dict:
    bench.build_folder(small_raw)
    return _rows(bench)


OLDER_FORMS = {
    "work_items": "category = 'stale', priority = 'stale'",
    "work_item_events": "event_type = 'edited', occurred_at = occurred_at - interval 2 day",
    "outcomes": "value = 0",
}
KEYS = {"work_items": "work_item_id", "work_item_events": "event_id", "outcomes": "outcome_id"}


def _load_in_pieces(connection: duckdb.DuckDBPyConnection, raw: Path, seed: int | None) -> None:
    """A twentieth of the rows came first in an older form; with a seed, all come in any order and a third of them twice."""
    load_folder(connection, raw)
    for table, older in OLDER_FORMS.items():
        name = f"work_system.{table}"
        connection.execute(f"create temp table stale as from {name} where hash({KEYS[table]}) % 20 = 0")
        connection.execute(
            f"update stale set {older}, _loaded_at = coalesce(_loaded_at, created_or_occurred) - interval 1 second".replace(
                "created_or_occurred", "created_at" if table == "work_items" else "occurred_at"
            )
        )
        connection.execute(f"insert into {name} by name from stale; drop table stale")
        if seed is not None:
            connection.execute(f"select setseed({seed / 10})")
            connection.execute(f"create temp table again as from {name} where random() < 0.33")
            connection.execute(
                f"create or replace table {name} as from (from {name} union all by name from again) order by random()"
            )
            connection.execute("drop table again")


@pytest.fixture(scope="module")
def older_forms_in_order(bench: Bench, small_raw: Path) -> dict:
    bench.build(lambda connection: _load_in_pieces(connection, small_raw, None))
    return _rows(bench)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_any_order_and_any_repeats_give_the_same_marts(
    bench: Bench, small_raw: Path, older_forms_in_order: dict, seed: int
) -> None:
    bench.build(lambda connection: _load_in_pieces(connection, small_raw, seed))
    for mart, rows in _rows(bench).items():
        assert rows.num_rows > 0, mart
        different = _different(rows, older_forms_in_order[mart])
        assert not different, f"{mart} depends on the order or the repeats of raw rows: {different[:3]}"


def test_the_newest_row_of_a_key_counts(older_forms_in_order: dict, in_one_go: dict) -> None:
    """An older form that came first changes no figure of an item; it was known then, so only knowledge may differ."""
    assert _different(older_forms_in_order["fct_work_item"], in_one_go["fct_work_item"]) == []
    assert _different(older_forms_in_order["fct_metric_week"], in_one_go["fct_metric_week"]) == []


@pytest.mark.parametrize("weeks_before_the_end", [9, 25])
def test_a_past_week_is_what_was_known_then(
    bench: Bench, small_raw: Path, in_one_go: dict, weeks_before_the_end: int
) -> None:
    """Cut the raw data at the end of a week, as it was known then: every score up to there is the same as with all data."""
    end = max(in_one_go["team_risk"]["week_start"].to_pylist())
    last_week = end - timedelta(weeks=weeks_before_the_end)
    cut = datetime.combine(last_week + timedelta(weeks=1), datetime.min.time())

    def load(connection: duckdb.DuckDBPyConnection) -> None:
        load_folder(connection, small_raw)
        late = connection.execute(
            "select count(*) from work_system.work_item_events where occurred_at < ? and recorded_at >= ?",
            [cut, cut],
        ).fetchone()[0]
        assert late > 0, "the case is only tested when something was recorded late"
        connection.execute("delete from work_system.work_items where created_at >= ?", [cut])
        for column in ("first_response_at", "resolved_at", "closed_at"):
            connection.execute(f"update work_system.work_items set {column} = null where {column} >= ?", [cut])
        for table in ("work_item_events", "outcomes"):
            connection.execute(
                f"delete from work_system.{table} "
                "where greatest(occurred_at, coalesce(recorded_at, occurred_at), coalesce(_loaded_at, occurred_at)) >= ?",
                [cut],
            )

    bench.build(load)
    now = {row["week_start"]: 0 for row in in_one_go["team_risk"].to_pylist()}
    then = _rows(bench, ("team_risk", "fct_signal_week", "fct_pair_week"))
    weeks = {row["week_start"] for row in then["team_risk"].to_pylist()}
    assert max(weeks) >= last_week - timedelta(weeks=1) and len(weeks) > 20 and weeks <= set(now)
    for mart, rows in then.items():
        before = {_key(row): row for row in in_one_go[mart].to_pylist() if row["week_start"] in weeks}
        after = {_key(row): row for row in rows.to_pylist()}
        assert before.keys() == after.keys(), mart
        for key, row in after.items():
            for column, value in row.items():
                if isinstance(value, float) and before[key][column] is not None:
                    assert value == pytest.approx(before[key][column], rel=1e-9, abs=1e-9), (
                        mart,
                        key,
                        column,
                    )
                else:
                    assert value == before[key][column], (mart, key, column)


def _different(ours: pa.Table, theirs: pa.Table) -> list:
    """Rows that stand in one table only; none where both are the same to the last digit."""
    if ours.equals(theirs):
        return []
    return sorted(set(map(repr, ours.to_pylist())) ^ set(map(repr, theirs.to_pylist()))) or [
        "the same rows in another number"
    ]


def _key(row: dict) -> tuple[str, date, str | None]:
    return row["team_id"], row["week_start"], row.get("signal_id") or row.get("pair_id")
