"""The score: moves and stories by numbers worked by hand, and what a score must never do."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterpoise.scoring import draws
from counterpoise.scoring.alerts import HELD_WEEKS
from counterpoise.scoring.bands import bands_of
from counterpoise.scoring.contrasts import BY_ROW, Contrasts, change_of_hands, restlessness, weigh
from counterpoise.scoring.draws import drawn_odds
from counterpoise.scoring.evidence import HIGHEST, LOWEST, may_move, must_move
from counterpoise.scoring.score import (
    Calibration,
    Scores,
    ranked_reasons,
    score_contrasts,
)
from counterpoise.scoring.stories import BENIGN, Evidence, Priors, log_odds, mechanisms, moves, risk_of
from counterpoise.scoring.words import amount

# Machines under load are slow: a slow example is no failure.
many = settings(deadline=None)

# Moves


def test_what_may_move() -> None:
    """Half of ln(1 - 0.2 + 0.2 * 11) = 0.5 * ln 3, and nothing from what is not known."""
    factors = np.array([[11.0, np.nan], [11.0, 11.0], [np.nan, np.nan], [1.0, 1.0]])
    np.testing.assert_allclose(may_move(factors), [0.549306, 1.098612, 0, 0], atol=1e-6)


def test_what_must_move() -> None:
    """One metric with the factor 11: (3^.5 - .8^.5) / (1 - .8^.5) = (1.732051 - .894427) / .105573 = 7.934046, ln 2.071164.

    Two: (3 - .8) / (1 - .8) = 11, ln 2.397895. Two of which one says no (factor .05): .8 + .2 * .05 = .81, and
    ((3 * .81)^.5 - .8) / .2 = (1.558846 - .8) / .2 = 3.794229, ln 1.333481.
    """
    factors = np.array([[11.0, np.nan], [11.0, 11.0], [11.0, 0.05], [np.nan, np.nan]])
    np.testing.assert_allclose(must_move(factors), [2.071164, 2.397895, 1.333481, 0], atol=1e-5)


def test_what_must_move_while_others_may_go_the_other_way() -> None:
    """One better (11; contrary .05), one worse (.05; contrary 11); .65 stay: .65 + 2.2 + .0075 = 2.8575 and
    .65 + .01 + 1.65 = 2.31 either way; none better .65 + .0075 = .6575 and .65 + 1.65 = 2.3:
    ((2.8575 * 2.31)^.5 - (.6575 * 2.3)^.5) / (1 - .8) = (2.569205 - 1.229735) / .2 = 6.697350, ln 1.901712.
    """
    better, worse = np.array([[11.0, 0.05]]), np.array([[0.05, 11.0]])
    np.testing.assert_allclose(must_move(better, worse), [1.901712], atol=1e-5)


def test_an_output_known_four_weeks_ago_only_still_speaks() -> None:
    """Better (11), and nothing known of worse: as a contrary of 1, ln 7.934077 as without one. Known as worse only: 0."""
    better, worse = np.array([[11.0, np.nan], [np.nan, np.nan]]), np.array([[np.nan, 11.0], [np.nan, 11.0]])
    np.testing.assert_allclose(must_move(better, worse), [2.071168, 0], atol=1e-6)


FACTORS = st.floats(np.exp(LOWEST), np.exp(HIGHEST), allow_nan=False)


@many
@given(st.lists(FACTORS, min_size=1, max_size=6), st.lists(FACTORS, min_size=6, max_size=6), st.floats(1, 20))
def test_more_of_a_move_is_never_less_evidence(factors: list[float], contrary: list[float], more: float) -> None:
    given_, other = np.array([factors]), np.array([contrary[: len(factors)]])
    raised = given_.copy()
    raised[0, 0] *= more
    assert may_move(raised)[0] >= may_move(given_)[0] - 1e-12
    assert must_move(raised)[0] >= must_move(given_)[0] - 1e-12
    assert must_move(raised, other)[0] >= must_move(given_, other)[0] - 1e-12


# Stories

SIGNALS = ("rework_loop", "stopped_clock")
WEIGHTS = st.dictionaries(st.sampled_from([*SIGNALS, "unexplained", *BENIGN]), st.floats(0.05, 20))


def _evidence(better: list[float], worse: list[float], at_work: list[float], pressure: float = np.nan) -> Evidence:
    """One team-week: an output that counts, another output, an outcome of waiting, another outcome."""
    output = np.array([True, True, False, False])
    volume, wait = np.array([True, False, False, False]), np.array([False, False, True, False])
    return Evidence(
        np.array([better]), np.array([worse]), output, volume, wait, np.array([pressure]), np.array([at_work])
    )


def _odds(evidence: Evidence, weights: dict[str, float]) -> float:
    priors = Priors.of(weights, SIGNALS[: evidence.mechanisms.shape[1]])
    return float(log_odds(moves(evidence), mechanisms(evidence, priors), priors)[0])


def test_odds_of_stories_by_hand() -> None:
    """Throughput better (11), reopenings worse (11), all else unknown, no mechanism, equal priors.

    Gain ln 7.934046 - as its contrary is unknown too: (.6 + .2 + 2.2 = 3; none better .6 + .2 = .8) the same - and harm
    ln 7.934046: paradox 62.949. Benign, a fifth each: nothing 1; improvement 7.934; mechanism ln(3^.5) = 1.732;
    decline 7.934; surge 1.732. Mean (1 + 7.934 + 1.732 + 7.934 + 1.732) / 5 = 4.06643. ln(62.949 / 4.06643) = 2.7396.
    """
    unknown = np.nan
    evidence = _evidence([11.0, unknown, unknown, unknown], [1.0, unknown, unknown, 11.0], [])
    evidence.better[0, 3] = 1.0
    assert _odds(evidence, {}) == pytest.approx(2.73957, abs=1e-4)


def test_longer_waits_are_explained_by_more_demand_and_worse_quality_is_not() -> None:
    busy = {"better": [50.0, 0.1, 0.1, 1.0], "worse": [0.1, 50.0, 50.0, 1.0], "at_work": [1.0, 1.0]}
    harmed = {"better": [50.0, 0.1, 0.1, 0.1], "worse": [0.1, 50.0, 50.0, 50.0], "at_work": [1.0, 1.0]}
    assert _odds(_evidence(**busy, pressure=100.0), {}) < _odds(_evidence(**busy), {}) - 0.5
    assert _odds(_evidence(**harmed, pressure=100.0), {}) > _odds(_evidence(**busy, pressure=100.0), {}) + 0.5


def test_demand_explains_a_wait_and_nothing_else() -> None:
    """The same outcome evidence, once of a wait and once of something else, while more comes in."""
    waits = _evidence([50.0, 1.0, 0.1, 1.0], [0.1, 1.0, 50.0, 1.0], [1.0, 1.0], pressure=100.0)
    comes_back = _evidence([50.0, 1.0, 1.0, 0.1], [0.1, 1.0, 1.0, 50.0], [1.0, 1.0], pressure=100.0)
    assert _odds(waits, {}) < _odds(comes_back, {}) - 0.5


def test_a_mechanism_without_harm_is_no_paradox() -> None:
    """However strong: with outcomes that hold the odds stay below even."""
    calm = _evidence([1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 0.2, 0.2], [np.exp(HIGHEST), 1.0])
    assert _odds(calm, {}) < 0


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    """Evidence of one team-week, some of it unknown."""
    row = [[draw(FACTORS), draw(FACTORS)] if draw(st.booleans()) else [np.nan, np.nan] for _ in range(4)]
    better, worse = zip(*row, strict=True)
    return _evidence(list(better), list(worse), [draw(FACTORS) for _ in range(draw(st.integers(0, 2)))], draw(FACTORS))


@many
@given(evidences(), WEIGHTS, st.integers(2, 3), st.floats(1, 50))
def test_worse_outcomes_never_lower_the_odds(
    evidence: Evidence, weights: dict[str, float], metric: int, more: float
) -> None:
    before = _odds(evidence, weights)
    worse, better = evidence.worse.copy(), evidence.better.copy()
    worse[0, metric] *= more
    better[0, metric] /= more
    assert _odds(replace(evidence, worse=worse), weights) >= before - 1e-9
    assert _odds(replace(evidence, better=better), weights) >= before - 1e-9


@many
@given(evidences(), WEIGHTS)
def test_a_mechanism_left_out_is_one_that_says_nothing(evidence: Evidence, weights: dict[str, float]) -> None:
    signals = evidence.mechanisms.shape[1]
    priors = Priors.of(weights, SIGNALS[:signals])
    left_out = log_odds(moves(evidence), mechanisms(evidence, priors, one_left_out=True), priors)
    assert left_out.shape == (1, signals)
    for place in range(signals):
        silent = evidence.mechanisms.copy()
        silent[0, place] = 1.0
        assert left_out[0, place] == pytest.approx(_odds(replace(evidence, mechanisms=silent), weights), abs=1e-9)


@many
@given(st.lists(st.floats(-30, 30), min_size=2, max_size=8), st.floats(-5, 5), st.floats(0.01, 5))
def test_risk_keeps_the_order_of_the_odds(odds: list[float], intercept: float, slope: float) -> None:
    risk = risk_of(np.sort(odds), intercept, slope)
    assert (np.diff(risk) >= 0).all() and (risk >= 0).all() and (risk <= 100).all()


# The score

ROLES = {
    "throughput": "volume", "resolution_hours": "output", "assigned_per_person": "pressure",
    "reopen_rate": "outcome", "csat": "outcome", "end_to_end_hours": "wait",
}  # fmt: skip
SCALES = np.array([0.2, 0.3, 0.2, 0.5, 0.08, 0.3])
CALIBRATION = Calibration("test", intercept=-1.5, slope=1.0, base_rate=0.15)


def _organisation(
    seed: int, teams: int = 6, weeks: int = 7, missing: float = 0.15
) -> tuple[Contrasts, np.ndarray]:
    """Random contrasts of an organisation and the effects they estimate, of shape (rows, metrics, 1)."""
    rng = np.random.default_rng(seed)
    rows, shape = teams * weeks, (teams * weeks, len(ROLES), 3)
    truth = rng.normal(size=(rows, len(ROLES), 1)) * SCALES[None, :, None]
    error = SCALES[None, :, None] * rng.uniform(0.2, 1.5, size=shape)
    effect = truth + error * rng.normal(size=shape)
    effect[rng.random((rows, len(ROLES))) < missing] = np.nan
    effect[rng.random(shape) < missing / 3] = np.nan
    mechanism = np.clip(rng.normal(size=(rows, 2)) * 2, LOWEST, HIGHEST)
    mechanism[rng.random((rows, 2)) < missing] = np.nan
    contrasts = Contrasts(
        team_ids=np.repeat(np.array([f"team {number:02d}" for number in range(teams)], dtype=object), weeks),
        weeks=np.tile(np.arange(2839, 2839 + weeks), teams),
        metrics=tuple(ROLES),
        roles=tuple(ROLES.values()),
        windows=(4, 8, 13),
        baseline=104,
        effect=effect,
        error=error,
        scale=SCALES,
        margin=SCALES * 0.6,
        signals=("rework_loop", "stopped_clock"),
        mechanism=mechanism,
        people=np.full(rows, 9.0),
        hands=np.full(rows, 8.0),
        exposure=np.where(rng.random(rows) < missing, np.nan, rng.random(rows)),
        trial=np.zeros(rows, dtype=bool),
    )
    return contrasts, truth


def _scored(contrasts: Contrasts) -> Scores:
    return score_contrasts(contrasts, {"unexplained": 2.0}, CALIBRATION)


def _rows(contrasts: Contrasts, order: np.ndarray) -> Contrasts:
    """Contrasts with their rows in another order, or some of them."""
    return replace(contrasts, **{name: getattr(contrasts, name)[order] for name in BY_ROW})


def _same(ours: Scores, theirs: Scores, rows: np.ndarray | slice = slice(None)) -> None:
    """`ours` equals those rows of `theirs`, to the last digit."""
    for name in ("risk", "low", "high", "coverage", "contribution", "story", "alert"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name)[rows], err_msg=name)


SEEDS = st.integers(0, 2**32 - 1)
few = settings(max_examples=20, deadline=None)


@few
@given(SEEDS)
def test_friction_moves_the_risk_a_little_and_raises_no_alert(seed: int) -> None:
    contrasts, _ = _organisation(seed)
    calm = _scored(replace(contrasts, exposure=np.zeros(len(contrasts.weeks))))
    tense = _scored(replace(contrasts, exposure=np.ones(len(contrasts.weeks))))
    scored = ~np.isnan(calm.risk)
    assert (tense.risk[scored] >= calm.risk[scored]).all() and (tense.risk[scored] - calm.risk[scored] < 10).all()
    np.testing.assert_array_equal(tense.alert, calm.alert)


@few
@given(SEEDS)
def test_names_and_order_of_teams_change_nothing(seed: int) -> None:
    contrasts, _ = _organisation(seed)
    scores = _scored(contrasts)
    names = np.unique(contrasts.team_ids)
    shuffled = np.random.default_rng(seed).permutation(len(names))
    renamed = dict(zip(names, names[shuffled], strict=True))
    other_names = np.array([renamed[name] for name in contrasts.team_ids], dtype=object)
    _same(_scored(replace(contrasts, team_ids=other_names)), scores)
    blocks = np.concatenate([np.flatnonzero(contrasts.team_ids == names[place]) for place in shuffled])
    _same(_scored(_rows(contrasts, blocks)), scores, blocks)


@few
@given(SEEDS, st.integers(0, 6))
def test_a_team_without_data_changes_no_other_score(seed: int, place: int) -> None:
    """Wherever it stands among the others; and it has none itself."""
    contrasts, _ = _organisation(seed)
    silent = np.flatnonzero(contrasts.team_ids == "team 00")
    added = _rows(contrasts, silent)
    border = place * len(silent)
    order = np.concatenate(
        [np.arange(border), len(contrasts.weeks) + silent, np.arange(border, len(contrasts.weeks))]
    )
    both = replace(
        contrasts,
        **{
            name: np.concatenate([getattr(contrasts, name), getattr(added, name)])
            for name in ("weeks", "error", "people", "hands", "exposure", "trial")
        },
        team_ids=np.concatenate([contrasts.team_ids, np.full(len(silent), "silent", dtype=object)]),
        effect=np.concatenate([contrasts.effect, np.full_like(added.effect, np.nan)]),
        mechanism=np.concatenate([contrasts.mechanism, np.full_like(added.mechanism, np.nan)]),
    )
    with_silent = _scored(_rows(both, order))
    _same(_scored(contrasts), with_silent, order < len(contrasts.weeks))
    assert np.isnan(with_silent.risk[order >= len(contrasts.weeks)]).all()


@few
@given(SEEDS, st.sampled_from(["reopen_rate", "csat", "end_to_end_hours"]), st.floats(0, 5), st.integers(0, 3))
def test_worse_outcomes_never_lower_the_risk(seed: int, metric: str, by: float, window: int) -> None:
    """An outcome's effect lowered in one window or, for 3, in all; with everything else held."""
    contrasts, _ = _organisation(seed)
    place = list(ROLES).index(metric)
    effect = contrasts.effect.copy()
    effect[:, place, slice(None) if window == 3 else window] -= by * SCALES[place]
    before, after = _scored(contrasts), _scored(replace(contrasts, effect=effect))
    known = ~np.isnan(before.risk)
    for ours, theirs in ((after.risk, before.risk), (after.low, before.low), (after.high, before.high)):
        assert (ours[known] >= theirs[known] - 1e-9).all()


