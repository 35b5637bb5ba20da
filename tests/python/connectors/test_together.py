"""All tools and an event log in one warehouse: ids apart, one team dimension, each as if it were alone; and the rules of the
house (naming, layering, fan-out, documents, tests, contracts) on dbt's artifacts of it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT
from connectors.everything import tables
from connectors.harness import build, project, switched_on

pytestmark = pytest.mark.slow

_STAGED = ("work_items", "work_item_events", "work_item_links", "outcomes", "time_entries", "targets", "team_members")
_NAMED_BY = {
    "work_items": "work_item_id", "work_item_events": "work_item_id", "work_item_links": "from_item_id",
    "outcomes": "outcome_id", "time_entries": "time_entry_id", "targets": "target_id",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all of it is built, tested and catalogued."""
    folder, given = tmp_path_factory.mktemp("together"), tables()
    build(folder, given, tested=True).close()
    project(folder, switched_on(given)).invoke(["docs", "generate"])
    return folder


@pytest.fixture(scope="module")
def together(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(folder / "work.duckdb"), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def artifacts(folder: Path) -> Path:
    """Folder of manifest and catalog of all models."""
    return folder / ".build" / "target"


def test_every_tool_has_items_and_no_id_is_anybody_elses(together: duckdb.DuckDBPyConnection) -> None:
    found = together.execute(
        "select source_system, count(*), count(distinct work_item_id), bool_and(starts_with(work_item_id, source_system || ':')) "
        "from counterpoise_private.stg_work_items group by 1 order by 1"
    ).fetchall()
    assert [row[0] for row in found] == ["github", "helpline", "jira", "servicenow", "zendesk"]
    assert all(rows == ids and rows >= 40 and prefixed for _, rows, ids, prefixed in found), found
    people = together.execute(
        "select count(*) from (select actor_id from counterpoise_private.stg_work_item_events where actor_id is not null "
        "group by 1 having count(distinct split_part(work_item_id, ':', 1)) > 1)"
    ).fetchone()
    assert people == (0,), "accounts of two tools are two people"


def test_there_is_one_team_dimension(together: duckdb.DuckDBPyConnection) -> None:
    teams = {row[0] for row in together.execute("select team_id from counterpoise.dim_team").fetchall()}
    working = {
        row[0] for row in together.execute("select distinct team_id from counterpoise.fct_metric_week").fetchall()
    }
    assert working <= teams and {"payments", "Help line"} <= working
    both = together.execute(
        "select count(distinct source_system) from counterpoise.fct_work_item where team_id = 'payments'"
    ).fetchone()
    assert both == (3,), "one team works in three tools"


def test_what_nobody_owns_is_a_number_in_the_data_health(together: duckdb.DuckDBPyConnection) -> None:
    (unowned,) = together.execute(
        "select count(*) from counterpoise_private.stg_work_items where team_id is null"
    ).fetchone()
    told = together.execute(
        "select row_count from counterpoise.fct_data_health where note_id = 'no_team_of_owner'"
    ).fetchall()
    assert unowned > 0 and sum(row[0] for row in told) == unowned


def test_no_name_login_or_address_of_a_person_is_in_any_relation(together: duckdb.DuckDBPyConnection) -> None:
    told = {"jira": ("user", "name", "username", "email"), "zendesk": ("user", "name", "email"),
            "github": ("user", "login", "name"), "servicenow": ("sys_user", "user_name", "name", "email")}  # fmt: skip
    people: set[str] = set()
    for schema, (table, *columns) in told.items():
        there = {row[0] for row in together.execute(f'describe {schema}."{table}"').fetchall()}
        for column in there.intersection(columns):
            found = together.execute(f'select distinct cast("{column}" as varchar) from {schema}."{table}"').fetchall()
            people |= {value for (value,) in found if value and len(value) > 3 and not value.isdigit()}
    people.discard("admin")  # a login, and GitHub's word for a right
    assert len(people) > 100
    for schema, table, column in together.execute(
        "select table_schema, table_name, column_name from information_schema.columns "
        "where starts_with(table_schema, 'counterpoise') and data_type = 'VARCHAR'"
    ).fetchall():
        values = together.execute(f'select distinct "{column}" from {schema}."{table}" where "{column}" is not null')
        shown = [value for (value,) in values.fetchall() if value in people or "@example" in value]
        assert not shown, (schema, table, column, shown[:3])


def test_without_one_tool_the_others_are_the_same(together: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    raw = tables()
    del raw["zendesk"]
    less = build(tmp_path, raw)
    for table in _STAGED:
        name = _NAMED_BY.get(table, "team_id")
        # the team payments works in Zendesk too
        others = f"not starts_with({name}, 'zendesk:') and {name} <> 'payments'"
        kept = f"select * from counterpoise_private.stg_{table} where {others} order by all"
        assert together.execute(kept).fetchall() == less.execute(kept).fetchall(), table
    shared = "(select team_id from counterpoise.fct_work_item where source_system = 'zendesk' and team_id is not null)"
    teams = [row[0] for row in together.execute(f"select team_id from counterpoise.dim_team where team_id not in {shared}").fetchall()]
    assert len(teams) > 8
    listed = ", ".join("'" + team.replace("'", "''") + "'" for team in teams)
    same = f"select * from counterpoise.fct_work_item where team_id in ({listed}) order by all"
    assert together.execute(same).fetchall() == less.execute(same).fetchall()
    # sources that keep step end with the same week: without one of them the others may end a week later
    figures = (
        "select team_id, week_start, metric_id, numerator, denominator, value, n from counterpoise.fct_metric_week "
        f"where team_id in ({listed}) and is_mature and week_start < (select max(week_start) from counterpoise.fct_metric_week) - 28 "
        "order by all"
    )
    with_all, without = (
        {row[:3]: row[3:] for row in connection.execute(figures).fetchall()} for connection in (together, less)
    )
    shared = with_all.keys() & without.keys()
    assert len(shared) > 5000 and len(shared) > 0.97 * len(with_all)
    assert [key for key in shared if with_all[key] != without[key]] == []


def test_the_rules_of_the_house_hold(artifacts: Path, tmp_path: Path) -> None:
    rules = tmp_path / "dbt-bouncer.yml"
    rules.write_text(f"dbt_artifacts_dir: {artifacts}\n" + (ROOT / "dbt-bouncer.yml").read_text())
    command = Path(sys.executable).with_name("dbt-bouncer")
    ran = subprocess.run([command, "--config-file", rules], capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0 and "All checks passed" in ran.stdout, ran.stdout[-4000:] + ran.stderr[-1000:]


def test_every_built_column_is_described(artifacts: Path) -> None:
    nodes = json.loads((artifacts / "manifest.json").read_text())["nodes"]
    built = json.loads((artifacts / "catalog.json").read_text())["nodes"]
    columns = [
        (name, column)
        for name, node in built.items()
        for column in node["columns"]
        if nodes[name]["package_name"] == "counterpoise"
    ]
    bare = [
        f"{name}.{column}"
        for name, column in columns
        if not nodes[name]["columns"].get(column.lower(), {}).get("description", "").strip()
    ]
    assert len(columns) > 2000 and bare == []


def test_a_model_has_more_than_three_tests_on_average_and_none_is_without(artifacts: Path) -> None:
    nodes = json.loads((artifacts / "manifest.json").read_text())["nodes"]
    models = {name for name, node in nodes.items() if node["resource_type"] == "model"}
    tests = {name: 0 for name in models}
    for node in nodes.values():
        if node["resource_type"] == "test" and node.get("attached_node") in tests:
            tests[node["attached_node"]] += 1
    assert sum(tests.values()) / len(models) > 3
    assert [name for name, count in tests.items() if not count] == []
