"""An event log of case, activity, time, resource and group, made readable by one mapping file.

The mapping says which columns of the log hold what, and what each activity means:

    source_system: service_desk                # default event_log
    item_type: incident                        # default other
    columns:
      case: case_id
      order: seq                               # optional: a number that orders the events of a case
      activity: [status, sub_status]           # one column, or several, joined by " / "
      time: changed_at
      recorded_time: logged_at                 # optional, as everything below
      resource: user
      team: group
      parent_team: organisation
      category: product
      priority: impact
      requester: asked_by
      account: customer
    timezone: Europe/Lisbon                    # of times without an offset; default UTC
    time_format: "%d/%m/%Y %H:%M"              # only where times are not ISO 8601
    activities:
      queued: ["Queued / Awaiting Assignment"]
      active: ["Accepted / In Progress"]
      waiting: {requester: ["Accepted / Wait - User"], vendor: ["Accepted / Wait - Vendor"]}
      resolved: ["Completed / Resolved"]
      closed: ["Completed / Closed"]
    system_resources: [scheduler]              # resources that are no people

`docs/event-log.md` is the guide for users; `mapping.MEANINGS` lists every key `activities` can have.
"""

from collections.abc import Callable
from itertools import chain
from pathlib import Path

import duckdb

from counterpoise.errors import InputError
from counterpoise.inputs.casts import SourceColumn, as_text, typed
from counterpoise.inputs.checks import Check, problems, run_checks
from counterpoise.inputs.csv_source import open_csv
from counterpoise.inputs.event_log_notes import note_event_log
from counterpoise.inputs.landing import (
    ACTIVITIES,
    EVENT_LOG,
    LoadSummary,
    Notes,
    owned_tables,
    replacing_raw_tables,
    session_time_zone,
)
from counterpoise.inputs.mapping import Mapping, read_mapping
from counterpoise.inputs.sources import Source, open_parquet, open_table
from counterpoise.inputs.words import count, did_you_mean, quote_name, quote_text, show
from counterpoise.inputs.xes import STAGE, open_xes

NO_ACTIVITY = "(none)"
_JOINED_BY = " / "


def load_event_log(
    connection: duckdb.DuckDBPyConnection,
    log: Path | str,
    mapping: Path,
    *,
    schema: str = "work_system",
    progress: Callable[[str], None] | None = None,
) -> LoadSummary:
    """Load an event log into `schema`, in place of all that an earlier load left there.

    Makes `event_log`, one row per event of the log, nothing dropped; its `event_seq` counts 1, 2, 3, … within
    a case, by the mapping's `order`, else by time and, for the same time, by the order of the log. Makes
    `event_log_activities`, one row per distinct activity with its meaning, and `load_notes`.

    Args:
        connection: open for writing, outside a transaction.
        log: a file ending in .csv, .csv.gz, .parquet, .xes or .xes.gz, or `table:schema.name`.
        mapping: the mapping file.
        schema: made where it is missing.
        progress: told a short sentence per step.

    Raises:
        InputError: log or mapping cannot be read as what they say they are. What was loaded before stays.
    """
    tell = progress or (lambda _: None)
    plan = read_mapping(Path(mapping))
    time_zone = _check_time(connection, plan)
    notes = Notes()
    with session_time_zone(connection, time_zone):
        try:
            source = _open(connection, log, plan, schema)
            events = _check(connection, source, plan, notes)
            tell(f"{source.label}: {count(events, 'event')}")
            # answers to what an earlier run asked; a log has no place for them
            with replacing_raw_tables(connection, schema, keep=("annotations",)):
                _make_event_log(connection, schema, source, plan)
                activities = _make_activities(connection, schema, plan)
                tell(f"{source.label}: {count(activities, 'activity', 'activities')}")
                note_event_log(connection, schema, source.label, plan, notes)
                written = notes.write(connection, schema)
        finally:
            connection.execute(f"DROP TABLE IF EXISTS temp.{STAGE}")
    return LoadSummary({EVENT_LOG: events, ACTIVITIES: activities}, written, str(log))


