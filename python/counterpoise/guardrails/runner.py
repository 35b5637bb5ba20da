"""Runs the checks of one stage where the data lies: in a DuckDB file or connection, in PostgreSQL or in Spark."""

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa

from counterpoise.errors import CounterpoiseError, UsageError
from counterpoise.examples import without_addresses
from counterpoise.guardrails.duckdb_dialect import duckdb_engine
from counterpoise.guardrails.results import CheckReport, CheckResult, SkippedCheck
from counterpoise.guardrails.spark_tables import SparkTables
from counterpoise.guardrails.suite import MEASURED, STAGES, TABLE_EXISTS, VALUES_IN_SET, Check, load_suites

Warehouse = str | Path | sa.Engine | duckdb.DuckDBPyConnection | SparkTables
Engine = sa.Engine | SparkTables
Columns = dict[str, dict[str, str]]  # table -> column -> type, of one schema

_EXAMPLES = 20
_SHOWN_EXAMPLES = 5
# White space, control characters, and the marks that turn the direction of writing or show nothing at all.
_CONTROL = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


def run_checks(
    url_or_engine: Warehouse | None,
    stage: str,
    run_id: str,
    *,
    raw_schema: str = "work_system",
    private_schema: str = "counterpoise_private",
    marts_schema: str = "counterpoise",
    read_only: bool = False,
    connection_factory: Callable[[], duckdb.DuckDBPyConnection] | None = None,
    now: datetime | None = None,
    checks: Sequence[Check] | None = None,
    connectors: Sequence[str] = (),
    min_people: int = 5,
    own_suites: Path | None = None,
) -> CheckReport:
    """Run every check of `stage` (raw, staging, marts, scores) whose table is there.

    Args:
        url_or_engine: path of a DuckDB file, URL or engine of a database that SQLAlchemy knows, an open
            DuckDB connection (what is not committed in it is not seen; it stays open), or tables of a Spark session.
        read_only: open a DuckDB file read-only.
        connection_factory: gives a DuckDB connection to use and close, in place of `url_or_engine`.
        now: the run's clock; without a zone it is UTC. Default: the present.
        checks: run these in place of the suites in the package.
        connectors: tools that are read besides; with one, the contract's tables may all be absent.
        min_people: teams known to have fewer people are not named by what is only reported.
        own_suites: folder of suite files that are run besides, if it is there.

    Raises:
        UsageError: no such stage.
        InputError: a suite file says something that cannot be run.
        CounterpoiseError: the database cannot be opened or read.
    """
    if stage not in STAGES:
        raise UsageError(f"There is no stage {stage!r} of checks. Stages are: {', '.join(STAGES)}.")
    began = time.monotonic()
    clock = _utc(now)
    schema = {"raw": raw_schema, "staging": private_schema}.get(stage, marts_schema)
    checks = load_suites(stage, own_suites) if checks is None else tuple(c for c in checks if c.stage == stage)
    with _engine(url_or_engine, read_only, connection_factory) as engine:
        columns = _columns(engine, schema)
        run = _Run(engine, schema, columns, run_id, clock, min_people)
        skipped = {check.id: why for check in checks if (why := _why_skipped(check, columns, connectors))}
        results = run.results([check for check in checks if check.id not in skipped])
    return CheckReport(
        run_id=run_id,
        stage=stage,
        checked_at=clock,
        results=tuple(results),
        skipped=tuple(SkippedCheck(c.suite, c.id, skipped[c.id]) for c in checks if c.id in skipped),
        seconds=time.monotonic() - began,
    )


def _utc(now: datetime | None) -> datetime:
    now = now or datetime.now(UTC)
    return now.astimezone(UTC).replace(tzinfo=None) if now.tzinfo else now


@contextmanager
def _engine(
    warehouse: Warehouse | None,
    read_only: bool,
    connection_factory: Callable[[], duckdb.DuckDBPyConnection] | None,
) -> Iterator[Engine]:
    """An engine on the warehouse; what was opened here is closed at the end."""
    if isinstance(warehouse, Engine):
        yield warehouse
        return
    if connection_factory is not None:
        engine = duckdb_engine(connection_factory())
    elif isinstance(warehouse, str) and "://" in warehouse:
        engine = sa.create_engine(_with_driver(sa.make_url(warehouse)))
    elif isinstance(warehouse, duckdb.DuckDBPyConnection) or Path(warehouse).is_file():
        engine = duckdb_engine(warehouse, read_only=read_only)
    else:  # opening it would make an empty one
        raise CounterpoiseError(f"There is no warehouse at {warehouse}. Build it first, or correct the path.")
    try:
        yield engine
    finally:
        engine.dispose()


def _with_driver(url: sa.URL) -> sa.URL:
    """PostgreSQL by psycopg2, which dbt-postgres brings; SQLAlchemy 2.1 would look for another driver."""
    return url.set(drivername="postgresql+psycopg2") if url.drivername in ("postgres", "postgresql") else url