@few
@given(SEEDS)
def test_the_interval_holds_the_risk(seed: int) -> None:
    contrasts, _ = _organisation(seed)
    scores = _scored(contrasts)
    known = ~np.isnan(scores.risk)
    assert known.any()
    risk, low, high = scores.risk[known], scores.low[known], scores.high[known]
    assert ((0 <= low) & (low <= risk) & (risk <= high) & (high <= 100)).all()
    assert np.isnan(scores.low[~known]).all() and np.isnan(scores.high[~known]).all()


def _interval_widths(contrasts: Contrasts, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Width of each interval, and with twice the counts: errors smaller by √2, estimates nearer the truth."""
    effect = truth + (contrasts.effect - truth) / np.sqrt(2)
    once, twice = (
        _scored(contrasts),
        _scored(replace(contrasts, error=contrasts.error / np.sqrt(2), effect=effect)),
    )
    return once.high - once.low, twice.high - twice.low


def test_twice_the_counts_narrow_the_interval_where_something_moved() -> None:
    """On average and for most team-weeks, not for all: where an effect only begins to stand out, the story changes."""
    contrasts, truth = _organisation(7, teams=400, weeks=2, missing=0.0)
    as_the_prior_expects = _interval_widths(contrasts, truth)
    twice_as_large = _interval_widths(replace(contrasts, effect=contrasts.effect + truth), 2 * truth)
    for wide, narrow in (as_the_prior_expects, twice_as_large):
        assert narrow.mean() < wide.mean() - 1
        assert (narrow < wide).mean() > 0.5
    assert (twice_as_large[1] < twice_as_large[0]).mean() > 0.6


def test_twice_the_counts_do_not_widen_the_interval_where_nothing_moved() -> None:
    """Evidence sees an effect in units of its error, and draws of nothing are one error wide, however small that is."""
    contrasts, truth = _organisation(7, teams=400, weeks=2, missing=0.0)
    wide, narrow = _interval_widths(
        replace(contrasts, effect=np.zeros_like(contrasts.effect)), np.zeros_like(truth)
    )
    assert narrow.mean() < wide.mean() + 1


@few
@given(SEEDS, st.sampled_from(["reopen_rate", "csat", "end_to_end_hours"]))
def test_a_missing_outcome_lowers_the_coverage(seed: int, metric: str) -> None:
    contrasts, _ = _organisation(seed)
    before, after = _scored(contrasts), _scored(contrasts.without_metrics({metric}))
    was_known = ~np.isnan(contrasts.effect[:, list(ROLES).index(metric)]).all(axis=1)
    assert (after.coverage[was_known] < before.coverage[was_known]).all()
    np.testing.assert_array_equal(after.coverage[~was_known], before.coverage[~was_known])
    assert ((0 <= after.coverage) & (before.coverage <= 1)).all()


@pytest.mark.parametrize(
    ("risk", "band"), [(0, "clear"), (19.99, "clear"), (20, "watch"), (45, "elevated"), (70, "high")]
)
def test_bands_begin_at_their_limits(risk: float, band: str) -> None:
    """And nothing is called clear where too little is known."""
    told, doubted = bands_of(np.array([risk, risk]), np.array([True, False]))
    assert told == band and doubted == ("watch" if band == "clear" else band)


def test_what_used_to_be_known_is_missed() -> None:
    """Known for 30 weeks, then not: missed from week 30 on. Known for 10 weeks only: nothing is missed."""
    contrasts, _ = _organisation(2, teams=2, weeks=40, missing=0.0)
    effect = contrasts.effect.copy()
    effect[30:40, 3], effect[50:80, 3] = np.nan, np.nan
    assert _scored(replace(contrasts, effect=effect)).missed.tolist() == [week >= 30 for week in range(40)] + [False] * 40


def test_without_output_or_without_outcome_there_is_no_score() -> None:
    contrasts, _ = _organisation(3, missing=0.0)
    for roles in (("volume", "output"), ("wait", "outcome")):
        scores = _scored(contrasts.without_metrics({metric for metric, role in ROLES.items() if role in roles}))
        assert np.isnan(scores.risk).all() and not scores.alert.any()
    assert not np.isnan(_scored(contrasts).risk).any()


def test_nothing_known_of_a_mechanism_is_no_evidence_against_it() -> None:
    """A signal without data weighs as much as one whose evidence says nothing either way."""
    contrasts, _ = _organisation(5, missing=0.0)
    unknown = replace(contrasts, mechanism=np.full_like(contrasts.mechanism, np.nan))
    neither = replace(contrasts, mechanism=np.zeros_like(contrasts.mechanism))
    _same(_scored(unknown), _scored(neither))


# Alarms


def _alerting(weeks: int, bad_weeks: list[int]) -> Contrasts:
    """One team: an output far better, an outcome far worse, and the habit that explains it, in some of its weeks."""
    contrasts, _ = _organisation(1, teams=1, weeks=weeks, missing=0.0)
    effect = np.zeros_like(contrasts.effect)
    effect[:, 0], effect[:, 3] = 5 * SCALES[0], SCALES[3]
    effect[bad_weeks, 3] = -5 * SCALES[3]
    mechanism = np.full_like(contrasts.mechanism, LOWEST)
    mechanism[bad_weeks, 0] = HIGHEST
    error = np.broadcast_to(SCALES[None, :, None] / 2, effect.shape).copy()
    return replace(contrasts, effect=effect, error=error, mechanism=mechanism)


def test_an_alert_holds_for_weeks_and_says_why() -> None:
    """Two bad weeks, two good ones, and then bad ones: the fourth of these is the first that an alarm may be raised in."""
    scores = _scored(_alerting(12, [1, 2, 5, 6, 7, 8, 9, 10]))
    high = scores.risk >= 90
    assert high.tolist() == [week in (1, 2, 5, 6, 7, 8, 9, 10) for week in range(12)]
    assert HELD_WEEKS == 4 and not scores.alert[:6].any() and scores.alert[8:11].all() and not scores.alert[11]
    assert scores.alert_reason[1] == "Not yet an alert: this has not lasted 4 weeks."
    assert scores.alert_reason[8].startswith("Output and outcome have parted for 4 weeks")
    assert scores.alert_reason[0] is None


ALARMED = _alerting(8, list(range(8)))


def test_no_alert_from_what_is_no_paradox() -> None:
    """Each taken alone from a team that has an alert: small moves, over by now, a short history, no harm, no gain."""
    assert _scored(ALARMED).alert[-1]
    over = ALARMED.effect.copy()
    over[-1, 3, 0] = 0.2
    for changed, says in (
        (replace(ALARMED, margin=SCALES * 11), "less than what matters"),
        (replace(ALARMED, effect=over), "no longer does"),
        (replace(ALARMED, trial=np.ones(8, bool)), "less than half a year"),
    ):
        scores = _scored(changed)
        assert not scores.alert[-1] and says in scores.alert_reason[-1]
    for metric in (0, 3):
        calm = ALARMED.effect.copy()
        calm[:, metric] = 0.0
        assert not _scored(replace(ALARMED, effect=calm)).alert.any()


def test_no_alert_from_a_mechanism_and_a_shade_of_harm() -> None:
    """The outcome lies below its floor, but within its own error: evidence against harm, whatever habit is seen."""
    effect, error = ALARMED.effect.copy(), ALARMED.error.copy()
    effect[:, 3], error[:, 3] = -0.4 * SCALES[3], 4 * SCALES[3]
    shaded = replace(ALARMED, effect=effect, error=error)
    shaded.effect[:, 4:] = np.nan
    scores = score_contrasts(shaded, {}, replace(CALIBRATION, intercept=3.0))
    assert moves(weigh(shaded)).harm[-1] < 0 and scores.risk[-1] > 95
    assert not scores.alert.any() and "moved less than what matters" in scores.alert_reason[-1]


def test_a_gap_in_the_data_raises_no_alert() -> None:
    """Weeks of which nothing is known break the hold."""
    gap = ALARMED.effect.copy()
    gap[4] = np.nan
    scores = _scored(replace(ALARMED, effect=gap))
    assert scores.alert[3] and not scores.alert[4:].any()


def test_few_alarms_of_a_week_are_false() -> None:
    """Beside certain alarms a doubtful one is kept, alone it is not: the expected share of false ones stays below 10 %."""
    certain, doubtful = ALARMED, ALARMED.effect.copy()
    doubtful[:, 0] = 1.6 * SCALES[0]
    doubtful[:, 3] = -1.6 * SCALES[3]
    alone = replace(ALARMED, effect=doubtful, mechanism=np.full_like(ALARMED.mechanism, np.nan))
    risk = _scored(alone).risk[-1]
    assert 75 < risk < 92, f"the example needs a doubtful risk, not {risk:.1f}"
    assert not _scored(alone).alert.any() and "too many would be false" in _scored(alone).alert_reason[-1]
    teams = 4
    together = replace(
        alone,
        **{name: np.concatenate([getattr(certain, name)] * teams + [getattr(alone, name)]) for name in BY_ROW},
    )
    names = np.repeat(np.array([f"team {number}" for number in range(teams + 1)], dtype=object), 8)
    assert _scored(replace(together, team_ids=names)).alert[-1]


# What a score is made of


def test_more_per_head_because_heads_left_is_no_gain() -> None:
    """Eight people for 31 weeks, then four: each recent window ends with ln(4 / 8) once it lies behind the change."""
    contrasts, _ = _organisation(1, teams=1, weeks=44, missing=0.0)
    hands = np.where(np.arange(44) < 31, 8.0, 4.0)
    shrunk = replace(contrasts, hands=hands)
    change = change_of_hands(shrunk)
    np.testing.assert_allclose(change[43], np.log(0.5), rtol=1e-12)
    np.testing.assert_allclose(change[32], [np.log(0.5) * 2 / 4, np.log(0.5) * 2 / 8, np.log(0.5) * 2 / 13])
    assert np.abs(change[:31]).max() < 1e-12
    effect = np.zeros_like(contrasts.effect)
    effect[:, 0] = np.log(1.6)
    error = np.full_like(effect, 0.05)
    gained, kept = (weigh(replace(each, effect=effect, error=error)) for each in (contrasts, shrunk))
    # 1.6 times as much each by half as many is less in all; the outcomes (place 2 on) are as they were
    assert gained.better[43, 0] > 100 and kept.better[43, 0] < 1
    np.testing.assert_array_equal(gained.better[:, 2:], kept.better[:, 2:])


def test_a_restless_team_needs_larger_moves() -> None:
    """Two errors away in each of 40 weeks, one metric once ten: sqrt((26 + 27 * 4) / 53) = 1.590 in the last week, which
    looks back on 27 weeks; with one of them counted as nine, sqrt((26 + 26 * 4 + 9) / 53) = 1.619.
    """
    contrasts, _ = _organisation(1, teams=1, weeks=40, missing=0.0)
    effect = 2 * contrasts.error
    effect[5, 3] = 10 * contrasts.error[5, 3]
    wide = restlessness(replace(contrasts, effect=effect))
    assert (wide[:13] == 1).all()
    np.testing.assert_allclose(wide[39, 0], 1.590063, atol=1e-6)
    np.testing.assert_allclose(wide[39, 3], 1.619457, atol=1e-6)
    assert (restlessness(replace(contrasts, effect=0.3 * contrasts.error)) == 1).all()


def test_drawn_odds_are_those_of_the_formula() -> None:
    """The first draws, worked out with the formula itself instead of its table."""
    contrasts, _ = _organisation(11, teams=20, missing=0.1)
    priors = Priors.of({}, contrasts.signals)
    at_work = mechanisms(weigh(contrasts), priors)
    drawn = drawn_odds(contrasts, at_work, priors)
    normals = np.random.default_rng(draws.SEED).standard_normal((draws.DRAWS, len(contrasts.metrics)))
    for odds, normal in zip(drawn[:5], normals, strict=False):
        effect = contrasts.effect + contrasts.error * normal[None, :, None]
        exact = log_odds(moves(weigh(replace(contrasts, effect=effect))), at_work, priors)
        np.testing.assert_allclose(odds, exact, atol=0.01)


def test_reasons_are_ranked_by_points_with_the_story_first() -> None:
    """Row 0 tells its second signal, which brings fewer points than outcome_divergence; row 1 is not shown."""
    contribution = np.array([[0.1, 2.0, 30.0], [5.0, 5.0, 5.0], [0.7, 0.2, 9.0]])
    blank = np.zeros(3)
    scores = Scores(
        blank, blank, blank, blank, ("rework_loop", "stopped_clock", "unexplained", *BENIGN),
        np.array([1, 0, 2]), blank, blank, blank, blank, (*SIGNALS, "outcome_divergence"), contribution,
    )  # fmt: skip
    row, place, rank = ranked_reasons(scores, np.array([True, False, True]))
    assert list(zip(row, place, rank, strict=True)) == [(0, 1, 1), (0, 2, 2), (2, 2, 1), (2, 0, 2)]


@few
@given(SEEDS, st.integers(2, 6))
def test_a_week_knows_nothing_of_those_after_it(seed: int, weeks: int) -> None:
    contrasts, _ = _organisation(seed)
    early = np.flatnonzero(contrasts.weeks < contrasts.weeks.min() + weeks)
    _same(_scored(_rows(contrasts, early)), _scored(contrasts), early)


# Words


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (None, "share", "not known"),
        (0.1234, "share", "12.3%"),
        (-0.0001, "share", "0.0%"),
        (1234.56, "hours", "1,234.6 hours"),
        (-0.001, "score", "0.00"),
        (-0.014, "score", "-0.01"),
        (3.0, "count", "3"),
    ],
)
def test_a_figure_in_its_unit(value: float | None, unit: str, said: str) -> None:
    assert amount(value, unit) == said
