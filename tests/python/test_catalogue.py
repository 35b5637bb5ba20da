"""Every signal on an organisation made for it: it fires at the team that does the thing, and not at its benign twin."""

import csv
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from conftest import ROOT, Bench
from counterpoise.simulation import simulate

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
