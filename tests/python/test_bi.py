"""The dashboards of bi/superset: what they may read and show, that they say what the report says, and that Superset renders them."""

import json
import os
import re
import secrets
import socket
import sqlite3
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import duckdb
import psycopg2
import pytest

from command_line import Place
from conftest import ROOT
from counterpoise.report.charts import OUTCOME, OUTCOME_BAND, OUTPUT, OUTPUT_BAND
from counterpoise.report.data import load
from counterpoise.report.limits import baseline_limits
from counterpoise.report.views import news
from own_environment import own_environment
from report_fixture import SMALL_TEAM, make_marts, reader, withhold_all
from superset_bundle import CHARTS, DASHBOARDS, DATABASES, DATASETS, Chart, charts, placed, tables_read

LOCK = ROOT / "requirements-superset.lock"
ENVIRONMENT = ROOT / ".counterpoise" / "tests" / "superset"
# A figure of one team only: of several teams it is empty, so that it can be neither averaged nor compared.
_ONE_TEAM = re.compile(r"case when min\(team\) = max\(team\)( and min\(pair\) = max\(pair\))? then max\((\w+)\) end")
_COUNTS = {"count(distinct team)", "count(*)", "count(label)"}


def _chart_id(chart: Chart) -> str:
    return chart.name


each_chart = pytest.mark.parametrize("chart", charts().values(), ids=_chart_id)
each_dataset = pytest.mark.parametrize("name", DATASETS)
each_dashboard = pytest.mark.parametrize("name", DASHBOARDS)


def test_every_id_is_unique() -> None:
    ids = [part["uuid"] for kind in (DATABASES, DATASETS, CHARTS, DASHBOARDS) for part in kind.values()]
    assert len(ids) == len(set(ids)) == 1 + len(DATASETS) + len(CHARTS) + len(DASHBOARDS) > 40


def test_every_chart_stands_on_one_dashboard() -> None:
    on = [uuid for dashboard in DASHBOARDS.values() for uuid in placed(dashboard)]
    assert sorted(on) == sorted(charts()) and len(DASHBOARDS) == 4
    [database] = DATABASES.values()
    assert {dataset["database_uuid"] for dataset in DATASETS.values()} == {database["uuid"]}
    assert {chart.dataset for chart in charts().values()} == set(DATASETS)


@each_dashboard
def test_filters_name_columns_that_are_there_and_reach_the_charts_that_have_them(name: str) -> None:
    dashboard, by_uuid = DASHBOARDS[name], charts()
    by_dataset = {dataset["uuid"]: dataset for dataset in DATASETS.values()}
    for found in dashboard["metadata"]["native_filter_configuration"]:
        [target] = found["targets"]
        column, dataset = target["column"]["name"], by_dataset[target["datasetUuid"]]
        assert column in {c["column_name"] for c in dataset["columns"]}
        assert found["sortMetric"] in {None, *(metric["metric_name"] for metric in dataset["metrics"])}
        spared = {uuid for uuid, number in placed(dashboard).items() if number in found["scope"]["excluded"]}
        assert {uuid for uuid in placed(dashboard) if column not in by_uuid[uuid].dataset_columns} <= spared
        reached = {by_uuid[uuid].name for uuid in placed(dashboard)} - {by_uuid[uuid].name for uuid in spared}
        assert reached, f"{found['name']} filters nothing"


@each_chart
def test_a_chart_reads_columns_its_dataset_has(chart: Chart) -> None:
    params = chart.params
    read = [*chart.shown, *params.get("column_config", {})]
    read += [json.loads(order)[0] for order in params.get("order_by_cols", [])]
    read += [rule["subject"] for rule in params["adhoc_filters"]]
    read += [rule["column"] for rule in params.get("conditional_formatting", [])]
    for sql in chart.metrics():
        read += set(re.findall(r"[a-z_]+", sql)) - {"case", "when", "min", "max", "and", "then", "end", "count", "distinct"}
    assert read and set(read) <= chart.dataset_columns


