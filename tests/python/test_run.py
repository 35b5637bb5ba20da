"""The whole job on the demo organisation: what it finds, that it finds it again, and what readers see meanwhile."""

import csv
import fcntl
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from command_line import Place, Ran, counterpoise, ended, start
from conftest import ROOT, table_rows
from counterpoise.errors import UsageError
from counterpoise.explain import explain
from counterpoise.inputs import load_folder
from counterpoise.report.charts import panel
from counterpoise.report.data import Marts, ReportData, load
from counterpoise.report.tables import load_tables
from counterpoise.report.views import team_lines, team_page
from counterpoise.report.words import day, number, percent, quantity
from counterpoise.scoring.words import amount
from counterpoise.warehouse import DuckDBFile
from counterpoise.warehouse.dbt import DbtProject
from explained import recompute
from test_report import browser  # noqa: F401

BANDS = {"clear", "watch", "elevated", "high"}
# Who made the rows and when is the one thing that may differ from run to run.
MADE_WHEN = ("scored_at",)
KEPT_FROM_RUN_TO_RUN = {"check_results", "fct_check_history", "published_runs"}
# Outcomes need weeks to show, and the longest window looks back over 13.
WEEKS_UNTIL_SEEN = 10
WEEKS_LOOKED_AT = 20


@dataclass(frozen=True)
class Demo:
    """The demo organisation after a run: where it is published, what the run said, and the truth about each team."""

    place: Place
    ran: Ran
    labels: dict[str, dict[str, str]]

    def teams(self, is_paradox: bool) -> list[str]:
        return [team for team, label in self.labels.items() if (label["is_paradox"] == "true") == is_paradox]


def _simulate(folder: Path) -> Path:
    """A freshly simulated demo organisation in `folder`/raw, its labels beside it."""
    ran = counterpoise("simulate", "--out", folder / "raw", "--labels", folder / "labels.csv")
    assert ran.exit_code == 0, ran.said
    return folder / "raw"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    place = Place(folder)
    ran = ended(start("run", "--raw", _simulate(folder), *place.options))
    assert ran.exit_code == 0, ran.said
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        return Demo(place, ran, {row["team_id"]: row for row in csv.DictReader(file)})


# what the demo shows


def _risks(demo: Demo, team: str, first: date, last: date) -> list[float]:
    rows = demo.place.read(
        f"select risk from counterpoise.team_risk where team_id = '{team}' and risk is not null "
        f"and week_start >= date '{first}' and week_start < date '{last}'"
    )
    return [risk for (risk,) in rows]


def test_paradox_teams_stand_above_honest_ones(demo: Demo) -> None:
    """Once harm has had time to show, a paradox team's median risk is above every honest team's in the same weeks."""
    assert len(demo.teams(True)) >= 3 and len(demo.teams(False)) >= 5
    for team in demo.teams(True):
        first = date.fromisoformat(demo.labels[team]["onset_week"]) + timedelta(weeks=WEEKS_UNTIL_SEEN)
        last = first + timedelta(weeks=WEEKS_LOOKED_AT)
        own = _risks(demo, team, first, last)
        honest = {other: _risks(demo, other, first, last) for other in demo.teams(False)}
        assert len(own) >= 13 and all(len(risks) >= 13 for risks in honest.values()), "weeks enough to compare"
        for other, risks in honest.items():
            kinds = f"{demo.labels[team]['kind']} {own} and {demo.labels[other]['kind']} {risks}"
            assert statistics.median(own) > statistics.median(risks), kinds


def test_no_alarm_before_there_is_something_to_see(demo: Demo) -> None:
    alerts = demo.place.read(
        "select distinct team_id, min(week_start) from counterpoise.team_risk where alert group by 1"
    )
    assert alerts, "the demo shows what an alarm looks like"
    for team, week in alerts:
        assert team in demo.teams(True), f"{team} is honest: {demo.labels[team]['kind']}"
        assert week > date.fromisoformat(demo.labels[team]["onset_week"])


# the tables that readers rely on


def test_one_score_row_for_each_team_and_complete_week(demo: Demo) -> None:
    scores = demo.place.read("select team_id, week_start from counterpoise.team_risk order by all")
    weeks = demo.place.read(
        "select distinct team_id, week_start from counterpoise.fct_metric_week where is_complete order by all"
    )
    assert scores == weeks
    assert {team for team, _ in scores} == set(demo.labels)
    for team in demo.labels:
        own = [week for name, week in scores if name == team]
        assert own == [own[0] + timedelta(weeks=n) for n in range(len(own))], f"{team} has a gap"
        assert own[0].weekday() == 0 and own[-1] == max(week for _, week in scores)