def _check_time(connection: duckdb.DuckDBPyConnection, plan: Mapping) -> str:
    """The time zone of the mapping, as DuckDB spells it; refuses zones and formats it cannot read."""
    zones = [name for (name,) in connection.execute("SELECT name FROM pg_timezone_names()").fetchall()]
    folded = {name.casefold(): name for name in zones}
    if plan.timezone.casefold() not in folded:
        raise InputError(
            f"{plan.label}: timezone {show(plan.timezone)} is unknown.{did_you_mean(plan.timezone, zones)}"
            " Use an IANA name such as Europe/Lisbon."
        )
    if plan.time_format:
        try:
            connection.execute(f"SELECT try_strptime('', {quote_text(plan.time_format)})").fetchall()
        except duckdb.InvalidInputException:
            raise InputError(
                f"{plan.label}: time_format {show(plan.time_format)} is no strptime format."
                ' Use one such as "%d/%m/%Y %H:%M".'
            ) from None
    return folded[plan.timezone.casefold()]


def _open(connection: duckdb.DuckDBPyConnection, log: Path | str, plan: Mapping, schema: str) -> Source:
    """The log as a source that has every column of the mapping."""
    source = _open_any(connection, log, plan, schema)
    missing = [name for name in plan.wanted if source.find(name) is None]
    if missing:
        raise InputError("\n".join(source.missing_column(name, plan.wanted) for name in missing))
    return source


def _open_any(connection: duckdb.DuckDBPyConnection, log: Path | str, plan: Mapping, schema: str) -> Source:
    if str(log).startswith("table:"):
        name = str(log).removeprefix("table:")
        source = open_table(connection, name)
        if source.label in {f"table {schema}.{table}" for table in owned_tables()}:
            raise InputError(f"table:{name} would be replaced by this load. Copy it to another name or schema first.")
        return source
    path = Path(log)
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "does not exist"
        raise InputError(f"{path} {what}. Name the file of the event log, or table:schema.name.")
    name = path.name.lower()
    if name.endswith((".csv", ".csv.gz")):
        return open_csv(path, plan.wanted)
    if name.endswith(".parquet"):
        return open_parquet(connection, path)
    if name.endswith((".xes", ".xes.gz")):
        return open_xes(connection, path, plan.wanted)
    raise InputError(
        f"{path.name}: the ending says no format of an event log. Use .csv, .csv.gz, .parquet, .xes or .xes.gz."
    )


def _column(source: Source, plan: Mapping, role: str) -> SourceColumn | None:
    return source.find(plan.columns[role][0]) if role in plan.columns else None


def _time(source: Source, plan: Mapping, role: str) -> str:
    """SQL of a time in UTC."""
    column = _column(source, plan, role)
    if column is None:
        return "CAST(NULL AS TIMESTAMP)"
    if plan.time_format and column.sql_type == "VARCHAR":
        parsed = f"try_strptime(trim({as_text(column)}), {quote_text(plan.time_format)})"
        # A year of two digits would pass for %Y as one of the first century.
        return f"CASE WHEN year({parsed}) >= 1000 THEN try_cast({parsed} AS TIMESTAMPTZ) AT TIME ZONE 'UTC' END"
    return typed(column, "timestamp")


def _check(connection: duckdb.DuckDBPyConnection, source: Source, plan: Mapping, notes: Notes) -> int:
    """Events of the log. Refuses an empty log, missing or unreadable cases, times and orders."""
    time_remedy = (
        f"Change time_format in {plan.label}."
        if plan.time_format
        else f"Write ISO 8601 times like 2024-03-31T14:05:00+02:00, or set time_format in {plan.label}."
    )
    checks = [
        Check(_column(source, plan, "case"), "string", required=True),
        Check(
            _column(source, plan, "time"),
            "timestamp",
            required=True,
            sql=_time(source, plan, "time"),
            remedy=time_remedy,
        ),
    ]
    if order := _column(source, plan, "order"):
        checks.append(
            Check(
                order,
                "number",
                required=True,
                remedy=f"Leave order out of {plan.label} to go by time instead.",
            )
        )
    if recorded := _column(source, plan, "recorded_time"):
        checks.append(Check(recorded, "timestamp", sql=_time(source, plan, "recorded_time"), remedy=time_remedy))
    rows, findings = run_checks(connection, source, checks)
    if rows == 0:
        raise InputError(f"{source.label} holds no events. Export the log again.")
    refusals = problems(source, findings)
    if refusals:
        raise InputError("\n".join(refusals))
    for finding in findings:
        notes.add(
            "unreadable_values",
            EVENT_LOG,
            "recorded_at",
            finding.unreadable,
            f"{source.label}: {finding.sentence}; they count as not given. {finding.remedy}",
            column_name="recorded_at",
            example=finding.examples[0],
        )
    return rows


