"""Reads a panel or the items of a trial from a file, and refuses what is not what the mapping says it is."""

from datetime import date
from pathlib import Path

import duckdb
import numpy as np

from counterpoise.effects.imputation import Floats, Ints
from counterpoise.errors import InputError
from counterpoise.inputs.casts import SourceColumn
from counterpoise.inputs.csv_source import open_csv
from counterpoise.inputs.sources import Source, open_parquet
from counterpoise.inputs.words import count, did_you_mean, show
from counterpoise.weeks import week_of


class PanelFile:
    """A CSV (also .gz) or Parquet file, read as text; columns are typed when they are asked for.

    Raises:
        InputError: the file is missing or cannot be read, a column is missing, or values are not what they should be;
            names file, column, number of rows and remedy.
    """

    def __init__(self, path: Path, wanted: tuple[str, ...]) -> None:
        self.label = path.name
        if not path.is_file():
            raise InputError(f"The panel {path} does not exist. Give a CSV, CSV.gz or Parquet file.")
        is_parquet = path.suffix.lower() in (".parquet", ".pq")
        with duckdb.connect() as connection:
            source = open_parquet(connection, path) if is_parquet else open_csv(path, wanted)
            columns = [self._found(source, name) for name in wanted]
            # empty text is no value
            listed = ", ".join(f"nullif(trim(cast({column.sql} as varchar)), '')" for column in columns)
            with source.scan(connection) as relation:
                rows = connection.execute(f"select {listed} from {relation}").fetchall()
        self._texts = dict(zip(wanted, map(list, zip(*rows, strict=True)), strict=True)) if rows else {}
        self.rows = len(rows)
        if not rows:
            raise InputError(f"{self.label} has no rows. Give a file with one row a unit and period.")

    def _found(self, source: Source, name: str) -> SourceColumn:
        column = source.find(name)
        if column is None:
            there = [column.name for column in source.columns]
            raise InputError(
                f"{self.label} has no column {show(name)}.{did_you_mean(name, there)} Correct the mapping, or the "
                f"file's first row."
            )
        return column

    def texts(self, name: str) -> list[str | None]:
        """The column as text; None where it is empty."""
        return self._texts[name]

    def filled(self, name: str, what: str) -> list[str]:
        """The column as text, where every row must have one."""
        texts = self._texts[name]
        empty = sum(text is None for text in texts)
        if empty:
            raise InputError(
                f"{self.label}, column {show(name)}: {count(empty, 'row')} of {self.rows:,} {_have(empty)} no {what}. "
                "Fill it in, or leave these rows out of the file."
            )
        return [text for text in texts if text is not None]

    def numbers(self, name: str) -> Floats:
        """The column as numbers, NaN where it is empty; shape (rows,)."""
        values = np.full(self.rows, np.nan)
        wrong: list[str] = []
        for place, text in enumerate(self._texts[name]):
            if text is None:
                continue
            try:
                values[place] = float(text)
            except ValueError:
                wrong.append(text)
                continue
            if not np.isfinite(values[place]) or "_" in text:
                wrong.append(text)
        if wrong:
            raise InputError(
                f"{self.label}, column {show(name)}: {count(len(wrong), 'row')} of {self.rows:,} {_have(len(wrong))} "
                f"no number, as {show(wrong[0])}. Give numbers with a decimal point, and nothing where none is known."
            )
        return values

    def periods(self, name: str, every: str, *, is_needed: bool) -> Floats:
        """The column as whole months or weeks, NaN where it is empty; shape (rows,)."""
        texts = self.filled(name, "period") if is_needed else self._texts[name]
        known: dict[str, float] = {}
        wrong: list[str] = []
        found = np.full(self.rows, np.nan)
        for place, text in enumerate(texts):
            if text is None:
                continue
            if text not in known:
                known[text] = parse_period(text, every)
            found[place] = known[text]
            if np.isnan(known[text]):
                wrong.append(text)
        if wrong:
            form = "2026-09" if every == "month" else "2026-09-14"
            raise InputError(
                f"{self.label}, column {show(name)}: {count(len(wrong), 'row')} of {self.rows:,} {_have(len(wrong))} "
                f"no {every}, as {show(wrong[0])}. Write a {every} like {form}."
            )
        return found


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


def parse_period(text: str, every: str) -> float:
    """A month (`2026-09`, or any day in it) or the week of a day, as a whole number; NaN where it is none."""
    day = text[:10] if every == "week" or len(text) > 7 else f"{text}-01"
    try:
        parsed = date.fromisoformat(day)
    except ValueError:
        return float("nan")
    if every == "month":
        return float(parsed.year * 12 + parsed.month - 1)
    return float(week_of(parsed))


def numbered(texts: list[tuple[str, ...]]) -> Ints:
    """A number for each distinct value, in the order of the values; shape (rows,)."""
    places = {value: place for place, value in enumerate(sorted(set(texts)))}
    return np.array([places[value] for value in texts], dtype=np.int64)


def transformed(values: Floats, transform: str, label: str, name: str) -> Floats:
    """Values on the scale they are fitted on; NaN stays NaN.

    Raises:
        InputError: values the transform does not take; names column, rows and remedy.
    """
    allowed = {
        "none": (np.ones(len(values), dtype=bool), ""),
        "log": (values > 0, "above 0; take log1p where there are zeros"),
        "log1p": (values > -1, "above -1; take none where there are negative ones"),
        "logit": ((values > 0) & (values < 1), "between 0 and 1, without both"),
    }[transform]
    wrong = int((~allowed[0] & ~np.isnan(values)).sum())
    if wrong:
        raise InputError(
            f"{label}, {show(name)}: {count(wrong, 'row')} of {len(values):,} cannot be taken as {transform}: it needs "
            f"values {allowed[1]}."
        )
    return {
        "none": lambda x: x,
        "log": np.log,
        "log1p": np.log1p,
        "logit": lambda x: np.log(x) - np.log1p(-x),
    }[transform](values)