def _columns(engine: Engine, schema: str) -> Columns:
    """Every table and view of the schema with its columns; empty if the schema is not there."""
    if isinstance(engine, SparkTables):
        return engine.columns(schema)
    try:
        inspector = sa.inspect(engine)
        if schema not in inspector.get_schema_names():
            return {}
        found = inspector.get_multi_columns(schema=schema, kind=sa.engine.reflection.ObjectKind.ANY)
    except (sa.exc.SQLAlchemyError, duckdb.Error) as error:
        raise CounterpoiseError(
            f"The warehouse cannot be read for its checks ({type(error).__name__}). See that it can be"
            " reached, that no other process holds it, and that this user may read it."
        ) from error
    return {table: {c["name"]: str(c["type"]) for c in columns} for (_, table), columns in found.items()}


def _quote_of(engine: Engine) -> Callable[[str], str]:
    """How names are quoted there."""
    return engine.quoted if isinstance(engine, SparkTables) else engine.dialect.identifier_preparer.quote_identifier


def _why_skipped(check: Check, columns: Columns, connectors: Sequence[str]) -> str | None:
    if check.when_table is not None and check.when_table not in columns:
        return f"there is no table {check.when_table}"
    if check.unless_table is not None and check.unless_table in columns:
        return f"{check.unless_table} stands in its place"
    if connectors and check.expectation == TABLE_EXISTS and check.unless_table and check.table not in columns:
        return f"tables of {', '.join(connectors)} stand in its place"
    if check.expectation == TABLE_EXISTS:
        return None
    for table, needed in check.reads.items():
        if table not in columns:
            return f"there is no table {table}"
        missing = [column for column in needed if column not in columns[table]]
        if missing and check.stage == "raw":  # of raw tables columns may be absent; of ours none may
            return f"{table} has no column {', '.join(missing)}"
    return None


