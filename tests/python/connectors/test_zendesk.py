"""Zendesk: the marts against a recount from the connector's own rows, and each odd case worked out by hand."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors import zendesk_fixture as fixture
from connectors import zendesk_recount as recount
from connectors.harness import build

pytestmark = pytest.mark.slow

METRICS = (
    "throughput", "first_response_hours", "resolution_hours", "end_to_end_hours", "reopen_rate", "handoffs_per_item",
    "paused_share", "escalation_rate", "csat",
)  # fmt: skip
LAB = frozenset({fixture.CUSTOM_LAB})
VALUE_MAP = [
    {"source_system": "zendesk", "field_name": "status", "raw_value": "Waiting for the LAB", "mapped_value": "blocked"}
]
TWO = {"counterpoise_zendesk_schemas": {"zendesk": "zendesk", "two": "zendesk_two"}}
AT = datetime(2026, 3, 3, 10)


@pytest.fixture(scope="module")
def tables() -> fixture.Tables:
    return fixture.account()


@pytest.fixture(scope="module")
def built(tables: fixture.Tables, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Two accounts side by side, nothing mapped to teams."""
    warehouse = {"zendesk": tables, "zendesk_two": fixture.second_account(), "work_system": {"value_map": VALUE_MAP}}
    with build(tmp_path_factory.mktemp("zendesk"), warehouse, TWO, ["+fct_work_item", "+fct_metric_week", "+stg_unknown_values",
               "+stg_source_gaps", "+stg_business_calendars", "+stg_holidays", "+stg_team_members"]) as connection:  # fmt: skip
        yield connection


@pytest.fixture(scope="module")
def counted(tables: fixture.Tables) -> dict[str, recount.Item]:
    both = recount.items(tables, "zendesk", LAB) + recount.items(fixture.second_account(), "zendesk_two")
    return {item.key: item for item in both}


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    return connection.execute(query).to_arrow_table().to_pylist()


def item(connection: duckdb.DuckDBPyConnection, number: int) -> dict[str, Any]:
    (row,) = rows(connection, f"select * from counterpoise.fct_work_item where work_item_id = 'zendesk:{number}'")
    return row


def events(connection: duckdb.DuckDBPyConnection, number: int) -> list[tuple[str, float]]:
    """Kinds of events of a special ticket, with hours since it was created."""
    found = rows(
        connection,
        f"select event_type, occurred_at from counterpoise_private.stg_work_item_events where work_item_id = 'zendesk:{number}'",
    )
    start = min(row["occurred_at"] for row in found)
    return sorted(((row["event_type"], recount.hours(row["occurred_at"] - start)) for row in found), key=lambda pair: pair[1])


def outcomes(connection: duckdb.DuckDBPyConnection, number: int) -> dict[str, dict[str, Any]]:
    found = rows(connection, f"select * from counterpoise_private.stg_outcomes where work_item_id = 'zendesk:{number}'")
    return {row["outcome_type"]: row for row in found}


