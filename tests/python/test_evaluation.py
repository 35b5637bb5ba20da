"""The measures by numbers worked by hand, the methods beside the score, and the protocol from end to end."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from counterpoise.cli import main
from counterpoise.evaluation import measures, page, protocol
from counterpoise.evaluation.baselines import METHODS, _rolling, z_score
from counterpoise.evaluation.measures import Truth
from counterpoise.evaluation.organisation import Setting, Weekly, fingerprint, read_truth
from counterpoise.project import find_project_dir
from counterpoise.scoring import calibrate

# Machines under load are slow: a slow example is no failure.
many = settings(deadline=None)

LABELLED = st.lists(st.tuples(st.integers(-20, 20), st.booleans()), min_size=2, max_size=40).filter(
    lambda rows: len({label for _, label in rows}) == 2
)


def _split(rows: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([score for score, _ in rows], float), np.array([label for _, label in rows])


def _truth(*teams: tuple[str, float | None]) -> Truth:
    """Teams by kind and onset, None = benign; ramp of 2 weeks, shock in week 10."""
    return Truth(
        tuple(f"t{place}" for place in range(len(teams))),
        tuple(kind for kind, _ in teams),
        np.array([onset is not None for _, onset in teams]),
        np.array([np.nan if onset is None else onset for _, onset in teams]),
        np.full(len(teams), 2.0),
        tuple(frozenset({f"way_of_{kind}"} if onset is not None else ()) for kind, onset in teams),
        np.full(len(teams), 10.0),
    )


# Order


def test_auc_by_hand() -> None:
    """Positives 2 and 4, negatives 1 and 3: three of four pairs in order. A tie is half a pair."""
    labels = np.array([False, True, False, True])
    assert measures.auc(np.array([1.0, 2, 3, 4]), labels) == 0.75
    assert measures.auc(np.array([1.0, 3, 3, 4]), labels) == 0.875
    assert measures.auc(np.array([-np.inf, 3, -np.inf, 4]), labels) == 1
    assert np.isnan(measures.auc(np.array([1.0, 2]), np.array([True, True])))


@given(LABELLED)
@many
def test_auc_is_the_share_of_pairs_and_looks_at_nothing_but_the_order(rows: list[tuple[int, bool]]) -> None:
    score, labels = _split(rows)
    pairs = score[labels][:, None] - score[~labels][None, :]
    found = measures.auc(score, labels)
    assert found == pytest.approx(((pairs > 0) + 0.5 * (pairs == 0)).mean())
    assert measures.auc(score**3 + 7, labels) == pytest.approx(found)
    assert measures.auc(-score, labels) == pytest.approx(1 - found)


@given(LABELLED, st.data())
@many
def test_auc_by_weights_is_that_of_rows_repeated(rows: list[tuple[int, bool]], data: st.DataObject) -> None:
    score, labels = _split(rows)
    weights = np.array(data.draw(st.lists(st.integers(1, 3), min_size=len(rows), max_size=len(rows))))
    repeated = measures.auc(np.repeat(score, weights), np.repeat(labels, weights))
    assert measures.auc(score, labels, weights.astype(float)) == pytest.approx(repeated)


@given(LABELLED)
@many
def test_the_area_below_the_roc_curve_is_the_auc(rows: list[tuple[int, bool]]) -> None:
    score, labels = _split(rows)
    falses, trues = measures.roc_curve(score, labels)
    assert np.trapezoid(trues, falses) == pytest.approx(measures.auc(score, labels))


def test_precision_and_recall_by_hand() -> None:
    """From above: right, wrong, right. Recall .5 .5 1, precision 1 1/2 2/3; area .5 · 1 + .5 · 2/3."""
    score, labels = np.array([3.0, 2, 1]), np.array([True, False, True])
    recall, precision = measures.precision_recall_curve(score, labels)
    np.testing.assert_allclose(recall, [0.5, 0.5, 1])
    np.testing.assert_allclose(precision, [1, 0.5, 2 / 3])
    assert measures.average_precision(score, labels) == pytest.approx(0.5 + 1 / 3)


def test_a_thinned_curve_keeps_its_ends() -> None:
    x = np.linspace(0, 1, 5001)
    curve = measures.thinned(x, x**2, points=50)
    assert curve[0] == [0, 0] and curve[-1] == [1, 1]
    assert 40 <= len(curve) <= 52


# Weeks and alarms


def test_which_weeks_are_positive_and_which_negative() -> None:
    truth = _truth(("a", 20.0), ("b", None))
    positive, negative = truth.positive(100), truth.negative(100)
    # onset 20, ramp 2, settled 4 weeks later: 26 to 72
    assert np.flatnonzero(positive[0]).tolist() == list(range(26, 73))
    assert not positive[1].any()
    assert np.flatnonzero(negative[0]).tolist() == list(range(20))
    assert negative[1].all()
    assert np.flatnonzero(truth.around_shock(100)[1]).tolist() == list(range(10, 37))


def test_an_alarm_is_new_after_eight_quiet_weeks() -> None:
    alarm = np.zeros((1, 30), bool)
    alarm[0, [0, 3, 11, 12, 21, 29]] = True
    # 11 is eight weeks after 3, so only seven lie between; 21 is nine after 12; 29 is eight after 21
    assert np.flatnonzero(measures.alarm_starts(alarm)[0]).tolist() == [0, 21]


@given(st.lists(st.booleans(), min_size=1, max_size=60))
@many
def test_alarm_starts_are_those_of_the_definition(line: list[bool]) -> None:
    starts = measures.alarm_starts(np.array([line]))[0]
    assert starts.tolist() == [on and not any(line[max(0, week - 8) : week]) for week, on in enumerate(line)]


def test_false_alarms_per_100_team_years_by_hand() -> None:
    """Two new alarms that count in two years: 100 per 100 years. The one in a week that does not count is none."""
    alarm = np.zeros((2, 60), bool)
    alarm[0, [5, 30]] = True
    alarm[1, 50] = True
    negative = np.ones((2, 60), bool)
    negative[1, 44:] = False
    assert measures.alarm_rate(alarm, negative) == pytest.approx(100 * 2 / (104 / 52))
    assert np.isnan(measures.alarm_rate(alarm, np.zeros_like(negative)))


def test_the_threshold_gives_at_most_so_many_false_alarms() -> None:
    """One team, two years: one alarm is 50 per 100 years, two are 100."""
    score = np.full((1, 104), np.nan)
    score[0, 10], score[0, 50], score[0, 51], score[0, 90] = 9.0, 7.0, 8.0, 6.0
    score[0, 100] = 99.0  # does not count
    negative = np.ones_like(score, bool)
    negative[0, 95:] = False
    # 95 weeks: one alarm 54.7, two 109.5, three 164.2
    assert 8.0 < measures.threshold_for(score, negative, 60.0) < 8.0001
    assert 6.0 < measures.threshold_for(score, negative, 120.0) < 6.0001
    assert measures.threshold_for(score, negative, 170.0) == -np.inf
    assert 9.0 < measures.threshold_for(score, negative, 10.0) < 9.0001


@given(st.lists(st.integers(0, 6), min_size=104, max_size=104), st.integers(0, 400))
@many
def test_no_threshold_above_gives_more(line: list[int], rate: int) -> None:
    score, negative = np.array([line], float), np.ones((1, 104), bool)
    threshold = measures.threshold_for(score, negative, rate)
    for level in {*np.unique(score), threshold}:
        if level >= threshold and np.isfinite(level):
            assert measures.alarm_rate(score >= level, negative) <= rate


def test_delays_by_hand() -> None:
    truth = _truth(("a", 20.0), ("a", 20.0), ("a", 20.0), ("b", None))
    alarm = np.zeros((4, 100), bool)
    alarm[0, [5, 27]] = True
    # stood before the onset and lasts to week 24: false; the one of week 30 finds it
    alarm[1, 15:25] = True
    alarm[1, 30] = True
    alarm[2, 73] = True  # more than a year later
    alarm[3, 40] = True
    delay = measures.delays(alarm, truth)
    assert delay[:3].tolist() == [7, 10, np.inf]
    assert np.isnan(delay[3])
    # found within 10 weeks: two of three; the middle of 7, 10 and never is 10
    assert measures.share_found(delay, truth, 100, 10) == pytest.approx(2 / 3)
    assert measures.median_delay(delay, truth, 100) == 10
    # with data to week 45 nobody is followed for 26 weeks, all are for 25
    assert np.isnan(measures.share_found(delay, truth, 46, 26))
    assert measures.share_found(delay, truth, 46, 25) == pytest.approx(2 / 3)


def test_the_curve_of_what_is_found_by_hand() -> None:
    """Data to week 40: one found in week 5, one never within its 20 weeks, one (onset 35) not within its 5.

    In week 5 one of three; after that nobody. With one found in week 10 instead, only two are still there: one half.
    """
    truth = _truth(("a", 20.0), ("a", 20.0), ("a", 35.0), ("b", None))
    curve = measures.found_curve(np.array([5, np.inf, np.inf, np.nan]), truth, 41)
    np.testing.assert_allclose(curve[[4, 5, 52]], [0, 1 / 3, 1 / 3])
    curve = measures.found_curve(np.array([10, np.inf, np.inf, np.nan]), truth, 41)
    np.testing.assert_allclose(curve[[9, 10]], [0, 1 / 2])


def test_an_alarm_that_never_ends_finds_nothing() -> None:
    assert measures.delays(np.ones((1, 50), bool), _truth(("a", 20.0)))[0] == np.inf


# Probabilities


def test_brier_by_hand() -> None:
    """(.1² + .3² + .2² + .4²) / 4 = .075; the base rate .5 alone gives .25."""
    said, labels = np.array([0.1, 0.3, 0.8, 0.6]), np.array([False, False, True, True])
    assert measures.brier(said, labels) == pytest.approx(0.075)
    assert measures.brier_skill(said, labels) == pytest.approx(0.7)
    assert measures.brier_skill(np.full(4, 0.5), labels) == pytest.approx(0)


def test_calibration_error_by_hand() -> None:
    """Two bins of two: said .2 and .7, true .5 and 1: (2 · .3 + 2 · .3) / 4."""
    said, labels = np.array([0.8, 0.1, 0.3, 0.6]), np.array([True, False, True, True])
    assert measures.reliability(said, labels, 2) == [
        {"said": pytest.approx(0.2), "true": 0.5, "n": 2},
        {"said": pytest.approx(0.7), "true": 1.0, "n": 2},
    ]
    assert measures.calibration_error(said, labels, 2) == pytest.approx(0.3)


def test_a_base_rate_is_moved_on_the_log_odds() -> None:
    """Even odds at a base rate of a half are the base rate itself at any other."""
    assert measures.shift_base_rate(np.array([0.5]), 0.5, 0.2)[0] == pytest.approx(0.2)
    # 9 to 1 at even: times (1/9) / (1/4) from .2 to .1 is 4 to 1
    assert measures.shift_base_rate(np.array([0.9]), 0.2, 0.1)[0] == pytest.approx(0.8)
    np.testing.assert_allclose(measures.shift_base_rate(np.array([0.0, 1.0]), 0.1, 0.3), [0, 1], atol=1e-10)


def test_platt_finds_the_two_numbers_back() -> None:
    rng = np.random.default_rng(3)
    odds, offset = rng.normal(0, 2, 200_000), rng.uniform(0, 1, 200_000)
    labels = rng.random(200_000) < expit(-1.5 + offset + 0.8 * odds)
    intercept, slope = measures.fit_platt(odds, labels, np.ones(len(odds)), offset)
    assert intercept == pytest.approx(-1.5, abs=0.03)
    assert slope == pytest.approx(0.8, abs=0.02)


def test_platt_never_turns_the_order() -> None:
    odds = np.linspace(-1, 1, 50)
    assert measures.fit_platt(odds, odds < 0, np.ones(50))[1] > 0


# Uncertainty


def test_teams_are_drawn_within_their_side() -> None:
    truth = _truth(("a", 20.0), ("a", 20.0), ("b", None), ("b", None), ("b", None))
    counts = measures.resamples(truth, 200)
    assert (counts[:, :2].sum(axis=1) == 2).all() and (counts[:, 2:].sum(axis=1) == 3).all()
    assert len(np.unique(counts, axis=0)) > 10


def test_an_interval_is_a_point_where_all_teams_are_alike() -> None:
    counts = measures.resamples(_truth(("a", 20.0), ("b", None), ("b", None)), 50)
    assert measures.ratio_interval(np.array([1.0, 2, 2]), np.array([2.0, 4, 4]), counts) == (0.5, 0.5)


def test_the_interval_of_the_auc_draws_teams_and_not_weeks() -> None:
    """A thousand weeks of two teams on each side say no more than two teams do."""
    truth = _truth(("a", 20.0), ("a", 20.0), ("b", None), ("b", None))
    team = np.repeat(np.arange(4), 500)
    score, labels = np.array([3.0, 1, 2, 0])[team], truth.is_paradox[team]
    low, high = measures.auc_interval(score, labels, team, measures.resamples(truth, 400))
    assert measures.auc(score, labels) == 0.75
    assert (low, high) == (0.0, 1.0)


# The methods beside the score


def _weekly(seed: int, teams: int = 4, weeks: int = 117) -> Weekly:
    """Two outputs and two outcomes of noise, with holes; the first team's part ways from week 80 on."""
    rng = np.random.default_rng(seed)
    good = rng.normal(size=(teams, 4, weeks))
    good[0, :2, 80:] += 3.0
    good[0, 2:, 80:] -= 3.0
    good[rng.random(good.shape) < 0.05] = np.nan
    good[1, 3] = np.nan  # an outcome that one team does not have
    return Weekly(("o1", "o2", "c1", "c2"), np.array([True, True, False, False]), ((0, 2), (1, 3)), good)


