"""What keeps this from becoming the thing it warns of: each promise of the design, held by a test."""

import csv
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from click.testing import CliRunner

from conftest import ROOT
from counterpoise.cli import main
from counterpoise.guardrails import run_checks
from counterpoise.inputs import load_folder
from counterpoise.simulation import simulate

PYTHON = ROOT / "python" / "counterpoise"
RISK_MARTS = {"team_risk", "team_week"}
# points a reason brings, not a risk of anybody
RISK_COLUMN = re.compile(r"^(risk|.*_risk|risk_.*)$")


def _marts() -> dict[str, dict[str, Any]]:
    found = {}
    for path in (ROOT / "models" / "marts").rglob("*.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []) or []:
            found[model["name"]] = model
    return found


def _sql() -> dict[str, str]:
    """SQL and templates without comments, by path."""
    files = [*(ROOT / "models").rglob("*.sql"), *(ROOT / "macros").rglob("*.sql"), *(ROOT / "tests").rglob("*.sql")]
    files += [*PYTHON.rglob("*.py"), *PYTHON.rglob("*.html"), *PYTHON.rglob("*.yml")]
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in files}
    return {name: re.sub(r"{#.*?#}|--[^\n]*", "", text, flags=re.DOTALL) for name, text in texts.items()}


# The risk is no target ------------------------------------------------------------------------------------------------


def test_a_target_on_the_risk_holds_the_run_and_says_why() -> None:
    connection = duckdb.connect()
    connection.execute(
        "create schema work_system; create table work_system.targets as "
        "select 't1' as target_id, 'A' as team_id, ' Team_Risk' as metric_id, 'at_most' as direction, 20.0 as threshold"
    )
    gate = run_checks(connection, "raw", "principles", raw_schema="work_system", marts_schema="counterpoise")
    [stop] = [result for result in gate.stops if result.check_id == "targets_no_team_risk"]
    assert "may not become a target" in stop.message and "work on the score" in stop.message
    assert "outcome" in (stop.remedy or "")


def test_a_target_on_an_outcome_is_welcome() -> None:
    connection = duckdb.connect()
    connection.execute(
        "create schema work_system; create table work_system.targets as "
        "select 't1' as target_id, 'A' as team_id, 'reopen_rate' as metric_id, 'at_most' as direction, 0.1 as threshold"
    )
    gate = run_checks(connection, "raw", "principles", raw_schema="work_system", marts_schema="counterpoise")
    assert not [result for result in gate.stops if result.check_id == "targets_no_team_risk"]


# The risk is not added up, averaged or sorted by ----------------------------------------------------------------------


def test_only_the_score_and_the_wide_mart_hold_the_risk() -> None:
    marts = _marts()
    assert RISK_MARTS <= set(marts) and len(marts) > 15
    holders = {
        name
        for name, model in marts.items()
        if any(RISK_COLUMN.match(column["name"]) for column in model.get("columns", []))
    }
    assert holders == RISK_MARTS


def test_no_registered_metric_is_a_risk() -> None:
    """So that the roll-up, the pairs and targets on metrics cannot have it."""
    with (ROOT / "seeds" / "registry" / "metric_registry.csv").open(newline="", encoding="utf-8") as file:
        assert not [row["metric_id"] for row in csv.DictReader(file) if "risk" in row["metric_id"]]
    assert "team_risk" not in (ROOT / "models/marts/core/fct_metric_week_rollup.sql").read_text(encoding="utf-8")


def test_nothing_averages_the_risk() -> None:
    average = re.compile(r"\b(?:avg|mean|median|sum)\s*\(\s*(?:\w+\.)?risk\b", re.IGNORECASE)
    assert average.search("select avg(team_risk.risk) from team_risk")
    assert not {name for name, text in _sql().items() if average.search(text)}


def test_nothing_is_ordered_or_ranked_by_the_risk() -> None:
    sorts = re.compile(
        r"order\s+by[^)\n]*\brisk(?:_low|_high)?\b"  # SQL
        r"|sort\([^)\n]*\brisk\b|sorted\([^\n]*\brisk\b"  # Jinja, Python, scripts
        r"|sort_values\([^)\n]*risk",
        re.IGNORECASE,
    )
    for caught in (
        "order by week, risk desc",
        "{{ teams | sort(attribute='risk') }}",
        "sorted(rows, key=lambda r: r.risk)",
    ):
        assert sorts.search(caught), caught
    assert not {name for name, text in _sql().items() if sorts.search(text)}


def test_teams_are_shown_in_an_order_that_knows_no_score() -> None:
    sql = (ROOT / "models/marts/core/dim_team.sql").read_text(encoding="utf-8")
    assert "sort_order" in sql and "risk" not in sql and "band" not in sql


# The page ---------------------------------------------------------------------------------------------------------------


def test_at_most_five_pairs_a_team_on_the_page() -> None:
    from counterpoise.report import views

    assert views.PAIRS_SHOWN <= 5