@each_dataset
def test_a_dataset_reads_marts_for_people_and_nothing_private(name: str) -> None:
    dataset = DATASETS[name]
    tables = tables_read(dataset["sql"])
    assert tables and not tables & {"signal_evidence", "fct_work_item"}
    assert all(re.match(r"(fct|dim)_|team_risk|team_reward|check_results$|next_steps$|story_registry$", table) for table in tables)
    # `note` is what a person wrote; Superset would take ':' and '%' for its own
    assert not {"note", "evidence_key"} & {column["column_name"] for column in dataset["columns"]}
    assert not re.search(r"[:%]|{{", dataset["sql"])
    assert dataset["schema"] == "counterpoise" and dataset["source_db_engine"] == "postgresql"


@each_chart
def test_a_chart_counts_teams_or_shows_one_and_never_sums_or_averages_scores(chart: Chart) -> None:
    for sql in chart.metrics():
        assert sql in _COUNTS or _ONE_TEAM.fullmatch(sql), sql


@each_chart
def test_teams_stand_in_the_order_of_the_organisation_and_no_score_stands_alone(chart: Chart) -> None:
    orders = [json.loads(order) for order in chart.params.get("order_by_cols", [])]
    if "team" in chart.shown:
        assert orders[0] == ["place", True]
    assert not {"risk", "score", "coverage", "contribution"} & {column for column, _ in orders}
    drawn = {_ONE_TEAM.fullmatch(sql)[2] for sql in chart.metrics() if sql not in _COUNTS} | set(chart.shown)
    if "risk" in drawn:
        assert {"risk_low", "risk_high"} <= drawn
    if "score" in drawn:
        assert {"story", "no_score_because"} <= drawn


@each_dashboard
def test_figures_of_one_team_stand_behind_a_filter_that_must_name_one(name: str) -> None:
    by_uuid = charts()
    alone = {uuid for uuid in placed(DASHBOARDS[name]) if any(_ONE_TEAM.fullmatch(sql) for sql in by_uuid[uuid].metrics())}
    filters = {f["targets"][0]["column"]["name"]: f for f in DASHBOARDS[name]["metadata"]["native_filter_configuration"]}
    assert bool(alone) == ("team" in filters)
    for column in {"team", "pair"} & filters.keys():
        control = filters[column]["controlValues"]
        assert filters[column]["requiredFirst"] and control["enableEmptyFilter"] and not control["multiSelect"]
        ids = {placed(DASHBOARDS[name])[uuid] for uuid in alone if column in by_uuid[uuid].dataset_columns}
        assert ids and not ids & set(filters[column]["scope"]["excluded"])


def test_colours_are_those_of_the_report() -> None:
    css = (ROOT / "python/counterpoise/report/templates/report.css").read_text(encoding="utf-8")
    heat = dict(re.findall(r"--(h\d): (#\w+)", css.partition("@media")[0]))
    bands = {"clear": heat["h1"], "watch": heat["h3"], "elevated": heat["h5"], "high": heat["h7"]}
    for chart in charts().values():
        rules = chart.params.get("conditional_formatting", [])
        painted = {(rule["targetValue"], rule["colorScheme"]) for rule in rules if "objectFormatting" not in rule}
        assert painted <= bands.items()
    for dashboard in DASHBOARDS.values():
        labels = dashboard["metadata"]["label_colors"]
        assert labels == dashboard["metadata"]["map_label_colors"]
        assert {labels[f"{i} {band}"] for i, band in enumerate(bands, 1)} == set(bands.values())
        assert (labels["Output"], labels["Outcome"]) == (OUTPUT, OUTCOME)
        assert labels["Normal range of the output__yhat_upper"] == OUTPUT_BAND
        assert labels["Normal range of the outcome__yhat_upper"] == OUTCOME_BAND


@pytest.fixture(scope="module")
def painted() -> duckdb.DuckDBPyConnection:
    return make_marts()


def _rows(connection: duckdb.DuckDBPyConnection, name: str, ask: str = "select * from dataset") -> list[tuple]:
    return connection.execute(ask.replace("dataset", f"({DATASETS[name]['sql']}) as dataset")).fetchall()


def test_what_is_new_is_what_the_report_calls_new(painted: duckdb.DuckDBPyConnection) -> None:
    told = [(found.team.name, len(found.sentences)) for found in news(load(reader(painted), "counterpoise"))]
    asked = "select team, count(*) from dataset group by team, place order by place"
    assert _rows(painted, "news", asked) == told and len(told) >= 2
    whats = [what for (what,) in _rows(painted, "news", "select what from dataset order by kind")]
    assert whats[0] == "Moved up from clear to watch." and "turned from" in whats[-1]


