"""Answers to the next steps: what people did about a signal, written back beside the raw data.

An answer is a row of the contract's table `annotations`. It goes where the next run reads from: the raw schema of the
warehouse, or the folder of raw tables, which is the truth for `run --raw`. The published DuckDB file is not touched;
it is replaced whole by each run.
"""

import csv
import hashlib
import io
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from counterpoise.contract import Table, load_contract
from counterpoise.errors import CounterpoiseError, InputError, UsageError
from counterpoise.warehouse import DuckDBFile, Postgres, Warehouse
from counterpoise.warehouse.duckdb_file import quoted

TABLE = "annotations"
STATES = ("explained", "accepted", "done", "declined")

_TYPES = {
    "string": ("varchar", "text"),
    "timestamp": ("timestamp", "timestamp"),
    "date": ("date", "date"),
    "boolean": ("boolean", "boolean"),
}
_PROJECT_SEEDS = {"signal_id": "signal_registry", "response_id": "response_registry", "metric_id": "metric_registry"}
_MARTS = {"team_id": "dim_team", "signal_id": "dim_signal", "response_id": "dim_response", "metric_id": "dim_metric"}
_ABOUT = ("signal_id", "response_id", "metric_id")
_WHAT = {"team_id": "team", "signal_id": "signal", "response_id": "response", "metric_id": "metric"}


@dataclass(frozen=True)
class Answer:
    """What became of a signal or a response of a team in a week; the columns of `annotations` a person fills in."""

    team_id: str
    week_start: date
    state: str
    signal_id: str | None = None
    response_id: str | None = None
    metric_id: str | None = None
    due_on: date | None = None
    note: str | None = None

    @property
    def annotation_id(self) -> str:
        """The same for the same answer, so that giving it twice leaves one row."""
        parts = [getattr(self, part.name) for part in fields(self)]
        text = "\x1f".join("" if part is None else str(part) for part in parts)
        return "answer-" + hashlib.sha256(text.encode()).hexdigest()[:32]

    def row(self, now: datetime) -> dict[str, Any]:
        """The answer as a row of the contract's table."""
        given = {part.name: getattr(self, part.name) for part in fields(self)}
        return {"annotation_id": self.annotation_id, **given, "recorded_at": now, "_loaded_at": now, "_deleted": False}


@dataclass(frozen=True)
class Known:
    """Ids that an answer may name; None = not known here, and then not checked."""

    ids: Mapping[str, frozenset[str] | None] = field(default_factory=dict)


def read_answer(values: Mapping[str, str | None], where: str = "") -> Answer:
    """An answer from texts, as they come from the command line or a file.

    Args:
        values: text by column of `annotations`; empty and missing ones are not given.
        where: what precedes the message, like `answers.csv, line 3: `.

    Raises:
        UsageError: something is missing, or is no date or state.
    """
    given = {name: (values.get(name) or "").strip() or None for name in (part.name for part in fields(Answer))}
    for name in ("team_id", "week_start", "state"):
        if not given[name]:
            raise UsageError(f"{where}{name} is missing.")
    if not (given["signal_id"] or given["response_id"] or given["metric_id"]):
        raise UsageError(f"{where}an answer names a signal, a response or a metric; none is given.")
    state = str(given["state"]).lower()
    if state not in STATES:
        raise UsageError(f"{where}{given['state']!r} is no state. Say {', '.join(STATES[:-1])} or {STATES[-1]}.")
    week = _date(given["week_start"], "week_start", where)
    if week.weekday():
        monday = week - timedelta(days=week.weekday())
        raise UsageError(f"{where}{week} is no Monday; the week it lies in begins on {monday}.")
    due = _date(given["due_on"], "due_on", where) if given["due_on"] else None
    return Answer(**{**given, "state": state, "week_start": week, "due_on": due})  # type: ignore[arg-type]


def _date(text: str | None, name: str, where: str) -> date:
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text or ""):
            raise ValueError
        return date.fromisoformat(str(text))
    except ValueError:
        raise UsageError(f"{where}{name} {text!r} is no date. Write it like 2026-09-14.") from None


