"""A folder of contract tables, one file each, named after the table: `teams.csv`, `work_items.parquet`, …"""

from collections.abc import Callable
from pathlib import Path

import duckdb

from counterpoise.contract import Table, load_contract
from counterpoise.errors import InputError
from counterpoise.inputs.casts import SQL_TYPES, typed
from counterpoise.inputs.checks import Check, problems, run_checks
from counterpoise.inputs.csv_source import open_csv
from counterpoise.inputs.landing import LoadSummary, Notes, replacing_raw_tables, session_time_zone
from counterpoise.inputs.sources import Source, open_parquet
from counterpoise.inputs.words import count, did_you_mean, quote_name, show, show_all

FORMATS = (".csv", ".csv.gz", ".parquet")
PERSON_COLUMNS = frozenset({"person_id", "actor_id", "requester_id"})


def load_folder(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    *,
    schema: str = "work_system",
    progress: Callable[[str], None] | None = None,
) -> LoadSummary:
    """Load the contract tables of a folder into `schema`, in place of all that an earlier load left there.

    Every table gets exactly the contract's columns and types; optional columns a file lacks are null,
    optional tables without a file are not made. What is accepted with a loss (unknown columns and files,
    optional values that cannot be read) is counted in `load_notes`.

    Args:
        connection: open for writing, outside a transaction.
        folder: files `<table>.csv`, `<table>.csv.gz` or `<table>.parquet`.
        schema: made where it is missing.
        progress: told a short sentence per table.

    Raises:
        InputError: something cannot be read as what it says it is. What was loaded before stays as it was.
    """
    contract = load_contract()
    notes = Notes()
    files = _find_files(Path(folder), contract, notes)
    with session_time_zone(connection, "UTC"):
        sources: dict[str, Source] = {}
        rows: dict[str, int] = {}
        refusals: list[str] = []
        for name, path in files.items():
            try:
                sources[name] = _open(connection, path, contract[name])
                rows[name] = _check(connection, contract[name], sources[name], notes)
            except InputError as error:
                refusals.append(str(error))
        if refusals:
            raise InputError("\n".join(refusals))
        with replacing_raw_tables(connection, schema):
            for name, source in sources.items():
                _make_table(connection, schema, contract[name], source)
                if progress:
                    progress(f"{name}: {count(rows[name], 'row')}")
            written = notes.write(connection, schema)
    return LoadSummary(rows, written, str(folder))


def _find_files(folder: Path, contract: dict[str, Table], notes: Notes) -> dict[str, Path]:
    """The file of each table, in the order of the contract. Other files are noted."""
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise InputError(f"{folder} {what}. Name the folder that holds teams.csv, work_items.csv and so on.")
    try:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror or error}.") from None
    if not entries:
        raise InputError(f"{folder} is empty. Put the files of the work system there, at least {_required(contract)}.")

    found: dict[str, list[Path]] = {}
    strangers: list[Path] = []
    for entry in entries:
        table = _table_of(entry.name)
        if table in contract:
            found.setdefault(table, []).append(entry)
        else:
            strangers.append(entry)
    refusals = [
        f"{table}: {' and '.join(path.name for path in paths)} are both there. Keep one."
        for table, paths in found.items()
        if len(paths) > 1
    ]
    refusals += [
        f"{path.name} is a folder. Put the rows of {table} into one file."
        for table, paths in found.items()
        for path in paths
        if path.is_dir()
    ]
    for table in contract.values():
        if table.required and table.name not in found:
            near = [path.name for path in strangers if _resembles(path.name, table.name)]
            hint = f" {show_all(near)} is there, but has another name or format." if near else ""
            refusals.append(
                f"Table {table.name} is missing from {folder}.{hint}"
                f" Add {table.name}.csv or {table.name}.parquet; without rows, a header is enough."
            )
    if refusals:
        raise InputError("\n".join(refusals))
    for path in strangers:
        kind = "folder" if path.is_dir() else "file"
        hint = did_you_mean(_table_of(path.name) or path.stem, contract)
        notes.add(
            f"unknown_{kind}",
            None,
            path.name,
            None,
            f"The {kind} {show(path.name)} is no table of the contract.{hint}",
        )
    return {table: found[table][0] for table in contract if table in found}


def _required(contract: dict[str, Table]) -> str:
    return ", ".join(f"{table.name}.csv" for table in contract.values() if table.required)


def _table_of(file_name: str) -> str | None:
    """The table a file is named after; None where its ending is none we read."""
    folded = file_name.casefold()
    ending = next((e for e in sorted(FORMATS, key=len, reverse=True) if folded.endswith(e)), None)
    return folded.removesuffix(ending) if ending else None


def _resembles(file_name: str, table: str) -> bool:
    stem = file_name.split(".")[0]
    return stem.casefold() == table or bool(did_you_mean(stem, [table]))


def _open(connection: duckdb.DuckDBPyConnection, path: Path, table: Table) -> Source:
    if path.name.lower().endswith(".parquet"):
        return open_parquet(connection, path)
    return open_csv(path, [column.name for column in table.columns])


def _check(connection: duckdb.DuckDBPyConnection, table: Table, source: Source, notes: Notes) -> int:
    """Rows of the source. Notes what is lost; refuses what may not be."""
    names = [column.name for column in table.columns]
    missing = [c.name for c in table.columns if c.required and source.find(c.name) is None]
    if missing:
        raise InputError("\n".join(source.missing_column(name, names) for name in missing))
    checks = [
        Check(found, column.data_type, column.required, column.name in PERSON_COLUMNS)
        for column in table.columns
        if (found := source.find(column.name)) and (column.required or column.data_type != "string")
    ]
    rows, findings = run_checks(connection, source, checks)
    refusals = problems(source, findings)
    if refusals:
        raise InputError("\n".join(refusals))
    for finding in findings:
        notes.add(
            "unreadable_values",
            table.name,
            finding.check.column.name,
            finding.unreadable,
            f"{source.label}: {finding.sentence}; they count as not given. {finding.remedy}",
            column_name=finding.check.column.name,
            example=finding.examples[0] if finding.examples else None,
        )
    used = {name: source.find(name) for name in names}
    absent = [name for name, column in used.items() if column is None]
    for name in dict.fromkeys(column.name for column in source.columns if column not in used.values()):
        notes.add(
            "unknown_column",
            table.name,
            name,
            rows,
            f"{source.label}: column {show(name)} is not in the contract and is ignored.{did_you_mean(name, absent)}",
            column_name=name,
        )
    return rows


def _make_table(connection: duckdb.DuckDBPyConnection, schema: str, table: Table, source: Source) -> None:
    expressions = []
    for column in table.columns:
        found = source.find(column.name)
        value = typed(found, column.data_type) if found else "NULL"
        expressions.append(f"CAST({value} AS {SQL_TYPES[column.data_type]}) AS {quote_name(column.name)}")
    with source.scan(connection) as relation:
        connection.execute(
            f"CREATE TABLE {quote_name(schema)}.{quote_name(table.name)} AS"
            f" SELECT {', '.join(expressions)} FROM {relation}"
        )