def test_usual_ranges_are_those_the_report_draws(painted: duckdb.DuckDBPyConnection) -> None:
    data = load(reader(painted), "counterpoise")
    names = {team.team_id: team.name for team in data.teams}
    found = {(team, pair): row for team, pair, *row in _rows(painted, "pair_weeks", (
        "select team, pair, count(output_value), min(output_low), max(output_high), min(outcome_low), max(outcome_high), "
        "count(outcome_value) from dataset group by all"
    ))}  # fmt: skip
    compared = 0
    for pair in data.pairs:
        for team in data.teams:
            sides = [data.series.get((team.team_id, metric.metric_id)) for metric in (pair.output, pair.outcome)]
            row = found.get((names[team.team_id], f"{pair.output.label} → {pair.outcome.label}"))
            if team.is_small or None in sides:
                continue
            for metric, series, low, high in zip((pair.output, pair.outcome), sides, row[1::2][:2], row[2::2][:2], strict=True):
                limits = baseline_limits(series.values)
                ceiling = 1 if metric.unit == "share" else float("inf")
                assert (low, high) == pytest.approx((max(limits.lower, 0), min(limits.upper, ceiling)))
                compared += 1
            assert (row[0], row[5]) == tuple(len(series.values) for series in sides)
    assert compared > 50


def test_bands_stand_in_the_order_of_the_report_beside_the_words_for_no_score(painted: duckdb.DuckDBPyConnection) -> None:
    data = load(reader(painted), "counterpoise")
    rows = _rows(painted, "team_bands", "select team, weeks_ago_01, weeks_ago_00 from dataset order by place")
    assert [row[0] for row in rows] == [team.name for team in data.teams] != sorted(row[0] for row in rows)
    for team, (_, *found) in zip(data.teams, rows, strict=True):
        scores = [data.score(team, weeks_ago=1), data.score(team)]
        assert found == [score.band if score.is_scored else "no score" for score in scores]
    assert {row[2] for row in rows} >= {"no score", "high"}


def test_small_and_withheld_teams_show_no_figures() -> None:
    connection = make_marts(weeks=40)
    small = connection.execute("select team_name from counterpoise.dim_team where team_id = ?", [SMALL_TEAM]).fetchone()
    for name in ("pair_weeks", "next_steps", "guardrail_weeks"):
        shown = _rows(connection, name, "select distinct team from dataset")
        assert shown and small not in shown
    assert small in _rows(connection, "team_weeks", "select distinct team from dataset")
    withhold_all(connection, "All items close in the last weeks.")
    assert not _rows(connection, "pair_weeks") and not _rows(connection, "guardrail_weeks")
    assert _rows(connection, "team_weeks", "select distinct score, story from dataset where is_this_week") == [(None, None)]


def test_teams_of_one_name_are_kept_apart() -> None:
    connection = make_marts(teams=3, weeks=40)
    connection.execute("update counterpoise.dim_team set team_name = 'Atlas' where team_id = 'team_01'")
    teams = _rows(connection, "team_weeks", "select distinct team from dataset order by team")
    assert teams == [("Atlas (team_00)",), ("Atlas (team_01)",), ("Cobalt",)]


