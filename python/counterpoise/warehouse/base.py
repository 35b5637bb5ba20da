"""What a run needs of a warehouse, whatever the engine."""

import os
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa

from counterpoise.errors import CounterpoiseError
from counterpoise.warehouse import state
from counterpoise.warehouse.dbt import DbtProject, Progress
from counterpoise.warehouse.state import Mark, Source

MARTS = "counterpoise"
RAW = "work_system"

# Runs one select and gives back its rows.
Query = Callable[[str], pa.Table]


def this_process() -> str:
    """Who holds a lock from now on, as others are told."""
    return f"process {os.getpid()} on {socket.gethostname()} since {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


def refused(shown_as: str, holder: str | None, remedy: str = "Wait for it to end.") -> CounterpoiseError:
    """Another run holds the lock."""
    return CounterpoiseError(
        f"Another run is at work on {shown_as}{f' ({holder})' if holder else ''}. Nothing was changed.", remedy
    )


def _by_numbers(text: str) -> str:
    return " || ".join(f"chr({ord(character)})" for character in text)


@dataclass(frozen=True)
class Layout:
    """Where things stand in a warehouse.

    Attributes:
        marts_schema: the marts that people read.
        private_schema: everything before them, and the salt.
        raw_schema: tables of the contract.
        raw_database: database of that schema; empty where it is the warehouse's own.
        connectors: tools whose connector schemas are read, so that tables of the contract may be absent.
        sources: tables that are read, each as database, schema and name; an empty database is the warehouse's own, an
            empty name stands for all tables of the schema. None where it is all of the raw schema.
        salt_schema: schema of the salt, where it is not the private one.
    """

    marts_schema: str = MARTS
    private_schema: str = f"{MARTS}_private"
    raw_schema: str = RAW
    raw_database: str = ""
    connectors: tuple[str, ...] = ()
    sources: tuple[Source, ...] | None = None
    salt_schema: str | None = None


class Warehouse(ABC):
    """A place with raw tables and marts. As a context manager it holds the lock of the run and lets go at the end.

    Attributes:
        project: the dbt project and how it is called.
        layout: its schemas, and the tools that are read.
        made_of: digests of what a build is made of besides data; None where they cannot be told.
    """

    project: DbtProject
    layout: Layout = Layout()
    made_of: Mapping[str, str] | None = None

    @property
    def marts_schema(self) -> str:
        return self.layout.marts_schema

    @property
    def private_schema(self) -> str:
        return self.layout.private_schema

    @property
    def raw_schema(self) -> str:
        return self.layout.raw_schema

    def build(self, progress: Progress | None = None, *, tested: bool = True, full_refresh: bool = False) -> str | None:
        """Run dbt's models, seeds and, unless `tested` is false, tests in the private place.

        Where nothing is new since the last build, dbt is left out, and when that build was is returned. `full_refresh`
        builds all the same, and anew what else grows row by row.

        Raises:
            CounterpoiseError: dbt failed; the message names what and why.
        """
        # before dbt reads: what comes while it runs is news to the next build
        before = state.kept(self)
        found = state.look(self, before)
        since = None if full_refresh else state.nothing_new_since(self, before, found, tested)
        if since is None:
            state.begin(self, before)
            self.release()
            anew = full_refresh or state.is_of_other_make(self, before)
            self.project.build(progress, tested=tested, full_refresh=anew)
            state.keep(self, found, tested)
        return since

    def watermark(self, sources: Sequence[Source], known: Mapping[str, Mark]) -> dict[str, Mark] | None:
        """What stands in tables now, by name, where `known` is what stood there; None where this cannot be told."""
        return None

    def read_state(self) -> str | None:
        """What `write_state` kept; behind the mark `stale` where dbt has begun since."""
        return None

    def write_state(self, text: str) -> None:  # noqa: B027 (not every warehouse can)
        """Keep a text in the private schema; nothing where `read_state` would not find it."""

    def explained(self, error: Exception) -> Exception:
        """The same trouble in words that say what to do, where this warehouse knows better; else `error` itself."""
        return error

    @abstractmethod
    def __enter__(self) -> "Warehouse": ...

    @abstractmethod
    def __exit__(self, *exc: object) -> None: ...

    @abstractmethod
    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Rows of a select; `?` marks a parameter."""

    def has(self, schema: str, table: str) -> bool:
        """Whether a table or view is there."""
        found = self.query(
            "select 1 as one_row from information_schema.tables where table_schema = ? and table_name = ?",
            [schema, table],
        )
        return found.num_rows > 0

    def tables(self, schema: str) -> set[str]:
        """Names of the tables and views of a schema."""
        found = self.query("select table_name from information_schema.tables where table_schema = ?", [schema])
        return set(found["table_name"].to_pylist())

    @contextmanager
    def published(self) -> Iterator[Query]:
        """The marts as readers see them, without the lock of a run: also while one is at work."""
        try:
            yield self.query
        finally:
            self.release()

    def published_tables(self, query: Query) -> set[str]:
        """Names of the marts that readers see; `query` is that of `published`."""
        return self.tables(self.marts_schema)

    @contextmanager
    def private(self) -> Iterator[Query | None]:
        """The private schema for reading, without the lock; None where it cannot be read now."""
        try:
            yield self.query if self.has(self.private_schema, "debug_metric_week") else None
        finally:
            self.release()

    @property
    def private_shown_as(self) -> str:
        """How the place of the private schema is named to people."""
        return self.shown_as

    def holder(self) -> str | None:
        """Who holds the lock of a run, in words; None where nobody does. Takes nothing and changes nothing."""
        return None

    @staticmethod
    def literal(text: str) -> str:
        """A text as an SQL literal of this engine, safe to paste: what cannot be printed stands as its number."""
        runs = [(plain, "".join(run)) for plain, run in groupby(text, str.isprintable)]
        parts = ["'" + run.replace("'", "''") + "'" if plain else _by_numbers(run) for plain, run in runs]
        return f"({' || '.join(parts)})" if len(parts) > 1 else "".join(parts) or "''"

    @abstractmethod
    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        """The same rows batch by batch, for selects that do not fit into memory at once."""

    @abstractmethod
    def append_rows(self, table: str, rows: pa.Table) -> None:
        """Add rows to one of the relations that Python keeps, in the marts' schema. Columns are matched by name."""

    @abstractmethod
    def replace_rows(self, table: str, parts: Iterable[pa.Table]) -> None:
        """Put `parts` in the place of all rows of a relation that Python keeps; readers see the old rows or the new.

        `parts` may be made while they are written, with queries of this warehouse.
        """

    @abstractmethod
    def write_salt(self, salt: str) -> None:
        """Put the salt of persons' hashes in its private table, as a bound value that no log shows."""

    @abstractmethod
    def check_target(self, stage: str) -> Any:
        """What `guardrails.run_checks` takes to reach the tables of a stage; a path is opened to be read only."""

    @abstractmethod
    def release(self) -> None:
        """Close connections so that another reader or writer of this process can open the warehouse."""

    @abstractmethod
    def publish(self) -> None:
        """Let readers see what was built. Until then they see what was there before."""

    def load(self, loader: Callable[[Any], Any]) -> Any:
        """Call `loader` with an open DuckDB connection; only a DuckDB file can take files in."""
        raise NotImplementedError

    @property
    @abstractmethod
    def shown_as(self) -> str:
        """How the warehouse is named to people; never with a secret."""

    def work_folder(self) -> Path:
        return self.project.work_folder