def test_scores_have_a_band_only_where_there_is_one(demo: Demo) -> None:
    rows = demo.place.read(
        "select status, band, risk, risk_low, risk_high, coverage, story, status_reason, data_through - week_start "
        "from counterpoise.team_risk"
    )
    stories = {story for (story,) in demo.place.read("select story_id from counterpoise.story_registry")}
    for status, band, risk, low, high, coverage, story, reason, days in rows:
        assert 0 <= coverage <= 1 and days == 6
        if status == "scored":
            assert band in BANDS and 0 <= low <= risk <= high <= 100 and story in stories
        else:
            assert status in ("insufficient_data", "withheld")
            assert (band, risk, low, high, story) == (None,) * 5 and reason
    assert {band for _, band, *_ in rows} == BANDS | {None}


# what the user sees


def test_the_summary_names_what_is_new_the_bands_the_problems_and_the_report(demo: Demo) -> None:
    place, said = demo.place, demo.ran.stdout
    [(through,)] = place.read("select max(data_through) from counterpoise.team_risk")
    assert f"data through {through}, 12 teams" in said
    assert f"Marts:  {place.database}\nReport: {place.report / 'index.html'}\n" in said
    assert f"Why:    counterpoise explain TEAM --db {place.database}\n" in said
    headings = [said.index(heading) for heading in ("New this week", "Teams by band", "Data problems", "Report:")]
    assert headings == sorted(headings)
    shown = said[headings[1] : headings[2]].split("\n")[1:]
    assert sum(int(line.split()[-1]) for line in shown if line) == 12
    assert len(said.splitlines()) < 40, "one screen"


def test_the_digest_tells_when_an_alert_began_and_is_as_quiet_as_the_summary(demo: Demo) -> None:
    assert "New this week nothing moved" in demo.ran.said
    newest = counterpoise("digest", "--db", demo.place.database)
    assert newest.stdout == "Nothing moved in the week of 14 Sep 2026: nothing is sent.\n"
    [(team, week)] = demo.place.read(
        "select t.team_name, min(week_start) from counterpoise.team_risk as r inner join counterpoise.dim_team as t "
        "on r.team_id = t.team_id where alert group by t.team_name order by 2, 1 limit 1"
    )
    told = json.loads(counterpoise("digest", "--db", demo.place.database, "--week", week, "--json").stdout)
    [about] = [one for one in told["teams"] if one["name"] == team]
    assert any("An alert began." in item["text"] for item in about["shifted"])
    assert "likely between" in about["standing"][0] and about["standing"][1].startswith("Why: ")
    assert sum(len(one["asks"]) for one in told["teams"]) == len(
        demo.place.read(f"select 1 from counterpoise.next_steps where week_start = '{week}'")
    )


def test_progress_goes_to_stderr_a_line_a_step(demo: Demo) -> None:
    steps = [line.partition("] ")[2].partition(":")[0] for line in demo.ran.stderr.splitlines() if line.startswith("[")]
    wanted = "load, check raw, build, check staging, check marts, score, effects, check scores, report, publish"
    assert ", ".join(steps) == wanted


def test_pages_open_in_a_browser_without_complaint(browser, demo: Demo) -> None:  # noqa: F811
    page = browser.new_page(viewport={"width": 1160, "height": 900})
    complaints, requests = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
    page.on("request", lambda request: requests.append(request.url))
    paths = sorted(demo.place.report.rglob("*.html"))
    assert len(paths) == 10 + 27 + 12, "overview, teams, checks, seven pages of tables, and a page for each signal and team"
    for path in paths:
        page.goto(path.as_uri())
        assert page.locator("h1").count() == 1
    page.close()
    assert complaints == []
    assert requests == [path.as_uri() for path in paths], "nothing but the pages themselves was asked for"


# a second run, while people read


_READER = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
for _ in range(2):
    print(connection.execute("select count(*) from counterpoise.published_runs").fetchone()[0], flush=True)
    sys.stdin.readline()
