"""What a loaded event log leaves to say: things kept and counted, for the data health to show."""

import duckdb

from counterpoise.inputs.landing import ACTIVITIES, EVENT_LOG, Notes
from counterpoise.inputs.mapping import Mapping
from counterpoise.inputs.words import count, did_you_mean, quote_name, quote_text, show

_MOST_UNKNOWN_ACTIVITIES = 50


def note_event_log(connection: duckdb.DuckDBPyConnection, schema: str, label: str, plan: Mapping, notes: Notes) -> None:
    """Add the notes on the event log in `schema`; `label` is how people know the log."""
    log = f"{quote_name(schema)}.{EVENT_LOG}"
    activities = f"{quote_name(schema)}.{ACTIVITIES}"
    _note_activities(connection, log, plan, notes)
    _note_no_team(connection, log, label, notes)
    _note_repeated(connection, log, label, notes)
    _note_closed_unresolved(connection, log, activities, label, plan, notes)
    _note_unused_systems(connection, log, plan, notes)


def _note_activities(connection: duckdb.DuckDBPyConnection, log: str, plan: Mapping, notes: Notes) -> None:
    """Activities the mapping does not know, and activities of the mapping that never occur."""
    found = dict(connection.execute(f"SELECT activity, count(*) FROM {log} GROUP BY ALL ORDER BY ALL").fetchall())
    unused = [value for value in plan.meanings if value not in found]
    unknown = sorted((v for v in found if v not in plan.meanings), key=lambda value: (-found[value], value))
    for value in unknown[:_MOST_UNKNOWN_ACTIVITIES]:
        notes.add(
            "unknown_activity",
            EVENT_LOG,
            value,
            found[value],
            f"Activity {show(value)} ({count(found[value], 'event')}) has no meaning in {plan.label}:"
            f" its events are kept, but change no state. Say what it means.{did_you_mean(value, unused)}",
            column_name="activity",
            example=value,
        )
    rest = unknown[_MOST_UNKNOWN_ACTIVITIES:]
    if rest:
        events = sum(found[value] for value in rest)
        notes.add(
            "more_unknown_activities",
            EVENT_LOG,
            None,
            events,
            f"{count(len(rest), 'more activity', 'more activities')} ({count(events, 'event')}) without a"
            f" meaning in {plan.label}. If that is far too many, columns.activity names the wrong column.",
            column_name="activity",
        )
    for value in unused:
        notes.add(
            "unused_activity",
            EVENT_LOG,
            value,
            0,
            f"Activity {show(value)} of {plan.label} never occurs in the log; it may be a typing error."
            f"{did_you_mean(value, unknown)}",
            column_name="activity",
            example=value,
        )


def _note_no_team(connection: duckdb.DuckDBPyConnection, log: str, label: str, notes: Notes) -> None:
    ((events, no_team),) = connection.execute(
        f"SELECT count(*), count(*) FILTER (team_id IS NULL) FROM {log}"
    ).fetchall()
    if no_team:
        notes.add(
            "no_team",
            EVENT_LOG,
            None,
            no_team,
            f"{label}: {no_team:,} of {count(events, 'event')} have no team, so no team's figures hold them.",
            column_name="team_id",
        )


def _note_repeated(connection: duckdb.DuckDBPyConnection, log: str, label: str, notes: Notes) -> None:
    ((repeated,),) = connection.execute(
        f"SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM {log}"
        " GROUP BY case_id, occurred_at, activity, actor_id, team_id)"
    ).fetchall()
    if repeated:
        notes.add(
            "duplicate_events",
            EVENT_LOG,
            None,
            repeated,
            f"{label}: {count(repeated, 'event')} with the same case, time, activity, resource and team as"
            " another; such events count once.",
        )


def _note_closed_unresolved(
    connection: duckdb.DuckDBPyConnection, log: str, activities: str, label: str, plan: Mapping, notes: Notes
) -> None:
    if not plan.closing:
        return
    closing = ", ".join(quote_text(value) for value in plan.closing)
    ((unresolved,),) = connection.execute(
        f"SELECT count(*) FROM (SELECT case_id FROM {log} LEFT JOIN {activities} USING (activity)"
        " GROUP BY case_id"
        f" HAVING bool_or(activity IN ({closing})) AND NOT coalesce(bool_or(event_type = 'resolved'), false))"
    ).fetchall()
    if unresolved:
        notes.add(
            "closed_unresolved",
            EVENT_LOG,
            None,
            unresolved,
            f"{label}: {count(unresolved, 'case')} with a closing activity and no resolving one: closed"
            f" unresolved. If closing is how your tool says solved, put it under resolved in {plan.label}.",
            column_name="activity",
        )


def _note_unused_systems(connection: duckdb.DuckDBPyConnection, log: str, plan: Mapping, notes: Notes) -> None:
    """Names no entry by its value: it could be the id of a person."""
    rows = connection.execute(f"SELECT DISTINCT trim(actor_id) FROM {log} WHERE actor_is_system").fetchall()
    present = {name for (name,) in rows}
    unused = [place for place, name in enumerate(plan.system_resources, start=1) if name not in present]
    if unused:
        notes.add(
            "unused_system_resources",
            EVENT_LOG,
            None,
            0,
            f"system_resources in {plan.label}: entry {', '.join(map(str, unused))} never occurs in the log;"
            " it may be a typing error.",
            column_name="actor_id",
        )
