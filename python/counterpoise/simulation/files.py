"""Writing tables: piece by piece into a folder aside, moved into place when all is written."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

FILE_FORMATS = ("parquet", "csv")
_ROWS_A_PIECE = 200_000


class TableWriter:
    """Collects pieces of one table and writes them in large steps, so that memory stays small."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._pieces: list[pa.Table] = []
        self._waiting = 0
        self._sink: pq.ParquetWriter | pacsv.CSVWriter | None = None

    def add(self, piece: pa.Table) -> None:
        self._pieces.append(piece)
        self._waiting += piece.num_rows
        if self._waiting >= _ROWS_A_PIECE:
            self._flush()

    def close(self) -> None:
        if self._pieces:
            self._flush()
        if self._sink is not None:
            self._sink.close()

    def _flush(self) -> None:
        table = pa.concat_tables(self._pieces).combine_chunks()
        if self._sink is None:
            self._sink = (
                pacsv.CSVWriter(self.path, table.schema)
                if self.path.suffix == ".csv"
                else pq.ParquetWriter(self.path, table.schema, compression="snappy", store_schema=False)
            )
        self._sink.write_table(table)
        self.rows += table.num_rows
        self._pieces, self._waiting = [], 0


@contextmanager
def folder_aside(out_dir: Path) -> Iterator[Path]:
    """A new folder beside `out_dir`; what stands in it at the end is moved there, and nothing if it fails.

    A file replaces one of the same table in either format; other files in `out_dir` stay.
    """
    out_dir.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{out_dir.name}-", dir=out_dir.parent))
    try:
        yield aside
        out_dir.mkdir(exist_ok=True)
        for file in sorted(aside.iterdir()):
            file.replace(out_dir / file.name)
            for file_format in FILE_FORMATS:
                if file.suffix != f".{file_format}":
                    (out_dir / f"{file.stem}.{file_format}").unlink(missing_ok=True)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def write_one(table: pa.Table, path: Path) -> None:
    """Write `table` to `path` (.csv or .parquet), replacing it in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.stem}-{os.getpid()}{path.suffix}")
    try:
        writer = TableWriter(aside)
        writer.add(table)
        writer.close()
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
