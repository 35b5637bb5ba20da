"""counterpoise inside somebody else's dbt project: installed as a package, beside models and macros of theirs, on two engines."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest
from dbt.cli.main import dbtRunner

from conftest import ROOT
from connectors.everything import tables
from connectors.harness import write
from connectors.zendesk_fixture import second_account
from counterpoise.warehouse.dbt import _close_connections as close_connections
from test_engines import copy_schema

pytestmark = pytest.mark.slow

PROJECT = ROOT / "integration_tests"
MARTS, PRIVATE, THEIRS = "analytics_counterpoise", "analytics_counterpoise_private", "analytics_core"
READER = "riverside_reader"
SALT = f"create schema if not exists {PRIVATE}; create table {PRIVATE}.person_salt as select 'a long text' as salt"


def raw() -> dict[str, Any]:
    found = tables()
    del found["work_system"]["team_map"]  # theirs is a seed
    return {**found, "raw_zendesk_emea": second_account()}


@dataclass
class Ran:
    """A dbt command: whether it went well, and what it warned of."""

    success: bool
    warnings: list[str]
    errors: list[str]


def dbt(folder: Path, target: str, environment: dict[str, str], *arguments: str, project: Path = PROJECT) -> Ran:
    warnings: list[str] = []

    def heard(event: Any) -> None:
        if event.info.level in ("warn", "error"):
            warnings.append(f"{event.info.name}: {event.info.msg}")

    before = dict(os.environ)
    places = {"DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs"), "DBT_QUIET": "true"}
    os.environ.update({**environment, **places})
    try:
        result = dbtRunner(callbacks=[heard]).invoke([
            *arguments, "--project-dir", str(project), "--profiles-dir", str(project), "--target", target,
        ])  # fmt: skip
    finally:
        os.environ.clear()
        os.environ.update(before)
        close_connections()
    nodes = getattr(result.result, "results", None) or []
    errors = [f"{node.node.name}: {node.message}" for node in nodes if str(node.status) in ("error", "fail", "warn")]
    return Ran(result.success, warnings, errors + ([str(result.exception)] if result.exception else []))


@pytest.fixture(scope="module", autouse=True)
def installed(tmp_path_factory: pytest.TempPathFactory) -> None:
    ran = dbt(tmp_path_factory.mktemp("deps"), "duckdb", {}, "deps")
    assert ran.success, ran.errors


@pytest.fixture(scope="module")
def duck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("riverside")
    file = folder / "riverside.duckdb"
    write(file, raw())
    with duckdb.connect(str(file)) as connection:
        connection.execute(SALT)
    yield folder, {"COUNTERPOISE_BUILD_FILE": str(file)}


@pytest.fixture(scope="module")
def on_duckdb(duck: tuple[Path, dict[str, str]]) -> Iterator[duckdb.DuckDBPyConnection]:
    folder, environment = duck
    ran = dbt(folder, "duckdb", environment, "build", "--exclude-resource-types", "unit_test")
    assert ran.success and not ran.errors and not ran.warnings, (ran.errors[:5], ran.warnings[:5])
    with duckdb.connect(environment["COUNTERPOISE_BUILD_FILE"], read_only=True) as connection:
        yield connection


def test_it_stands_beside_their_models(on_duckdb: duckdb.DuckDBPyConnection) -> None:
    schemas = dict(
        on_duckdb.execute("select table_schema, count(*) from information_schema.tables group by 1").fetchall()
    )
    assert schemas[MARTS] > 30 and schemas[PRIVATE] > 100 and "analytics" not in schemas
    own = {row[0] for row in on_duckdb.execute(
        f"select table_name from information_schema.tables where table_schema = '{THEIRS}'"
    ).fetchall()}  # fmt: skip
    assert {"stg_teams", "team_health", "team_map", "value_map"} <= own
    assert on_duckdb.execute(f"select team_id from {THEIRS}.stg_teams").fetchall() == [("ours",)]
    assert on_duckdb.execute(f"select count(*) from {PRIVATE}.stg_teams").fetchone()[0] > 10


def test_their_team_map_and_words_are_read(on_duckdb: duckdb.DuckDBPyConnection) -> None:
    desk = on_duckdb.execute(
        "select team_id, min(occurred_at)::date, max(occurred_at)::date "
        f"from {PRIVATE}.stg_work_item_events where team_id in ('support', 'service') group by 1 order by 1 desc"
    ).fetchall()
    (_, _, last_of_old), (_, first_of_new, _) = desk
    assert str(last_of_old) <= "2026-04-30" and str(first_of_new) >= "2026-05-01", "the past keeps its team"
    assert on_duckdb.execute(
        f"select item_type from {PRIVATE}.stg_work_items where work_item_id in (select work_item_id from "
        f"{PRIVATE}.stg_work_items where source_system = 'zendesk') and item_type = 'issue'"
    ).fetchall()
    assert not on_duckdb.execute(f"select 1 from {MARTS}.fct_data_health where subject like '%Wunsch%'").fetchall()


def test_two_instances_of_a_tool_stay_apart(on_duckdb: duckdb.DuckDBPyConnection) -> None:
    systems = {row[0] for row in on_duckdb.execute(f"select distinct source_system from {PRIVATE}.stg_work_items").fetchall()}
    assert systems == {"jira", "zendesk", "zendesk_emea", "github", "servicenow", "helpline"}


def test_a_name_that_is_taken_stops_the_run_and_says_the_remedy(tmp_path: Path) -> None:
    """Their project without the flag by which each package finds its own models first."""
    project = tmp_path / "project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("dbt_packages", "target", "logs"))
    settings = (project / "dbt_project.yml").read_text()
    (project / "dbt_project.yml").write_text(settings.replace("  require_ref_searches_node_package_before_root: true\n", ""))
    (project / "packages.yml").write_text(f"packages:\n  - local: {ROOT}\n")
    environment = {"COUNTERPOISE_BUILD_FILE": str(tmp_path / "any.duckdb")}
    assert dbt(tmp_path, "duckdb", environment, "deps", project=project).success
    ran = dbt(tmp_path, "duckdb", environment, "run", "--select", "counterpoise.registry", project=project)
    said = " ".join(ran.errors + ran.warnings)
    assert not ran.success and "(stg_teams)" in said and "require_ref_searches_node_package_before_root" in said, said


def test_areas_can_be_switched_off(on_duckdb: duckdb.DuckDBPyConnection, duck: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    _, environment = duck
    ran = dbt(tmp_path, "duckdb", environment, "parse", "--vars", "{riverside_small: true}")
    assert ran.success and not ran.warnings, (ran.errors, ran.warnings)
    listed = dbtRunner().invoke([
        "ls", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(tmp_path / "target"),
        "--log-path", str(tmp_path / "logs"), "--vars", "{riverside_small: true}", "--quiet", "--resource-type", "model",
        "--output", "name",
    ])  # fmt: skip
    close_connections()
    names = set(listed.result)
    assert "fct_metric_week" in names and not names & {"fct_ai_week", "fct_metric_health", "fct_guardrail_week", "next_steps"}


@pytest.fixture(scope="module")
def on_postgres(
    postgres_server: dict[str, str], tmp_path_factory: pytest.TempPathFactory, duck: tuple[Path, dict[str, str]],
    on_duckdb: duckdb.DuckDBPyConnection,
) -> Iterator[Any]:  # fmt: skip
    folder = tmp_path_factory.mktemp("riverside_pg")
    credentials = {key: value for key, value in postgres_server.items() if value} | {"options": "-c timezone=UTC"}
    for schema in raw():
        copy_schema(on_duckdb, credentials, folder, schema)
    with psycopg2.connect(**credentials) as connection, connection.cursor() as cursor:
        cursor.execute(f"drop role if exists {READER}; create role {READER}; {SALT}")
    environment = {f"COUNTERPOISE_PG_{name}": postgres_server[key] for name, key in (
        ("HOST", "host"), ("PORT", "port"), ("USER", "user"), ("PASSWORD", "password"), ("DATABASE", "dbname"),
    )}  # fmt: skip
    ran = dbt(folder, "postgres", environment, "build", "--exclude-resource-types", "unit_test")
    assert ran.success and not ran.errors and not ran.warnings, (ran.errors[:5], ran.warnings[:5])
    with psycopg2.connect(**credentials) as connection, connection.cursor() as cursor:
        yield cursor


@pytest.mark.parametrize(
    ("relation", "columns"),
    [
        (f"{PRIVATE}.stg_work_items", "work_item_id, item_type, team_id, category, priority, status, created_at"),
        (f"{PRIVATE}.stg_work_item_events", "event_id, work_item_id, event_type, occurred_at, team_id, actor_id, to_value"),
        (f"{PRIVATE}.stg_outcomes", "outcome_id, outcome_type, work_item_id, occurred_at, value"),
        (f"{PRIVATE}.stg_targets", "target_id, team_id, metric_id, threshold, clock"),
        (f"{MARTS}.fct_metric_week", "team_id, week_start, metric_id, cast(numerator as varchar), n"),
        (f"{MARTS}.fct_data_health", "note_id, subject, row_count, sentence"),
    ],
)
def test_postgresql_has_the_same_rows(on_duckdb: duckdb.DuckDBPyConnection, on_postgres: Any, relation: str, columns: str) -> None:
    on_postgres.execute(f"select {columns} from {relation}")
    theirs = sorted(on_postgres.fetchall(), key=repr)
    ours = sorted(on_duckdb.execute(f"select {columns} from {relation}").fetchall(), key=repr)
    assert len(ours) > 5 and theirs == ours


def test_grants_and_descriptions_are_kept(on_postgres: Any) -> None:
    on_postgres.execute(
        f"select has_table_privilege('{READER}', '{MARTS}.team_risk', 'select'), "
        f"has_table_privilege('{READER}', '{PRIVATE}.stg_work_items', 'select')"
    )
    assert on_postgres.fetchone() == (True, False)
    on_postgres.execute(
        f"select obj_description('{MARTS}.fct_metric_week'::regclass), col_description('{MARTS}.fct_metric_week'::regclass, 1)"
    )
    assert all(text and len(text) > 5 for text in on_postgres.fetchone())
