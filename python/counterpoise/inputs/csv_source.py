"""CSV files as a source: all text, columns named by position, so that no name of a user stands in SQL.

Arrow splits the file into values and DuckDB casts them. DuckDB's own reader (2.0.0) leaves rows out without
an error: in parallel, those after a broken row that starts one of its buffers; in line, those from a quote on
that is never closed; and all of them where a name in the header holds a line break.
"""

import csv
import io
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv

from counterpoise.errors import InputError
from counterpoise.inputs.casts import SourceColumn
from counterpoise.inputs.sources import Source, is_gzip, opening
from counterpoise.inputs.words import count, fold, quote_name

_HEADER_BYTES = 1 << 18
_CHUNK_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 23
_SEPARATORS = ",;\t|"
_RELATION = "counterpoise_csv"
_SIGNATURES = {
    b"PK\x03\x04": "a spreadsheet or zip archive. Save it as CSV (UTF-8)",
    b"PAR1": "Parquet. Name it .parquet",
    b"\x1f\x8b": "compressed with gzip. Name it .csv.gz",
    b"\xff\xfe": "UTF-16 text. Save it as UTF-8",
    b"\xfe\xff": "UTF-16 text. Save it as UTF-8",
}


@dataclass(frozen=True)
class CsvSource(Source):
    """A CSV file, gzipped or not.

    Attributes:
        path: the file.
        separator: between values.
        wanted: the columns that can be scanned, c0, c1, … by position.
    """

    path: Path
    separator: str
    wanted: tuple[str, ...]

    @contextmanager
    def scan(self, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
        """As `Source.scan`. Every call reads the file anew."""
        broken: list[int] = []

        def keep_number(row: pa.csv.InvalidRow) -> str:
            broken.append(row.number)
            return "skip"

        try:
            connection.register(_RELATION, self._reader(keep_number))
            yield self.sql
        except (pa.ArrowInvalid, duckdb.InvalidInputException) as error:
            message = self._explain(str(error))
            if message is None:
                raise
            raise InputError(message) from None
        finally:
            connection.unregister(_RELATION)
        if broken:
            rows = "row" if len(broken) == 1 else "rows"
            where = ", ".join(f"{number:,}" for number in broken[:3]) + (", …" if len(broken) > 3 else "")
            raise InputError(
                f"{self.label}: {count(len(broken), 'row')} with more or fewer than the"
                f" {count(len(self.columns), 'column')} of the header ({rows} {where}; the header is row 1)."
                " Put values that hold the separator into double quotes."
            )

    def _reader(self, on_broken_row: Callable[[pa.csv.InvalidRow], str]) -> pa.csv.CSVStreamingReader:
        names = [column.sql for column in self.columns]
        return pa.csv.open_csv(
            self._stream(),
            # One thread: with more, Arrow does not know the number of a row.
            read_options=pa.csv.ReadOptions(
                use_threads=False, block_size=_BLOCK_BYTES, column_names=names, skip_rows_after_names=1
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=self.separator, newlines_in_values=True, invalid_row_handler=on_broken_row
            ),
            convert_options=pa.csv.ConvertOptions(
                include_columns=self.wanted, column_types=dict.fromkeys(names, pa.string())
            ),
        )

    def _stream(self) -> pa.NativeFile:
        with opening(self.path) as file:
            start = file.read(_HEADER_BYTES)
        if len(start) < _HEADER_BYTES:
            # Arrow wants the end of a line even after a header that stands alone.
            return pa.BufferReader(start + b"\n")
        return pa.input_stream(str(self.path), compression="gzip" if is_gzip(self.path) else None)

    def _explain(self, error: str) -> str | None:
        """What an error of Arrow's means, without its words: they can hold data. None for other errors."""
        if "UTF8" in error:
            row = re.search(r"Row #(\d+)", error)
            where = f" (row {int(row[1]):,}; the header is row 1)" if row else ""
            return f"{self.label} is not UTF-8 text{where}. Save it as UTF-8."
        if "straddling" in error:
            return (
                f"{self.label}: a row is longer than {_BLOCK_BYTES >> 20} MB, as happens where a double quote"
                " is not closed. Mend the quotes."
            )
        return None


def open_csv(path: Path, wanted: Collection[str]) -> CsvSource:
    """A CSV file, gzipped or not, of which the columns in `wanted` can be scanned.

    Its separator is the comma, semicolon, tab or bar that splits the header into most of the wanted names.

    Raises:
        InputError: the file is empty, not text, not UTF-8, not what its name says, or breaks off.
    """
    with opening(path) as file:
        start = file.read(_HEADER_BYTES)
    separator, names = _read_header(path.name, start, wanted)
    _check_quotes(path, separator)
    columns = tuple(SourceColumn(name, f"c{i}", "VARCHAR") for i, name in enumerate(names))
    folded = {fold(name) for name in wanted}
    used = tuple(column.sql for column in columns if fold(column.name) in folded)
    return CsvSource(path.name, columns, quote_name(_RELATION), path, separator, used)


def _read_header(label: str, start: bytes, wanted: Collection[str]) -> tuple[str, list[str]]:
    """Separator and column names, from the first bytes of the file."""
    if not start:
        raise InputError(f"{label} is empty (0 bytes). Export it again, or remove it; no rows still want a header.")
    for signature, what in _SIGNATURES.items():
        if start.startswith(signature):
            raise InputError(f"{label} is not CSV but {what}.")
    if b"\0" in start:
        raise InputError(f"{label} is not CSV: it holds binary data. Save it as CSV (UTF-8).")
    whole_lines = start[: start.rfind(b"\n") + 1] or start
    try:
        text = whole_lines.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = whole_lines.count(b"\n", 0, error.start) + 1
        raise InputError(f"{label} is not UTF-8 text (line {line:,}). Save it as UTF-8.") from None
    folded = {fold(name) for name in wanted}
    best: tuple[int, str, list[str]] | None = None
    for separator in _SEPARATORS:
        try:
            names = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
        except csv.Error:
            continue
        hits = sum(fold(name) in folded for name in names)
        if best is None or hits > best[0]:
            best = (hits, separator, names)
    if best is None or not best[2]:
        raise InputError(f"{label}: the first line is no header. It has to name the columns.")
    return best[1], best[2]


def _check_quotes(path: Path, separator: str) -> None:
    """Refuse a double quote that is never closed: everything after it would become one value.

    Quotes come in pairs, so only a file with an odd number of them is looked at row by row. Reading it to its
    end also finds a packed file that breaks off.
    """
    quotes = 0
    with opening(path) as file:
        while part := file.read(_CHUNK_BYTES):
            quotes += part.count(b'"')
    if quotes % 2 == 0:
        return
    row = 1
    with opening(path) as file:
        lines = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="")
        try:
            for _ in csv.reader(lines, delimiter=separator, strict=True):
                row += 1
        except csv.Error:
            raise InputError(
                f"{path.name}: row {row:,} has a double quote that is not closed or not doubled"
                " (the header is row 1). Mend the quotes."
            ) from None
