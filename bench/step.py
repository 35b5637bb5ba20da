"""The steps that are no command of counterpoise, each a process: `python -m bench.step NAME FOLDER`."""

import json
import sys
from pathlib import Path

import duckdb

from counterpoise.inputs import load_folder
from counterpoise.warehouse.duckdb_file import build_file, memory_limit

RAW_SCHEMA = "work_system"
_LAST_STATES = ("first_response_at", "resolved_at", "closed_at")


def _connect(database: Path, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(database), read_only=read_only, config={"memory_limit": memory_limit()})
    connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false; set preserve_insertion_order = false")
    return connection


def split(folder: Path) -> None:
    """Take the last full load day out of `raw`: `history` is what was there before it, `day` what it brought.

    What a weekend after it brought is left out. An item has one row, its latest: of one that the day changed, the row
    of the evening before is the same without the ends that came with the day.
    """
    connection = duckdb.connect()
    raw, history, day = folder / "raw", folder / "history", folder / "day"
    (last,) = connection.execute(
        f"with days as (select cast(_loaded_at as date) as day, count(*) as n from '{raw}/work_item_events.parquet' "
        "group by all) select max(day) from days where n >= (select median(n) / 2 from days)"
    ).fetchone()
    for made in (history, day):
        made.mkdir(exist_ok=True)
    for file in sorted(raw.glob("*.parquet")):
        columns = [row[0] for row in connection.execute(f"describe from '{file}'").fetchall()]
        if "_loaded_at" not in columns:
            file.rename(history / file.name)
            continue
        before = f"from '{file}' where _loaded_at < date '{last}'"
        if file.stem == "work_items":
            ends = ", ".join(
                f"case when {column} < date '{last}' then {column} end as {column}" for column in _LAST_STATES
            )
            before = (
                f"select * replace (least(_loaded_at, timestamp '{last}' - interval 1 hour) as _loaded_at, {ends}) "
                f"from '{file}' where created_at < date '{last}'"
            )
        connection.execute(f"copy ({before}) to '{history / file.name}' (compression zstd)")
        connection.execute(
            f"copy (from '{file}' where cast(_loaded_at as date) = date '{last}') "
            f"to '{day / file.name}' (compression zstd)"
        )
        file.unlink()
    raw.rmdir()


def empty(folder: Path) -> None:
    """The same tables without rows in `empty/history`."""
    target = folder / "empty" / "history"
    target.mkdir(parents=True, exist_ok=True)
    for file in sorted((folder / "history").glob("*.parquet")):
        duckdb.execute(f"copy (from '{file}' limit 0) to '{target / file.name}'")


def load(folder: Path) -> None:
    """Load `history` as `counterpoise run --raw` would."""
    database = build_file(folder / "marts.duckdb")
    database.parent.mkdir(parents=True, exist_ok=True)
    with _connect(database) as connection:
        load_folder(connection, folder / "history", schema=RAW_SCHEMA)


def load_day(folder: Path) -> None:
    """What a connector does at night: events are appended, items and outcomes replaced by their key."""
    with _connect(build_file(folder / "marts.duckdb")) as connection:
        for file in sorted((folder / "day").glob("*.parquet")):
            table = f"{RAW_SCHEMA}.{file.stem}"
            if file.stem == "work_items":
                connection.execute(f"delete from {table} where work_item_id in (select work_item_id from '{file}')")
            connection.execute(f"insert into {table} by name from '{file}'")


def floor(folder: Path) -> None:
    """The least that could be done with the events: read them, put each item's in order once, sum by team and week."""
    with _connect(build_file(folder / "marts.duckdb"), read_only=True) as connection:
        connection.execute(
            f"select count(*), max(occurred_at), max(_loaded_at), count(status_category) "
            f"from {RAW_SCHEMA}.work_item_events"
        )
        connection.execute(
            "create temp table steps as select work_item_id, team_id, occurred_at, event_type, status_category, "
            "row_number() over in_order as step, lead(occurred_at) over in_order as next_at "
            f"from {RAW_SCHEMA}.work_item_events "
            "window in_order as (partition by work_item_id order by occurred_at, event_seq, event_id)"
        )
        connection.execute(
            "create temp table weeks as select team_id, date_trunc('week', occurred_at) as week, status_category, "
            "count(*) as events, sum(epoch(next_at) - epoch(occurred_at)) / 3600 as hours from steps group by all"
        )


def count(folder: Path) -> None:
    """How much was loaded, as JSON in `rows.json`."""
    with _connect(build_file(folder / "marts.duckdb"), read_only=True) as connection:
        rows = {
            table: connection.execute(f"select count(*) from {RAW_SCHEMA}.{table}").fetchone()[0]
            for table in ("work_item_events", "work_items", "teams")
        }
    (folder / "rows.json").write_text(json.dumps(rows), encoding="utf-8")


_STEPS = {
    "split": split, "empty": empty, "load": load, "load-day": load_day, "floor": floor, "count": count,
}  # fmt: skip

if __name__ == "__main__":
    _STEPS[sys.argv[1]](Path(sys.argv[2]).absolute())