"""


@dataclass(frozen=True)
class Again:
    """What was seen while the job ran once more, on a demo organisation simulated anew."""

    before: dict[str, pa.Table]
    after: dict[str, pa.Table]
    ran: Ran
    third: Ran
    runs_seen: list[tuple[bool, list[tuple]]]
    counts_of_the_reader: tuple[str, str]


def _marts(place: Place) -> dict[str, pa.Table]:
    """Every published table, sorted, without what says by which run and when it was made."""
    with duckdb.connect(str(place.database), read_only=True) as connection:
        names = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        return {
            name: table_rows(connection, f"counterpoise.{name}", MADE_WHEN) for name in names - KEPT_FROM_RUN_TO_RUN
        }


@pytest.fixture(scope="module")
def again(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Again:
    place, folder = demo.place, tmp_path_factory.mktemp("again")
    raw, before = _simulate(folder), _marts(place)
    progress = folder / "progress.txt"
    reader = subprocess.Popen(
        [sys.executable, "-c", _READER, str(place.database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    first_count = reader.stdout.readline().strip()
    third, seen = None, []
    with progress.open("w") as stderr:
        # nothing is new, and it is all built again
        process = start("run", "--full-refresh", "--raw", raw, *place.options, "--json", stderr=stderr)
        while process.poll() is None:
            runs = place.read("select run_id from counterpoise.published_runs order by published_at")
            steps = progress.read_text()
            seen.append(("publish:" in steps, runs))
            if third is None and "build:" in steps:
                third = place.run("--raw", raw)
            time.sleep(0.2)
    ran = ended(process)
    second_count, _ = reader.communicate("\n\n", timeout=60)
    assert ran.exit_code == 0, progress.read_text()
    return Again(before, _marts(place), ran, third, seen, (first_count, second_count.strip()))


@pytest.mark.slow
def test_the_same_seed_gives_the_same_marts_and_scores(again: Again) -> None:
    assert again.before.keys() == again.after.keys() and {"team_risk", "fct_metric_week"} < again.before.keys()
    for name, rows in again.before.items():
        assert rows.equals(again.after[name]), f"{name} differs between two runs on the same organisation"


def test_a_second_run_at_once_is_refused_at_once(demo: Demo, again: Again) -> None:
    assert again.third.exit_code == 1
    refusal = f"Another run is at work on {demo.place.database} (process "
    assert refusal in again.third.said
    holder = again.third.said.partition(refusal)[2].partition(")")[0]
    assert re.fullmatch(r"\d+ on \S+ since \d{4}-\d\d-\d\d \d\d:\d\d UTC", holder)
    assert "Nothing was changed. Wait for it to end." in again.third.said
    assert "build:" not in again.third.stderr


def test_readers_are_not_locked_out_and_see_the_old_marts_until_the_end(demo: Demo, again: Again) -> None:
    first_run, second_run = demo.place.read("select run_id from counterpoise.published_runs order by published_at")
    before, after = [first_run], [first_run, second_run]
    until_publish = [runs for published, runs in again.runs_seen if not published]
    assert len(until_publish) > 20 and all(runs == before for runs in until_publish)
    assert all(runs in (before, after) for _, runs in again.runs_seen)
    assert again.counts_of_the_reader == ("1", "1"), "who had the file open reads on in the old one"


def test_json_is_all_that_stands_on_stdout(demo: Demo, again: Again) -> None:
    summary = json.loads(again.ran.stdout)
    assert summary["teams"] == 12 and sum(summary["bands"].values()) == 12
    assert summary["report"] == str(demo.place.report / "index.html")
    assert summary["database"] == str(demo.place.database)
    [(run_id,)] = demo.place.read("select arg_max(run_id, published_at) from counterpoise.published_runs")
    assert summary["run_id"] == run_id


# exit codes


def test_the_checks_of_good_data_pass_with_exit_code_0(demo: Demo, tmp_path: Path) -> None:
    """Thresholds that teams miss are findings: told, and no failed checks."""
    junit = tmp_path / "checks.xml"
    stages = ("--stage", "staging", "--stage", "marts", "--stage", "scores")
    ran = counterpoise("check", "--db", demo.place.database, *stages, "--junit", junit)
    assert (ran.exit_code, re.findall(r"^\w+(?=:)", ran.stdout, re.M)) == (0, ["staging", "marts", "scores"])
    assert len(re.findall(r"\d checks passed, 0 did not, ", ran.stdout)) == 3
    assert "  report: fct_guardrail_week: Team " in ran.stdout
    assert set(re.findall(r'(?:failures|errors)="(\d+)"', junit.read_text(encoding="utf-8"))) == {"0"}


def test_results_of_checks_have_a_history(demo: Demo) -> None:
    found = demo.place.read(
        "select count(*), count(distinct check_id), min(runs), max(changes) from counterpoise.fct_check_history"
    )
    checks = demo.place.read("select count(distinct check_id) from counterpoise.check_results")[0][0]
    assert found[0][:2] == (checks, checks) and found[0][2] >= 1
    assert demo.place.read("select distinct stage from counterpoise.check_results order by 1") == [
        ("marts",), ("raw",), ("scores",), ("staging",)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--raw", "raw", "--event-log", "log.csv", "--db", "x.duckdb"], "not both"),
        (["run", "--event-log", "log.csv", "--db", "x.duckdb"], "--event-log and --mapping go together"),
        (["run", "--mapping", "log.yml", "--db", "x.duckdb"], "--event-log and --mapping go together"),
        (["run", "--raw", "raw"], "needs --db FILE"),
        (["run", "--raw", "raw", "--db", "x.duckdb", "--vars", "just words"], "--vars must be a YAML mapping"),
        (["run", "--raw", "raw", "--db", "x.duckdb", "--vars", "{a: ["], "--vars is not YAML"),
        (["run", "--raw", "raw", "--db", "x.duckdb", "--target", "nowhere"], "nowhere"),
        (["run", "--raw", "raw", "--db", "x.duckdb", "--min-people", "2"], "--min-people"),
        (["run", "--no-such-option"], "--no-such-option"),
        (["no-such-command"], "no-such-command"),
    ],
)
def test_wrong_usage_exits_with_2_and_makes_nothing(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = counterpoise(*arguments)
    assert ran.exit_code == 2
    assert message in ran.said
    assert list(tmp_path.iterdir()) == []


# dbt alone


@pytest.mark.slow
def test_dbt_alone_builds_the_marts_without_scores_and_without_complaint(small_raw: Path, tmp_path: Path) -> None:
    """For people who only want dbt: all tests of the data pass, scores wait for Python."""
    database = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(database)) as connection:
        load_folder(connection, small_raw)
    folders = ("--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "logs"))

    def dbt(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", *arguments, *folders],
            cwd=ROOT,
            env=os.environ | {"COUNTERPOISE_BUILD_FILE": str(database)},
            capture_output=True,
            text=True,
        )

    built = dbt("build")
    assert built.returncode == 0, built.stdout[-3000:]
    assert "WARN=0 ERROR=0 SKIP=0" in built.stdout
    assert "hashed with the public demo salt" in built.stdout
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute("select count(*) > 1000 from counterpoise.fct_metric_week").fetchone()[0]
        assert connection.execute("select count(*) from counterpoise.team_risk").fetchone()[0] == 0


# why a team stands where it stands


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict]:
    return connection.sql(sql).to_arrow_table().to_pylist()


def _explained(place: Place, team: str, **options: Any) -> dict:
    """What `explain --json` prints, without the seconds that a command takes to begin."""
    warehouse = DuckDBFile(place.database, DbtProject(ROOT, place.private))
    return json.loads(json.dumps(explain(warehouse, team, **options).document, default=str))


def _recomputed(place: Place, told: dict) -> int:
    """Every SQL of an explanation, run on the published file and on the private one."""
    with (
        duckdb.connect(str(place.database), read_only=True) as marts,
        duckdb.connect(str(place.private / "work.duckdb"), read_only=True) as private,
    ):
        return recompute(told, lambda reads, sql: _rows(marts if reads == "marts" else private, sql))


@pytest.mark.parametrize(("team", "options"), [("Atlas", {"metric_id": "reopen_rate"}), ("team-0005", {"week": date(2026, 5, 18)})])
def test_every_number_of_an_explanation_is_what_its_sql_gives(demo: Demo, team: str, options: dict[str, Any]) -> None:
    told = _explained(demo.place, team, **options)
    assert {"score", "reasons", "pairs", "evidence", "next steps", "metrics", "history"} <= told["figures"].keys()
    assert told["status"] == "scored" and len(told["story"]) == 2
    assert _recomputed(demo.place, told) > 800
    [score] = told["figures"]["score"]["rows"]
    assert all(told[key] == score[key] for key in ("risk", "risk_low", "risk_high", "coverage", "band"))
    for reason in told["reasons"]:
        [row] = told["figures"][f"reason {reason['rank']}"]["rows"]
        assert all(reason[key] == row[key] for key in ("contribution", "observed", "expected", "n"))
        for metric in reason["metrics"]:
            assert any(name.startswith(f"steps of {metric}") for name in told["figures"]), "debug_metric_week is asked"


def test_what_a_reason_saw_is_what_the_steps_of_its_first_metric_end_with(demo: Demo) -> None:
    told = _explained(demo.place, "Atlas")
    first = next(reason for reason in told["reasons"] if reason["signal_id"] == "premature_close")
    steps = told["figures"]["steps of unconfirmed_close_share, 4 weeks earlier"]["rows"]
    amounts = {row["step_number"]: row["amount"] for row in steps}
    assert (amounts[1301], amounts[1303]) == pytest.approx((first["n"], first["observed"]), abs=1e-6)
    recent = told["figures"]["sums of unconfirmed_close_share, 4 weeks earlier"]["rows"][0]
    assert recent["span"] == "recent" and recent["weeks"] == 13
    assert recent["numerator"] / recent["denominator"] == pytest.approx(first["observed"], abs=1e-6)


def test_no_number_on_a_team_page_is_without_its_sql(demo: Demo) -> None:
    """Risk, range, coverage, points, pairs, charts, evidence and tables of the page: each stands in the explanation."""
    with duckdb.connect(str(demo.place.database), read_only=True) as connection:
        marts = Marts(lambda sql: connection.sql(sql).to_arrow_table(), "counterpoise")
        data = load(marts.table, "counterpoise")
        tables = load_tables(marts, data)
    [line] = [line for line in team_lines(data) if line.team.name == "Atlas"]
    team, page = line.team.team_id, team_page(data, line, tables.due, None, None)
    told = _explained(demo.place, team)
    assert told["week"] == str(data.week)
    score = line.score
    shown = (score.risk, score.low, score.high, score.coverage, score.band)
    assert shown == tuple(told[key] for key in ("risk", "risk_low", "risk_high", "coverage", "band"))
    assert line.tale in told["story"]
    assert [(r.reason.points, r.reason.n) for r in page.reasons] == [(r["contribution"], r["n"]) for r in told["reasons"]]
    for shown_reason, reason in zip(page.reasons, told["reasons"], strict=True):
        for side in ("observed", "expected"):
            ways = {amount(reason[side], unit) for unit in ("share", "hours", "score")}
            assert any(way in shown_reason.reason.sentence for way in ways), (side, ways, shown_reason.reason.sentence)
    # the map of weeks
    history = {row["week_start"]: row["risk"] for row in told["figures"]["history"]["rows"]}
    assert {str(week): found.risk for week, found in data.scores[team].items()} == history
    # the pairs, and what their charts draw and say
    verdicts = {pair["pair_id"]: (pair["week_start"], pair["verdict"]) for pair in told["pairs"]}
    assert {key: (str(v.week), v.verdict) for key, v in data.verdicts[team].items()} == verdicts and verdicts
    metrics = {metric.metric_id: metric for figure in page.figures for metric in (figure.pair.output, figure.pair.outcome)}
    assert len(metrics) > 3
    for metric_id, metric in list(metrics.items())[:3]:
        drawn = panel(metric, "", data.series[team, metric_id])
        figures = _explained(demo.place, team, metric_id=metric_id)["figures"]
        weekly = {row["week_start"]: row["value"] for row in figures[f"series of {metric_id}"]["rows"]}
        values = zip(map(str, drawn.series.weeks), drawn.series.values, strict=True)
        assert dict(values) == {week: value for week, value in weekly.items() if value is not None}
        [usual] = figures[f"usual range of {metric_id}"]["rows"]
        assert (usual["usual_low"], usual["usual_high"]) == pytest.approx(drawn.shown_limits, abs=1e-9)
        assert (usual["weeks_outside"], usual["weeks"]) == (drawn.outside, len(drawn.series.values))
    # the evidence
    totals = {row["label"]: row["total"] for row in told["evidence"]}
    assert {found.label: found.total for found in page.evidence} == totals
    assert [(row["key_type"].replace("_", " "), row["what"]) for row in told["evidence"]] == [
        (kind, what) for found in page.evidence for kind, _, what in found.shown
    ]
    # the tables: every number in a cell is one of the figures, said as the page says it
    for table in tables.of_teams[team]:
        said = _said(told["figures"], data)
        missing = [cell.text for row in table.rows for cell in row if re.search(r"\d", cell.text) and cell.text not in said]
        assert not missing, (table.name, missing)


def _said(figures: dict, data: ReportData) -> set[str]:
    """Every value of an explanation in all ways in which a page may say it."""
    values = [value for figure in figures.values() for row in figure["rows"] for value in row.values()]
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    words = {value for value in values if isinstance(value, str)} | {metric.label for metric in data.metrics}
    dates = {day(date.fromisoformat(word)) for word in words if re.fullmatch(r"\d{4}-\d\d-\d\d", word)}
    return words | dates | {say(value) for value in numbers for say in (percent, number, lambda v: quantity(v, "hours"))}


HOSTILE = "O'Brien \"x\"; drop table team_risk; --\x1b[31m\n‮\\ {marts} %s"


@pytest.fixture
def hostile(demo: Demo, tmp_path: Path) -> Place:
    """The demo's marts with a team whose id and name want to be something else, and a small one."""
    place = Place(tmp_path)
    shutil.copy(demo.place.database, place.database)
    with duckdb.connect(str(place.database)) as connection:
        named = connection.execute("select table_name from duckdb_columns() where column_name = 'team_id'").fetchall()
        for (table,) in named:
            connection.execute(f"update counterpoise.{table} set team_id = ? where team_id = 'team-0001'", [HOSTILE])
        connection.execute("update counterpoise.dim_team set team_name = ? where team_id = ?", [HOSTILE, HOSTILE])
        connection.execute("update counterpoise.dim_team set is_small = true where team_id = 'team-0005'")
    return place


