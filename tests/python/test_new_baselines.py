"""No alarm by a registered change of counting, another tool, another mix, or a gap: small teams worked by hand, side by side."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import Bench
from counterpoise.inputs import load_folder

START = datetime(2024, 1, 1)  # a Monday
FIRST = (START - datetime(1970, 1, 5)).days // 7
WEEKS, STEP, LATER = 92, 50, 62
FIRED = 3.0
GAP = range(50, 54)
STEADY = [f"steady_{number}" for number in range(1, 7)]

Kinds = dict[str, tuple[int, float]]


def _evenly(share: float, number: int) -> bool:
    """Whether the item of this number is one of so many in a hundred, spread as evenly as can be."""
    return int((number + 1) * share + 1e-9) > int(number * share + 1e-9)


class _Work:
    """Items of teams: in each week so many of each kind, of which a share is reopened two days after it was resolved."""

    def __init__(self) -> None:
        self.items: dict[str, list] = defaultdict(list)
        self.events: dict[str, list] = defaultdict(list)

    def team(
        self,
        team: str,
        kinds_of_week: Callable[[int], Kinds],
        source: str = "desk",
        loaded_at: Callable[[datetime], datetime | None] = lambda written: None,
    ) -> None:
        made: dict[str, int] = defaultdict(int)
        for week in range(WEEKS):
            for kind, (count, reopened) in kinds_of_week(week).items():
                for number in range(count):
                    again = _evenly(reopened, made[kind])
                    made[kind] += 1
                    row = {
                        "work_item_id": f"{team}-{kind}-{made[kind]}",
                        "source_system": source,
                        "item_type": "ticket",
                        "team_id": team,
                        "requester_id": f"asks-{team}-{kind}-{made[kind]}",
                        "category": kind,
                        "created_at": START + timedelta(weeks=week, hours=8 + 96 * number / count),
                    }
                    self._item(row, again, loaded_at)

    def _item(self, row: dict, again: bool, loaded_at: Callable[[datetime], datetime | None]) -> None:
        created = row["created_at"]
        resolved = created + timedelta(hours=6)
        steps = [("created", created), ("resolved", resolved)]
        if again:
            steps += [("reopened", resolved + timedelta(hours=24)), ("resolved", resolved + timedelta(hours=30))]
        row |= {"resolved_at": steps[-1][1], "_loaded_at": loaded_at(created)}
        for name, value in row.items():
            self.items[name].append(value)
        for number, (event_type, occurred_at) in enumerate(steps):
            event = {
                "event_id": f"{row['work_item_id']}-{number}",
                "work_item_id": row["work_item_id"],
                "event_type": event_type,
                "occurred_at": occurred_at,
                "team_id": row["team_id"],
                "_loaded_at": loaded_at(occurred_at),
            }
            for name, value in event.items():
                self.events[name].append(value)


def _stepped(week: int) -> Kinds:
    """Twenty a week, a tenth of them reopened; from the step on thirty, and of those four tenths."""
    return {"one": (20, 0.1)} if week < STEP else {"one": (30, 0.4)}


def _steady(week: int) -> Kinds:
    return {"one": (20, 0.1)}


def _mixed(week: int) -> Kinds:
    """Crude 18 · 5 % + 2 · 40 % = 1.7 of 20 = 8.5 %, then 10 · 5 % + 10 · 40 % = 4.5 of 20 = 22.5 %."""
    return {"easy": (18, 0.05), "hard": (2, 0.4)} if week < STEP else {"easy": (10, 0.05), "hard": (10, 0.4)}


def _unmixed(week: int) -> Kinds:
    """The same crude shares, all of one kind."""
    return {"one": (20, 0.085)} if week < STEP else {"one": (20, 0.225)}


def _gapped(week: int) -> Kinds:
    return {} if week in GAP else {"one": (20, 0.1)}


def _halved(week: int) -> Kinds:
    """Of one week the load broke off after its first two items."""
    return {"one": (2, 0.1)} if week == STEP else {"one": (20, 0.1)}


def _in_the_night_after(written: datetime) -> datetime:
    """Loaded night by night; but in four weeks nothing came, and all of it in the first night after them."""
    night = datetime(written.year, written.month, written.day, 2) + timedelta(days=1)
    return max(night, _at(GAP.stop, 2)) if _at(GAP.start, 0) <= written else night


def _at(week: int, hours: int = 12) -> datetime:
    return START + timedelta(weeks=week, hours=hours)


def _raw(folder: Path) -> Path:
    work = _Work()
    for team in ("registered", "silent", "later", "moved", "unagreed"):
        work.team(team, _stepped)
    for team in STEADY:
        work.team(team, _steady)
    work.team("mixed", _mixed)
    work.team("unmixed", _unmixed)
    work.team("gapped", _gapped, source="second_desk")
    work.team("halved", _halved, source="third_desk")
    work.team("caught_up", _steady, source="fourth_desk", loaded_at=_in_the_night_after)
    teams = sorted(set(work.items["team_id"]))
    counted = ("throughput", "reopen_rate", "rework_item_share")
    changes = [
        (team, metric, approved)
        for team, approved in (("registered", _at(STEP)), ("later", _at(LATER)), ("unagreed", None))
        for metric in counted
    ]
    tables = {
        "teams": {"team_id": teams, "team_name": teams},
        "work_items": work.items,
        "work_item_events": work.events,
        "metric_changes": {
            "change_id": [f"{team}-{metric}" for team, metric, _ in changes],
            "metric_id": [metric for _, metric, _ in changes],
            "team_id": [team for team, _, _ in changes],
            "change_type": ["recount"] * len(changes),
            "requested_at": [_at(STEP - 1)] * len(changes),
            "approved_at": pa.array([approved for *_, approved in changes], pa.timestamp("us")),
        },
        "interventions": {
            "intervention_id": ["move"],
            "team_id": ["moved"],
            "kind": ["tool_migration"],
            "started_at": [_at(STEP)],
        },
    }
    folder.mkdir()
    for name, columns in tables.items():
        pq.write_table(pa.table(dict(columns)), folder / f"{name}.parquet")
    return folder


class Built:
    """Evidence by team, metric and week, contrasts beside it, signals and the score; weeks counted from the start."""

    def __init__(self, bench: Bench, raw: Path) -> None:
        connection = bench.build(lambda connection: load_folder(connection, raw)).connect()

        def rows(query: str) -> Iterator[dict]:
            return iter(connection.sql(query).to_arrow_table().to_pylist())

        self.evidence: dict[tuple[str, str], dict[int, dict]] = defaultdict(dict)
        for row in rows("select * from counterpoise_private.int_evidence"):
            self.evidence[row["team_id"], row["metric_id"]][row["week"] - FIRST] = row
        self.contrasts: dict[str, list[dict]] = defaultdict(list)
        for row in rows("select * from counterpoise_private.int_contrast order by all"):
            self.contrasts[row.pop("team_id")].append(row | {"week": row["week"] - FIRST})
        self.signals: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
        for row in rows("select team_id, signal_id, week_start, status from counterpoise.fct_signal_week"):
            self.signals[row["team_id"], row["signal_id"]][_week(row["week_start"])] = row["status"]
        self.risk: dict[str, dict[int, dict]] = defaultdict(dict)
        for row in rows("select * from counterpoise.team_risk"):
            self.risk[row["team_id"]][_week(row["week_start"])] = row

    def worst(self, team: str, metric: str, column: str = "log_evidence_worse") -> float:
        """The strongest evidence of any week from the step on."""
        return max(row[column] for week, row in self.evidence[team, metric].items() if week >= STEP)


def _week(week_start: date) -> int:
    return (week_start - START.date()).days // 7


@pytest.fixture(scope="module")
def built(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return Built(bench, _raw(tmp_path_factory.mktemp("baselines") / "raw"))


# A registered change of counting --------------------------------------------------------------------------------------


def test_a_step_that_nobody_registered_is_evidence_and_alarms(built: Built) -> None:
    """The same rows without an agreed change: otherwise the tests below would prove nothing."""
    for team in ("silent", "unagreed"):
        assert (
            built.worst(team, "reopen_rate") > FIRED and built.worst(team, "throughput", "log_evidence_better") > FIRED
        )
        assert "fired" in built.signals[team, "rework_loop"].values()
        assert any(row["alert"] for row in built.risk[team].values())


def test_a_registered_step_is_no_evidence_and_fires_nothing(built: Built) -> None:
    for metric in ("reopen_rate", "throughput", "rework_item_share"):
        for column in ("log_evidence_better", "log_evidence_worse"):
            assert built.worst("registered", metric, column) < 0
    for (team, signal), weeks in built.signals.items():
        assert team != "registered" or "fired" not in weeks.values(), signal
    assert not any(row["alert"] for row in built.risk["registered"].values())


@pytest.mark.parametrize(("metric", "follow_up"), [("throughput", 0), ("reopen_rate", 4)])
def test_the_metric_is_unknown_until_there_is_a_baseline_again(built: Built, metric: str, follow_up: int) -> None:
    """The first week of the new side is the one after the change. Twelve weeks of baseline, then thirteen: the 25th week from there,
    four later where four weeks are waited for."""
    weeks = set(built.evidence["registered", metric])
    again = STEP + 1 + follow_up + 12 + 13 - 1
    assert {STEP - 1, again} <= weeks and not weeks & set(range(STEP, again))
    assert built.evidence["registered", metric][again]["is_trial"]
    if metric == "throughput":  # 30 and the 12 that come again, against as many: not against the 20 and 2 of before
        assert built.evidence["registered", metric][again]["expected"] == pytest.approx(42, abs=0.5)


def test_another_metric_of_the_team_goes_on(built: Built) -> None:
    ours, theirs = (set(built.evidence[team, "resolution_hours"]) for team in ("registered", "silent"))
    assert ours == theirs and STEP in ours


def test_what_is_unknown_lowers_the_coverage_and_a_signal_of_it_says_no_data(built: Built) -> None:
    unknown, known = STEP + 10, STEP - 1
    assert built.risk["registered"][unknown]["coverage"] < built.risk["registered"][known]["coverage"]
    assert built.signals["registered", "rework_loop"][known] == "clear"
    assert built.signals["registered", "rework_loop"][unknown] == "no_data"


def test_a_change_registered_later_changes_nothing_before(built: Built) -> None:
    """Weeks before the change are what they are without one, to the last digit, with peers, season and null; so is a change not agreed."""
    silent, later = built.contrasts["silent"], built.contrasts["later"]
    before = [row for row in silent if row["week"] < LATER]
    assert len(before) > 1000 and before == [row for row in later if row["week"] < LATER]
    assert not [row for row in later if row["metric_id"] == "reopen_rate" and row["week"] >= LATER]
    assert built.contrasts["unagreed"] == silent


# Another tool ---------------------------------------------------------------------------------------------------------


def test_another_tool_begins_everything_anew_and_nothing_is_called_clear(built: Built) -> None:
    blind = range(STEP, STEP + 25)
    of_team = {metric: weeks for (team, metric), weeks in built.evidence.items() if team == "moved"}
    assert len(of_team) > 10 and not [metric for metric, weeks in of_team.items() if set(weeks) & set(blind)]
    for week in blind:
        assert (built.risk["moved"][week]["status"], built.risk["moved"][week]["band"]) == ("insufficient_data", None)
    assert max(built.worst("moved", metric) for metric in of_team) < FIRED
    assert not any(row["alert"] for row in built.risk["moved"].values())
    assert built.risk["moved"][WEEKS - 2]["status"] == "scored"


# Another mix ----------------------------------------------------------------------------------------------------------


def test_a_shift_of_the_mix_alone_is_no_evidence(built: Built) -> None:
    """Both go from 8.5 % to 22.5 % of all; in one only the share of hard items grew."""
    assert built.worst("mixed", "reopen_rate") < 0
    assert built.worst("unmixed", "reopen_rate") > FIRED
    last = {team: built.evidence[team, "reopen_rate"][STEP + 16] for team in ("mixed", "unmixed")}
    assert last["mixed"]["observed"] == pytest.approx(last["unmixed"]["observed"], abs=0.005)
    assert last["mixed"]["expected"] == pytest.approx(0.225, abs=0.01)
    assert last["unmixed"]["expected"] == pytest.approx(0.085, abs=0.005)
    assert not any(row["alert"] for row in built.risk["mixed"].values())


# A gap ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("team", "most"), [("gapped", 0), ("caught_up", 0), ("halved", FIRED / 2)])
def test_a_gap_in_the_data_is_neither_a_collapse_nor_a_gain(built: Built, team: str, most: float) -> None:
    """Weeks nobody told of, and weeks that came late, say nothing either way. A week that broke off is a week with two items: some
    evidence of a worse throughput, (3 · 22 + 2) of 88 in four weeks, and half of what a signal needs at the very most."""
    compared = {metric for who, metric in built.evidence if who == "steady_1"} & {
        "throughput", "resolution_hours", "end_to_end_hours", "reopen_rate", "repeat_contact_rate", "rework_item_share",
        "wait_hours", "delivered_requests", "assigned_per_person",
    }  # fmt: skip
    assert len(compared) == 9
    for metric in compared:
        for column in ("log_evidence_better", "log_evidence_worse"):
            assert built.worst(team, metric, column) < most, (metric, column)
    # tools alone tell too little of outcomes to call anything clear; but nothing is seen either
    assert max(row["risk"] or 0 for row in built.risk[team].values()) < 20
    assert not any(row["alert"] for row in built.risk[team].values())


def test_throughput_after_a_gap_is_compared_by_the_weeks_that_were_told(built: Built) -> None:
    """Nine of thirteen weeks were told, with twenty and two that came again in each."""
    row = built.evidence["gapped", "throughput"][GAP.stop + 3]
    assert (row["n_recent"], row["observed"], row["expected"]) == (9 * 22, 22, pytest.approx(22, abs=0.1))
