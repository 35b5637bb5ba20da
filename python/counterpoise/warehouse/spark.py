"""Spark inside this process, by the session of dbt's profile (`method: session`). dbt replaces each relation whole."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from counterpoise.warehouse.base import Layout, Warehouse
from counterpoise.warehouse.dbt import DbtProject

_BATCH_ROWS = 100_000


class Spark(Warehouse):
    """Marts in a schema of a Spark catalog. Nothing but the catalog's own locks keeps a second run out."""

    def __init__(
        self,
        settings: Mapping[str, str],
        project: DbtProject,
        layout: Layout = Layout(),  # noqa: B008 (frozen)
    ) -> None:
        """`settings` are the profile's server_side_parameters."""
        self.settings = settings
        self.project = project
        self.layout = layout

    @property
    def shown_as(self) -> str:
        return f"spark {self.settings.get('spark.master', '')}, schema {self.marts_schema}"

    def __enter__(self) -> "Spark":
        self.connect()
        return self

    def __exit__(self, *exc: object) -> None:
        self.release()

    def connect(self) -> Any:
        """The one session of this process, which dbt uses too."""
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.enableHiveSupport()
        for name, value in self.settings.items():
            builder = builder.config(name, value)
        return builder.getOrCreate()

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        frame = self.connect().sql(sql, args=list(parameters) or None)
        rows = frame.collect()
        return pa.Table.from_pydict({name: _plain([row[i] for row in rows]) for i, name in enumerate(frame.columns)})

    def has(self, schema: str, table: str) -> bool:
        return bool(self.connect().catalog.tableExists(f"{schema}.{table}"))

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        frame = self.connect().sql(sql)
        names, rows = frame.columns, []
        for row in frame.toLocalIterator():
            rows.append(row)
            if len(rows) == _BATCH_ROWS:
                yield _batch(names, rows)
                rows = []
        if rows:
            yield _batch(names, rows)

    def append_rows(self, table: str, rows: pa.Table) -> None:
        if rows.num_rows == 0:
            return
        target = f"{self.marts_schema}.{table}"
        session = self.connect()
        kept = session.table(target).schema
        records = [tuple(record.get(field.name) for field in kept) for record in rows.to_pylist()]
        session.createDataFrame(records, kept).writeTo(target).append()

    def delete_rows(self, table: str) -> None:
        self.connect().sql(f"delete from {self.marts_schema}.{table}")

    def write_salt(self, salt: str) -> None:
        session = self.connect()
        session.sql(f"create schema if not exists {self.private_schema}")
        # a row of data, not a word of a statement: Spark logs statements
        session.createDataFrame([(salt,)], "salt string").writeTo(f"{self.private_schema}.person_salt").using(
            "iceberg"
        ).createOrReplace()

    def check_target(self) -> Any:
        """Checks by Great Expectations do not reach Spark yet."""
        raise NotImplementedError

    def release(self) -> None:
        """Nothing is held: the session belongs to the process, and dbt goes on using it."""

    def publish(self) -> None:
        """Nothing to swap: each relation was replaced whole, and `published_runs` says which run readers see."""


def _batch(names: Sequence[str], rows: Sequence[Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({name: _plain([row[i] for row in rows]) for i, name in enumerate(names)})


def _plain(values: list[Any]) -> list[Any]:
    """Decimals as floats, so that a column has one plain type."""
    from decimal import Decimal

    return [float(value) if isinstance(value, Decimal) else value for value in values]
