"""GitHub: the marts against a recount from the connector's own rows, and each odd case worked out by hand."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from connectors import github_fixture as fixture
from connectors import github_recount as recount
from connectors.github_fixture import AT
from connectors.harness import build, metric_weeks

pytestmark = pytest.mark.slow

METRICS = (
    "throughput", "first_response_hours", "resolution_hours", "end_to_end_hours", "reopen_rate", "review_wait_hours",
    "merged_pull_requests", "deployments",
)  # fmt: skip
COUNTS = ("throughput", "merged_pull_requests", "deployments")
TWO = {"counterpoise_github_schemas": {"github": "github", "two": "github_two"}}
MADE = ["+fct_work_item", "+fct_metric_week", "+stg_unknown_values", "+stg_source_gaps", "+stg_team_members"]


@pytest.fixture(scope="module")
def tables() -> fixture.Tables:
    return fixture.account()


@pytest.fixture(scope="module")
def built(tables: fixture.Tables, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Two organisations side by side, nothing mapped to teams."""
    warehouse = {"github": tables, "github_two": fixture.second_account()}
    with build(tmp_path_factory.mktemp("github"), warehouse, TWO, MADE) as connection:
        yield connection


@pytest.fixture(scope="module")
def sparse(tables: fixture.Tables, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Few tables, one of them without a column; a repository that went from one team to another, and one nobody mapped."""
    issues = [
        {name: value for name, value in row.items() if name != "state_reason"}
        for row in tables["issue"]
        if row["repository_id"] in (fixture.PAY, fixture.WEB)
    ]
    mapped = [
        {
            "source_system": "github",
            "owner_type": "repository",
            "owner_key": "acme/pay-api",
            "team_id": team,
            "valid_from": since,
            "valid_to": None,
        }
        for team, since in [("payments", "2020-01-01"), ("checkout", "2026-05-01")]
    ]
    warehouse = {"github": {"issue": issues, "repository": tables["repository"]}, "work_system": {"team_map": mapped}}
    with build(tmp_path_factory.mktemp("github_sparse"), warehouse, None, ["+stg_work_items", "+stg_work_item_events",
               "+stg_outcomes", "+stg_team_members", "+stg_work_item_links", "+stg_source_gaps"]) as connection:  # fmt: skip
        yield connection


@pytest.fixture(scope="module")
def counted(tables: fixture.Tables) -> dict[str, recount.Item]:
    both = recount.items(tables) + recount.items(fixture.second_account(), "github_two")
    return {item.key: item for item in both}


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    return connection.sql(query).to_arrow_table().to_pylist()


def item(connection: duckdb.DuckDBPyConnection, number: int | str) -> dict[str, Any]:
    (row,) = rows(connection, f"select * from counterpoise.fct_work_item where work_item_id = 'github:{number}'")
    return row


def events(connection: duckdb.DuckDBPyConnection, number: int | str) -> list[tuple[str, float]]:
    """Kinds of events of a special item, with hours since 3 March, 10:00."""
    found = rows(
        connection,
        f"select event_type, occurred_at from counterpoise_private.stg_work_item_events where work_item_id = 'github:{number}'",
    )
    return sorted(
        ((row["event_type"], recount.hours(row["occurred_at"] - AT)) for row in found),
        key=lambda pair: (pair[1], pair[0]),
    )


class TestRecount:
    def test_every_team_and_week(
        self, built: duckdb.DuckDBPyConnection, counted: dict[str, recount.Item], tables: fixture.Tables
    ) -> None:
        expected = {**recount.figures(list(counted.values())), **recount.deployments(tables)}
        shown = {
            (row["team_id"], row["week_start"], row["metric_id"]): row
            for row in rows(built, f"select * from {metric_weeks()} where metric_id in {METRICS}")
        }
        for key, (numerator, denominator) in expected.items():
            row = shown.pop(key)
            assert row["numerator"] == pytest.approx(numerator, abs=1e-4), key
            if key[2] not in COUNTS:
                assert row["denominator"] == pytest.approx(denominator, abs=1e-4), key
        assert len(expected) > 600
        assert not [
            key for key, row in shown.items() if row["numerator"] or (row["denominator"] and key[2] not in COUNTS)
        ]

    def test_every_item(self, built: duckdb.DuckDBPyConnection, counted: dict[str, recount.Item]) -> None:
        shown = {
            row["work_item_id"]: row
            for row in rows(built, "select * from counterpoise.fct_work_item where item_type <> 'change'")
        }
        assert shown.keys() == counted.keys()
        for key, each in counted.items():
            row = shown[key]
            expected = {
                "team_id": each.team,
                "first_response_at": min(each.responses, default=None),
                "first_resolved_at": each.resolved[0] if each.resolved else None,
                "last_resolved_at": each.resolved[-1] if each.resolved else None,
                "is_open": each.states[-1][1] != "done",
                "is_closed_unresolved": each.states[-1][1] == "done" and not each.resolved,
                "is_customer_work": each.is_customer_work,
                "reopenings": len(each.reopened),
            }
            assert {name: row[name] for name in expected} == expected, key
            if each.resolved:
                assert [row[name] for name in ("elapsed_hours", "working_hours", "end_to_end_hours")] == pytest.approx(
                    [each.elapsed, each.elapsed - each.paused, each.end_to_end]
                ), key


class TestPullRequests:
    def test_clock_of_a_draft_runs_from_ready(self, built: duckdb.DuckDBPyConnection) -> None:
        """30 h from opened to merged, 24 of them as a draft: 6 h. Asked while a draft = asked when ready."""
        row = item(built, 9001)
        assert (row["elapsed_hours"], row["paused_hours"], row["working_hours"]) == (30, 24, 6)
        assert events(built, 9001) == [
            ("created", 0), ("resumed", 24), ("review_requested", 24), ("first_response", 29), ("reviewed", 29),
            ("merged", 30), ("resolved", 30),
        ]  # fmt: skip

    def test_merged_by_its_author_without_a_review(self, built: duckdb.DuckDBPyConnection) -> None:
        assert events(built, 9002) == [("created", 0), ("merged", 1), ("resolved", 1)]
        (row,) = rows(
            built,
            "select actor_role from counterpoise_private.stg_work_item_events where work_item_id = 'github:9002' and event_type = 'merged'",
        )
        assert row == {"actor_role": "requester"}

    def test_review_of_what_a_force_push_took_away_is_an_answer_and_no_review(
        self, built: duckdb.DuckDBPyConnection
    ) -> None:
        assert events(built, 9003) == [("created", 0), ("commented", 2), ("merged", 3), ("resolved", 3)]
        assert item(built, 9003)["first_response_at"] == AT + timedelta(hours=2)

    def test_closed_and_opened_again_before_the_merge_is_no_reopening(self, built: duckdb.DuckDBPyConnection) -> None:
        """30 h elapsed, 10 h of them closed."""
        assert events(built, 9004) == [
            ("created", 0),
            ("closed", 10),
            ("reopened", 20),
            ("merged", 30),
            ("resolved", 30),
        ]
        row = item(built, 9004)
        assert (row["reopenings"], row["elapsed_hours"], row["working_hours"]) == (0, 30, 20)

    def test_machines_answer_nobody(self, built: duckdb.DuckDBPyConnection) -> None:
        row = item(built, 9016)
        assert row["first_response_at"] == AT + timedelta(hours=2)
        assert not row["is_customer_work"]

    def test_own_pending_and_late_reviews(self, built: duckdb.DuckDBPyConnection) -> None:
        assert events(built, 9017) == [
            ("created", 0), ("commented", 1), ("merged", 3), ("resolved", 3), ("first_response", 4), ("reviewed", 4),
        ]  # fmt: skip
        assert not item(built, 9017)["is_open"]

    def test_draft_of_an_account_that_is_gone(self, built: duckdb.DuckDBPyConnection) -> None:
        assert item(built, 9018)["is_open"]
        assert events(built, 9018) == [("created", 0)]

    def test_what_it_closes_is_its_parent(self, built: duckdb.DuckDBPyConnection) -> None:
        """Said with the repository's name and in brackets; a word that only ends like one closes nothing."""
        (row,) = rows(
            built, "select parent_item_id from counterpoise_private.stg_work_items where work_item_id = 'github:9015'"
        )
        assert row == {"parent_item_id": "github:9014"}


class TestIssues:
    def test_not_planned_is_not_done(self, built: duckdb.DuckDBPyConnection) -> None:
        assert item(built, 9011)["is_closed_unresolved"]
        assert events(built, 9012) == [("created", 0), ("resolved", 5), ("reopened", 8), ("closed", 9)]

    def test_duplicate(self, built: duckdb.DuckDBPyConnection) -> None:
        found = rows(
            built,
            "select to_item_id, link_type from counterpoise_private.stg_work_item_links where from_item_id = 'github:9013'",
        )
        assert found == [{"to_item_id": "github:9011", "link_type": "duplicates"}]

    def test_labels_say_the_state(self, built: duckdb.DuckDBPyConnection) -> None:
        """In progress at 2 h, waits 3–5 h for its author, blocked 6–8 h, closed at 12 h: 12 − 2 = 10 h."""
        assert events(built, 9014) == [
            ("created", 0), ("edited", 1), ("started", 2), ("paused", 3), ("commented", 4), ("resumed", 5), ("blocked", 6),
            ("unblocked", 8), ("resolved", 12),
        ]  # fmt: skip
        row = item(built, 9014)
        assert (row["paused_hours"], row["blocked_hours"], row["working_hours"], row["priority"]) == (2, 2, 10, "high")


class TestDeployments:
    def test_taken_back(self, built: duckdb.DuckDBPyConnection) -> None:
        """By number, by the commit (a revert of a revert), and by a commit without a pull request."""
        assert ("reverted", 21) in events(built, 9005)
        assert ("reverted", 41) in events(built, 9006)
        assert ("reverted", 52) in events(built, 9008)
        assert not [kind for kind, _ in events(built, 9007) if kind == "reverted"]
        found = rows(
            built,
            "select from_item_id, to_item_id from counterpoise_private.stg_work_item_links where link_type = 'follows_up' order by 1",
        )
        assert found == [
            {"from_item_id": "github:9006", "to_item_id": "github:9005"},
            {"from_item_id": "github:9007", "to_item_id": "github:9006"},
        ]

    def test_what_became_of_each(self, built: duckdb.DuckDBPyConnection) -> None:
        """Success after 9 minutes. 7003 ships 9008, taken back at 52 h, and is rolled back by 7004 at 60 h."""
        ten = 10 / 60
        assert [kind for kind, _ in events(built, "deployment:7001")] == ["created", "closed", "deployed", "reverted"]
        third = events(built, "deployment:7003")
        assert third[0] == ("created", pytest.approx(51 + ten))
        assert [kind for kind, _ in third] == ["created", "closed", "deployed", "reverted", "reverted"]
        assert third[-1] == ("reverted", pytest.approx(60 + 0.15))
        assert [kind for kind, _ in events(built, "deployment:7005")] == ["created", "closed"]
        assert not events(built, "deployment:7006")

    def test_share_that_failed(self, built: duckdb.DuckDBPyConnection) -> None:
        """Of the four that succeeded three failed: 7001 and 7002 by reverts, 7003 by a rollback; 7004 holds."""
        (row,) = rows(built, f"select sum(numerator) as failed, sum(denominator) as judged from {metric_weeks()} "
                      "where metric_id = 'change_failure_rate' and team_id = 'github:repository:16'")  # fmt: skip
        assert (row["failed"], row["judged"]) == (3, 4)

    def test_no_throughput(self, built: duckdb.DuckDBPyConnection) -> None:
        assert item(built, "deployment:7001")["is_closed_unresolved"]

    def test_incident_names_its_cause(self, built: duckdb.DuckDBPyConnection) -> None:
        (row,) = rows(
            built,
            "select work_item_id, occurred_at, recorded_at from counterpoise_private.stg_outcomes where outcome_type = 'incident'",
        )
        assert row["work_item_id"] == "github:9005"
        assert (row["occurred_at"], row["recorded_at"]) == (AT + timedelta(hours=6), AT + timedelta(hours=30))
        found = rows(
            built,
            "select to_item_id from counterpoise_private.stg_work_item_links where from_item_id = 'github:9010' order by 1",
        )
        assert [row["to_item_id"] for row in found] == ["github:9005", "github:deployment:7001"]


class TestAround:
    def test_two_organisations_with_the_same_ids(self, built: duckdb.DuckDBPyConnection) -> None:
        found = rows(
            built,
            "select team_id, elapsed_hours from counterpoise.fct_work_item where work_item_id like '%:9001' order by 1",
        )
        assert found == [
            {"team_id": "github:repository:16", "elapsed_hours": 30.0},
            {"team_id": "github_two:repository:16", "elapsed_hours": 4.0},
        ]

    def test_members_without_machines(self, built: duckdb.DuckDBPyConnection) -> None:
        """Two teams alone write to a repository; four and three people, the release robot is none."""
        found = rows(
            built,
            "select team_id, count(*) as people, sum(fte) as fte from counterpoise_private.stg_team_members group by 1 order by 1",
        )
        assert found == [
            {"team_id": "github:repository:11", "people": 4, "fte": 4.0},
            {"team_id": "github:repository:12", "people": 3, "fte": 3.0},
        ]

    def test_unknown_labels_are_listed(self, built: duckdb.DuckDBPyConnection) -> None:
        found = rows(built, "select field_name, raw_value from counterpoise_private.stg_unknown_values")
        assert found == [{"field_name": "label", "raw_value": fixture.LABELS[fixture.AREA]}]

    def test_what_is_absent_is_named(self, sparse: duckdb.DuckDBPyConnection) -> None:
        gaps = {row["table_name"]: row for row in rows(sparse, "select * from counterpoise_private.stg_source_gaps")}
        assert gaps["issue"]["missing_columns"] == "state_reason"
        assert gaps["pull_request_review"]["is_absent"]
        assert "repository" not in gaps

    def test_empty_account(self, tables: fixture.Tables, tmp_path_factory: pytest.TempPathFactory) -> None:
        """All tables there, no rows."""
        empty = {name: pa.Table.from_pylist(given).slice(0, 0) for name, given in tables.items()}
        with build(tmp_path_factory.mktemp("github_empty"), {"github": empty}, None, ["+stg_work_items", "+stg_work_item_events", "+stg_team_members",
                   "+stg_outcomes", "+stg_work_item_links", "+stg_unknown_values"]) as connection:  # fmt: skip
            for table in (
                "stg_work_items",
                "stg_work_item_events",
                "stg_outcomes",
                "stg_work_item_links",
                "stg_team_members",
                "stg_unknown_values",
            ):
                assert not rows(connection, f"select * from counterpoise_private.{table}")

    def test_few_tables(self, sparse: duckdb.DuckDBPyConnection, tables: fixture.Tables) -> None:
        """Without a history the item's own closing stands, and nothing is known to be merged, reviewed or deployed."""
        kinds = {
            row["event_type"]
            for row in rows(sparse, "select distinct event_type from counterpoise_private.stg_work_item_events")
        }
        assert kinds == {"created", "closed", "resolved"}
        for table in ("stg_outcomes", "stg_team_members", "stg_work_item_links"):
            assert not rows(sparse, f"select * from counterpoise_private.{table}")

    def test_the_past_keeps_its_team(self, sparse: duckdb.DuckDBPyConnection, tables: fixture.Tables) -> None:
        (row,) = rows(sparse, "select count(*) filter (team_id = 'payments' and occurred_at < '2026-05-01') as before, "
                      "count(*) filter (team_id = 'checkout' and occurred_at >= '2026-05-01') as since, count(team_id) as held, "
                      "count(*) filter (event_type = 'created' and team_id is null) as unowned "
                      "from counterpoise_private.stg_work_item_events")  # fmt: skip
        assert row["before"] and row["since"]
        assert row["before"] + row["since"] == row["held"]
        assert row["unowned"] == len([each for each in tables["issue"] if each["repository_id"] == fixture.WEB])


class TestAgreement:
    def test_opened_to_merged_is_elapsed(self, built: duckdb.DuckDBPyConnection, tables: fixture.Tables) -> None:
        """Cycle time from opened to merged, for every merged pull request."""
        opened = {row["id"]: row["created_at"] for row in tables["issue"]}
        merged = {row["issue_id"]: row["merged_at"] for row in tables["issue_merged"]}
        shown = {
            row["work_item_id"]: row["elapsed_hours"]
            for row in rows(built, "select work_item_id, elapsed_hours from counterpoise.fct_work_item")
        }
        assert len(merged) > 250
        for number, at in merged.items():
            assert shown[f"github:{number}"] == pytest.approx(recount.hours(at - opened[number])), number

    def test_lead_time_for_changes(self, built: duckdb.DuckDBPyConnection) -> None:
        """Merged 2 h after it was opened, in production 1 h 9 min later."""
        (row,) = rows(
            built,
            "select merged_at, shipped_at, deployment_id from counterpoise_private.stg_github__shipped where issue_id = '9005'",
        )
        assert row["deployment_id"] == "7001"
        assert row["shipped_at"] - row["merged_at"] == timedelta(hours=1, minutes=9)
