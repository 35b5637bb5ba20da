"""A PostgreSQL database, reached with the credentials of dbt's own profile. dbt replaces each relation whole."""

import io
import os
import socket
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import IO, Any

import pyarrow as pa
import pyarrow.csv as pacsv

from counterpoise.errors import CounterpoiseError
from counterpoise.warehouse.base import Layout, Warehouse, refused
from counterpoise.warehouse.dbt import DbtProject
from counterpoise.warehouse.duckdb_file import quoted
from counterpoise.warehouse.state import LOAD_STAMPS, STATE_TABLE, Mark, Source

# Any number; the same for every run on the same schema, so that two runs meet.
_LOCK_KEY = 0x636F756E
# Who holds the lock: what the holder's session is named after.
_HOLDER = """
select activity.application_name
from pg_locks
join pg_stat_activity as activity using (pid)
where
    pg_locks.locktype = 'advisory' and pg_locks.granted and pg_locks.classid = %s
    and pg_locks.objid = (hashtext(%s)::bigint & 4294967295)::oid
    and pg_locks.database = (select oid from pg_database where datname = current_database())
"""
# PostgreSQL cuts the name of a session after 63 bytes; the host comes last.
_NAME = "counterpoise"
# How long a statement waits for a table that somebody else holds: dbt replaces tables, and a forgotten transaction that
# has read one would hold a run for ever.
LOCK_TIMEOUT_VARIABLE, DEFAULT_LOCK_TIMEOUT = "COUNTERPOISE_LOCK_TIMEOUT", "10min"
_BATCH_ROWS = 100_000
_BLOCK_BYTES = 4_000_000
# By the number of a type in PostgreSQL; what is not listed is read as text. Decimals as floats, integers all of one
# width, so that a column is the same whatever is in it.
_TYPES = {
    16: pa.bool_(), 20: pa.int64(), 21: pa.int64(), 23: pa.int64(), 700: pa.float64(), 701: pa.float64(),
    1700: pa.float64(), 1082: pa.date32(), 1114: pa.timestamp("us"), 1184: pa.timestamp("us", "UTC"),
}  # fmt: skip
# Tables up to this are compared by all they hold, larger ones by when their rows were loaded.
_BYTES_READ_WHOLE = 32_000_000
# Tables and views with their columns, their size, and what changes whenever somebody writes: the file a table is in,
# and the server's counters of rows written.
_TABLES = """
select
    n.nspname, c.relname, a.columns, pg_relation_size(c.oid),
    case when c.relkind = 'r' then concat_ws(
        ' ', c.oid, c.relfilenode, pg_stat_get_tuples_inserted(c.oid), pg_stat_get_tuples_updated(c.oid),
        pg_stat_get_tuples_deleted(c.oid), pg_stat_get_db_stat_reset_time(d.oid), pg_postmaster_start_time(),
        md5(a.columns::text)
    ) else '' end
from pg_class as c
join pg_namespace as n on c.relnamespace = n.oid
join pg_database as d on d.datname = current_database()
cross join lateral (
    select array_agg(attname || ' ' || format_type(atttypid, atttypmod) order by attnum) as columns
    from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped
) as a
where
    c.relkind in ('r', 'p', 'v', 'm', 'f')
    and (
        (n.nspname, c.relname) in (select * from unnest(%s::text[], %s::text[]))
        or n.nspname = any(%s::text[])
    )
"""
# A session tells its counters up to ten seconds late (older servers may lose them), so they are believed where no other
# one has been at work of late. Of sessions one may not see into, nothing is known.
_COUNTERS_ARE_TOLD = """
select
    current_setting('track_counts')::boolean
    and not exists (
        select 1 from pg_stat_activity
        where
            datname = current_database() and backend_type = 'client backend' and pid <> all(%s)
            and coalesce(state <> 'idle' or state_change > now() - interval '15 seconds', true)
    )
    and not exists (select 1 from pg_prepared_xacts where database = current_database())
"""


class _Explained(CounterpoiseError):
    """Trouble that has been put into words already."""