def test_rolling_figures_are_those_of_the_window() -> None:
    values = _weekly(1).good[0, 0] * 5 + 1000
    mean, deviation, count = _rolling(values, 13, lag=5)
    for week in (30, 60, 116):
        window = values[week - 17 : week - 4]
        known = window[~np.isnan(window)]
        assert count[week] == len(known)
        assert mean[week] == pytest.approx(known.mean())
        assert deviation[week] == pytest.approx(known.std(ddof=1))


@pytest.mark.parametrize("name", METHODS)
def test_no_method_sees_the_future(name: str) -> None:
    if name not in protocol.methods_at_hand():
        pytest.skip(f"{METHODS[name].label} needs the extra `evaluate`")
    whole = _weekly(2)
    changed = replace(whole, good=whole.good.copy())
    changed.good[..., 100:] = np.random.default_rng(9).normal(5, 3, size=changed.good[..., 100:].shape)
    found, other = METHODS[name].run(whole), METHODS[name].run(changed)
    np.testing.assert_allclose(found.score[:, :100], other.score[:, :100], atol=1e-8)
    np.testing.assert_array_equal(found.alarm[:, :100], other.alarm[:, :100])
    assert not np.allclose(found.score[:, 100:], other.score[:, 100:], equal_nan=True)


@pytest.mark.parametrize("name", ["naive_mean", "naive_pair", "xmr", "ewma", "cusum", "pelt"])
def test_a_method_sees_what_is_blatant(name: str) -> None:
    if name not in protocol.methods_at_hand():
        pytest.skip(f"{METHODS[name].label} needs the extra `evaluate`")
    found = METHODS[name].run(_weekly(3))
    assert found.alarm[0, 100]
    assert np.nanargmax(found.score[:, 100]) == 0