@dataclass(frozen=True)
class Superset:
    """A Superset of our own: its programs, its settings and where it answers."""

    programs: Path
    environment: dict[str, str]
    metadata: Path
    address: str
    imported: dict[str, list[tuple]] = field(default_factory=dict)

    def run(self, number: int) -> None:
        """Run a block of commands of docs/bi.md as it stands there."""
        page = (ROOT / "docs/bi.md").read_text(encoding="utf-8").partition("## Superset")[2]
        commands = re.findall(r"^```\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[number]
        ran = subprocess.run(
            ["bash", "-euc", commands], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert ran.returncode == 0, ran.stderr[-3000:]
        assert "An error occurred" not in ran.stderr, ran.stderr[-3000:]  # what the import says, and ends with 0

    def kept(self) -> dict[str, list[tuple]]:
        """All it keeps of the bundle: ids, contents, what stands on what; and where the marts are."""
        asked = {
            "dbs": "select id, uuid, database_name, sqlalchemy_uri from dbs",
            "tables": "select id, uuid, table_name, schema, sql, main_dttm_col from tables",
            "table_columns": "select id, uuid, table_id, column_name, verbose_name, type, is_dttm from table_columns",
            "sql_metrics": "select id, uuid, table_id, metric_name, expression from sql_metrics",
            "slices": "select id, uuid, slice_name, viz_type, params, datasource_id from slices",
            "dashboards": "select id, uuid, slug, dashboard_title, position_json, json_metadata from dashboards",
            "dashboard_slices": "select dashboard_id, slice_id from dashboard_slices",
        }
        with closing(sqlite3.connect(self.metadata)) as connection:
            return {table: sorted(connection.execute(select).fetchall(), key=repr) for table, select in asked.items()}


@pytest.fixture(scope="module")
def marts(small_raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published DuckDB file of a small organisation."""
    place = Place(tmp_path_factory.mktemp("marts"))
    assert place.run("--raw", small_raw).exit_code == 0
    return place.database


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def superset(marts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    """A Superset with the bundle imported, serving on this machine only."""
    programs = own_environment(ENVIRONMENT, "-r", LOCK)
    home = tmp_path_factory.mktemp("superset")
    (home / "superset_config.py").write_text(
        "import os\n"
        "SECRET_KEY = os.environ['SUPERSET_SECRET_KEY']\n"
        f"SQLALCHEMY_DATABASE_URI = 'sqlite:///{home / 'superset.db'}'\n"
        "TALISMAN_ENABLED = False  # no https between this browser and this server\n"
        "FEATURE_FLAGS = {'DASHBOARD_VIRTUALIZATION': False}  # draw also what is not in view\n",
        encoding="utf-8",
    )
    environment = os.environ | {
        "PATH": f"{programs}:{os.environ['PATH']}", "FLASK_APP": "superset.app:create_app()", "SUPERSET_HOME": str(home),
        "SUPERSET_CONFIG_PATH": str(home / "superset_config.py"), "SUPERSET_SECRET_KEY": secrets.token_urlsafe(42),
        "ADMIN_PASSWORD": secrets.token_urlsafe(12), "COUNTERPOISE_URI": f"duckdb:///{marts}?access_mode=read_only",
    }  # fmt: skip
    environment.pop("PYTHONPATH", None)
    port = _free_port()
    found = Superset(programs, environment, home / "superset.db", f"http://127.0.0.1:{port}")
    found.run(0)
    found.run(1)
    found.imported.update(found.kept())  # before a browser opens it: Superset notes colours when it is looked at
    with (home / "server.log").open("w") as log:
        server = subprocess.Popen(
            [programs / "gunicorn", "--worker-class", "gthread", "--threads", "8", "--timeout", "120",
             "--bind", f"127.0.0.1:{port}", "superset.app:create_app()"],
            env=environment, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        until = time.monotonic() + 120
        while not _answers(found.address):
            assert server.poll() is None and time.monotonic() < until, (home / "server.log").read_text()[-3000:]
            time.sleep(0.5)
        yield found
    finally:
        server.terminate()
        server.wait(30)


def _answers(address: str) -> bool:
    try:
        with urlopen(f"{address}/health", timeout=30) as answer:
            return answer.status == 200
    except (URLError, TimeoutError, ConnectionError):
        return False


@dataclass
class Seen:
    """What a browser saw of one dashboard: the answers for its charts, by their names, and what stood on the page."""

    answers: dict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    asked: dict[str, dict[str, Any]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    drawn: int = 0
    errors: int = 0
    loading: int = 0

    def rows(self, chart: str) -> list[dict[str, Any]]:
        """The rows a chart was given."""
        return self.answers[chart]["data"]


@pytest.fixture(scope="module")
def seen(superset: Superset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Seen]]:
    """Every dashboard opened in a browser, as it first shows."""
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = Path("/usr/bin/chromium")
    if not chromium.exists():
        pytest.skip("chromium is not installed")
    with closing(sqlite3.connect(superset.metadata)) as connection:
        by_id = dict(connection.execute("select id, uuid from slices").fetchall())
    titles = {number: charts()[_uuid(uuid)].name for number, uuid in by_id.items()}
    assert len(titles) == len(CHARTS)
    found = {name: Seen() for name in DASHBOARDS}
    pictures = tmp_path_factory.mktemp("pictures")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 2600})
        page.goto(f"{superset.address}/login/")
        page.fill("input[name=username], input#username", "admin")
        page.fill("input[name=password], input#password", superset.environment["ADMIN_PASSWORD"])
        page.keyboard.press("Enter")
        page.wait_for_url("**/welcome/**", timeout=60_000)
        for name, dashboard in found.items():

            def listen(response: Any, dashboard: Seen = dashboard) -> None:
                if "/api/v1/chart/data" not in response.url or response.request.method != "POST":
                    return
                asked = response.request.post_data_json
                chart = titles.get(asked["form_data"].get("slice_id"), "filter")
                if response.status != 200:
                    dashboard.broken.append(f"{chart}: {response.status} {response.text()[:500]}")
                    return
                for answer in response.json()["result"]:
                    if answer["error"]:
                        dashboard.broken.append(f"{chart}: {answer['error']}")
                    dashboard.answers[chart], dashboard.asked[chart] = answer, asked["queries"][0]

            page.on("response", listen)
            page.goto(f"{superset.address}/superset/dashboard/counterpoise-{name}/")
            page.wait_for_selector(".dashboard-component-chart-holder", timeout=60_000)
            page.wait_for_load_state("networkidle", timeout=120_000)
            page.wait_for_function("!document.querySelector('[data-test=loading-indicator]')", timeout=60_000)
            page.wait_for_timeout(3_000)  # what is drawn moves into place
            dashboard.drawn = page.locator(".dashboard-component-chart-holder [data-test-viz-type]").count()
            dashboard.errors = page.locator(".ant-alert-error, [role=alert]").count()
            dashboard.loading = page.locator("[data-test=loading-indicator]").count()
            page.screenshot(path=pictures / f"{name}.png")
            page.remove_listener("response", listen)
        browser.close()
    yield found


def _uuid(value: bytes | str) -> str:
    text = value.hex() if isinstance(value, bytes) else value.replace("-", "")
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _day(milliseconds: int) -> date:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date()


@pytest.fixture
def read(marts: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(marts), read_only=True) as connection:
        yield connection


def _first_team(read: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """Id and name of the team a dashboard shows first: the first in the order of the organisation, not of a score."""
    return read.execute(
        "select team_id, team_name from counterpoise.dim_team where team_id in (select team_id from counterpoise.team_risk) "
        "order by sort_order, team_name limit 1"
    ).fetchone()


@pytest.mark.bi
@each_dashboard
def test_superset_renders_every_chart_without_an_error(name: str, seen: dict[str, Seen]) -> None:
    expected = {charts()[uuid].name for uuid in placed(DASHBOARDS[name])}
    assert seen[name].broken == [] and (seen[name].errors, seen[name].loading) == (0, 0)
    assert seen[name].answers.keys() - {"filter"} == expected
    assert seen[name].drawn == len(expected)


@pytest.mark.bi
@each_dashboard
def test_a_chart_gets_the_rows_its_dataset_has(name: str, seen: dict[str, Seen], read: duckdb.DuckDBPyConnection) -> None:
    _, team = _first_team(read)
    tables, full = {chart.name: chart for chart in charts().values() if "all_columns" in chart.params}, 0
    for chart in seen[name].answers.keys() & tables.keys():
        conditions = [f"team = '{team}'"] * (name == "team")
        for rule in tables[chart].params["adhoc_filters"]:
            allowed = rule["comparator"] if isinstance(rule["comparator"], list) else [rule["comparator"]]
            conditions.append(f"{rule['subject']} in ({', '.join(repr(value).lower() for value in allowed)})")
        [count] = _rows(read, tables[chart].dataset, f"select count(*) from dataset where {' and '.join(conditions) or 'true'}")[0]
        assert len(seen[name].rows(chart)) == count, chart
        full += count > 0
    assert full >= 1


@pytest.mark.bi
def test_the_numbers_are_those_of_the_marts(seen: dict[str, Seen], read: duckdb.DuckDBPyConnection) -> None:
    bands = {
        (_day(row["week_start"]), band): row[band]
        for row in seen["overview"].rows("overview_band_counts")
        for band in row.keys() - {"week_start"}
        if row[band]
    }
    asked = "select week_start, coalesce(band, 'no score'), count(*) from counterpoise.team_risk group by all"
    in_order = {"clear": "1 clear", "watch": "2 watch", "elevated": "3 elevated", "high": "4 high", "no score": "no score"}
    assert bands == {(week, in_order[band]): teams for week, band, teams in read.execute(asked).fetchall()}

    team_id, team = _first_team(read)
    assert {"col": "team", "op": "IN", "val": [team]} in seen["team"].asked["team_score"]["filters"]
    asked = "select week_start, risk, risk_low, risk_high from counterpoise.team_risk where team_id = ? order by week_start"
    names = ("Score", "Likely range__yhat_lower", "Likely range__yhat_upper")
    score = [(_day(row["week_start"]), *(row[name] for name in names)) for row in seen["team"].rows("team_score")]
    assert score == read.execute(asked, [team_id]).fetchall() and any(row[1] for row in score)

    [pair] = [rule["val"][0] for rule in seen["team"].asked["team_outcome"]["filters"] if rule["col"] == "pair"]
    for side, label in zip(("Output", "Outcome"), pair.split(" → "), strict=True):
        values = {_day(row["week_start"]): row[side] for row in seen["team"].rows(f"team_{side.lower()}")}
        asked = (
            "select week_start, value from counterpoise.fct_metric_week inner join counterpoise.dim_metric using (metric_id) "
            "where team_id = ? and label = ? and is_complete and value is not null"
        )
        expected = dict(read.execute(asked, [team_id, label]).fetchall())
        assert {week: value for week, value in values.items() if value is not None} == pytest.approx(expected)
        assert len(expected) > 20

    met = sum(row.get("1 met") or 0 for row in seen["metrics"].rows("guardrail_counts"))
    assert met == read.execute("select count(*) from counterpoise.fct_guardrail_week where status = 'met'").fetchone()[0] > 0


@pytest.mark.bi
def test_a_second_import_changes_nothing(superset: Superset) -> None:
    counted = {table: len(superset.imported[table]) for table in ("dbs", "tables", "slices", "dashboards", "dashboard_slices")}
    assert list(counted.values()) == [1, len(DATASETS), len(CHARTS), len(DASHBOARDS), len(CHARTS)]
    assert "read_only" in superset.imported["dbs"][0][3]
    superset.run(1)
    assert superset.kept() == superset.imported


_POSTGRES = {"VARCHAR": "text", "DOUBLE": "double precision", "BIGINT": "bigint", "INTEGER": "integer", "BOOLEAN": "boolean",
             "DATE": "date", "TIMESTAMP": "timestamp"}  # fmt: skip


@pytest.mark.bi
def test_the_datasets_give_the_same_rows_on_postgresql(
    read: duckdb.DuckDBPyConnection, postgres_server: dict[str, str], tmp_path: Path
) -> None:
    with closing(psycopg2.connect(**postgres_server)) as connection, connection.cursor() as cursor:
        cursor.execute("create schema counterpoise")
        for table in sorted(set().union(*(tables_read(dataset["sql"]) for dataset in DATASETS.values()))):
            columns = [(column, kind) for column, kind, *_ in read.execute(f"describe counterpoise.{table}").fetchall()]
            cursor.execute(f"create table counterpoise.{table} ({', '.join(f'{c} {_POSTGRES[k]}' for c, k in columns)})")
            read.execute(f"copy counterpoise.{table} to '{tmp_path / table}' (format csv, header)")
            with (tmp_path / table).open() as rows:
                cursor.copy_expert(f"copy counterpoise.{table} from stdin (format csv, header)", rows)
        cursor.execute("analyze")
        for name, dataset in DATASETS.items():
            cursor.execute(dataset["sql"])
            found, expected = cursor.fetchall(), _rows(read, name)
            assert sorted(map(_rounded, found)) == sorted(map(_rounded, expected)), name


def _rounded(row: tuple) -> tuple[str, ...]:
    return tuple("" if cell is None else f"{cell:.6g}" if isinstance(cell, int | float | Decimal) else str(cell) for cell in row)
