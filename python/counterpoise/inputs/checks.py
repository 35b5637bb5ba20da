"""Counts what a source holds that cannot become what the contract wants, before anything is loaded."""

from dataclasses import dataclass

import duckdb

from counterpoise.examples import without_addresses
from counterpoise.inputs.casts import EXPECTED, SourceColumn, as_text, typed
from counterpoise.inputs.sources import Source
from counterpoise.inputs.words import show_all

_EXAMPLES = 3
_ROWS_FOR_EXAMPLES = 1000


@dataclass(frozen=True)
class Check:
    """One column to look at.

    Attributes:
        column: where the values are.
        data_type: contract type they should have.
        required: no value may be missing.
        is_person: the values may not be shown.
        sql: what reads them, null where it cannot; None = as `casts.typed` does.
        remedy: what to do about values that cannot be read; None = as the type says.
    """

    column: SourceColumn
    data_type: str
    required: bool = False
    is_person: bool = False
    sql: str | None = None
    remedy: str | None = None

    @property
    def typed_sql(self) -> str:
        """What gives the value, or null where it cannot be read."""
        return self.sql or typed(self.column, self.data_type)


@dataclass(frozen=True)
class Finding:
    """What one check found: rows without a value, and rows whose value is not of the type."""

    check: Check
    rows: int
    missing: int
    unreadable: int
    examples: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """`column x: 12 of 40 rows cannot be read as a time (first: …)`, without a full stop."""
        what = EXPECTED[self.check.data_type][0]
        first = f" (first: {show_all(self.examples)})" if self.examples else ""
        rows = f"{self.unreadable:,} of {self.rows:,} rows"
        return f"column {self.check.column.name}: {rows} cannot be read as {what}{first}"

    @property
    def remedy(self) -> str:
        """What to do about values that cannot be read."""
        return self.check.remedy or EXPECTED[self.check.data_type][1]


def run_checks(connection: duckdb.DuckDBPyConnection, source: Source, checks: list[Check]) -> tuple[int, list[Finding]]:
    """Rows of the source, and a finding for every check that found something.

    Raises:
        InputError: the file breaks on the way.
    """
    counts = ["count(*)"]
    for check in checks:
        there = f"{as_text(check.column)} IS NOT NULL"
        counts.append(f"count(*) FILTER (NOT {there})")
        counts.append(f"count(*) FILTER ({there} AND {check.typed_sql} IS NULL)")
    with source.scan(connection) as relation:
        ((rows, *found),) = connection.execute(f"SELECT {', '.join(counts)} FROM {relation}").fetchall()
    findings = []
    for check, missing, unreadable in zip(checks, found[::2], found[1::2], strict=True):
        if unreadable or (check.required and missing):
            examples = _examples(connection, source, check) if unreadable and not check.is_person else ()
            findings.append(Finding(check, rows, missing, unreadable, examples))
    return rows, findings


def problems(source: Source, findings: list[Finding]) -> list[str]:
    """What has to be refused among the findings: required values that are missing or cannot be read."""
    messages = []
    for finding in findings:
        if not finding.check.required:
            continue
        if finding.missing:
            messages.append(
                f"{source.label}: column {finding.check.column.name}: {finding.missing:,} of {finding.rows:,}"
                " rows have no value, and every row needs one. Fill it in, or leave those rows out."
            )
        if finding.unreadable:
            messages.append(f"{source.label}: {finding.sentence}. {finding.remedy}")
    return messages


def _examples(connection: duckdb.DuckDBPyConnection, source: Source, check: Check) -> tuple[str, ...]:
    """The first few different values that cannot be read."""
    text = as_text(check.column)
    with source.scan(connection) as relation:
        rows = connection.execute(
            f"SELECT {text} FROM {relation} WHERE {text} IS NOT NULL AND {check.typed_sql} IS NULL"
            f" LIMIT {_ROWS_FOR_EXAMPLES}"
        ).fetchall()
    return tuple(dict.fromkeys(without_addresses(value) for (value,) in rows))[:_EXAMPLES]
