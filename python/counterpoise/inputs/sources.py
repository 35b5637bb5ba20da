"""What a load can read: CSV, Parquet and tables of the connected database, each as something SQL can scan."""

import gzip
import re
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import duckdb

from counterpoise.errors import InputError
from counterpoise.inputs.casts import SourceColumn
from counterpoise.inputs.words import did_you_mean, fold, quote_name, quote_text, show_all

_NOT_A_NAME = re.compile(r"[-+]?\d+([.,]\d+)?|\d{4}-\d{2}-\d{2}.*")


@dataclass(frozen=True)
class Source:
    """Rows to read.

    Attributes:
        label: how messages name it, such as `teams.csv`.
        columns: its columns in order.
        sql: what stands after FROM.
    """

    label: str
    columns: tuple[SourceColumn, ...]
    sql: str

    @contextmanager
    def scan(self, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
        """What stands after FROM, for one statement whose rows have to be fetched to the end.

        Raises:
            InputError: on leaving, where the file broke while the statement read it.
        """
        yield self.sql

    def find(self, name: str) -> SourceColumn | None:
        """The column called exactly `name`, else the one that differs only in case or outer blanks.

        Raises:
            InputError: several columns have that name.
        """
        exact = [column for column in self.columns if column.name == name]
        found = exact or [column for column in self.columns if fold(column.name) == fold(name)]
        if len(found) > 1:
            raise InputError(f"{self.label}: column {name} stands in the header {len(found)} times. Keep one.")
        return found[0] if found else None

    def missing_column(self, name: str, wanted: Collection[str]) -> str:
        """Why `name` is not there, for a message.

        The columns are listed unless the first row looks like data: it could show the id of a person.
        """
        names = [column.name for column in self.columns]
        asked = {fold(w) for w in wanted}
        unasked = [n for n in names if fold(n) not in asked]
        if len(unasked) == len(names) and any(_NOT_A_NAME.fullmatch(n.strip()) for n in names):
            return (
                f"{self.label}: column {name} is missing, and the first row looks like data."
                " Add a header row with the names of the columns."
            )
        return f"{self.label}: column {name} is missing.{did_you_mean(name, unasked)} It has {show_all(names)}."


class ParquetSource(Source):
    """A Parquet file; damage inside it shows only while it is read."""

    @contextmanager
    def scan(self, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
        """As `Source.scan`."""
        try:
            yield self.sql
        except duckdb.Error as error:
            # Damage comes in several classes, among them the base class itself.
            if type(error) not in (duckdb.Error, duckdb.InvalidInputException, duckdb.SerializationException):
                raise
            raise InputError(
                f"{self.label} cannot be read as Parquet: it is damaged or something else. Export it again."
            ) from None


def open_parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> Source:
    """A Parquet file.

    Raises:
        InputError: it is not Parquet, or is damaged.
    """
    with opening(path) as file:
        if not file.read(1):
            raise InputError(f"{path.name} is empty (0 bytes). Export it again, or remove it.")
    # The path is absolute, so that it is never an address; its own * ? [ are no wildcards.
    literal = quote_text(re.sub(r"([\[*?])", r"[\1]", str(path.resolve())))
    sql = f"read_parquet({literal}, hive_partitioning = false, binary_as_string = true)"
    with ParquetSource(path.name, (), sql).scan(connection):
        return ParquetSource(path.name, _describe(connection, sql), sql)


def open_table(connection: duckdb.DuckDBPyConnection, name: str) -> Source:
    """A table or view of the connected database, as `schema.name` or `name`.

    Raises:
        InputError: there is none of that name, or several.
    """
    relations = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database()"
        " UNION ALL SELECT schema_name, view_name FROM duckdb_views()"
        " WHERE database_name = current_database() AND NOT internal ORDER BY ALL"
    ).fetchall()
    full_names = {f"{schema}.{table}": (schema, table) for schema, table in relations}
    found = [name] if name in full_names else [full for full, (_, table) in full_names.items() if table == name]
    if not found:
        raise InputError(f"table:{name}: there is no such table or view.{did_you_mean(name, full_names)}")
    if len(found) > 1:
        raise InputError(f"table:{name}: {len(found)} schemas have one. Write table:schema.name.")
    schema, table = full_names[found[0]]
    sql = f"{quote_name(schema)}.{quote_name(table)}"
    return Source(f"table {found[0]}", _describe(connection, sql), sql)


def is_gzip(path: Path) -> bool:
    """Whether the name of a file says that it is packed."""
    return path.name.lower().endswith(".gz")


@contextmanager
def opening(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked where its name ends in .gz.

    Raises:
        InputError: the system cannot open it, or it is packed and found damaged while it is read.
    """
    try:
        if is_gzip(path) and path.stat().st_size == 0:
            raise InputError(f"{path.name} is empty (0 bytes). Export it again, or remove it.")
        with gzip.open(path) if is_gzip(path) else path.open("rb") as file:
            yield file
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise InputError(
            f"{path.name} is not a whole gzip file: it breaks off or is damaged. Copy or export it again."
        ) from None
    except OSError as error:
        raise InputError(f"{path.name} cannot be opened: {error.strerror or error}.") from None


def _describe(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[SourceColumn, ...]:
    rows = connection.execute(f"DESCRIBE SELECT * FROM {sql}").fetchall()
    return tuple(SourceColumn(name, quote_name(name), sql_type) for name, sql_type, *_ in rows)
