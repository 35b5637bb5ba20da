"""ServiceNow: the marts equal a plain recount of the connector's rows; the special cases, worked by hand; what is not there; what agrees with the tool's own figures and what differs on purpose."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.harness import build
from connectors.servicenow_fixture import GROUPS, Instance, Row, Tables, furnish, generate
from connectors.servicenow_recount import Recount

FIRST, LAST = date(1, 1, 1), date(9999, 12, 31)
TIMEZONES = {"front": "America/New_York", "infra": "Europe/Lisbon", "workplace": "Asia/Kathmandu"}
# field services moved from the front office to the workplace team; the vendor's group is nobody's, but for what is about mail
TEAM_MAP = [
    ("assignment_group", GROUPS["desk"], "front", FIRST, LAST),
    ("assignment_group", GROUPS["network"], "infra", FIRST, LAST),
    ("assignment_group", GROUPS["database"], "infra", FIRST, LAST),
    ("assignment_group", GROUPS["field"], "front", FIRST, date(2026, 4, 30)),
    ("assignment_group", GROUPS["field"], "workplace", date(2026, 5, 1), LAST),
    ("assignment_group", GROUPS["apps"], "apps", FIRST, LAST),
    ("service", "Mail & calendar", "apps", FIRST, LAST),
]
MAPS: Tables = {
    "teams": [{"team_id": team, "team_name": team, "timezone": TIMEZONES.get(team)} for team in ("front", "infra", "workplace", "apps")],
    "team_map": [
        {"source_system": "servicenow", "owner_type": kind, "owner_key": name, "team_id": team, "valid_from": None if first == FIRST else first, "valid_to": None if last == LAST else last}
        for kind, name, team, first, last in TEAM_MAP
    ],
    "value_map": [
        {"source_system": "servicenow", "field_name": "status", "raw_value": "Awaiting Parts", "mapped_value": "waiting"},
        {"source_system": None, "field_name": "waits_on", "raw_value": "incident:awaiting parts", "mapped_value": "vendor"},
    ],
}
MARTS = ("+fct_metric_week", "+fct_work_item", "+fct_data_health")


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    result = connection.execute(query)
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


@pytest.fixture(scope="module")
def tables() -> Tables:
    return generate()


@pytest.fixture(scope="module")
def recount(tables: Tables) -> Recount:
    names = {row["sys_id"]: row["name"] for table in ("sys_user_group", "cmdb_ci_service") for row in tables[table]}
    return Recount(tables, TEAM_MAP, names, TIMEZONES)


@pytest.fixture(scope="module")
def large(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with build(tmp_path_factory.mktemp("large"), {"servicenow": tables, "work_system": MAPS}, select=MARTS) as connection:
        yield connection


def test_items_equal_a_recount(large: duckdb.DuckDBPyConnection, recount: Recount) -> None:
    found = {row["work_item_id"]: row for row in rows(large, "from counterpoise.fct_work_item")}
    assert sorted(found) == sorted(item.key for item in recount.items)
    assert len(found) > 450
    for item in recount.items:
        row = found[item.key]
        told = {
            "item_type": item.kind, "created_at": item.created, "first_response_at": item.first_response, "first_resolved_at": item.first_resolved, "is_customer_work": item.customer,
            "is_open": bool(item.numbers["is_open"]), "is_closed_unresolved": bool(item.numbers["is_closed_unresolved"]), "handoffs": item.numbers["handoffs"], "reopenings": item.numbers["reopenings"],
            "pause_events": item.numbers["pause_events"], "requester_pause_events": item.numbers["requester_pause_events"],
        }  # fmt: skip
        assert {name: row[name] for name in told} == told, item.key
        if item.first_resolved:
            assert row["team_id"] == item.resolver
            assert [row["elapsed_hours"], row["working_hours"], row["end_to_end_hours"]] == pytest.approx([item.elapsed, item.working, item.end_to_end], abs=2e-6)
            assert row["paused_hours"] == pytest.approx(item.numbers["paused_hours"], abs=2e-6)


def test_weeks_equal_a_recount(large: duckdb.DuckDBPyConnection, recount: Recount) -> None:
    metrics = ["throughput", "first_response_hours", "resolution_hours", "end_to_end_hours", "reopen_rate", "handoffs_per_item", "deployments", "csat"]
    last = large.execute("select max(week_start) filter (where is_complete) from counterpoise.fct_metric_week").fetchall()[0][0]
    expected = {key: sums for key, sums in recount.weekly().items() if key[2] <= last}
    found = {
        (row["metric_id"], row["team_id"], row["week_start"]): [row["numerator"], row["denominator"]]
        for row in rows(large, f"from counterpoise.fct_metric_week where week_start <= date '{last}' and metric_id in {tuple(metrics)} and (numerator <> 0 or denominator <> 0)")
    }
    for metric in metrics:
        mine = {key: sums for key, sums in expected.items() if key[0] == metric}
        theirs = {key: sums for key, sums in found.items() if key[0] == metric}
        counted = metric in ("throughput", "deployments")  # their denominator is the weeks told of, not a count of items
        assert len(mine) > 15
        assert {key for key, sums in theirs.items() if not counted or sums[0]} == set(mine)
        for key, sums in mine.items():
            assert theirs[key][0] == pytest.approx(sums[0], abs=1e-4), key
            assert counted or theirs[key][1] == sums[1], key


def test_the_past_keeps_its_team(large: duckdb.DuckDBPyConnection) -> None:
    """What field services did up to April counts for the front office, from May on for the workplace team; items are the newest team's."""
    group = Instance().id("group", "field")
    seen = rows(
        large,
        f"""select events.team_id, min(events.occurred_at) as first_at, max(events.occurred_at) as last_at
        from counterpoise_private.stg_work_item_events as events
        inner join counterpoise_private.stg_servicenow__work_item_events as raw using (event_id)
        where raw.owner_first = 'servicenow:assignment_group:{group}' group by all order by 1""",
    )
    assert [row["team_id"] for row in seen] == ["front", "workplace"]
    assert seen[0]["last_at"] < datetime(2026, 5, 1) <= seen[1]["first_at"]
    assert {row["team_id"] for row in rows(large, f"select distinct items.team_id from counterpoise_private.stg_work_items as items inner join counterpoise_private.stg_servicenow__work_items as raw using (work_item_id) where raw.owner_first = 'servicenow:assignment_group:{group}'")} == {"workplace"}  # noqa: E501
    # from the network to the databases is within one team
    assert not rows(large, "from counterpoise_private.stg_work_item_events where event_type = 'handed_off' and from_value = to_value")