class TestRecount:
    def test_every_team_and_week(self, built: duckdb.DuckDBPyConnection, counted: dict[str, recount.Item]) -> None:
        expected = recount.figures(list(counted.values()))
        first_pause = min(recount.week(since) for each in counted.values() for since, state in each.states if state in ("requester", "other"))
        first_raise = min(recount.week(each.raised) for each in counted.values() if each.raised)
        since = {"paused_share": first_pause, "escalation_rate": first_raise}
        shown = {
            (row["team_id"], row["week_start"], row["metric_id"]): row
            for row in rows(built, f"select * from counterpoise.fct_metric_week where metric_id in {METRICS}")
        }
        compared = 0
        for (team, week, metric), (numerator, denominator) in expected.items():
            if week < since.get(metric, week) or (team.startswith("zendesk_two") and metric in since):
                continue
            row = shown.pop((team, week, metric))
            assert row["numerator"] == pytest.approx(numerator, abs=1e-4), (team, week, metric)
            if metric != "throughput":
                assert row["denominator"] == pytest.approx(denominator, abs=1e-4), (team, week, metric)
            compared += 1
        assert compared > 1_000
        left = [key for key, row in shown.items() if (row["numerator"] or (row["denominator"] and key[2] != "throughput")) and not key[0].startswith("zendesk_two")]
        assert not left

    def test_every_ticket(self, built: duckdb.DuckDBPyConnection, counted: dict[str, recount.Item]) -> None:
        shown = {row["work_item_id"]: row for row in rows(built, "select * from counterpoise.fct_work_item")}
        assert shown.keys() == counted.keys()
        for key, each in counted.items():
            row = shown[key]
            solved = each.solved[0] if each.solved else None
            expected = {
                "team_id": each.group(solved) if solved else each.group(datetime.max),
                "first_response_at": each.replies[0] if each.replies else None,
                "first_resolved_at": solved,
                "last_resolved_at": each.solved[-1] if each.solved else None,
                "is_open": each.states[-1][1] != "done",
                "is_closed_unresolved": each.states[-1][1] == "done" and not each.solved,
                "is_customer_work": each.is_customer_work,
                "reopenings": len(each.reopened),
                "handoffs": len(each.handoffs),
                "pause_events": each.pauses,
                "requester_pause_events": each.requester_pauses,
                "public_replies": len([at for at in each.replies if solved is None or at <= solved]),
                "priority": each.raw["priority"],
                "category": fixture.FORMS[each.raw["ticket_form_id"]] if key.startswith("zendesk:") else each.raw["type"],
            }
            assert {name: row[name] for name in expected} == expected, key
            if solved:
                worked = each.elapsed - each.paused
                assert [row[name] for name in ("elapsed_hours", "paused_hours", "working_hours", "end_to_end_hours")] == pytest.approx(
                    [each.elapsed, each.paused, worked, each.end_to_end]
                ), key

    def test_first_responses_in_time(self, built: duckdb.DuckDBPyConnection, counted: dict[str, recount.Item]) -> None:
        """8 hours × 4 for low to × 1 for urgent, half of it from 6 April; the deadline's week and team."""
        expected: dict[tuple[str, date], list[int]] = {}
        for each in counted.values():
            if not (each.key.startswith("zendesk:") and each.raw["priority"] and each.is_customer_work and each.groups):
                continue
            target = (4 if each.created >= datetime(2026, 4, 6) else 8) * recount.RANKS[each.raw["priority"]]
            due = each.created + timedelta(hours=target)
            kept = each.replies[0] if each.replies else None
            first = min(due, kept or due)
            team = each.group(first) or each.groups[0][1]
            if not each.groups[0][0] <= first or (each.state(first) == "done" and not [at for at in each.solved if at <= first]):
                continue
            sums = expected.setdefault((team, recount.week(due)), [0, 0])
            sums[0] += kept is not None and kept <= due
            sums[1] += 1
        shown = {
            (row["team_id"], row["week_start"]): [row["numerator"], row["denominator"]]
            for row in rows(built, "select * from counterpoise.fct_metric_week where metric_id = 'first_response_within_target'")
            if row["denominator"]
        }
        assert shown == {key: sums for key, sums in expected.items() if key[1] < fixture.END.date() and sums[1]}

    def test_two_accounts_with_the_same_numbers_stay_apart(self, built: duckdb.DuckDBPyConnection) -> None:
        systems = dict(built.execute("select source_system, count(*) from counterpoise.fct_work_item group by all").fetchall())
        assert systems == {"zendesk": systems["zendesk"], "zendesk_two": 39}
        (people,) = built.execute(
            "select count(*) from counterpoise_private.stg_work_items as a inner join counterpoise_private.stg_work_items as b "
            "on a.requester_id = b.requester_id and a.source_system < b.source_system"
        ).fetchone()
        assert people == 0
        teams = {row["team_id"]: row["team_name"] for row in rows(built, "select * from counterpoise.dim_team" if False else "select * from counterpoise_private.stg_teams")}
        assert teams["zendesk:group:21"] == teams["zendesk_two:group:21"] == "First line"
        assert teams["zendesk:group:24"] == "O'Brien's desk"
