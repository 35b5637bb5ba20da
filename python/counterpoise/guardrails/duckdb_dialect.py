"""A small SQLAlchemy dialect for DuckDB, enough for Great Expectations to validate data where it lies.

It differs from what a full dialect would do in three ways, each on purpose:

* A cursor fetches its rows at once. Great Expectations reads rows after it has given the connection back, and
  DuckDB has dropped an open result by then. Queries sent through here must therefore return few rows.
* Columns are read from `duckdb_columns()`, so no catalogue of PostgreSQL is imitated.
* Begin, commit and rollback do nothing: every statement stands alone, as in DuckDB itself. So a wrapped
  connection of somebody else's is never rolled back, and a database opened read-only works.
"""

from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.engine import default
from sqlalchemy.pool import StaticPool

_TYPES = {
    "BIGINT": sa.BigInteger,
    "BLOB": sa.LargeBinary,
    "BOOLEAN": sa.Boolean,
    "DATE": sa.Date,
    "DECIMAL": sa.Numeric,
    "DOUBLE": sa.Float,
    "FLOAT": sa.Float,
    "HUGEINT": sa.BigInteger,
    "INTEGER": sa.Integer,
    "SMALLINT": sa.SmallInteger,
    "TIME": sa.Time,
    "TIMESTAMP": sa.DateTime,
    "TINYINT": sa.SmallInteger,
    "UUID": sa.Uuid,
    "VARCHAR": sa.String,
}


class _Cursor:
    """A DBAPI cursor that holds its whole result, so that it outlives the connection."""

    arraysize = 1
    rowcount = -1

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._rows: list[tuple] = []
        self.description: list[tuple] | None = None

    def execute(self, statement: str, parameters: Any = ()) -> None:
        self._connection.execute(statement, list(parameters or ()))
        self.description = self._connection.description
        self._rows = self._connection.fetchall() if self.description else []

    def fetchone(self) -> tuple | None:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int = arraysize) -> list[tuple]:
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    def fetchall(self) -> list[tuple]:
        rows, self._rows = self._rows, []
        return rows

    def close(self) -> None:
        self._rows = []


class _Connection:
    """A DBAPI connection around one of DuckDB's."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def cursor(self) -> _Cursor:
        return _Cursor(self._connection)

    def close(self) -> None:
        self._connection.close()


class DuckDBDialect(default.DefaultDialect):
    """`duckdb+counterpoise:///FILE`; the driver's name keeps it apart from other DuckDB dialects."""

    name = "duckdb"
    driver = "counterpoise"
    supports_statement_cache = True
    supports_native_boolean = True
    supports_sane_rowcount = False

    @classmethod
    def import_dbapi(cls) -> Any:
        return duckdb

    def create_connect_args(self, url: sa.URL) -> tuple[list, dict]:
        return [url.database or ":memory:"], {}

    def connect(self, *cargs: Any, **cparams: Any) -> _Connection:
        return _Connection(duckdb.connect(*cargs, **cparams))

    def do_begin(self, dbapi_connection: Any) -> None:
        pass

    def do_commit(self, dbapi_connection: Any) -> None:
        pass

    def do_rollback(self, dbapi_connection: Any) -> None:
        pass

    def _get_default_schema_name(self, connection: sa.Connection) -> str:
        return connection.exec_driver_sql("select current_schema()").scalar_one()

    def get_schema_names(self, connection: sa.Connection, **kw: Any) -> list[str]:
        rows = connection.exec_driver_sql(
            "select schema_name from duckdb_schemas() where database_name = current_database() order by 1"
        )
        return list(rows.scalars())

    def _relations(self, connection: sa.Connection, kind: str, schema: str | None) -> list[str]:
        rows = connection.exec_driver_sql(
            f"select {kind}_name from duckdb_{kind}s() where database_name = current_database()"
            " and schema_name = ? and not internal order by 1",
            (schema or self.default_schema_name,),
        )
        return list(rows.scalars())

    def get_table_names(self, connection: sa.Connection, schema: str | None = None, **kw: Any) -> list[str]:
        return self._relations(connection, "table", schema)

    def get_view_names(self, connection: sa.Connection, schema: str | None = None, **kw: Any) -> list[str]:
        return self._relations(connection, "view", schema)

    def has_table(self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any) -> bool:
        return any(table_name in self._relations(connection, kind, schema) for kind in ("table", "view"))

    def get_columns(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict]:
        rows = connection.exec_driver_sql(
            "select column_name, data_type, is_nullable, column_default from duckdb_columns()"
            " where database_name = current_database() and schema_name = ? and table_name = ?"
            " order by column_index",
            (schema or self.default_schema_name, str(table_name)),
        ).fetchall()
        if not rows:
            raise sa.exc.NoSuchTableError(table_name)
        return [
            {
                "name": name,
                "type": _sqlalchemy_type(data_type),
                "nullable": nullable,
                "default": default_value,
            }
            for name, data_type, nullable, default_value in rows
        ]

    def get_pk_constraint(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> dict:
        return {"constrained_columns": [], "name": None}

    def get_foreign_keys(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> list:
        return []

    def get_indexes(self, connection: sa.Connection, table_name: str, schema: str | None = None, **kw: Any) -> list:
        return []


def _sqlalchemy_type(data_type: str) -> sa.types.TypeEngine:
    """`DECIMAL(28,6)` -> Numeric(28, 6); lists, structs and what is not known -> NullType."""
    base, _, arguments = data_type.partition("(")
    if base == "DECIMAL":
        precision, scale = arguments.rstrip(")").split(",")
        return sa.Numeric(int(precision), int(scale))
    return _TYPES.get(base.removesuffix(" WITH TIME ZONE"), sa.types.NullType)()


def duckdb_engine(database: str | Path | duckdb.DuckDBPyConnection, *, read_only: bool = False) -> sa.Engine:
    """SQLAlchemy engine on a DuckDB file or on an open connection; `dispose()` closes what it opened.

    Of an open connection a cursor is used: it sees what is committed, and closing it leaves the other open.

    Raises:
        duckdb.Error: when the first query is sent, if the file cannot be opened.
    """
    if isinstance(database, duckdb.DuckDBPyConnection):

        def creator() -> _Connection:
            return _Connection(database.cursor())
    else:

        def creator() -> _Connection:
            return _Connection(duckdb.connect(str(database), read_only=read_only))

    return sa.create_engine("duckdb+counterpoise://", creator=creator, poolclass=StaticPool)


registry.register("duckdb.counterpoise", __name__, "DuckDBDialect")
