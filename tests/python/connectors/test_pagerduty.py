"""An adapter that another company wrote from docs/connectors/new-adapter.md: its figures, counted again from the raw rows."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors import pagerduty_fixture as fixture
from connectors.harness import installing_project, metric_weeks, write
from counterpoise.warehouse.dbt import DbtProject

# of their tools only this one
_OTHERS_OFF = {f"counterpoise_{tool}_enabled": False for tool in ("jira", "zendesk", "github", "servicenow")}
pytestmark = pytest.mark.slow

_MARTS = ["+fct_metric_week", "+fct_work_item", "+fct_data_health"]
_WITHOUT_TESTS = ["build", "--exclude-resource-types", "unit_test", "test", "--select"]

_MODELS = ("owners", "unknown_values", "work_items", "work_item_events")

TeamWeek = tuple[str, date]


@pytest.fixture(scope="module")
def riverside(tmp_path_factory: pytest.TempPathFactory) -> DbtProject:
    """The project of the other company, with counterpoise installed into it."""
    folder = tmp_path_factory.mktemp("riverside")
    return DbtProject(
        installing_project(folder),
        folder / ".build",
        variables=_OTHERS_OFF,
        environment={"COUNTERPOISE_BUILD_FILE": str(folder / "work.duckdb")},
    )


@pytest.fixture(scope="module")
def tables() -> dict[str, fixture.Rows]:
    return fixture.account()


@pytest.fixture(scope="module")
def without_data(riverside: DbtProject) -> dict[str, int]:
    """Rows of their models where the warehouse has no table of PagerDuty's."""
    riverside.invoke([*_WITHOUT_TESTS, "+stg_work_item_events", "+stg_source_gaps", "path:models/staging/pagerduty"])
    counted = {}
    with duckdb.connect(riverside.environment["COUNTERPOISE_BUILD_FILE"], read_only=True) as connection:
        for model in (*_MODELS, "log_entries"):
            [[rows]] = connection.execute(f"select count(*) from analytics_core.stg_pagerduty__{model}").fetchall()
            counted[model] = rows
        [[counted["gaps"]]] = connection.execute(
            "select count(*) from analytics_counterpoise_private.stg_source_gaps"
        ).fetchall()
    return counted


@pytest.fixture(scope="module")
def built(
    without_data: dict[str, int], riverside: DbtProject, tables: dict[str, fixture.Rows]
) -> Iterator[duckdb.DuckDBPyConnection]:
    file = Path(riverside.environment["COUNTERPOISE_BUILD_FILE"])
    write(file, {"pagerduty": tables})
    riverside.invoke([*_WITHOUT_TESTS, *_MARTS, "path:models/staging/pagerduty"])
    riverside.invoke(["test", "--select", "package:riverside", "--indirect-selection", "cautious"])
    connection = duckdb.connect(str(file), read_only=True)
    yield connection
    connection.close()


def _monday(moment: datetime) -> date:
    return moment.date() - timedelta(days=moment.weekday())


class Recount:
    """Incidents and their timelines, straight from the connector's rows."""

    def __init__(self, tables: dict[str, fixture.Rows]) -> None:
        self.incidents = {row["id"]: row for row in tables["incident"] if not row["_fivetran_deleted"]}
        self.robots = {row["id"] for row in tables["user"] if "robot" in row["name"].lower()}
        self.teams = {row["log_entry_id"]: row["team_id"] for row in tables["log_entry_team"]}
        self.teams_now = {row["incident_id"]: row["team_id"] for row in tables["incident_team"]}
        self.timelines: dict[str, fixture.Rows] = {key: [] for key in self.incidents}
        for row in sorted(tables["log_entry"], key=lambda row: (row["created_at"], row["id"])):
            if row["incident_id"] in self.timelines:
                self.timelines[row["incident_id"]].append(row)

    def owner(self, row: dict[str, Any]) -> str:
        """Who held the incident at an entry of its timeline."""
        return self._named(self.teams.get(row["id"]), row["service_id"])

    @staticmethod
    def _named(team: str | None, service: str) -> str:
        return f"pagerduty:team:{team}" if team else f"pagerduty:service:{service}"

    def by_person(self, row: dict[str, Any]) -> bool:
        return row["agent_type"] == "user_reference" and row["agent_id"] not in self.robots

    def resolutions(self) -> Iterator[tuple[str, datetime, float]]:
        """Owner, time and hours of each first resolution; merged incidents have none."""
        for key, incident in self.incidents.items():
            if incident["resolve_reason_type"] == "merge_resolve_reason":
                continue
            if not self.timelines[key]:
                if incident["resolved_at"]:
                    hours = (incident["resolved_at"] - incident["created_at"]).total_seconds() / 3600
                    yield self._named(self.teams_now.get(key), incident["service_id"]), incident["resolved_at"], hours
                continue
            snoozed_since, snoozed = None, timedelta(0)
            for row in self.timelines[key]:
                if row["type"] == "snooze_log_entry":
                    snoozed_since = row["created_at"]
                elif row["type"] == "unacknowledge_log_entry" and snoozed_since:
                    snoozed += row["created_at"] - snoozed_since
                    snoozed_since = None
                elif row["type"] == "resolve_log_entry":
                    took = row["created_at"] - incident["created_at"] - snoozed
                    yield self.owner(row), row["created_at"], took.total_seconds() / 3600
                    break

    def answers(self) -> Iterator[tuple[str, datetime, float]]:
        """Owner, time and hours of each first acknowledgement by a person."""
        for key, incident in self.incidents.items():
            for row in self.timelines[key]:
                if row["type"] == "acknowledge_log_entry" and self.by_person(row):
                    hours = (row["created_at"] - incident["created_at"]).total_seconds() / 3600
                    yield self.owner(row), row["created_at"], hours
                    break

    def handoffs(self) -> int:
        """Changes of owner: delegations, and incidents that were triggered again at another team."""
        moved = 0
        for rows in self.timelines.values():
            moved += sum(self.owner(before) != self.owner(row) for before, row in zip(rows, rows[1:], strict=False))
        return moved

    def all_resolutions(self) -> dict[TeamWeek, int]:
        """Every resolution counts, of a reopened incident also the second; merged ones have none."""
        counted: dict[TeamWeek, int] = defaultdict(int)
        for owner, moment, _ in self.resolutions():
            counted[owner, _monday(moment)] += 1
        for key, rows in self.timelines.items():
            if self.incidents[key]["resolve_reason_type"] is None:
                for row in [row for row in rows if row["type"] == "resolve_log_entry"][1:]:
                    counted[self.owner(row), _monday(row["created_at"])] += 1
        return counted