def test_a_window_that_holds_the_tested_week_bounds_its_own_z() -> None:
    """(14 - 1) / √14 = 3.474, whatever happens."""
    weekly = _weekly(4)
    weekly.good[:, 2, 60] = -1e6
    assert np.nanmax(z_score(weekly).score) <= 13 / np.sqrt(14) + 1e-9


def test_what_a_method_says_is_kept_until_its_figures_change(tmp_path: Path) -> None:
    first = protocol._found_or_kept("naive_mean", _weekly(5), tmp_path, lambda _: None)
    told: list[str] = []
    again = protocol._found_or_kept("naive_mean", _weekly(5), tmp_path, told.append)
    assert told == [] and len(list(tmp_path.iterdir())) == 1
    np.testing.assert_array_equal(first[0], again[0])
    protocol._found_or_kept("naive_mean", _weekly(6), tmp_path, told.append)
    assert told == [METHODS["naive_mean"].label]


# The protocol


def _judged(weeks: int = 117) -> protocol.Judged:
    """Six paradox teams whose risk rises ten weeks after the onset, and twelve benign ones, one of them noisy."""
    truth = _truth(*[("splitting", 55.0)] * 3, *[("early_close", 55.0)] * 3, *[("noise", None)] * 11, ("season", None))
    rng = np.random.default_rng(5)
    log_odds = rng.normal(-3, 0.3, (len(truth), weeks))
    log_odds[:6, 65:] += 6
    log_odds[17, 60:64] = 4.0
    log_odds[:, :30] = np.nan
    risk = 100 * expit(log_odds)
    reasons = [("way_of_splitting", "other")] * 2 + [("other", "way_of_splitting")] + [("outcome_divergence", "way_of_early_close")] * 2 + [()]  # fmt: skip
    with np.errstate(invalid="ignore"):
        alert = risk >= 70
    return protocol.Judged(
        truth, risk, alert, log_odds, np.where(np.isnan(risk), np.nan, 0.0), (*reasons, *[()] * 12),
        {"naive_mean": (np.where(risk > 50, 1.0, np.nan), risk > 99)},
    )  # fmt: skip


