"""What both ways in share: summary, notes, the session they read in, the swap of the raw tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb

from counterpoise.contract import load_contract
from counterpoise.errors import InputError
from counterpoise.inputs.words import quote_name, quote_text

EVENT_LOG = "event_log"
ACTIVITIES = "event_log_activities"
NOTES = "load_notes"


@dataclass(frozen=True)
class LoadSummary:
    """What a load brought.

    Attributes:
        tables: rows by table, without `load_notes`.
        notes: rows of `load_notes`: things accepted and counted.
        source: the folder or log, as it was given.
    """

    tables: dict[str, int]
    notes: int
    source: str


@dataclass
class Notes:
    """Rows of `load_notes` in the making, in the order of its columns."""

    rows: list[tuple] = field(default_factory=list)

    def add(
        self,
        kind: str,
        source_table: str | None,
        subject: str | None,
        row_count: int | None,
        sentence: str,
        *,
        column_name: str | None = None,
        example: str | None = None,
    ) -> None:
        """Note one thing.

        `kind`, table and subject make its id, the same in every load; `example` is never about a person.
        """
        note_id = ".".join(part for part in (kind, source_table, subject) if part)
        self.rows.append((note_id, source_table, column_name, row_count, example, sentence))

    def write(self, connection: duckdb.DuckDBPyConnection, schema: str) -> int:
        """Make `load_notes`; returns its rows."""
        table = f"{quote_name(schema)}.{quote_name(NOTES)}"
        connection.execute(
            f"CREATE TABLE {table} (note_id VARCHAR, source_table VARCHAR, column_name VARCHAR,"
            " row_count BIGINT, example VARCHAR, sentence VARCHAR)"
        )
        if self.rows:
            connection.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?)", self.rows)
        return len(self.rows)


def owned_tables() -> list[str]:
    """Every table a load may make, and so may drop."""
    return [*load_contract(), EVENT_LOG, ACTIVITIES, NOTES]


@contextmanager
def session_time_zone(connection: duckdb.DuckDBPyConnection, time_zone: str) -> Iterator[None]:
    """Read times without an offset as times of `time_zone`; the session's own zone comes back afterwards.

    Casting text straight to TIMESTAMP would drop an offset without a word, so all casts go through
    TIMESTAMPTZ, which reads what has no offset in the zone of the session.
    """
    ((before,),) = connection.execute("SELECT current_setting('TimeZone')").fetchall()
    connection.execute(f"SET TimeZone = {quote_text(time_zone)}")
    try:
        yield
    finally:
        connection.execute(f"SET TimeZone = {quote_text(before)}")


@contextmanager
def replacing_raw_tables(
    connection: duckdb.DuckDBPyConnection, schema: str, keep: tuple[str, ...] = ()
) -> Iterator[None]:
    """One transaction in which everything earlier loads left is gone; whatever fails inside brings it back.

    Args:
        keep: tables that stay as they are, because this load cannot bring them anew.

    Raises:
        InputError: a view stands where a load would make a table; it is not ours to drop.
    """
    owned = [table for table in owned_tables() if table not in keep]
    views = connection.execute(
        "SELECT view_name FROM duckdb_views() WHERE database_name = current_database() AND schema_name = ?"
        " AND list_contains(?, view_name) ORDER BY view_name",
        [schema, owned],
    ).fetchall()
    if views:
        raise InputError(
            f"{schema}.{views[0][0]} is a view, and this load would put a table in its place."
            " Rename the view or load into another schema."
        )
    connection.execute("BEGIN")
    try:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_name(schema)}")
        for table in owned:
            connection.execute(f"DROP TABLE IF EXISTS {quote_name(schema)}.{quote_name(table)}")
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
