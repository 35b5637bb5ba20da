"""The part that knows Great Expectations. Importing this module imports that library, which takes seconds.

Great Expectations' own class for queries, UnexpectedRowsExpectation, runs its query twice, keeps at most 200
rows and says only that rows came back. The class here runs a grouped query once and judges shares, so that a
result knows which teams it touches, and what was measured also where all is well.

No Data Context is made: nothing is written to a folder, nothing is sent anywhere, no cloud setting is read.
"""

import os

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # before the import, which reads it

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import great_expectations.expectations as gxe
import sqlalchemy as sa
from great_expectations.core.batch import Batch
from great_expectations.execution_engine import SparkDFExecutionEngine, SqlAlchemyExecutionEngine
from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.query_metric_provider import QueryMetricProvider
from great_expectations.validator.validator import Validator

from counterpoise.guardrails.spark_tables import SparkTables

_MAX_ROWS = 100_000
_EXCEPTION_CLASS = re.compile(r"^(?:\w+\.)*(\w+(?:Error|Exception))\b", re.MULTILINE)


class GroupedRows(QueryMetricProvider):
    """All rows of a grouped query, as dictionaries. Two checks with the same query share one run of it."""

    metric_name = "counterpoise.grouped_rows"
    value_keys = ("query",)

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(
        cls, execution_engine: SqlAlchemyExecutionEngine, metric_value_kwargs: dict, **_: Any
    ) -> list[dict[str, Any]]:
        rows = execution_engine.execute_query(sa.text(metric_value_kwargs["query"])).fetchmany(_MAX_ROWS + 1)
        return [dict(row._mapping) for row in _few(rows)]

    @metric_value(engine=SparkDFExecutionEngine)
    def _spark(
        cls, execution_engine: SparkDFExecutionEngine, metric_value_kwargs: dict, **_: Any
    ) -> list[dict[str, Any]]:
        rows = execution_engine.spark.sql(metric_value_kwargs["query"]).take(_MAX_ROWS + 1)
        return [row.asDict() for row in _few(rows)]


def _few(rows: Sequence[Any]) -> Sequence[Any]:
    """The same rows. A query that returns more of them than there can be groups is at fault."""
    if len(rows) > _MAX_ROWS:
        raise ValueError("the query of a check must group its rows")
    return rows


class ExpectUnexpectedShareToBeAtMost(BatchExpectation):
    """Expects `unexpected_count` to be at most `max_share` of `total_count` in each row of the query.

    `group` names the column with the id of the team or metric that a row is about; rows without one are
    nobody's and not judged. Without `group` the rows are added up first. Shares of fewer than `min_rows` rows
    are not judged. The result holds what was measured as observed_value (highest share, or the count where
    none is allowed), the failing rows, and as kinds the values of the column `each`, if one is named, with
    the `allowed` of their rows.
    """

    query: str
    max_share: float = 0.0
    min_rows: int = 1
    group: str | None = None
    each: str | None = None

    metric_dependencies: ClassVar[tuple[str, ...]] = ("counterpoise.grouped_rows",)
    success_keys: ClassVar[tuple[str, ...]] = ("query", "max_share", "min_rows", "group", "each")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        rows = [
            {
                **row,
                "total_count": int(row["total_count"] or 0),
                "unexpected_count": int(row["unexpected_count"] or 0),
            }
            for row in metrics["counterpoise.grouped_rows"]
        ]
        kinds = {row[self.each]: row.get("allowed") for row in rows} if self.each else {}
        rows = [row for row in rows if row[self.group] is not None] if self.group else [_added_up(rows)]
        judged = [row for row in rows if row["total_count"] >= self.min_rows]
        failing = [row for row in judged if row["unexpected_count"] > self.max_share * row["total_count"]]
        measure = _share if self.max_share else (lambda row: float(row["unexpected_count"]))
        return {
            "success": not failing,
            "result": {
                "observed_value": max((measure(row) for row in judged), default=None),
                "unexpected_count": sum(row["unexpected_count"] for row in judged),
                "failing_rows": [{**row, "observed_value": measure(row)} for row in failing],
                "kinds": kinds,
            },
        }