class Postgres(Warehouse):
    """Marts in a schema of a PostgreSQL database."""

    def __init__(
        self,
        credentials: dict[str, Any],
        project: DbtProject,
        layout: Layout = Layout(),  # noqa: B008 (frozen)
    ) -> None:
        """`credentials` are psycopg2's keyword arguments (host, port, user, password, dbname)."""
        timeout = f"-c lock_timeout={os.environ.get(LOCK_TIMEOUT_VARIABLE) or DEFAULT_LOCK_TIMEOUT}"
        self.credentials = {**credentials, "options": f"{timeout} {credentials.get('options', '')}".strip()}
        self.project = project
        # dbt's own sessions take it from libpq's variable; what somebody has set there wins
        asked = f"{timeout} {os.environ.get('PGOPTIONS', '')}".strip()
        self.project.environment = {**project.environment, "PGOPTIONS": asked}
        self.layout = layout
        self._connection: Any = None
        self._lock_connection: Any = None

    @property
    def shown_as(self) -> str:
        return f"postgresql {self.credentials.get('host')}/{self.credentials.get('dbname')}, schema {self.marts_schema}"

    def __enter__(self) -> "Postgres":
        self._lock_connection = self._connect()
        with self._lock_connection.cursor() as cursor:
            name = f"{_NAME} {os.getpid()} {datetime.now(UTC):%Y-%m-%dT%H:%M} {socket.gethostname()}"
            cursor.execute("set application_name = %s", (name,))
            # the lock of a machine that has gone away goes with its session
            cursor.execute("set tcp_keepalives_idle = 60; set tcp_keepalives_interval = 10")
            cursor.execute("select pg_try_advisory_lock(%s, hashtext(%s))", (_LOCK_KEY, self.marts_schema))
            if not cursor.fetchone()[0]:
                cursor.execute(_HOLDER, (_LOCK_KEY, self.marts_schema))
                holder = cursor.fetchone()
                self._lock_connection.close()
                raise refused(self.shown_as, _in_words(holder[0]) if holder else None)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        told = self.explained(error) if isinstance(error, Exception) else error
        self.release()
        if self._lock_connection is not None:
            self._lock_connection.close()
            self._lock_connection = None
        if told is not error:
            raise told from error

    def holder(self) -> str | None:
        with self.connect().cursor() as cursor:
            cursor.execute(_HOLDER, (_LOCK_KEY, self.marts_schema))
            held = cursor.fetchone()
        return _in_words(held[0]) if held else None

    def explained(self, error: Exception) -> Exception:
        if isinstance(error, _Explained):
            return error
        if self._is_lost():
            return _Explained(
                f"The connection to {self.shown_as} was lost during the run: the server was stopped, or somebody ended "
                "its sessions. Each table there is whole, of this run or of the one before.",
                "Start the server and run again.",
            )
        if "lock timeout" in str(error):
            return _Explained(
                f"Somebody holds a table of {self.shown_as} that the run has to replace: {_one_line(error)}",
                "End the session that holds it (pg_stat_activity shows those `idle in transaction`) and run again.",
            )
        return error

    def _is_lost(self) -> bool:
        """Whether the session that holds the lock is gone, and with it the lock."""
        import psycopg2

        if self._lock_connection is None:
            return False
        try:
            with self._lock_connection.cursor() as cursor:
                cursor.execute("select 1")
        except psycopg2.Error:
            return True
        return False

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
            if parameters:
                sql = cursor.mogrify(sql.replace("%", "%%").replace("?", "%s"), tuple(parameters)).decode()
            with io.BytesIO() as text:
                columns = _copied(cursor, sql, text)
                if not text.getbuffer().nbytes:
                    return pa.schema(columns.items()).empty_table()
                return pacsv.read_csv(text, **_as_written(columns))

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        # the whole of it on the disk first: whoever reads may write to what it was read from
        with tempfile.TemporaryFile() as text:
            with self.connect().cursor() as cursor:
                columns = _copied(cursor, sql, text)
            if not text.read(1):
                return
            text.seek(0)
            with pacsv.open_csv(text, **_as_written(columns)) as reader:
                yield from _of_one_size(reader)

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
            # asked first: `if not exists` needs the right to create schemas even where there is nothing to create
            cursor.execute("select 1 from pg_namespace where nspname = %s", (self.private_schema,))
            if cursor.fetchone() is None:
                cursor.execute(f"create schema {quoted(self.private_schema)}")
            cursor.execute(f"create table if not exists {target} (salt text)")
            cursor.execute(f"delete from {target}")
            cursor.execute(f"insert into {target} values (%s)", (salt,))

    def read_state(self) -> str | None:
        if not self.has(self.private_schema, STATE_TABLE):
            return None
        (kept,) = self.query(f"select max(state) as state from {quoted(self.private_schema)}.{STATE_TABLE}").to_pylist()
        return kept["state"]

    def write_state(self, text: str) -> None:
        target = f"{quoted(self.private_schema)}.{STATE_TABLE}"
        with self.connect().cursor() as cursor:
            cursor.execute("select to_regnamespace(%s) is null", (quoted(self.private_schema),))
            if cursor.fetchone()[0]:  # asked first: who may not make schemas may not say `if not exists` either
                cursor.execute(f"create schema {quoted(self.private_schema)}")
            cursor.execute(f"create table if not exists {target} (state text)")
            cursor.execute(f"delete from {target}")
            cursor.execute(f"insert into {target} values (%s)", (text,))

    def watermark(self, sources: Sequence[Source], known: Mapping[str, Mark]) -> dict[str, Mark] | None:
        import psycopg2

        named = [(schema, table) for _, schema, table in sources if table]
        whole = [schema for _, schema, table in sources if not table]
        marks = {}
        try:
            with self.connect().cursor() as cursor:
                cursor.execute("set timezone = 'UTC'")
                own = [mine.info.backend_pid for mine in (self._connection, self._lock_connection) if mine]
                told = self._counters_are_told(cursor, own)
                cursor.execute(_TABLES, ([schema for schema, _ in named], [table for _, table in named], whole))
                for schema, table, columns, size, counters in cursor.fetchall():
                    name = f"{schema}.{table}"
                    before = known.get(name)
                    if told and counters and before and before.counters == counters:
                        marks[name] = before
                    else:
                        marks[name] = Mark(self._content(cursor, schema, table, columns or [], size), counters)
        except psycopg2.Error:  # a table one may not read, a view on what is gone: dbt says it better
            self.release()
            return None
        return marks

    @staticmethod
    def _counters_are_told(cursor: Any, own: list[int]) -> bool:
        if cursor.connection.server_version < 150000:
            return False
        cursor.execute("select pg_stat_force_next_flush()")  # what this session has written itself
        cursor.execute(_COUNTERS_ARE_TOLD, (own,))
        return cursor.fetchone()[0]

    def _content(self, cursor: Any, schema: str, table: str, columns: Sequence[str], size: int) -> str:
        dated = {column.split(" ")[0] for column in columns if " timestamp" in column}
        stamp = next((name for name in LOAD_STAMPS if name in dated), None)
        if stamp and size > _BYTES_READ_WHOLE:
            hashed = f"timestamp_hash_extended({stamp}::timestamp, 0)"
            read = f"count(*), count({stamp}), max({stamp})::text, sum({hashed})::text"
        else:
            read = "count(*), sum(hashtextextended(whole_row::text, 0))::text"
        cursor.execute(f"select {read} from {quoted(schema)}.{quoted(table)} as whole_row")
        return f"{list(columns)} {cursor.fetchone()}"

    def check_target(self, stage: str) -> Any:
        import sqlalchemy as sa

        return sa.create_engine("postgresql+psycopg2://", connect_args=self.credentials)

    def release(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def publish(self) -> None:
        """Nothing to swap: each relation was replaced whole, and `published_runs` says which run readers see."""


def _in_words(name: str) -> str:
    """Who holds the lock, by the name of the session."""
    match name.split(" ", 3):
        case [_, process, day_and_time, host]:
            return f"process {process} on {host} since {day_and_time.replace('T', ' ')} UTC"
        case _:
            return name


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:400]