def _by_week(told: Iterator[tuple[str, datetime, float]]) -> dict[TeamWeek, tuple[float, int]]:
    sums: dict[TeamWeek, list[float]] = defaultdict(list)
    for owner, moment, hours in told:
        sums[owner, _monday(moment)].append(hours)
    return {key: (sum(hours), len(hours)) for key, hours in sums.items()}


def _metric(connection: duckdb.DuckDBPyConnection, metric: str) -> dict[TeamWeek, tuple[float, int]]:
    rows = connection.execute(
        f"select team_id, week_start, numerator, denominator from {metric_weeks('analytics_counterpoise')}"
        " where metric_id = ? and n > 0 and is_complete",
        [metric],
    ).fetchall()
    return {(team, week): (float(numerator), round(denominator)) for team, week, numerator, denominator in rows}


def _last_complete_week(connection: duckdb.DuckDBPyConnection) -> date:
    [[week]] = connection.execute(
        "select max(week_start) from analytics_counterpoise.fct_metric_week where is_complete"
    ).fetchall()
    return week


def _complete(counted: dict[TeamWeek, Any], connection: duckdb.DuckDBPyConnection) -> dict[TeamWeek, Any]:
    last = _last_complete_week(connection)
    return {key: value for key, value in counted.items() if key[1] <= last}


def test_throughput_is_the_number_of_resolutions(built, tables) -> None:
    expected = _complete(Recount(tables).all_resolutions(), built)
    found = {key: round(done) for key, (done, _) in _metric(built, "throughput").items() if done}
    assert found == expected
    assert sum(expected.values()) > 140
    assert {team for team, _ in expected} == {
        "pagerduty:team:" + fixture.PLATFORM,
        "pagerduty:team:" + fixture.PAYMENTS,
        "pagerduty:team:" + fixture.DATABASE,
        "pagerduty:service:PSVC003",
    }


def test_hours_to_resolve_leave_out_what_was_snoozed(built, tables) -> None:
    expected = _complete(_by_week(Recount(tables).resolutions()), built)
    found = _metric(built, "resolution_hours")
    assert found.keys() == expected.keys()
    for key, (hours, n) in expected.items():
        assert found[key] == (pytest.approx(hours, abs=1e-4), n), key


def test_first_answer_is_the_first_acknowledgement_by_a_person(built, tables) -> None:
    expected = _complete(_by_week(Recount(tables).answers()), built)
    found = _metric(built, "first_response_hours")
    assert found.keys() == expected.keys()
    for key, (hours, n) in expected.items():
        assert found[key] == (pytest.approx(hours, abs=1e-4), n), key


def test_handoffs_reopenings_merges_and_what_is_gone(built, tables) -> None:
    recount = Recount(tables)
    incidents, handoffs, reopenings, merged, customers = built.execute(
        "select count(*), sum(handoffs), sum(reopenings), count_if(is_closed_unresolved),"
        " count_if(is_customer_work) from analytics_counterpoise.fct_work_item"
    ).fetchone()
    assert incidents == len(recount.incidents)
    assert handoffs == recount.handoffs() > 20
    reopened = 0
    for rows in recount.timelines.values():
        ends = [index for index, row in enumerate(rows) if row["type"] == "resolve_log_entry"]
        reopened += bool(ends) and any(row["type"] == "trigger_log_entry" for row in rows[ends[0] :])
    assert reopenings == reopened > 5
    assert merged == sum(row["resolve_reason_type"] is not None for row in recount.incidents.values()) > 5
    assert customers == incidents


def test_a_kind_of_entry_nobody_knows_is_listed(built, tables) -> None:
    known = sum(row["type"] == fixture.UNKNOWN for row in tables["log_entry"])
    assert known >= 3
    assert built.execute(
        "select source_system, field_name, raw_value, row_count from analytics_core.stg_pagerduty__unknown_values"
    ).fetchall() == [("pagerduty", "log_entry", fixture.UNKNOWN, known)]
    sentences = built.execute("select sentence from analytics_counterpoise.fct_data_health").fetchall()
    assert any(fixture.UNKNOWN in sentence for (sentence,) in sentences), sentences


def test_odd_names_arrive_as_they_are(built) -> None:
    names = dict(built.execute("select team_id, team_name from analytics_counterpoise_private.stg_teams").fetchall())
    assert names["pagerduty:team:" + fixture.DATABASE] == "Database\nnight watch"
    assert names["pagerduty:service:PSVC003"] == fixture.SERVICES["PSVC003"][0]
    assert "pagerduty:service:PSVC001" not in names


def test_absent_tables_are_no_rows_and_gaps_with_a_name(without_data) -> None:
    assert {model: without_data[model] for model in (*_MODELS, "log_entries")} == dict.fromkeys(
        (*_MODELS, "log_entries"), 0
    )
    assert without_data["gaps"] >= len(fixture.account())