@pytest.fixture(scope="module")
def arm() -> dict:
    return protocol.measure_arm(_judged(), 117)


@pytest.fixture(scope="module")
def result(arm: dict) -> dict:
    return {
        "counterpoise": "0", "model_version": "m <1>",
        "plan": {"seeds": [1], "teams": 18, "weeks": 117, "scale": 1.0, "arms": {"base": "As simulated", "weak": "Weak"}},
        "methods_missing": ["pelt"], "arms": {"base": arm, "weak": arm}, "targets": protocol.targets(arm), "seconds": 1.0,
    }  # fmt: skip


def test_figures_of_an_arm_by_hand(arm: dict) -> None:
    """Positive weeks 61 to 107 of six teams, risk up from week 65 on; one alarm of four weeks in a benign team.

    Years: weeks 30 to 54 of six teams and 30 to 116 of twelve, 6 · 25 / 52 + 12 · 87 / 52 = 22.9615.
    """
    score = arm["methods"]["score"]
    assert (arm["teams"], arm["paradox_teams"], arm["team_weeks"]) == (18, 6, 6 * 47 + 150 + 1044)
    assert arm["base_rate"] == pytest.approx(282 / 1476, abs=5e-5)
    assert score["own"]["false_alarms"] == pytest.approx(100 / 22.961538, abs=5e-5)
    assert score["own"]["found_13"] == 1 and score["own"]["found_26"] == 1
    assert score["own"]["median_delay"] == 10
    assert score["own"]["found_by_week"][9:11] == [0, 1]
    assert score["own"]["false_alarms_before_onset"] == 0
    # 4.36 in 100 years are fewer than five, so that the threshold need not rise above it
    assert score["at_rate"]["false_alarms"] == pytest.approx(4.3551, abs=5e-5)
    assert arm["kinds"]["season"]["own"] == {
        "false_alarms": pytest.approx(100 * 52 / 87, abs=5e-5), "count": 1, "team_years": pytest.approx(1.6731),
    }  # fmt: skip
    assert arm["kinds"]["splitting"]["own"]["found_26"] == 1
    # weeks 10 to 36 lie around the shock: no alarm there
    assert arm["shock"]["own"]["around"] == 0 and arm["shock"]["own"]["elsewhere"] > 0


