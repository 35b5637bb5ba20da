"""A PostgreSQL database, reached with the credentials of dbt's own profile. dbt replaces each relation whole."""

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv

from counterpoise.errors import CounterpoiseError
from counterpoise.warehouse.base import Layout, Warehouse
from counterpoise.warehouse.dbt import DbtProject
from counterpoise.warehouse.duckdb_file import quoted

# Any number; the same for every run on the same schema, so that two runs meet.
_LOCK_KEY = 0x636F756E
_BATCH_ROWS = 100_000


class Postgres(Warehouse):
    """Marts in a schema of a PostgreSQL database."""

    def __init__(
        self,
        credentials: dict[str, Any],
        project: DbtProject,
        layout: Layout = Layout(),  # noqa: B008 (frozen)
    ) -> None:
        """`credentials` are psycopg2's keyword arguments (host, port, user, password, dbname)."""
        self.credentials = credentials
        self.project = project
        self.layout = layout
        self._connection: Any = None
        self._lock_connection: Any = None

    @property
    def shown_as(self) -> str:
        return f"postgresql {self.credentials.get('host')}/{self.credentials.get('dbname')}, schema {self.marts_schema}"

    def __enter__(self) -> "Postgres":
        self._lock_connection = self._connect()
        with self._lock_connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_lock(%s, hashtext(%s))", (_LOCK_KEY, self.marts_schema))
            if not cursor.fetchone()[0]:
                self._lock_connection.close()
                raise CounterpoiseError(
                    f"Another run is at work on {self.shown_as}. Wait for it to end. Nothing was changed."
                )
        return self

    def __exit__(self, *exc: object) -> None:
        self.release()
        if self._lock_connection is not None:
            self._lock_connection.close()
            self._lock_connection = None

    def _connect(self) -> Any:
        import psycopg2

        try:
            connection = psycopg2.connect(**self.credentials)
        except psycopg2.Error as error:
            raise CounterpoiseError(
                f"{self.shown_as} could not be reached. Is the server up, and are the profile's credentials right?"
            ) from error
        connection.autocommit = True
        return connection

    def connect(self) -> Any:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        with self.connect().cursor() as cursor:
            cursor.execute(sql.replace("%", "%%").replace("?", "%s") if parameters else sql, tuple(parameters) or None)
            names = [column.name for column in cursor.description]
            rows = cursor.fetchall()
        return pa.Table.from_pydict({name: _plain([row[place] for row in rows]) for place, name in enumerate(names)})

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        # a cursor of the server's own, which hands its rows over bit by bit, lives in a transaction
        connection = self._connect()
        try:
            connection.autocommit = False
            with connection.cursor(name="counterpoise_batches") as cursor:
                cursor.execute(sql)
                while rows := cursor.fetchmany(_BATCH_ROWS):
                    names = [column.name for column in cursor.description]
                    columns = [_plain(list(values)) for values in zip(*rows, strict=True)]
                    yield pa.RecordBatch.from_pydict(dict(zip(names, columns, strict=True)))
        finally:
            connection.close()

    def append_rows(self, table: str, rows: pa.Table) -> None:
        with self.connect().cursor() as cursor:
            self._copy(cursor, table, rows)

    def replace_rows(self, table: str, parts: Iterable[pa.Table]) -> None:
        # a connection of its own: what makes the parts may ask on the other one meanwhile
        connection = self._connect()
        try:
            connection.autocommit = False
            with connection.cursor() as cursor:
                cursor.execute(f"delete from {quoted(self.marts_schema)}.{quoted(table)}")
                for rows in parts:
                    self._copy(cursor, table, rows)
            connection.commit()
        finally:
            connection.close()

    def _copy(self, cursor: Any, table: str, rows: pa.Table) -> None:
        text = io.BytesIO()
        pacsv.write_csv(rows, text, pacsv.WriteOptions(include_header=False))
        text.seek(0)
        columns = ", ".join(quoted(name) for name in rows.column_names)
        cursor.copy_expert(
            f"copy {quoted(self.marts_schema)}.{quoted(table)} ({columns}) from stdin with (format csv)", text
        )

    def write_salt(self, salt: str) -> None:
        target = f"{quoted(self.private_schema)}.person_salt"
        with self.connect().cursor() as cursor:
            cursor.execute(f"create schema if not exists {quoted(self.private_schema)}")
            cursor.execute(f"create table if not exists {target} (salt text)")
            cursor.execute(f"delete from {target}")
            cursor.execute(f"insert into {target} values (%s)", (salt,))

    def check_target(self) -> Any:
        import sqlalchemy as sa

        return sa.create_engine("postgresql+psycopg2://", connect_args=self.credentials)

    def release(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def publish(self) -> None:
        """Nothing to swap: each relation was replaced whole, and `published_runs` says which run readers see."""


def _plain(values: list[Any]) -> list[Any]:
    """Decimals as floats, so that a column has one plain type."""
    from decimal import Decimal

    return [float(value) if isinstance(value, Decimal) else value for value in values]
