"""XES event logs, read as a stream: only one case is held at a time, whatever the size of the log.

Attributes of an event become columns of their own name, attributes of its case become `case:` and their name.
Nested attributes are left out. A DOCTYPE is refused: XES has none, and entities declared there can blow up a
parser.
"""

from collections.abc import Callable, Collection
from pathlib import Path
from xml.parsers import expat

import duckdb
import pyarrow as pa

from counterpoise.errors import InputError
from counterpoise.inputs.casts import SourceColumn
from counterpoise.inputs.sources import Source, opening
from counterpoise.inputs.words import quote_name

STAGE = "counterpoise_xes"
_ROWS_PER_BATCH = 50_000
_MOST_NAMES = 500


def open_xes(connection: duckdb.DuckDBPyConnection, path: Path, wanted: Collection[str]) -> Source:
    """Copy the `wanted` attributes of every event, as text and in the order of the log.

    They go into the temporary table STAGE, which stays until it is dropped or the connection is closed.

    Raises:
        InputError: the file is not XES, not well-formed, has a DOCTYPE, or breaks off.
    """
    wanted = list(dict.fromkeys(wanted))
    fields = [f"c{i}" for i in range(len(wanted))]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {STAGE} ({', '.join(f'{f} VARCHAR' for f in fields)})")

    def insert(rows: list[tuple[str | None, ...]]) -> None:
        columns = zip(*rows, strict=True)
        batch = pa.table({f: pa.array(c, pa.string()) for f, c in zip(fields, columns, strict=True)})
        connection.register(f"{STAGE}_batch", batch)
        connection.execute(f"INSERT INTO {STAGE} SELECT * FROM {STAGE}_batch")
        connection.unregister(f"{STAGE}_batch")

    reader = _Reader(wanted, insert)
    with opening(path) as file:
        try:
            reader.parser.ParseFile(file)
        except expat.ExpatError as error:
            raise InputError(
                f"{path.name} is not well-formed XML (line {error.lineno:,}:"
                f" {expat.ErrorString(error.code)}). Export it again."
            ) from None
        except _DoctypeFound:
            raise InputError(f"{path.name} declares a DOCTYPE, which XES does not have. Take it out.") from None
    if not reader.is_xes:
        raise InputError(f"{path.name} is XML, but no XES: its first element is not <log>.")
    reader.flush()

    by_name = dict(zip(wanted, fields, strict=True))
    columns = tuple(SourceColumn(name, by_name.get(name, "NULL"), "VARCHAR") for name in sorted(reader.names))
    return Source(path.name, columns, quote_name(STAGE))


class _DoctypeFound(Exception):
    pass


class _Reader:
    """Turns the elements of a log into rows.

    Attributes:
        parser: the expat parser to feed.
        names: attribute names the log has, as far as the first _MOST_NAMES go; wanted names always.
        is_xes: the first element was <log>.
    """

    def __init__(self, wanted: list[str], insert: Callable[[list[tuple[str | None, ...]]], None]) -> None:
        self.names: set[str] = set()
        self.is_xes = False
        self._wanted = wanted
        self._wanted_set = set(wanted)
        self._insert = insert
        self._rows: list[tuple[str | None, ...]] = []
        self._open: list[str] = []
        self._case: dict[str, str | None] = {}
        self._events: list[dict[str, str | None]] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def flush(self) -> None:
        """Hand over the rows gathered so far."""
        if self._rows:
            self._insert(self._rows)
            self._rows = []

    def _doctype(self, *_: object) -> None:
        raise _DoctypeFound

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(" ")[2]
        path = self._open
        if not path:
            self.is_xes = tag == "log"
        elif path == ["log"] and tag == "trace":
            self._case, self._events = {}, []
        elif path == ["log", "trace"] and tag == "event":
            self._events.append({})
        elif path == ["log", "trace"] and "key" in attributes:
            self._keep(self._case, "case:" + attributes["key"], attributes.get("value"))
        elif path == ["log", "trace", "event"] and "key" in attributes:
            self._keep(self._events[-1], attributes["key"], attributes.get("value"))
        path.append(tag)

    def _end(self, tag: str) -> None:
        self._open.pop()
        if self._open == ["log"] and tag.rpartition(" ")[2] == "trace":
            for event in self._events:
                row = self._case | event
                self._rows.append(tuple(row.get(name) for name in self._wanted))
            if len(self._rows) >= _ROWS_PER_BATCH:
                self.flush()

    def _keep(self, into: dict[str, str | None], name: str, value: str | None) -> None:
        if name in self._wanted_set:
            into[name] = value
            self.names.add(name)
        elif len(self.names) < _MOST_NAMES:
            self.names.add(name)
