"""Spark inside this process, by the session of dbt's profile (`method: session`). dbt replaces each relation whole.

Rows go in and out as Arrow: executors pack them into messages and unpack them again, so nothing is turned into Python
objects row by row.
"""

import os
import socket
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from counterpoise.errors import CounterpoiseError
from counterpoise.warehouse.base import Layout, Warehouse, refused
from counterpoise.warehouse.dbt import DbtProject

# Rows of one message.
_MESSAGE_ROWS = 50_000
_LOCK = "run_lock"
_HELD = "process {process} on {host} since {since}"


class Spark(Warehouse):
    """Marts in a schema of a Spark catalog that knows Iceberg."""

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
        self._locked = False

    @property
    def shown_as(self) -> str:
        return f"spark {self.settings.get('spark.master', 'session')}, schema {self.marts_schema}"

    def __enter__(self) -> "Spark":
        self._take_lock()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._locked:
            self.connect().sql(f"drop table if exists {self._lock_table} purge")
            self._locked = False

    def connect(self) -> Any:
        """The one session of this process, which dbt uses too.

        Raises:
            CounterpoiseError: Spark does not start, or does not reach its catalog.
        """
        try:
            from pyspark.errors import PySparkException
            from pyspark.sql import SparkSession
        except ImportError as error:
            raise CounterpoiseError("Spark is not installed here: pip install 'counterpoise[spark]'.") from error

        if self.settings.get("spark.master", "local").startswith("local"):
            # executors of this machine run the Python of this process, or they would find another Arrow or none
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = SparkSession.builder.enableHiveSupport()
        for name, value in self.settings.items():
            builder = builder.config(name, value)
        try:
            return builder.getOrCreate()
        except (PySparkException, RuntimeError) as error:
            raise CounterpoiseError(
                f"Spark could not be started ({type(error).__name__}). It needs Java 8, 11 or 17 on the PATH and the "
                "settings of docs/spark.md in the profile."
            ) from error

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        frame = self.connect().sql(sql, args=list(parameters) or None)
        batches = [batch for row in _packed(frame).collect() for batch in _unpacked(row[0])]
        return pa.Table.from_batches(batches, _plain_schema(frame))

    def has(self, schema: str, table: str) -> bool:
        return bool(self.connect().catalog.tableExists(f"{schema}.{table}"))

    def tables(self, schema: str) -> set[str]:
        return {table.name for table in self.connect().catalog.listTables(schema) if not table.isTemporary}

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        for row in _packed(self.connect().sql(sql)).toLocalIterator():
            yield from _unpacked(row[0])

    def append_rows(self, table: str, rows: pa.Table) -> None:
        if rows.num_rows:
            self._writer(table, [rows]).append()

    def replace_rows(self, table: str, parts: Iterable[pa.Table]) -> None:
        from pyspark.sql.functions import lit

        # one commit of Iceberg: its readers see what was there before until then
        self._writer(table, parts).overwrite(lit(True))

    def _writer(self, table: str, parts: Iterable[pa.Table]) -> Any:
        """All rows of `parts`, in the columns and types of a relation that Python keeps, ready to be written to it."""
        from pyspark.sql.pandas.types import to_arrow_schema

        target = f"{self.marts_schema}.{table}"
        session = self.connect()
        kept = session.table(target).schema
        wanted = to_arrow_schema(kept)
        rows = (_cast(part, wanted) for part in parts)
        messages = [(_message(batch),) for table in rows for batch in table.to_batches(max_chunksize=_MESSAGE_ROWS)]

        def unpack(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            from pyarrow import ipc

            for batch in batches:
                for message in batch.column(0):
                    yield from ipc.open_stream(message.as_buffer())

        return session.createDataFrame(messages, "message binary").mapInArrow(unpack, kept).writeTo(target)

    def write_salt(self, salt: str) -> None:
        session = self.connect()
        session.sql(f"create schema if not exists {self.private_schema}")
        # a row of data, not a word of a statement: Spark logs statements
        session.createDataFrame([(salt,)], "salt string").writeTo(f"{self.private_schema}.person_salt").using(
            "iceberg"
        ).createOrReplace()

    def check_target(self, stage: str) -> Any:
        from counterpoise.guardrails.spark_tables import SparkTables

        return SparkTables(self.connect())

    def release(self) -> None:
        """Nothing is held: the session belongs to the process, and dbt goes on using it."""

    def publish(self) -> None:
        """Nothing to swap: each relation was replaced whole, and `published_runs` says which run readers see."""

    def holder(self) -> str | None:
        held = self._holder()
        return _HELD.format_map(defaultdict(str, held)) if held else None

    @staticmethod
    def literal(text: str) -> str:
        # Spark's own: a backslash escapes, and doubled quotes are two texts beside each other
        escaped = text.replace("\\", "\\\\").replace("'", "\\'")
        shown = (c if c.isprintable() else _escaped(c) for c in escaped)
        return f"'{''.join(shown)}'"

    @property
    def _lock_table(self) -> str:
        return f"{self.private_schema}.{_LOCK}"

    def _take_lock(self) -> None:
        """Spark has no locks to ask for, but a catalog makes a table once: whoever made it has the lock."""
        session = self.connect()
        from pyspark.errors import AnalysisException

        try:
            session.sql(f"create schema if not exists {self.private_schema}")
        except AnalysisException as error:
            raise CounterpoiseError(
                f"The catalog of {self.shown_as} could not be reached. A metastore of Derby's lets one process in at a "
                "time: see whether another has it open. Nothing was changed."
            ) from error
        host, since = socket.gethostname(), f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        properties = f"'run.host' = '{host}', 'run.process' = '{os.getpid()}', 'run.since' = '{since}'"
        made = f"create table {self._lock_table} (held boolean) using iceberg tblproperties ({properties})"
        for is_last in (False, True):
            try:
                session.sql(made)
                self._locked = True
                return
            except AnalysisException as error:
                holder = self._holder()
                if not is_last and (holder is None or _is_gone(holder, host)):
                    session.sql(f"drop table if exists {self._lock_table} purge")
                    continue
                told = _HELD.format_map(defaultdict(str, holder or {}))
                raise refused(
                    self.shown_as,
                    told if holder else "it has just ended",
                    f"Wait for it to end. If it was killed, drop the table {self._lock_table}.",
                ) from error

    def _holder(self) -> dict[str, str] | None:
        """Who holds the lock, None where nobody does any more."""
        if not self.has(self.private_schema, _LOCK):
            return None
        rows = self.connect().sql(f"show tblproperties {self._lock_table}").collect()
        return {row[0].removeprefix("run."): row[1] for row in rows if row[0].startswith("run.")}


def _escaped(character: str) -> str:
    """As Spark reads it: by the number of each of its halves, where it has two."""
    halves = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{halves[place]:02x}{halves[place + 1]:02x}" for place in range(0, len(halves), 2))


def _is_gone(holder: Mapping[str, str], host: str) -> bool:
    """Whether the lock is of a process of this machine that runs no more."""
    if holder.get("host") != host:
        return False
    try:
        os.kill(int(holder["process"]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _packed(frame: Any) -> Any:
    """Rows of a select as messages of Arrow."""

    def pack(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow

        for batch in batches:
            sink = pyarrow.BufferOutputStream()
            with pyarrow.ipc.new_stream(sink, batch.schema) as stream:
                stream.write_batch(batch)
            yield pyarrow.RecordBatch.from_pydict({"message": [sink.getvalue().to_pybytes()]})

    return frame.mapInArrow(pack, "message binary")


def _message(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return sink.getvalue().to_pybytes()


def _unpacked(message: bytes) -> Iterator[pa.RecordBatch]:
    for batch in pa.ipc.open_stream(message):
        yield batch.cast(_plain(batch.schema))


def _cast(rows: pa.Table, wanted: pa.Schema) -> pa.Table:
    """The same rows with the columns of `wanted`; null where a column is not given."""
    given = set(rows.column_names)
    return pa.table(
        [
            rows[field.name].cast(field.type) if field.name in given else pa.nulls(rows.num_rows, field.type)
            for field in wanted
        ],
        schema=wanted,
    )


def _plain_schema(frame: Any) -> pa.Schema:
    from pyspark.sql.pandas.types import to_arrow_schema

    return _plain(to_arrow_schema(frame.schema))


def _plain(schema: pa.Schema) -> pa.Schema:
    """Decimals as doubles and timestamps without a zone (the session's is UTC), as the other engines hand them over."""

    def kind(given: pa.DataType) -> pa.DataType:
        if pa.types.is_decimal(given):
            return pa.float64()
        return pa.timestamp("us") if pa.types.is_timestamp(given) else given

    return pa.schema([pa.field(field.name, kind(field.type)) for field in schema])