# Hours ------------------------------------------------------------------------------------------------------------------

HOURS = re.compile(r"time_entries|team_hours|\bhours\b|timesheet|time tracking", re.IGNORECASE)


@pytest.fixture(scope="module")
def without_hours(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """Raw tables of a small organisation that records no hours, and no other optional table about them."""
    folder = tmp_path_factory.mktemp("hours") / "raw"
    simulate(folder, teams=1, weeks=6, seed=3, scale=0.2)
    for name in ("time_entries", "team_hours", "capacity"):
        (folder / f"{name}.parquet").unlink(missing_ok=True)
    connection = duckdb.connect()
    load_folder(connection, folder)
    return connection


def test_nobody_is_asked_for_hours_that_are_not_there(without_hours: duckdb.DuckDBPyConnection) -> None:
    gate = run_checks(without_hours, "raw", "principles", raw_schema="work_system", marts_schema="counterpoise")
    nagging = [
        result.check_id for result in gate.results if result.table_name in ("time_entries", "team_hours", "capacity")
    ]
    assert not nagging, "checks of tables that are not there are skipped, not failed"
    assert not [result for result in gate.results if result.status != "passed" and HOURS.search(result.message or "")]
    assert not without_hours.execute(
        "select sentence from work_system.load_notes where regexp_matches(sentence, 'time_entries|team_hours|capacity')"
    ).fetchall()


def test_no_note_or_page_asks_for_hours() -> None:
    health = (ROOT / "models/marts/core/fct_data_health.sql").read_text(encoding="utf-8")
    assert not re.search(r"stg_time_entries|stg_team_hours|int_hours_week", health)
    templates = [path.read_text(encoding="utf-8") for path in (PYTHON / "report" / "templates").glob("*.html")]
    assert templates and not [
        text
        for text in templates
        if re.search(r"no hours|record (?:your|their) hours|time tracking is", text, re.IGNORECASE)
    ]


def test_hours_are_optional_in_the_contract() -> None:
    from counterpoise.contract import load_contract

    contract = load_contract()
    assert not any(
        contract[name].required for name in ("time_entries", "team_hours", "capacity", "annotations", "targets")
    )
    assert {name for name, table in contract.items() if table.required} <= {"teams", "work_items", "work_item_events"}


# Small groups and people ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["run", "score"])
def test_fewer_than_three_people_cannot_be_asked_for(command: str, tmp_path: Path) -> None:
    said = CliRunner().invoke(main, [command, "--db", str(tmp_path / "x.duckdb"), "--min-people", "2"])
    assert said.exit_code == 2 and "x>=3" in said.output
    assert list(tmp_path.iterdir()) == []


def test_the_score_itself_never_goes_below_three_people() -> None:
    """Whoever calls it from Python and not from the command line."""
    code = (PYTHON / "scoring" / "score.py").read_text(encoding="utf-8")
    assert "min_people = max(min_people, 3, shown_from_people(warehouse))" in code


def test_evidence_on_items_is_a_relation_of_its_own() -> None:
    """So that it can be granted to the team alone: no other mart but the items themselves names an item."""
    marts = _marts()
    assert "signal_evidence" in marts
    keys = {"work_item_id", "evidence_key"}
    holders = {name for name, model in marts.items() if keys & {column["name"] for column in model.get("columns", [])}}
    assert holders <= {"signal_evidence", "fct_work_item", "debug_item_steps"}
    assert "schema='private'" in (ROOT / "models/marts/core/debug_item_steps.sql").read_text(encoding="utf-8")


def test_no_mart_names_a_person() -> None:
    person = re.compile(r"person|actor|requester_id|assignee|author|reviewer|email|user_id|login")
    named = {
        f"{name}.{column['name']}"
        for name, model in _marts().items()
        for column in model.get("columns", [])
        if person.search(column["name"]) and column["name"] not in ("hours_per_person", "assigned_per_person")
    }
    assert not named


def test_surveys_show_from_five_answers_up() -> None:
    with (ROOT / "seeds" / "registry" / "metric_registry.csv").open(newline="", encoding="utf-8") as file:
        surveys = [row for row in csv.DictReader(file) if row["family"] == "survey"]
    assert surveys and all(int(row["shown_from_n"]) >= 5 for row in surveys)


# The wide mart ------------------------------------------------------------------------------------------------------------


def test_the_wide_mart_has_every_metric_of_the_registry() -> None:
    with (ROOT / "seeds" / "registry" / "metric_registry.csv").open(newline="", encoding="utf-8") as file:
        registered = [row["metric_id"] for row in csv.DictReader(file)]
    macro = (ROOT / "macros/registry/package_metrics.sql").read_text(encoding="utf-8")
    assert re.findall(r"'([a-z_]+)'", macro.split("return(")[1]) == registered
    columns = [column["name"] for column in _marts()["team_week"]["columns"]]
    assert [name for name in columns if name in set(registered)] == registered
