"""A DuckDB file. Everything is built in a private file beside it; readers get a new file by one rename.

DuckDB lets one process write or many read. So nobody reads the private file, and nobody writes the published one.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from counterpoise.errors import CounterpoiseError, InputError, UsageError
from counterpoise.warehouse.base import Layout, Query, Warehouse, refused, this_process
from counterpoise.warehouse.dbt import DbtProject
from counterpoise.warehouse.state import LOAD_STAMPS, STATE_TABLE, Mark, Source

# Clients of the previous major version must be able to read the file.
STORAGE_VERSION = "v1.4.0"
_BATCH_ROWS = 250_000
# Tables up to this are compared by all they hold, larger ones by when their rows were loaded.
_ROWS_READ_WHOLE = 1_000_000
# While rows are handed over DuckDB shall not keep most of the machine's memory for what it has read, as it does by
# default. Each thread of a sort needs its share of it: 64 of them do not come out with so little.
_BATCH_MEMORY, _BATCH_THREADS = "512MB", 2
# Else DuckDB takes four fifths of the machine's memory, and more stands beside it in the same process. The same
# variable, with the same default, is in the dbt profile.
MEMORY_VARIABLE, DEFAULT_MEMORY = "COUNTERPOISE_MEMORY_LIMIT", "50%"


# Tables and views with their columns and, of tables, about how many rows they have.
_TABLES = """
select c.database_name, c.schema_name, c.table_name,
    list(c.column_name || ' ' || c.data_type order by c.column_index), max(t.estimated_size)
from duckdb_columns() as c
left join duckdb_tables() as t using (database_name, schema_name, table_name)
where not c.internal
group by all
"""


def _literal(text: str) -> str:
    """A text as a quoted SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def memory_limit() -> str:
    """How much memory DuckDB may use, in its own words: a size, or a share of the machine's."""
    return os.environ.get(MEMORY_VARIABLE) or DEFAULT_MEMORY