class _Run:
    """Evaluates checks and turns what Great Expectations says into results."""

    def __init__(
        self, engine: Engine, schema: str, columns: Columns, run_id: str, clock: datetime, min_people: int
    ) -> None:
        self._engine = engine
        self._schema = schema
        self._columns = columns
        self._run_id = run_id
        self._clock = clock
        self._min_people = min_people

    def results(self, checks: Sequence[Check]) -> list[CheckResult]:
        outcomes = self._outcomes([check for check in checks if check.expectation != TABLE_EXISTS])
        results: list[CheckResult] = []
        for check in checks:
            if check.expectation == TABLE_EXISTS:
                there = check.table in self._columns
                results.append(self._result(check, "passed" if there else "failed"))
            else:
                results.extend(self._from_outcome(check, outcomes[check.id]))
        return results

    def _outcomes(self, checks: Sequence[Check]) -> dict[str, dict[str, Any]]:
        """check id -> what was found, evaluated table by table."""
        if not checks:
            return {}
        from counterpoise.guardrails import expectations as gx  # takes seconds to import

        batches = gx.batches_of(self._engine)
        by_table: dict[str, list[Check]] = defaultdict(list)
        for check in checks:
            by_table[check.table].append(check)
        outcomes: dict[str, dict[str, Any]] = {}
        for table, of_table in by_table.items():
            made = {c.id: gx.expectation(c.expectation, c.id, self._arguments(c)) for c in of_table}
            validator = batches.validator(self._schema, table)
            found = gx.validate(validator, list(made.values()), examples=0)
            for check in of_table:
                # One query answers for many checks: alone, only those that are at fault themselves fail.
                again = "error" in found[check.id] and len(of_table) > 1
                shows_values = check.expectation == VALUES_IN_SET and not found[check.id].get("success")
                if again or shows_values:
                    found |= gx.validate(validator, [made[check.id]], examples=_EXAMPLES if shows_values else 0)
            outcomes |= found
        return outcomes

    def _arguments(self, check: Check) -> dict[str, Any]:
        if check.sql is None:
            tomorrow = self._clock + timedelta(days=1)
            return {key: tomorrow if value == "{tomorrow}" else value for key, value in check.kwargs.items()}
        quote = _quote_of(self._engine)
        tables = {table: f"{quote(self._schema)}.{quote(table)}" for table in check.reads}
        return {
            "query": check.sql.format(
                **tables, now=f"timestamp '{self._clock:%Y-%m-%d %H:%M:%S}'", min_people=int(self._min_people)
            ),
            "max_share": check.max_share,
            "min_rows": check.min_rows,
            "group": check.affected_column,
            "each": check.each,
        }

    def _from_outcome(self, check: Check, outcome: dict[str, Any]) -> list[CheckResult]:
        if "error" in outcome:
            return [self._error(check, outcome["error"])]
        if check.expectation == MEASURED:
            return self._from_measures(check, outcome)
        count, total = outcome.get("unexpected_count"), outcome.get("element_count")
        mostly = check.kwargs.get("mostly")
        if mostly is not None:
            observed = (count or 0) / total if total else None
            threshold: float | None = 1 - mostly
        elif total is not None:
            observed, threshold = float(count or 0), 0.0
        else:
            value = outcome.get("observed_value")
            observed = float(value) if isinstance(value, int | float) else None
            threshold = check.kwargs.get("min_value", check.kwargs.get("max_value"))
        fields = {
            "count": count or 0,
            "total": total or 0,
            "share": (count or 0) / total if total else 0.0,
            "examples": outcome.get("partial_unexpected_list", ()),
        }
        return [
            self._result(
                check,
                "passed" if outcome["success"] else "failed",
                fields,
                observed=observed,
                threshold=threshold,
                unexpected_count=count,
            )
        ]

    def _from_measures(self, check: Check, outcome: dict[str, Any]) -> list[CheckResult]:
        if check.each is not None:
            return self._one_each(check, outcome)
        if outcome["success"]:
            return [
                self._result(
                    check,
                    "passed",
                    observed=outcome["observed_value"],
                    threshold=check.max_share,
                    unexpected_count=outcome["unexpected_count"],
                )
            ]
        return [self._from_row(check, row) for row in outcome["failing_rows"]]

    def _one_each(self, check: Check, outcome: dict[str, Any]) -> list[CheckResult]:
        """One check for each value of the column `each`: what failed it, or that it passed."""
        results: list[CheckResult] = []
        for kind, allowed in sorted(outcome["kinds"].items(), key=str):
            of_kind = replace(check, id=f"{check.id}.{_plain(kind)}")
            failing = [row for row in outcome["failing_rows"] if row[check.each] == kind]
            results += [self._from_row(of_kind, row) for row in failing] or [
                self._result(of_kind, "passed", threshold=_float(allowed), unexpected_count=0)
            ]
        return results

    def _from_row(self, check: Check, row: dict[str, Any]) -> CheckResult:
        affected = row.get(check.affected_column) if check.affected_column else None
        count, total = row["unexpected_count"], row["total_count"]
        fields = row | {
            "count": count,
            "total": total,
            "share": count / total if total else 0.0,
            "examples": () if row.get("example") is None else (row["example"],),
            "affected": affected,
        }
        return self._result(
            check,
            "failed",
            fields,
            observed=_float(row.get("measured", row["observed_value"])),
            threshold=_float(row.get("allowed", check.max_share)),
            unexpected_count=count,
            affected_id=None if affected is None else str(affected),
        )

    def _error(self, check: Check, error: str) -> CheckResult:
        """A check that could not be evaluated: neither passed nor silently left out."""
        read = ", ".join(
            f"{table}.{column} ({self._columns[table].get(column, 'not there')})"
            for table, names in check.reads.items()
            for column in names
        )
        return replace(
            self._result(check, "error"),
            message=f"The check {check.id} of table {check.table} could not be run ({error})."
            + (f" It reads {read}." if read else ""),
            remedy="See that these columns are there with the types of the contract, and may be read.",
        )

    def _result(self, check: Check, status: str, fields: dict[str, Any] | None = None, **measured: Any) -> CheckResult:
        passed = status == "passed"
        return CheckResult(
            **{"observed": None, "threshold": None, "unexpected_count": None, "affected_id": None} | measured,
            run_id=self._run_id,
            checked_at=self._clock,
            stage=check.stage,
            suite=check.suite,
            check_id=check.id,
            expectation=check.expectation,
            table_name=check.table,
            column_name=check.column,
            severity=check.severity,
            status=status,
            affects=check.affects,
            message=_message(check, fields or {}) if status == "failed" else None,
            remedy=None if passed else check.remedy,
        )


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _message(check: Check, fields: dict[str, Any]) -> str:
    """`says` with what was found. Values of the data are only ever filled in, never read as a template."""
    examples = list(dict.fromkeys(_plain(value) for value in fields.get("examples", ()) if value is not None))
    shown = {key: _plain(value) for key, value in fields.items()} | {
        "count": f"{fields.get('count', 0):,}",
        "total": f"{fields.get('total', 0):,}",
        "share": f"{fields.get('share', 0.0):.1%}",
        "table": check.table,
        "column": check.column or "",
        "affected": _plain(fields.get("affected")),
        "examples": f" For example: {', '.join(examples[:_SHOWN_EXAMPLES])}." if examples else "",
    }
    return check.says.format_map(shown)


def _plain(value: Any) -> str:
    """A value of the data on one line, cut to a readable length, without addresses of persons."""
    text = without_addresses(_CONTROL.sub(" ", str(value)).strip())
    return text if len(text) <= 500 else text[:499] + "…"