def _copied(cursor: Any, sql: str, text: IO[bytes]) -> dict[str, pa.DataType]:
    """Write the rows of a select as CSV, many times faster than they are fetched; their columns and types."""
    cursor.execute(f"select * from ({sql}\n) as rows_to_read limit 0")
    columns = {column.name: _TYPES.get(column.type_code, pa.string()) for column in cursor.description}
    cursor.copy_expert(f"copy ({sql}\n) to stdout with (format csv)", text)
    text.seek(0)
    return columns


def _as_written(columns: Mapping[str, pa.DataType]) -> dict[str, Any]:
    """How PostgreSQL writes CSV: nothing is null, and an empty text stands in quotes."""
    return {
        "read_options": pacsv.ReadOptions(column_names=list(columns), block_size=_BLOCK_BYTES),
        "parse_options": pacsv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        "convert_options": pacsv.ConvertOptions(
            column_types=columns, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False,
            true_values=["t"], false_values=["f"],
        ),
    }  # fmt: skip


def _of_one_size(reader: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    waiting: list[pa.RecordBatch] = []
    for batch in reader:
        waiting.append(batch)
        if sum(part.num_rows for part in waiting) >= _BATCH_ROWS:
            *whole, rest = pa.Table.from_batches(waiting).combine_chunks().to_batches(_BATCH_ROWS)
            yield from whole
            waiting = [rest]
    if waiting:
        yield from pa.Table.from_batches(waiting).combine_chunks().to_batches(_BATCH_ROWS)
