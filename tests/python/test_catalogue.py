"""Every signal on an organisation made for it: it fires at the team that does the thing, and not at its benign twin.

It has figures for every metric too, so the semantic layer is asked here.
"""

import csv
import shutil
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT, Bench
from counterpoise.simulation import simulate
from semantic_layer import commands_of_the_page, differing, figures, mf

pytestmark = pytest.mark.slow

with (ROOT / "seeds/registry/signal_registry.csv").open(encoding="utf-8") as file:
    SIGNALS = [row["signal_id"] for row in csv.DictReader(file)]
with (ROOT / "seeds/registry/metric_registry.csv").open(encoding="utf-8") as file:
    METRICS = [row["metric_id"] for row in csv.DictReader(file)]
# A change needs some weeks to show in a window of 13 and in outcomes that mature in four.
SETTLED_WEEKS = 10
# It has to stand for a while, or it would be chance; its twin may not show once.
LEAST_SHARE = 0.25


class Organisation:
    """What was built, and how often each signal fired at each team from ten weeks after the onset on."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        simulate(folder / "raw", scenario="catalogue", labels_path=folder / "labels.csv")
        # the simulator has no opening hours: the only calendar there is is everybody's
        hours = [f"office,{weekday},09:00,17:30,Europe/Lisbon,2000-01-01" for weekday in range(1, 6)]
        header = "calendar_id,weekday,opens_at,closes_at,timezone,valid_from"
        (folder / "raw" / "business_calendars.csv").write_text("\n".join([header, *hours]) + "\n", encoding="utf-8")
        self.connection = bench.build_folder(folder / "raw").connect()
        with (folder / "labels.csv").open(encoding="utf-8") as file:
            labels = [row for row in csv.DictReader(file) if row["signal_id"]]
        self.team = {row["signal_id"]: row["team_id"] for row in labels if row["is_twin"] == "false"}
        self.twin = {row["signal_id"]: row["team_id"] for row in labels if row["is_twin"] == "true"}
        onset = {row["team_id"]: row["onset_week"] for row in labels}
        self.weeks: Counter[tuple[str, str]] = Counter()
        self.fired: Counter[tuple[str, str]] = Counter()
        for team, signal, week, status in self.connection.execute(
            "select team_id, signal_id, week_start, status from counterpoise.fct_signal_week"
        ).fetchall():
            begins = onset.get(team)
            if begins and week < date.fromisoformat(begins) + timedelta(weeks=SETTLED_WEEKS):
                continue
            self.weeks[team, signal] += 1
            self.fired[team, signal] += status == "fired"

    def share(self, team: str, signal: str) -> float:
        return self.fired[team, signal] / self.weeks[team, signal]


@pytest.fixture(scope="module")
def organisation(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    return Organisation(bench, tmp_path_factory.mktemp("catalogue"))


@pytest.mark.parametrize("signal", SIGNALS)
def test_the_signal_fires_at_its_team(organisation: Organisation, signal: str) -> None:
    assert organisation.share(organisation.team[signal], signal) >= LEAST_SHARE


@pytest.mark.parametrize("signal", SIGNALS)
def test_the_signal_does_not_fire_at_its_twin(organisation: Organisation, signal: str) -> None:
    assert organisation.fired[organisation.twin[signal], signal] == 0


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_fired_signal_points_at_something(organisation: Organisation, signal: str) -> None:
    rows = organisation.connection.execute(
        "select count(*) from counterpoise.signal_evidence where signal_id = ? and team_id = ?",
        [signal, organisation.team[signal]],
    ).fetchone()
    assert rows[0] > 0


@pytest.mark.parametrize("metric", METRICS)
def test_every_registered_metric_computes(organisation: Organisation, metric: str) -> None:
    values = organisation.connection.execute(
        "select count(value) from counterpoise.fct_metric_week where metric_id = ?", [metric]
    ).fetchone()
    assert values[0] > 0


# The semantic layer ---------------------------------------------------------------------------------------------------

RISK = {"risk_low": "highest_risk_low", "risk": "highest_risk", "risk_high": "highest_risk_high"}


class Asked:
    """Answers of MetricFlow, as CSV files, and the published marts it was asked of."""

    def __init__(self, bench: Bench, organisation: Organisation, folder: Path) -> None:
        bench.warehouse.publish()
        bench.warehouse.project.parse()  # a build writes no JSON
        marts = folder / "work.duckdb"  # named like the file it was built in, as its relations are in the manifest
        shutil.copy(bench.warehouse.path, marts)
        self.hidden = organisation.team["stopped_clock"]
        with duckdb.connect(str(marts)) as connection:
            connection.execute(
                "update counterpoise.fct_metric_week set is_suppressed = true, numerator = null, denominator = null, value = null, n = null "
                "where team_id = ?",
                [self.hidden],
            )
        project = folder / "project"
        project.mkdir()
        metrics = ",".join(f"counterpoise_{name}" for name in (*METRICS, *RISK.values(), "teams_with_alert"))
        asked = {
            "weeks.csv": ["--metrics", metrics, "--group-by", "metric_time__week,counterpoise_team"],
            "years.csv": ["--metrics", metrics, "--group-by", "metric_time__year,counterpoise_team__function"],
            "bands.csv": ["--metrics", "counterpoise_teams_scored", "--group-by", "metric_time__week,counterpoise_team_risk__band"],
        }
        queries = [["query", "--quiet", *asked[name], "--csv", str(project / name)] for name in asked]
        target = bench.warehouse.project.work_folder / "target"
        self.said = mf(project, target / "semantic_manifest.json", marts, [*commands_of_the_page(), *queries])
        self.folder = project
        self.marts = duckdb.connect(str(marts), read_only=True)

    def expected(self, figures_by: str, risks_by: str) -> dict[tuple[str, ...], float]:
        """Rows of two selects (name, keys, figure) as `figures` gives them."""
        rows = self.marts.execute(figures_by).fetchall() + self.marts.execute(risks_by).fetchall()
        return {(f"counterpoise_{name}", *map(str, keys)): float(value) for name, *keys, value in rows if value is not None}


@pytest.fixture(scope="module")
def asked(bench: Bench, organisation: Organisation, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    return Asked(bench, organisation, tmp_path_factory.mktemp("asked"))


def test_the_semantic_layer_is_valid_and_the_page_s_commands_run(asked: Asked) -> None:
    assert len(commands_of_the_page()) >= 4 and asked.said.count("ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0") >= 6, asked.said[-2000:]


def test_metricflow_gives_every_figure_of_the_marts(asked: Asked) -> None:
    expected = asked.expected(
        "select metric_id, week_start, team_id, value from counterpoise.fct_metric_week",
        "select name, week_start, team_id, value from (unpivot (select week_start, team_id, risk_low as highest_risk_low, "
        "risk as highest_risk, risk_high as highest_risk_high, alert::integer::double as teams_with_alert "
        "from counterpoise.team_risk) on columns('risk|alert') into name name value value)",
    )
    found = figures(asked.folder / "weeks.csv", "metric_time__week", "counterpoise_team")
    assert {name.removeprefix("counterpoise_") for name, *_ in found} == {*METRICS, *RISK.values(), "teams_with_alert"}
    assert not differing(found, expected)
    assert not [key for key in found if key[2] == asked.hidden and key[0].removeprefix("counterpoise_") in METRICS]


def test_metricflow_adds_up_before_it_divides(asked: Asked) -> None:
    """Over teams and weeks: what was counted over what it was counted of, of mature weeks; of the risk the highest."""
    expected = asked.expected(
        "select metric_id, date_trunc('year', week_start)::date, function, sum(numerator) / nullif(sum(denominator), 0) "
        "from counterpoise.fct_metric_week join counterpoise.dim_team using (team_id) where is_mature group by all",
        "select name, year, function, value from (unpivot (select date_trunc('year', week_start)::date as year, function, "
        "max(risk_low) as highest_risk_low, max(risk) as highest_risk, max(risk_high) as highest_risk_high, "
        "(count(distinct team_id) filter (alert))::double as teams_with_alert "
        "from counterpoise.team_risk join counterpoise.dim_team using (team_id) group by all) "
        "on columns('risk|alert') into name name value value)",
    )
    found = figures(asked.folder / "years.csv", "metric_time__year", "counterpoise_team__function")
    assert len(found) > 500 and not differing(found, expected)


def test_teams_are_counted_by_band(asked: Asked) -> None:
    rows = asked.marts.execute(
        "select week_start, band, count(*) from counterpoise.team_risk where status = 'scored' group by all"
    ).fetchall()
    found = figures(asked.folder / "bands.csv", "metric_time__week", "counterpoise_team_risk__band")
    expected = {("counterpoise_teams_scored", str(week), band): teams for week, band, teams in rows}
    # a count of none is 0, of teams without a band
    assert {key: teams for key, teams in found.items() if teams} == expected and {band for _, band, _ in rows} >= {"clear", "high"}