def _make_event_log(connection: duckdb.DuckDBPyConnection, schema: str, source: Source, plan: Mapping) -> None:
    def text(role: str) -> str:
        column = _column(source, plan, role)
        return as_text(column) if column else "CAST(NULL AS VARCHAR)"

    parts = ", ".join(f"trim({as_text(source.find(name))})" for name in plan.columns["activity"])
    order = _column(source, plan, "order")
    systems = ", ".join(quote_text(name) for name in plan.system_resources)
    is_system = f"coalesce(trim(actor_id) IN ({systems}), false)" if systems else "false"
    with source.scan(connection) as relation:
        connection.execute(
            f"""
            CREATE TABLE {quote_name(schema)}.{EVENT_LOG} AS
            WITH events AS (
                SELECT
                    {text("case")} AS case_id,
                    {typed(order, "number") if order else "CAST(NULL AS DECIMAL(38, 10))"} AS place,
                    row_number() OVER () AS file_row,
                    coalesce(nullif(concat_ws('{_JOINED_BY}', {parts}), ''), '{NO_ACTIVITY}') AS activity,
                    {_time(source, plan, "time")} AS occurred_at,
                    {_time(source, plan, "recorded_time")} AS recorded_at,
                    {text("resource")} AS actor_id,
                    {text("team")} AS team_id,
                    {text("parent_team")} AS parent_team_id,
                    {text("category")} AS category,
                    {text("priority")} AS priority,
                    {text("requester")} AS requester_id,
                    {text("account")} AS account_id
                FROM {relation}
            )
            SELECT
                CAST({quote_text(plan.source_system)} AS VARCHAR) AS source_system,
                case_id,
                row_number() OVER (PARTITION BY case_id ORDER BY place, occurred_at, file_row) AS event_seq,
                activity,
                occurred_at,
                recorded_at,
                actor_id,
                team_id,
                parent_team_id,
                CAST({quote_text(plan.item_type)} AS VARCHAR) AS item_type,
                category,
                priority,
                requester_id,
                account_id,
                {is_system} AS actor_is_system,
                now() AT TIME ZONE 'UTC' AS _loaded_at
            FROM events
            """
        )


def _make_activities(connection: duckdb.DuckDBPyConnection, schema: str, plan: Mapping) -> int:
    rows = ", ".join(["(?, ?, ?, ?)"] * len(plan.meanings))
    values = chain.from_iterable(
        (value, m.event_type, m.status_category, m.waits_on) for value, m in plan.meanings.items()
    )
    connection.execute(
        f"""
        CREATE TABLE {quote_name(schema)}.{ACTIVITIES} AS
        SELECT
            said.source_system,
            said.activity,
            CAST(meant.event_type AS VARCHAR) AS event_type,
            CAST(meant.status_category AS VARCHAR) AS status_category,
            CAST(meant.waits_on AS VARCHAR) AS waits_on,
            meant.event_type IS NOT NULL AS is_known
        FROM (SELECT DISTINCT source_system, activity FROM {quote_name(schema)}.{EVENT_LOG}) AS said
        LEFT JOIN (VALUES {rows}) AS meant (activity, event_type, status_category, waits_on)
            ON said.activity = meant.activity
        ORDER BY said.activity
        """,
        list(values),
    )
    return connection.execute(f"SELECT count(*) FROM {quote_name(schema)}.{ACTIVITIES}").fetchall()[0][0]