def quoted(name: str) -> str:
    """A name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def build_file(published: Path) -> Path:
    """The private file in which what is published as `published` is built."""
    path = published.absolute()
    return path.parent / f".{path.stem}.build" / "work.duckdb"


class DuckDBFile(Warehouse):
    """Marts published as the DuckDB file `path`; private state in the folder `.<stem>.build` beside it."""

    def __init__(
        self,
        path: Path,
        project: DbtProject,
        layout: Layout = Layout(),  # noqa: B008 (frozen)
        attached: Mapping[str, str] | None = None,
    ) -> None:
        """`attached` are other DuckDB files that dbt reads, by their name there."""
        self.attached = attached or {}
        self.path = path.absolute()
        self.layout = layout
        if self.path.stem.split(".")[0] in (self.marts_schema, self.raw_schema, self.private_schema):
            raise UsageError(
                f"{path.name}: a DuckDB file must not be named like the schema inside it. "
                f"Call it, say, {path.stem}_marts.duckdb."
            )
        self.build_file = build_file(path)
        self.build_folder = self.build_file.parent
        self.project = project
        self.project.environment = {**project.environment, "COUNTERPOISE_BUILD_FILE": str(self.build_file)}
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._lock: Any = None

    @property
    def shown_as(self) -> str:
        return str(self.path)

    def __enter__(self) -> "DuckDBFile":
        try:
            self.build_folder.mkdir(parents=True, exist_ok=True)
            self._take_lock()
            # what a killed run has spilled
            shutil.rmtree(self.build_file.with_name(f"{self.build_file.name}.tmp"), ignore_errors=True)
            self._refuse_foreign_file()
        except BaseException as error:
            self._drop_lock()
            if isinstance(error, OSError):
                raise self._storage_trouble(error) from error
            raise
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.release()
        self._drop_lock()
        if isinstance(error, Exception) and (told := self.explained(error)) is not error:
            raise told from error

    def explained(self, error: Exception) -> Exception:
        # whoever ran into it (dbt, DuckDB, the report): a full disk has one message
        return self._storage_trouble(error) if _is_full(error) else error

    def connect(self) -> duckdb.DuckDBPyConnection:
        """The open connection to the private file."""
        if self._connection is None:
            try:
                self._connection = duckdb.connect(
                    str(self.build_file),
                    config={"storage_compatibility_version": STORAGE_VERSION, "memory_limit": memory_limit()},
                )
            except duckdb.Error as error:
                raise CounterpoiseError(
                    f"{self.build_file} could not be opened: {_short(error)}.",
                    "If another program has it open, close it there; "
                    "if the file is damaged, delete it: it is built anew from the raw data.",
                ) from error
            self._connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
            try:
                self._attach(self._connection)
            except CounterpoiseError:
                self.release()
                raise
        return self._connection

    def _attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """The files in which tables are read: views of the private schema look into them."""
        read = {database for database, _, _ in self.layout.sources or ()}
        for name in sorted(read & self.attached.keys()):
            path = self.attached[name]
            try:
                connection.execute(f"attach {_literal(path)} as {quoted(name)} (read_only)")
            except duckdb.Error as error:
                raise CounterpoiseError(
                    f"{path} could not be read: {_short(error)}.",
                    "See that it is a DuckDB file and that nobody is writing to it.",
                ) from error

    def load(self, loader: Callable[[duckdb.DuckDBPyConnection], Any]) -> Any:
        try:
            return loader(self.connect())
        except duckdb.Error as error:
            raise self._storage_trouble(error) from error

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        return self.connect().sql(sql, params=list(parameters)).to_arrow_table()

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        connection = self.connect()
        connection.execute(f"set memory_limit = '{_BATCH_MEMORY}'; set threads = {_BATCH_THREADS}")
        try:
            yield from connection.sql(sql).to_arrow_reader(_BATCH_ROWS)
        finally:
            if self._connection is connection:  # who stopped halfway may have closed it
                connection.execute(f"set memory_limit = {_literal(memory_limit())}; reset threads")

    def append_rows(self, table: str, rows: pa.Table) -> None:
        connection = self.connect()
        connection.register("rows_to_append", rows)
        try:
            connection.execute(
                f"insert into {quoted(self.marts_schema)}.{quoted(table)} by name select * from rows_to_append"
            )
        finally:
            connection.unregister("rows_to_append")

    def replace_rows(self, table: str, parts: Iterable[pa.Table]) -> None:
        # no transaction around it: nobody reads this file
        self.connect().execute(f"delete from {quoted(self.marts_schema)}.{quoted(table)}")
        for rows in parts:
            self.append_rows(table, rows)

    def write_salt(self, salt: str) -> None:
        connection = self.connect()
        connection.execute(f"create schema if not exists {quoted(self.private_schema)}")
        target = f"{quoted(self.private_schema)}.person_salt"
        connection.execute(f"create or replace table {target} (salt varchar)")
        connection.execute(f"insert into {target} values (?)", [salt])

    def read_state(self) -> str | None:
        if not self.has(self.private_schema, STATE_TABLE):
            return None
        (kept,) = self.query(f"select max(state) as state from {quoted(self.private_schema)}.{STATE_TABLE}").to_pylist()
        return kept["state"]

    def write_state(self, text: str) -> None:
        target = f"{quoted(self.private_schema)}.{STATE_TABLE}"
        self.connect().execute(f"create schema if not exists {quoted(self.private_schema)}")
        self.connect().execute(f"create or replace table {target} as select ?::varchar as state", [text])

    def watermark(self, sources: Sequence[Source], known: Mapping[str, Mark]) -> dict[str, Mark] | None:
        connection = self.connect()
        [(own,)] = connection.execute("select current_database()").fetchall()
        wanted = {(database or own, schema, table) for database, schema, table in sources}
        if {database for database, _, _ in wanted} - {own, *self.attached}:
            return None
        try:
            return {
                f"{database}.{schema}.{table}": Mark(self._content(database, schema, table, columns, rows))
                for database, schema, table, columns, rows in connection.execute(_TABLES).fetchall()
                if wanted & {(database, schema, table), (database, schema, "")}
            }
        except duckdb.Error:  # a view on what is gone: dbt says it better
            return None

    def _content(self, database: str, schema: str, table: str, columns: Sequence[str], rows: int | None) -> str:
        stamp = next((name for name in LOAD_STAMPS if any(column.startswith(f"{name} ") for column in columns)), None)
        if stamp and rows is not None and rows > _ROWS_READ_WHOLE:
            read = f"count(*), count({stamp}), max({stamp}), sum(hash({stamp}))"
        else:
            read = "count(*), sum(hash(whole_row))"
        target = ".".join(map(quoted, (database, schema, table)))
        return f"{columns} {self.connect().execute(f'select {read} from {target} as whole_row').fetchall()}"

    def check_target(self, stage: str) -> duckdb.DuckDBPyConnection | str:
        # the contract's tables may lie in a file that a connector fills
        attached = self.attached.get(self.layout.raw_database) if stage == "raw" else None
        return attached or self.connect()

    @contextmanager
    def published(self) -> Iterator[Query]:
        # the file that readers open, not the one in which a run builds
        if not self.path.exists():
            raise UsageError(f"{self.path} does not exist. Name the file that `counterpoise run --db` published.")
        with _reading(self.path) as query:
            yield query

    def published_tables(self, query: Query) -> set[str]:
        found = query(f"select table_name from duckdb_tables() where schema_name = {_literal(self.marts_schema)}")
        return set(found["table_name"].to_pylist())

    @contextmanager
    def private(self) -> Iterator[Query | None]:
        with ExitStack() as opened:
            query = None
            if self.build_file.exists():
                with suppress(CounterpoiseError):  # a run is at work in it
                    query = opened.enter_context(_reading(self.build_file))
            yield query

    @property
    def private_shown_as(self) -> str:
        return str(self.build_file)

    def holder(self) -> str | None:
        lock = self.build_folder / "run.lock"
        if not lock.exists():
            return None
        with lock.open("r") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return file.read().strip() or "somebody"
        return None

    def release(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def publish(self) -> None:
        """Copy the marts into a new file, make sure it is on the disk, and rename it over the published one."""
        self._refuse_foreign_file()
        fresh = self.path.with_name(f".{self.path.name}.new")
        fresh.unlink(missing_ok=True)
        connection = self.connect()
        try:
            connection.execute(f"attach {_literal(str(fresh))} as published (storage_version '{STORAGE_VERSION}')")
            try:
                connection.execute(f"create schema published.{quoted(self.marts_schema)}")
                for (name,) in connection.execute(
                    "select table_name from information_schema.tables where table_catalog = current_database() "
                    "and table_schema = ? order by table_name",
                    [self.marts_schema],
                ).fetchall():
                    target = f"{quoted(self.marts_schema)}.{quoted(name)}"
                    connection.execute(f"create table published.{target} as from {target}")
            finally:
                connection.execute("detach published")
            with fresh.open("rb+") as file:
                os.fsync(file.fileno())
            # What somebody wrote into the old file and never closed: beside it DuckDB would refuse to read the new one.
            _log_of(self.path).unlink(missing_ok=True)
            fresh.replace(self.path)
        except (duckdb.Error, OSError) as error:
            fresh.unlink(missing_ok=True)
            _log_of(fresh).unlink(missing_ok=True)
            raise self._storage_trouble(error) from error

    def _refuse_foreign_file(self) -> None:
        """The published file is replaced whole: it must be ours, and nobody may be writing it."""
        if not self.path.exists():
            return
        try:
            connection = duckdb.connect(str(self.path), read_only=True)
        except duckdb.Error as error:
            if "lock" in str(error).lower():
                raise CounterpoiseError(
                    f"{self.path} is locked: another process has it open for writing. Nothing was changed.",
                    "Close it there and run again.",
                ) from error
            raise InputError(
                f"{self.path} is there and is not a DuckDB file that can be read: {_short(error)}. "
                "Give another --db, or move it away."
            ) from error
        try:
            foreign = connection.execute(
                "select distinct schema_name from duckdb_tables() "
                "where database_name = current_database() and schema_name <> ?",
                [self.marts_schema],
            ).fetchall()
        finally:
            connection.close()
        if foreign:
            names = ", ".join(sorted(name for (name,) in foreign))
            raise UsageError(
                f"{self.path} holds tables that are not counterpoise's (schema {names}), "
                "and publishing replaces the whole file. Give another --db."
            )

    def _take_lock(self) -> None:
        lock = (self.build_folder / "run.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            holder = lock.read().strip()
            lock.close()
            raise refused(str(self.path), holder) from error
        self._lock = lock
        lock.truncate(0)
        os.write(lock.fileno(), this_process().encode())

    def _drop_lock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _storage_trouble(self, error: Exception) -> CounterpoiseError:
        if _is_full(error):
            free = shutil.disk_usage(self.path.parent).free / 1e6
            return CounterpoiseError(
                f"There is no space left for {self.path.parent} ({free:,.0f} MB free).",
                "Make room and run again; what was published before still stands.",
            )
        return CounterpoiseError(f"{self.path}: {_short(error)} What was published before still stands.")


@contextmanager
def _reading(path: Path) -> Iterator[Query]:
    """A DuckDB file, opened to be read only."""
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        first_line = str(error).partition("\n")[0]
        raise CounterpoiseError(f"{path} could not be opened: {first_line}. Close it elsewhere.") from error
    with connection:
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        yield lambda sql: connection.sql(sql).to_arrow_table()


def _log_of(file: Path) -> Path:
    """Where DuckDB keeps what was written to a file and not yet put into it."""
    return file.with_name(f"{file.name}.wal")


def _is_full(error: Exception) -> bool:
    text = str(error)
    return "No space left" in text or "enough space" in text.lower() or "disk full" in text.lower()


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:400]