def test_who_was_found_and_who_was_not_is_told_team_by_team(arm: dict) -> None:
    assert len(arm["found"]["paradoxes"]) == 6
    assert arm["found"]["paradoxes"][0] | {"typical_risk": 0} == {
        "team": "t0", "kind": "splitting", "onset": 55, "delay_own": 10, "delay_at_rate": 10, "typical_risk": 0,
        "reasons": ["way_of_splitting", "other"],
    }  # fmt: skip
    assert arm["found"]["false_alarms"] == [{"team": "t17", "kind": "season", "week": 60}]


def test_reasons_by_hand(arm: dict) -> None:
    """Five teams were found and have a trace: right at once two, among three all, by the first way four."""
    reasons = arm["reasons"]
    assert (reasons["teams"], reasons["first_right"], reasons["top_three_right"]) == (5, 0.4, 1.0)
    assert reasons["first_mechanism_right"] == 0.8
    assert reasons["confusion"]["splitting"] == {"other": 1, "way_of_splitting": 2}


def test_a_kind_left_out_loses_nothing_of_its_order_where_only_the_calibration_is_fitted(arm: dict) -> None:
    assert set(arm["left_out"]) == {"splitting", "early_close", "noise", "season"}
    assert all(abs(row["auc_lost"]) < 1e-9 for row in arm["left_out"].values())
    assert arm["left_out"]["season"]["without"]["brier"] > 0