def read_file(path: Path) -> list[Answer]:
    """Answers from a CSV file with the columns of `annotations`; what the command fills in itself may be left out.

    Raises:
        UsageError: the file cannot be read, a column is not known, or a row is not an answer.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text.") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    columns = {column.name for column in _table().columns}
    strangers = [name for name in reader.fieldnames or [] if name not in columns]
    if strangers:
        raise UsageError(f"{path.name}: column {strangers[0]!r} is none of {', '.join(sorted(columns))}.")
    found = []
    for row in reader:
        where = f"{path.name}, line {reader.line_num}: "
        if None in row:
            raise UsageError(f"{where}more values than columns.")
        found.append(read_answer(row, where))
    return found


def check_ids(answers: Iterable[Answer], known: Known) -> None:
    """Refuse an id that does not exist: an answer to nothing would be lost without a word.

    Raises:
        UsageError: names the first one, and what comes close to it.
    """
    from difflib import get_close_matches

    for answer in answers:
        for name, ids in known.ids.items():
            value = getattr(answer, name)
            if value is None or ids is None or value in ids:
                continue
            near = get_close_matches(value, sorted(ids), n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise UsageError(f"There is no {_WHAT[name]} {value!r}.{hint} Nothing was written.")


def write_to_warehouse(warehouse: Warehouse, answers: Sequence[Answer]) -> int:
    """Add answers to the raw table `annotations` of a warehouse; how many were new.

    Args:
        warehouse: entered, so that no run is at work on it.

    Raises:
        UsageError: nothing was ever built there, or an id is not known.
    """
    check_ids(answers, known_by(warehouse))
    dialect: _Dialect
    if isinstance(warehouse, DuckDBFile):
        connection = warehouse.connect()
        dialect = _Dialect(0, "?", lambda sql, values=(): connection.execute(sql, list(values)).fetchall())
    elif isinstance(warehouse, Postgres):
        dialect = _Dialect(1, "%s", lambda sql, values=(): _postgres_rows(warehouse, sql, values))
    else:
        raise UsageError("Answers can be written to DuckDB and PostgreSQL; elsewhere add rows to annotations yourself.")
    try:
        return _write(dialect, warehouse.raw_schema, answers)
    except Exception as error:
        if isinstance(error, CounterpoiseError):
            raise
        raise CounterpoiseError(
            f"The answer could not be written to {warehouse.raw_schema}.{TABLE}: {' '.join(str(error).split())[:300]}"
        ) from error


def is_loaded_from_a_folder(warehouse: Warehouse) -> bool:
    """Whether a run with --raw filled the raw schema: the next one brings its own answers. An event log keeps them."""
    found = warehouse.query(
        "select table_name from information_schema.tables where table_schema = ? "
        "and table_name in ('load_notes', 'event_log')",
        [warehouse.raw_schema],
    )
    return found["table_name"].to_pylist() == ["load_notes"]


@dataclass(frozen=True)
class _Dialect:
    """How an engine is spoken to: its place in `_TYPES`, how it marks a parameter, how it runs a statement."""

    place: int
    mark: str
    run: Callable[..., list[tuple[Any, ...]]]


def _postgres_rows(warehouse: Postgres, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with warehouse.connect().cursor() as cursor:
        cursor.execute(sql, tuple(values) or None)
        return cursor.fetchall() if cursor.description else []


def _write(dialect: _Dialect, schema: str, answers: Sequence[Answer]) -> int:
    table, columns = f"{quoted(schema)}.{quoted(TABLE)}", _table().columns
    listed = ", ".join(f"{quoted(column.name)} {_TYPES[column.data_type][dialect.place]}" for column in columns)
    now = _now()
    added = 0
    dialect.run("begin")
    try:
        dialect.run(f"create schema if not exists {quoted(schema)}")
        dialect.run(f"create table if not exists {table} ({listed})")
        there = {
            name
            for (name,) in dialect.run(
                f"select column_name from information_schema.columns where table_schema = {dialect.mark}"
                f" and table_name = {dialect.mark}",
                [schema, TABLE],
            )
        }
        for answer in _once(answers):
            row = {name: value for name, value in answer.row(now).items() if name in there}
            about = {name: getattr(answer, name) or "" for name in _ABOUT if name in there}
            matched = " and ".join(f"coalesce({quoted(name)}, '') = {dialect.mark}" for name in about)
            newest = dialect.run(
                f"select annotation_id from {table} where team_id = {dialect.mark} and week_start = {dialect.mark}"
                f" and {matched} order by recorded_at desc limit 1",
                [answer.team_id, answer.week_start, *about.values()],
            )
            if newest == [(answer.annotation_id,)]:
                continue
            # given before, and something else since: it counts anew
            dialect.run(f"delete from {table} where annotation_id = {dialect.mark}", [answer.annotation_id])
            dialect.run(
                f"insert into {table} ({', '.join(quoted(name) for name in row)})"
                f" values ({', '.join([dialect.mark] * len(row))})",
                list(row.values()),
            )
            added += 1
    except BaseException:
        dialect.run("rollback")
        raise
    dialect.run("commit")
    return added


def known_by(warehouse: Warehouse) -> Known:
    """The ids the built marts know.

    Raises:
        UsageError: nothing was built there yet.
    """
    ids: dict[str, frozenset[str]] = {}
    for column, mart in _MARTS.items():
        if not warehouse.has(warehouse.marts_schema, mart):
            raise UsageError(
                f"{warehouse.shown_as} has no {mart} yet: there is nothing to answer. Call `counterpoise run` first."
            )
        rows = warehouse.query(f"select {column} from {warehouse.marts_schema}.{mart}")
        ids[column] = frozenset(rows[column].to_pylist())
    return Known(ids)


def write_to_folder(folder: Path, answers: Sequence[Answer], known: Known | None = None) -> int:
    """Add answers to `annotations.csv` in a folder of raw tables, whole or not at all; how many were new.

    Args:
        known: ids to check against; without it the folder's own teams and the package's registries.

    Raises:
        InputError: the folder keeps its annotations in a form that cannot be added to.
        UsageError: no such folder, or an id is not known.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder. Name the one that `counterpoise run --raw` reads.")
    for ending in (".parquet", ".csv.gz"):
        if (other := folder / f"{TABLE}{ending}").exists():
            raise InputError(f"{other} cannot be added to. Save it as {TABLE}.csv and answer again.")
    check_ids(answers, known or _known_by_folder(folder))
    path = folder / f"{TABLE}.csv"
    columns = [column.name for column in _table().columns]
    rows: list[dict[str, Any]] = []
    if path.exists():
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            columns = list(reader.fieldnames or columns)
            missing = [column.name for column in _table().columns if column.required and column.name not in columns]
            if missing or any(None in row for row in rows):
                what = f"has no column {missing[0]}" if missing else "has a row with more values than columns"
                raise InputError(f"{path} {what}; mend it first. Nothing was written.")
            # a column the file never had is needed now that an answer gives it
            columns += [column.name for column in _table().columns if column.name not in columns]
    now = _now()
    added = 0
    for answer in _once(answers):
        key = _key(answer.row(now))
        newest = max(
            (row for row in rows if _key(row) == key), key=lambda row: row.get("recorded_at") or "", default=None
        )
        if newest and newest["annotation_id"] == answer.annotation_id:
            continue
        # given before, and something else since: it counts anew
        rows = [row for row in rows if row["annotation_id"] != answer.annotation_id]
        rows.append({name: _text(value) for name, value in answer.row(now).items()})
        added += 1
    if added:
        _replace(path, columns, rows)
    return added


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What an answer is about, as texts."""
    return tuple(_text(row.get(name)) for name in ("team_id", "week_start", *_ABOUT))


def _known_by_folder(folder: Path) -> Known:
    from counterpoise.project import find_project_dir

    ids: dict[str, frozenset[str] | None] = {"team_id": _teams_of(folder)}
    for column, seed in _PROJECT_SEEDS.items():
        with (find_project_dir() / "seeds" / "registry" / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
            ids[column] = frozenset(row[column] for row in csv.DictReader(file))
    return Known(ids)


def _teams_of(folder: Path) -> frozenset[str]:
    for ending, reader in ((".parquet", "read_parquet(?)"), (".csv", "read_csv(?, all_varchar = true)"),
                           (".csv.gz", "read_csv(?, all_varchar = true)")):  # fmt: skip
        path = folder / f"teams{ending}"
        if path.exists():
            try:
                rows = duckdb.connect().execute(f"select team_id from {reader}", [str(path)]).fetchall()
            except duckdb.Error as error:
                raise InputError(f"{path} cannot be read: {' '.join(str(error).split())[:200]}") from error
            return frozenset(str(team) for (team,) in rows)
    raise UsageError(f"{folder} has no teams.csv or teams.parquet: it is no folder of raw tables.")


def _replace(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write beside, make sure it is on the disk, rename: a reader sees the old file or the new one."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        with fresh.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _once(answers: Iterable[Answer]) -> list[Answer]:
    return list({answer.annotation_id: answer for answer in answers}.values())


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat(" ", "microseconds") if isinstance(value, datetime) else str(value)


def _table() -> Table:
    return load_contract()[TABLE]
