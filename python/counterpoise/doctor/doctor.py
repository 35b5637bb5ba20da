"""The examination: versions, connection, rights, tables, freshness, settings, lock, disk."""

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from counterpoise.console import plain
from counterpoise.contract import load_contract
from counterpoise.doctor.optional_tables import OPTIONAL_TABLES
from counterpoise.errors import CounterpoiseError
from counterpoise.run import DEMO_SALT, SALT_VARIABLE
from counterpoise.warehouse import DuckDBFile, Postgres, Spark, Warehouse
from counterpoise.warehouse.base import Query

# Weekly figures two weeks after their last week are news no more.
_STALE_AFTER = timedelta(days=14)
# A run writes the private file anew and a copy of the marts beside it.
_FREE_BYTES, _TIMES_THE_FILES = 1_000_000_000, 3
_GOOD, _NOTE, _WARNING, _PROBLEM = "good", "note", "warning", "problem"
_SHOWN_AS = {_GOOD: "good   ", _NOTE: "note   ", _WARNING: "look   ", _PROBLEM: "MEND   "}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        topic: versions, connection, rights, tables, freshness, settings, lock or disk.
        status: good; note: could be more; warning: works, and should be seen to; problem: a run will fail.
        what: what was found; never a secret.
        remedy: what to do; empty where nothing is to be done.
    """

    topic: str
    status: str
    what: str
    remedy: str = ""

    @property
    def is_problem(self) -> bool:
        return self.status == _PROBLEM


def examine(open_warehouse: Callable[[], Warehouse] | None, today: date | None = None) -> list[Finding]:
    """Everything that was found, in the order in which it is worth reading.

    Args:
        open_warehouse: gives the warehouse, not entered; None where none was named.
        today: the present, UTC.
    """
    today = today or datetime.now(UTC).date()
    if open_warehouse is None:
        remedy = "Name it: --db FILE, or --target NAME and --profiles-dir FOLDER; `counterpoise init` writes a profile."
        nothing = Finding("connection", _NOTE, "No warehouse was named, so only this machine was looked at.", remedy)
        return [*_versions(None), nothing, *_settings(None, None), *_disk(None)]
    try:
        warehouse = open_warehouse()
    except CounterpoiseError as refusal:
        return [*_versions(None), Finding("connection", _PROBLEM, refusal.what, refusal.remedy or ""), *_disk(None)]
    return [*_versions(warehouse), *_inside(warehouse, today), *_disk(warehouse)]


def as_text(findings: list[Finding]) -> str:
    """One line a finding, its remedy under it, and at the end whether a run may be begun."""
    lines = []
    for found, following in zip(findings, [*findings[1:], None], strict=True):
        lines.append(f"{_SHOWN_AS[found.status]}{found.topic}: {plain(found.what)}")
        if found.remedy and (following is None or following.remedy != found.remedy):  # once where several share it
            lines.append(f"{'':7}  → {plain(found.remedy)}")
    problems = sum(found.is_problem for found in findings)
    seen_to = sum(found.status == _WARNING for found in findings)
    if problems:
        end = f"{problems} {'thing has' if problems == 1 else 'things have'} to be mended first: see MEND above."
    elif seen_to:
        end = f"A run will work. {seen_to} {'thing is' if seen_to == 1 else 'things are'} worth a look."
    else:
        end = "All is well."
    return "\n".join([*lines, "", end])


def _versions(warehouse: Warehouse | None) -> Iterator[Finding]:
    yield Finding("versions", _GOOD, f"Python {platform.python_version()}")
    extra = {Postgres: "postgres", Spark: "spark"}.get(type(warehouse), "")
    try:
        wanted = [Requirement(text) for text in requires("counterpoise") or []]
    except PackageNotFoundError:
        remedy = "pip install . from a checkout, or `make run`."
        yield Finding("versions", _WARNING, "counterpoise is not installed, so its needs are not known.", remedy)
        return
    fits = []
    for need in wanted:
        if need.marker is not None and not (extra and need.marker.evaluate({"extra": extra})):
            continue
        here = _version(need.name)
        if here is not None and need.specifier.contains(here, prereleases=True):
            fits.append(f"{need.name} {here}")
            continue
        found = f"{need.name} {here}" if here else f"{need.name} is not installed"
        remedy = f"pip install 'counterpoise{f'[{extra}]' if extra else ''}' brings {need.name} {need.specifier}."
        yield Finding("versions", _PROBLEM, f"{found}; supported is {need.specifier}.", remedy)
    shown = [text for text in fits if text.startswith(("dbt", "duckdb", "great", "pyspark"))]
    yield Finding("versions", _GOOD, f"supported: {', '.join(shown)}")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _inside(warehouse: Warehouse, today: date) -> Iterator[Finding]:
    """What only a connection tells."""
    is_first = isinstance(warehouse, DuckDBFile) and not warehouse.path.exists()
    try:
        if is_first:
            what = f"{warehouse.shown_as} is not there yet: nothing was published so far."
            yield Finding("connection", _NOTE, what, "`counterpoise run` makes it.")
            yield from _tables(warehouse)
            yield from _settings(warehouse, None)
        else:
            with warehouse.published() as query:
                query("select 1 as one_row")
                yield Finding("connection", _GOOD, f"reached {warehouse.shown_as}")
                yield from _rights(warehouse, query)
                yield from _tables(warehouse)
                yield from _freshness(warehouse, query, today)
                yield from _settings(warehouse, query)
        yield from _lock(warehouse)
    except CounterpoiseError as refusal:
        yield Finding("connection", _PROBLEM, refusal.what, refusal.remedy or "")
    except Exception as trouble:  # each driver has errors of its own
        first = " ".join(str(trouble).split())[:200]
        what = f"Not all could be read: {first}"
        yield Finding("rights", _PROBLEM, what, "docs/grants.md says who needs which.")
    finally:
        warehouse.release()


def _rights(warehouse: Warehouse, query: Query) -> Iterator[Finding]:
    if isinstance(warehouse, DuckDBFile):
        folder = warehouse.path.parent
        if not os.access(folder, os.W_OK):
            remedy = "Give this user the right, or name another --db."
            yield Finding("rights", _PROBLEM, f"{folder} may not be written to.", remedy)
        else:
            yield Finding("rights", _GOOD, f"{folder} may be written to")
    elif isinstance(warehouse, Postgres):
        marts, raw = warehouse.literal(warehouse.marts_schema), warehouse.literal(warehouse.raw_schema)
        schema = "(select oid from pg_namespace where nspname = {})"
        [row] = query(
            "select current_user as who, has_database_privilege(current_database(), 'create') as makes_schemas, "
            f"has_schema_privilege({schema.format(marts)}, 'create') as writes_marts, "
            f"has_schema_privilege({schema.format(raw)}, 'usage') as reads_raw"
        ).to_pylist()
        if row["writes_marts"] is False or (row["writes_marts"] is None and not row["makes_schemas"]):
            remedy = f"grant create on schema {warehouse.marts_schema} (or on the database); docs/grants.md."
            what = f"{row['who']} may not make tables in {warehouse.marts_schema}: enough to read, not to run."
            yield Finding("rights", _WARNING, what, remedy)
        else:
            yield Finding("rights", _GOOD, f"{row['who']} may make tables in the schema {warehouse.marts_schema}")
        if row["reads_raw"] is False:
            what = f"{row['who']} may not use the schema {warehouse.raw_schema}, where the raw tables are."
            yield Finding("rights", _WARNING, what, f"grant usage on schema {warehouse.raw_schema} to {row['who']};")
    else:
        yield Finding("rights", _NOTE, "Rights are not asked for on this warehouse; the first run will tell.")


def _tables(warehouse: Warehouse) -> Iterator[Finding]:
    """Tables of the contract that are not there, and what each would add."""
    there = _raw_tables(warehouse)
    if there is None:
        what = "The raw tables cannot be looked at now: a run is at work, or nothing was loaded yet."
        yield Finding("tables", _NOTE, what, "Look again after the run.")
        return
    tools = warehouse.layout.connectors
    if tools:
        what = f"tables of {', '.join(tools)} are read; what they lack stands in stg_source_gaps and in the data health"
        yield Finding("tables", _GOOD, what)
    contract = load_contract()
    missing = [name for name, table in contract.items() if table.required and name not in there]
    if missing and not tools:
        what = f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing in {warehouse.raw_schema}."
        remedy = "They must be there: docs/data-contract.md has an example of ten lines."
        yield Finding("tables", _PROBLEM, what, remedy)
    elif not tools:
        yield Finding("tables", _GOOD, f"the three tables that must be there are, in {warehouse.raw_schema}")
    for name, table in contract.items():
        if table.required or name in there:
            continue
        adds = OPTIONAL_TABLES[name]
        parts = [
            f"{title} {', '.join(ids)}" for title, ids in (("metrics", adds.metrics), ("signals", adds.signals)) if ids
        ]
        shows = [f"more on the page {adds.page}"] if adds.page else []
        detail = "; ".join([*parts, *shows])
        what = f"{name} is not there. It would add {adds.what}{f' ({detail})' if detail else ''}."
        yield Finding("tables", _NOTE, what, "Where you have it: docs/data-contract.md. Nobody has to begin.")


def _raw_tables(warehouse: Warehouse) -> set[str] | None:
    """Names of the tables of the contract that are there; None where one cannot look."""
    if not isinstance(warehouse, DuckDBFile):
        return warehouse.tables(warehouse.raw_schema)
    listed = f"select table_name from duckdb_columns() where schema_name = {warehouse.literal(warehouse.raw_schema)}"
    found: set[str] = set()
    is_known = False
    with warehouse.private() as query:
        if query is not None:
            found |= set(query(listed)["table_name"].to_pylist())
            is_known = True
    for path in warehouse.attached.values():
        with suppress(CounterpoiseError):
            other = DuckDBFile(Path(path), warehouse.project, warehouse.layout)
            with other.published() as query:
                found |= set(query(listed)["table_name"].to_pylist())
                is_known = True
    return found if is_known else None


def _freshness(warehouse: Warehouse, query: Query, today: date) -> Iterator[Finding]:
    if "published_runs" not in warehouse.published_tables(query):
        what = f"There are no marts in {warehouse.marts_schema} yet."
        yield Finding("freshness", _NOTE, what, "`counterpoise run` makes them.")
        return
    [row] = query(
        "select max(published_at) as published_at, max(data_through) as data_through "
        f"from {warehouse.marts_schema}.published_runs"
    ).to_pylist()
    if row["published_at"] is None:
        yield Finding("freshness", _NOTE, "No run has been published yet.", "`counterpoise run` publishes one.")
        return
    when = f"{row['published_at']:%Y-%m-%d %H:%M} UTC"
    what = f"the last run was published {when}, with data through {row['data_through']}"
    if row["data_through"] is not None and today - row["data_through"] > _STALE_AFTER:
        remedy = "See that the raw tables are loaded and a run is scheduled (docs/scheduled-runs.md)."
        yield Finding("freshness", _WARNING, f"{what}: more than two weeks ago", remedy)
    else:
        yield Finding("freshness", _GOOD, what)


def _settings(warehouse: Warehouse | None, query: Query | None) -> Iterator[Finding]:
    yield _salt(warehouse)
    asked = _variable(warehouse, "counterpoise_min_people")
    if asked is not None and (type(asked) is not int or asked < 3):
        what = "counterpoise_min_people is not a whole number of 3 or more: figures of fewer people are never shown."
        yield Finding("settings", _PROBLEM, what, "Set it to 3 or more, or leave it out (5).")
        return
    people = asked or 5
    built = None
    if warehouse is not None and query is not None and "dim_team" in warehouse.published_tables(query):
        [row] = query(f"select max(shown_from_people) as people from {warehouse.marts_schema}.dim_team").to_pylist()
        built = row["people"]
    if built is not None and built != people:
        what = f"The marts were built to show teams of {built:.0f} people or more; the vars given here say {people}."
        remedy = "Give every command the same --vars, or put them into dbt_project.yml."
        yield Finding("settings", _WARNING, what, remedy)
    else:
        yield Finding("settings", _GOOD, f"figures of fewer than {people} people are shown nowhere")


def _variable(warehouse: Warehouse | None, name: str) -> Any:
    if warehouse is None:
        return None
    own = warehouse.project.settings.get("vars") or {}
    return {**own, **(own.get("counterpoise") or {}), **warehouse.project.variables}.get(name)


def _salt(warehouse: Warehouse | None) -> Finding:
    """Whether ids of persons are hashed with a secret; what it is is neither read nor told."""
    remedy = f"Set {SALT_VARIABLE} to a long random text, keep it as you keep a password, and run with --full-refresh."
    here = os.environ.get(SALT_VARIABLE)
    if here == DEMO_SALT:
        what = f"{SALT_VARIABLE} is the public salt of the demo: good for a demo only."
        return Finding("settings", _WARNING, what, remedy)
    if here:
        return Finding("settings", _GOOD, f"{SALT_VARIABLE} is set")
    state = _kept_salt(warehouse) if warehouse is not None else None
    if state == "own":
        return Finding("settings", _GOOD, "the private schema holds a salt of your own")
    demo = "the public salt of the demo is in use" if state == "demo" else f"{SALT_VARIABLE} is not set"
    return Finding("settings", _WARNING, f"{demo}: good for a demo only.", remedy)


def _kept_salt(warehouse: Warehouse) -> str | None:
    """own, demo, or None where none is kept or it cannot be read."""
    schema = warehouse.layout.salt_schema or warehouse.private_schema
    is_demo = f"max(case when salt = '{DEMO_SALT}' then 1 else 0 end)"
    sql = f"select {is_demo} as is_demo, count(*) as found from {schema}.person_salt"
    with suppress(Exception), warehouse.private() as query:  # not there, or not to be read: both are no answer
        if query is not None:
            [row] = query(sql).to_pylist()
            return None if not row["found"] else "demo" if row["is_demo"] else "own"
    return None


def _lock(warehouse: Warehouse) -> Iterator[Finding]:
    holder = warehouse.holder()
    if holder:
        what = f"A run is at work: {holder}."
        remedy = "Wait for it to end: a second run would be refused. docs/faults.md, if it hangs."
        yield Finding("lock", _WARNING, what, remedy)
    else:
        yield Finding("lock", _GOOD, "no run is at work")


def _disk(warehouse: Warehouse | None) -> Iterator[Finding]:
    folder = warehouse.path.parent if isinstance(warehouse, DuckDBFile) else Path.cwd()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    files = [warehouse.path, warehouse.build_file] if isinstance(warehouse, DuckDBFile) else []
    needed = max(_FREE_BYTES, _TIMES_THE_FILES * sum(file.stat().st_size for file in files if file.exists()))
    what = f"{free / 1e9:,.1f} GB free in {folder}"
    if free < needed:
        what = f"{what}, and a run may need {needed / 1e9:,.1f} GB"
        yield Finding("disk", _WARNING, what, "Make room, or name another --db.")
    else:
        yield Finding("disk", _GOOD, what)