def test_probabilities_are_moved_to_the_base_rate_of_the_simulation(arm: dict) -> None:
    judged = _judged()
    positive, negative = judged.truth.positive(117), judged.truth.negative(117)
    used = judged.scored & (positive | negative)
    said = expit(judged.log_odds[used] + logit(282 / 1476) - logit(protocol.load_calibration().base_rate))
    assert arm["probabilities"]["shifted"]["brier"] == pytest.approx(measures.brier(said, positive[used]), abs=5e-5)
    assert sum(row["n"] for row in arm["probabilities"]["shifted"]["reliability"]) == arm["team_weeks"]


def test_every_aim_is_told_with_whether_it_was_reached(result: dict) -> None:
    rows = {row["name"]: row for row in result["targets"]}
    assert rows["found_26_own"]["reached"] and rows["median_delay"]["reached"]
    assert rows["first_reason"]["value"] == 0.4 and not rows["first_reason"]["reached"]
    assert rows["worst_kind"]["value"] == pytest.approx(59.7701) and not rows["worst_kind"]["reached"]
    assert rows["auc"]["best_other"] == "naive_mean" and rows["auc"]["ahead"]


def test_floors_lie_on_the_safe_side_and_are_looked_at(result: dict) -> None:
    floors = protocol.floors_of(result)
    rows = {row["name"]: row["value"] for row in result["targets"]}
    assert floors["auc"] < rows["auc"] and floors["false_alarms_own"] > rows["false_alarms_own"]
    assert protocol.below_floors(result, floors) == []
    wrong = protocol.below_floors(result, floors | {"first_reason": 0.5, "calibration_error": 0.0})
    assert len(wrong) == 2 and "First reason right: 0.4; the floor is 0.5." in wrong
    gone = {"targets": [row | {"value": None} for row in result["targets"]]}
    assert len(protocol.below_floors(gone, floors)) == len(floors)