def _share(row: dict[str, Any]) -> float:
    return row["unexpected_count"] / row["total_count"] if row["total_count"] else 0.0


def _added_up(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One row for all: counts are summed, of the rest the first row with something unexpected is kept."""
    telling = next((row for row in rows if row["unexpected_count"]), rows[0] if rows else {})
    return {
        **telling,
        "total_count": sum(row["total_count"] for row in rows),
        "unexpected_count": sum(row["unexpected_count"] for row in rows),
    }


class _QuietValidator(Validator):
    def _determine_progress_bars(self) -> bool:
        return False  # without a Data Context this is the only way to ask for it


def expectation(name: str, check_id: str, kwargs: dict[str, Any]) -> gxe.Expectation:
    """One of Great Expectations' classes, or ours, made from a check. Its arguments are validated here."""
    expectation_class = globals().get(name) or getattr(gxe, name)
    return expectation_class(**kwargs, meta={"check_id": check_id})


def batches_of(engine: sa.Engine | SparkTables) -> "TableBatches | SparkBatches":
    """Tables of an engine as Great Expectations sees them."""
    return SparkBatches(engine) if isinstance(engine, SparkTables) else TableBatches(engine)


class SparkBatches:
    """Tables of a Spark session as Great Expectations sees them; nothing is copied or kept in memory."""

    def __init__(self, tables: SparkTables) -> None:
        self._tables = tables

    def validator(self, schema: str, table: str) -> Validator:
        name = f"{self._tables.quoted(schema)}.{self._tables.quoted(table)}"
        engine = SparkDFExecutionEngine(spark=self._tables.session, persist=False)
        return _QuietValidator(engine, batches=[Batch(data=self._tables.session.table(name))])


class TableBatches:
    """Tables of one database as Great Expectations sees them."""

    def __init__(self, engine: sa.Engine) -> None:
        self._execution_engine = SqlAlchemyExecutionEngine(engine=engine, create_temp_table=False)

    def validator(self, schema: str, table: str) -> Validator:
        data = SqlAlchemyBatchData(
            self._execution_engine,
            schema_name=schema,
            table_name=table,
            create_temp_table=False,
            source_schema_name=schema,
            source_table_name=sa.sql.quoted_name(table, quote=True),
        )
        return _QuietValidator(self._execution_engine, batches=[Batch(data=data)])


def validate(validator: Validator, expectations: Sequence[gxe.Expectation], examples: int) -> dict[str, dict[str, Any]]:
    """check id -> result of each expectation, all of them in as few queries as can be.

    `examples` is how many unexpected values come back. What could not be evaluated is {"error": class name}:
    its text is left out, as it may quote values of the data; for the same reason nothing is logged meanwhile.
    """
    with _silent(logging.getLogger("great_expectations")):
        results = validator.graph_validate(
            configurations=[e.configuration for e in expectations],
            runtime_configuration={
                "result_format": {"result_format": "BASIC", "partial_unexpected_count": examples},
                "catch_exceptions": True,
            },
        )
    found: dict[str, Any] = {}
    for result in results:
        check_id = result.expectation_config.meta["check_id"]
        error = _error(result.exception_info)
        found[check_id] = {"error": error} if error else {"success": result.success, **result.result}
    return found


@contextmanager
def _silent(logger: logging.Logger) -> Iterator[None]:
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


def _error(info: dict[str, Any]) -> str | None:
    """Class of the first exception behind a result, whose info is one entry or one for each metric."""
    entries = [info] if "raised_exception" in info else list(info.values())
    for entry in entries:
        if entry["raised_exception"]:
            return next(iter(_EXCEPTION_CLASS.findall(entry["exception_traceback"])), "Exception")
    return None