def test_a_hostile_name_is_only_a_name(hostile: Place) -> None:
    told = _explained(hostile, HOSTILE)
    assert told["team_id"] == told["team_name"] == HOSTILE and told["where"]["private"] is None
    with duckdb.connect(str(hostile.database), read_only=True) as connection:
        assert recompute(told, lambda reads, sql: _rows(connection, sql)) > 500
    assert all(line.isprintable() for figure in told["figures"].values() for line in figure["sql"].split("\n"))
    assert json.loads(counterpoise("explain", HOSTILE, "--db", hostile.database, "--json").stdout) == {"exit_code": 0, **told}
    ran = counterpoise("explain", HOSTILE, "--db", hostile.database)
    assert ran.exit_code == 0 and all(line.isprintable() for line in ran.stdout.split("\n"))
    assert "O'Brien" in ran.stdout and "\\x1b[31m\\n\\u202e" in ran.stdout
    refused = counterpoise("explain", "\x1b[31mObrien", "--db", hostile.database)
    assert refused.exit_code == 2 and "\x1b" not in refused.stderr


def test_of_a_small_team_nothing_is_told_but_why(hostile: Place) -> None:
    told = _explained(hostile, "team-0005", metric_id="reopen_rate")
    assert told["status"] == "not_shown" and told["figures"] == {} and told["reasons"] == []
    assert told["risk"] is None and "Fewer than 5 people" in told["why_not"]
    ran = counterpoise("explain", "team-0005", "--db", hostile.database)
    assert "Fewer than 5 people" in ran.stdout and "select" not in ran.stdout
    all_small = _explained(hostile, "team-0006", min_people=60)
    assert all_small["status"] == "not_shown" and "Fewer than 60 people" in all_small["why_not"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Atlsa"], 'Did you mean "Atlas"?'),
        (["Atlas", date(2026, 9, 15)], "There is no week of 2026-09-15. Name a Monday from 2024-09-30 to 2026-09-14."),
        (["Atlas", date(2031, 1, 6)], "Name a Monday from"),
        (["Atlas", None, "reopen_rat"], 'Did you mean "reopen_rate"?'),
    ],
)
def test_what_cannot_be_explained_is_refused_with_what_can(demo: Demo, arguments: list, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        explain(DuckDBFile(demo.place.database, DbtProject(ROOT, demo.place.private)), *arguments)


def test_the_text_of_an_explanation_holds_the_sql_to_paste(demo: Demo) -> None:
    told = _explained(demo.place, "atlas")
    text = counterpoise("explain", "atlas", "--db", demo.place.database).stdout
    lines = {line.strip() for line in text.splitlines()}
    for name in ("score", "reason 1", "pairs", "evidence", "next steps", "sums of reopen_rate", "steps of reopen_rate"):
        *body, last = told["figures"][name]["sql"].split("\n")
        assert {*(line.strip() for line in body), f"{last.strip()};"} <= lines, name
    assert told["story"][1].split()[-1] in text and "\x1b" not in text


def test_an_explanation_waits_for_no_run_and_leaves_no_trace(demo: Demo) -> None:
    before = demo.place.published()
    with (demo.place.private / "run.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert _explained(demo.place, "Atlas")["status"] == "scored"
    assert demo.place.published() == before