def test_the_floors_in_the_package_are_of_figures_that_exist(result: dict) -> None:
    assert set(protocol.read_floors()) <= {row["name"] for row in result["targets"]}


# The page


def test_the_page_is_one_file_that_asks_nobody_and_escapes_all(result: dict) -> None:
    html = page.as_html(result)
    assert "m &lt;1&gt;" in html and "m <1>" not in html
    assert not re.search(r"<script|https?://|@import|url\(", html)
    assert html.count('<svg class="curves"') == 4
    assert "not reached" in html and "the makers of the score" in html


def test_docs_and_page_say_the_same(result: dict) -> None:
    html, text = page.as_html(result), page.as_markdown(result)
    tables = [block for block in page.blocks(result) if isinstance(block, page.Table)]
    assert len(tables) >= 9
    for table in tables:
        assert all(len(row) == len(table.head) for row in table.rows)
    assert html.count("<table>") == len(tables) == len(re.findall(r"^\|(?:---\|)+$", text, re.MULTILINE))
    assert json.loads(json.dumps(result, allow_nan=False)) == result


# Organisations and command


def test_labels_are_read_as_weeks_since_the_start(tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text(
        "team_id,kind,is_paradox,onset_week,ramp_weeks,expected_signals,shock_week\n"
        "a,splitting,true,2025-09-29,4,fragmented_work;rework_loop,2024-10-14\n"
        "b,noise,false,,,,2024-10-14\n"
    )
    truth = read_truth(labels)
    assert truth.onset[0] == 52 and np.isnan(truth.onset[1])
    assert truth.ramp.tolist() == [4, 0] and truth.shock.tolist() == [2, 2]
    assert truth.signals == (frozenset({"fragmented_work", "rework_loop"}), frozenset())
    assert truth.is_paradox.tolist() == [True, False]


def test_kept_marts_are_known_by_their_arguments_and_sources() -> None:
    assert Setting(1).name != Setting(1, effect=0.6).name != Setting(1, dirt=0.05).name
    assert fingerprint(find_project_dir()) == fingerprint(find_project_dir())


def test_the_plan_has_every_seed_in_every_arm() -> None:
    settings_of = protocol.Plan(seeds=(1, 2), scale=0.8).settings()
    assert len(settings_of) == 8
    assert ("small", Setting(2, scale=0.2)) in settings_of
    assert ("weak", Setting(1, scale=0.8, effect=0.6)) in settings_of
    assert ("dirty", Setting(1, scale=0.8, dirt=0.05)) in settings_of


@pytest.mark.parametrize("arms", [["--arm", "base", "--arm", "sunny"], ["--arm", "weak"]])
def test_arms_that_cannot_be_are_refused(tmp_path: Path, arms: list[str]) -> None:
    found = CliRunner().invoke(main, ["evaluate", "--out", str(tmp_path / "out"), *arms])
    assert found.exit_code == 2
    assert "--arm" in found.output
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_short_form_stays_above_its_floors(tmp_path: Path) -> None:
    found = CliRunner().invoke(main, ["evaluate", "--short", "--out", str(tmp_path / "out")])
    assert found.exit_code == 0, found.output
    told = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert told["arms"]["base"]["teams"] == 80
    assert (tmp_path / "out" / "evaluation.html").stat().st_size > 20_000


@pytest.mark.slow
def test_a_calibration_is_made_on_the_weeks_that_are_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "v0.json"
    arguments = ["--out", out, "--seeds", 101, "--teams", 30, "--weeks", 104, "--scale", 0.2, "--base-rate", 0.05]
    monkeypatch.setattr("sys.argv", ["calibrate", *map(str, arguments)])
    calibrate.main()
    told = json.loads(out.read_text())
    assert told["slope"] > 0 and told["base_rate"] == 0.05
    assert 0 < told["how"]["simulated_base_rate"] < 0.5
    assert 0 < told["how"]["team_weeks"] <= 30 * 104