def test_what_nothing_gives_a_meaning_is_listed_and_kept(large: duckdb.DuckDBPyConnection, tables: Tables) -> None:
    halves = sum(row["fieldname"] == "state" and row["newvalue"] == "99" for row in tables["sys_audit"])
    gone = {row["sys_id"] for row in tables["task"] if row["_fivetran_deleted"]}
    halves -= sum(row["fieldname"] == "state" and row["newvalue"] == "99" and row["documentkey"] in gone for row in tables["sys_audit"])
    halves += sum(row["state"] == "99" and row["sys_id"] not in gone for row in tables["task"])
    unknown = {(row["field_name"], row["raw_value"]): row["row_count"] for row in rows(large, "from counterpoise_private.stg_unknown_values")}
    assert unknown == {("status", "incident:Halb offen"): halves, ("item_type", "x_acme_checklist"): 1}
    assert large.execute("select count(*) from counterpoise_private.stg_work_items where item_type = 'other'").fetchall() == [(1,)]


def test_no_id_of_a_person_leaves(large: duckdb.DuckDBPyConnection, tables: Tables) -> None:
    ids = {row["sys_id"] for row in tables["sys_user"]} | {row["user_name"] for row in tables["sys_user"] if row["user_name"] != "system"}
    for schema, name in large.execute("select table_schema, table_name from information_schema.tables where table_schema like 'counterpoise%' and table_name <> 'servicenow_values'").fetchall():
        for column, kind in large.execute(f"select column_name, column_type from (describe {schema}.{name})").fetchall():
            if kind == "VARCHAR":
                found = {row[0] for row in large.execute(f'select distinct "{column}" from {schema}.{name}').fetchall()}
                assert not found & ids, f"{schema}.{name}.{column}"
