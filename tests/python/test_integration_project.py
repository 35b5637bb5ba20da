"""counterpoise inside somebody else's dbt project: installed as a package, beside models and macros of theirs, on two engines."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest
import yaml
from dbt.cli.main import dbtRunner

from connectors.everything import tables
from connectors.harness import installing_project, write
from connectors.zendesk_fixture import second_account
from counterpoise.warehouse.dbt import _close_connections as close_connections
from semantic_layer import SEMANTIC, blocks
from test_engines import copy_schema

pytestmark = pytest.mark.slow

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


def dbt(project: Path, folder: Path, target: str, environment: dict[str, str], *arguments: str) -> Ran:
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


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installing_project(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="module")
def duck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("riverside")
    file = folder / "riverside.duckdb"
    write(file, raw())
    with duckdb.connect(str(file)) as connection:
        connection.execute(SALT)
    yield folder, {"COUNTERPOISE_BUILD_FILE": str(file)}


@pytest.fixture(scope="module")
def on_duckdb(project: Path, duck: tuple[Path, dict[str, str]]) -> Iterator[duckdb.DuckDBPyConnection]:
    folder, environment = duck
    ran = dbt(project, folder, "duckdb", environment, "build", "--exclude-resource-types", "unit_test")
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
    project = installing_project(tmp_path)
    settings = (project / "dbt_project.yml").read_text()
    flag = "  require_ref_searches_node_package_before_root: true\n"
    assert flag in settings
    (project / "dbt_project.yml").write_text(settings.replace(flag, ""))
    environment = {"COUNTERPOISE_BUILD_FILE": str(tmp_path / "any.duckdb")}
    ran = dbt(project, tmp_path, "duckdb", environment, "run", "--select", "stg_process_runs")
    said = " ".join(ran.errors + ran.warnings)
    assert not ran.success and "(stg_teams)" in said and flag.strip() in said, said[-1000:]


def _with_the_semantic_layer(project: Path, copied: Path) -> Path:
    """Their project as docs/semantic-layer.md says, with a time spine and a metric of their own."""
    shutil.copytree(project, copied, symlinks=True)
    switches, _, own_metric = blocks("yaml")
    settings = yaml.safe_load((copied / "dbt_project.yml").read_text())
    (copied / "dbt_project.yml").write_text(yaml.safe_dump({**settings, **yaml.safe_load(switches)}))
    (copied / "models" / "their_days.sql").write_text("select cast('2026-01-01' as date) as date_day")
    days = {"name": "their_days", "time_spine": {"standard_granularity_column": "date_day"}}
    days["columns"] = [{"name": "date_day", "granularity": "day"}]
    (copied / "models" / "_theirs.yml").write_text(yaml.safe_dump({"models": [days]}) + own_metric)
    return copied


def test_areas_can_be_switched_off_and_the_semantic_layer_on(project: Path, tmp_path: Path) -> None:
    names, layers = {}, {}
    for small in ("false", "true"):
        listed = tmp_path / small
        theirs = project if small == "false" else _with_the_semantic_layer(project, tmp_path / "project")
        ran = dbt(theirs, listed, "duckdb", {}, "parse", "--vars", f"{{riverside_small: {small}}}")
        assert ran.success and not ran.warnings, (ran.errors, ran.warnings)
        nodes = json.loads((listed / "target" / "manifest.json").read_text())["nodes"]
        names[small] = {node["name"] for node in nodes.values() if node["resource_type"] == "model"}
        layers[small] = json.loads((listed / "target" / "semantic_manifest.json").read_text())
    switchable = {"fct_ai_week", "fct_metric_health", "fct_guardrail_week", "next_steps"}
    assert switchable <= names["false"] and not switchable & names["true"]
    assert {"fct_metric_week", "fct_signal_week", "team_risk"} <= names["true"]
    off, on = layers["false"], layers["true"]
    assert not off["metrics"] and not off["semantic_models"] and not off["project_configuration"]["time_spines"]
    assert {metric["name"] for metric in on["metrics"]} == {metric["name"] for metric in SEMANTIC["metrics"]} | {"refund_rate"}
    assert [spine["node_relation"]["alias"] for spine in on["project_configuration"]["time_spines"]] == ["their_days"]


@pytest.fixture(scope="module")
def on_postgres(
    project: Path, postgres_server: dict[str, str], tmp_path_factory: pytest.TempPathFactory,
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
    ran = dbt(project, folder, "postgres", environment, "build", "--exclude-resource-types", "unit_test")
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
        (f"{MARTS}.fct_metric_week", "team_id, week_start, metric_id, cast(round(cast(numerator as numeric(38, 9)), 4) as double precision), n"),
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
