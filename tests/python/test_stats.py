"""The statistics: evidence by its vectors and in SQL, the bunching weights, and what the score must never do."""

import csv
from dataclasses import replace
from itertools import product

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import halfnorm, norm

from conftest import ROOT, Bench
from counterpoise.scoring.contrasts import Contrasts
from counterpoise.scoring.evidence import HIGHEST, LOWEST, log_evidence, log_mean_exp
from counterpoise.scoring.score import CLEAR_COVERAGE, Calibration, Scores, band_of, score_contrasts
from counterpoise.scoring.stories import BENIGN, Evidence, compare, risk_of

# Evidence

VECTORS = [(2, 1, 1.264659), (3, 4, 3.484776), (-2, 4, -1.813309), (0, 1, -0.346574)]


@pytest.mark.parametrize(("z", "r", "expected"), VECTORS)
@pytest.mark.parametrize("error", [0.01, 1.0, 25.0])
def test_log_evidence_has_the_vectors_of_the_design_notes(
    z: float, r: float, expected: float, error: float
) -> None:
    """Whatever the unit of the effect."""
    assert round(float(log_evidence(z * error, error, np.sqrt(r) * error)), 6) == expected


@pytest.mark.parametrize(
    ("z", "r"), [(-4.0, 0.2), (-1.0, 4.0), (0.3, 1.0), (1.0, 9.0), (2.5, 0.5), (3.2, 2.0)]
)
def test_log_evidence_is_the_mean_likelihood_ratio_under_a_half_normal_effect(z: float, r: float) -> None:
    """Integrated numerically."""

    def weighed(effect: float) -> float:
        return float(np.exp(z * effect - effect**2 / 2) * halfnorm.pdf(effect, scale=np.sqrt(r)))

    ratio, _ = quad(weighed, 0, 30, epsabs=1e-13, epsrel=1e-11, limit=200)
    assert float(log_evidence(z, 1.0, np.sqrt(r))) == pytest.approx(np.log(ratio), abs=1e-8)


def test_log_evidence_rises_with_the_effect_and_is_clipped() -> None:
    effects = np.linspace(-60, 60, 4001)
    for error, scale in product([0.05, 1, 10], [0.05, 1, 10]):
        values = log_evidence(effects, np.full_like(effects, error), scale)
        assert (np.diff(values) >= -1e-12).all()
        assert values.min() >= LOWEST and values.max() <= HIGHEST
    assert np.isnan(log_evidence([np.nan, 1.0], [1.0, np.nan], 1.0)).all()


def test_log_mean_exp_skips_what_is_not_there() -> None:
    """The mean of 1 and 3 is 2; nothing has none; one value is its own mean."""
    values = np.array([[0.0, np.nan, np.log(3)], [np.nan, np.nan, np.nan], [np.nan, -3.0, np.nan]])
    np.testing.assert_allclose(log_mean_exp(values, axis=1), [np.log(2), np.nan, -3.0])


# SQL against Python


@pytest.fixture(scope="module")
def macros(bench: Bench) -> dict[str, str]:
    """SQL of the macros, as dbt compiles it: ln Φ(z) + z²/2 of a column z; log_evidence of columns d, s and tau."""
    bench.warehouse.release()
    bench.warehouse.build_folder.mkdir(parents=True, exist_ok=True)
    calls = "{{ counterpoise.ln_normal_cdf_plus_half_square('z') }} ;; {{ counterpoise.log_evidence('d', 's', 'tau') }}"
    result = bench.warehouse.project.invoke(["compile", "--inline", calls])
    return dict(
        zip(("ln_cdf_plus_half_square", "log_evidence"), result.results[0].node.compiled_code.split(";;"), strict=True)
    )


def _sql(expression: str, **columns: np.ndarray) -> np.ndarray:
    """A SQL expression over columns of numbers, computed by DuckDB; null and NaN stand for each other."""
    numbers = pa.table({
        "place": np.arange(len(next(iter(columns.values())))),
        **{name: pa.array(np.asarray(values, float), from_pandas=True) for name, values in columns.items()},
    })  # fmt: skip
    with duckdb.connect() as connection:
        connection.register("numbers", numbers)
        values = connection.execute(f"select {expression} from numbers order by place").fetchall()
    return np.array([np.nan if value is None else value for (value,) in values], dtype=float)


def test_sql_ln_normal_cdf_equals_scipy(macros: dict[str, str]) -> None:
    """Also where the distribution function itself is nothing but zeros."""
    z = np.concatenate([np.linspace(-40, 40, 1601), [0.0, 8.0, 8.01]])
    ours = _sql(macros["ln_cdf_plus_half_square"], z=z)
    np.testing.assert_allclose(ours, norm.logcdf(z) + z**2 / 2, atol=1e-6, rtol=0)


# z, r and the error: every sign and size an estimate may have
GRID = np.array(list(product(np.linspace(-12, 12, 97), [0.05, 0.25, 1, 4, 25], [0.02, 1.0, 30.0])))


def test_sql_log_evidence_equals_python(macros: dict[str, str]) -> None:
    """To six digits, which is what the marts keep.

    Known bug while it fails: a normal distribution that is near in absolute terms, and held above 1e-12, is not near in
    its logarithm: off by 1e-5 from three errors on in the other direction, and of the wrong sign from eight on.
    """
    z, r, s = GRID.T
    ours = _sql(macros["log_evidence"], d=z * s, s=s, tau=np.sqrt(r) * s)
    off = np.abs(ours - log_evidence(z * s, s, np.sqrt(r) * s))
    worst = int(off.argmax())
    told = f"off by {off.max():.6f} at z = {z[worst]}, r = {r[worst]}, and {(off >= 1e-6).mean():.0%} of the grid"
    assert off.max() < 1e-6, told


def test_sql_log_evidence_of_a_move_in_the_named_direction(macros: dict[str, str]) -> None:
    z, r, s = GRID[GRID[:, 0] >= 0].T
    ours = _sql(macros["log_evidence"], d=z * s, s=s, tau=np.sqrt(r) * s)
    np.testing.assert_allclose(ours, log_evidence(z * s, s, np.sqrt(r) * s), atol=1e-6, rtol=0)


def test_sql_log_evidence_of_nothing_is_nothing(macros: dict[str, str]) -> None:
    nothing = _sql(macros["log_evidence"], d=[np.nan, 1, 1, 1], s=[1, np.nan, 0, -1], tau=[1, 1, 1, 1])
    assert np.isnan(nothing).all()


# The bunching weights

BIN_WIDTH = 0.05


@pytest.fixture(scope="module")
def bunching() -> list[dict[str, str]]:
    with (ROOT / "seeds" / "registry" / "bunching_weights.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_bunching_weights_are_those_of_a_quadratic_count_test(bunching: list[dict[str, str]]) -> None:
    """Inside 1, outside -0.4, less what a quadratic through the bins around would give there."""
    low = np.array([float(row["ratio_low"]) for row in bunching])
    np.testing.assert_allclose(low, 0.5 + BIN_WIDTH * np.arange(20), atol=1e-9)
    assert [int(row["bin_number"]) for row in bunching] == list(range(10, 30))
    # integers of a hundredth, so that no border falls between two doubles
    hundredths = np.round(low * 100).astype(int)
    inside = (hundredths >= 90) & (hundredths < 100)
    outside = (hundredths >= 100) & (hundredths < 125)
    window = inside * 1.0 - outside * 0.4
    around = ~(inside | outside)
    curve = np.vander(low + BIN_WIDTH / 2, 3)
    weights = window.copy()
    weights[around] = -(window @ curve) @ np.linalg.pinv(curve[around])
    np.testing.assert_allclose([float(row["weight"]) for row in bunching], weights, atol=5e-7)
    # so that no quadratic of counts, whatever its shape, has anything in it
    np.testing.assert_allclose(weights @ curve, 0, atol=1e-12)


def _bunching_z(bunching: list[dict[str, str]], ratios: np.ndarray) -> np.ndarray:
    """Sum of weights over its error under Poisson counts, of each row of target ratios."""
    weight = np.array([float(row["weight"]) for row in bunching])
    place = np.floor(ratios * 20).astype(int) - 10
    near = (place >= 0) & (place < 20)
    weights = np.where(near, weight[np.clip(place, 0, 19)], 0.0)
    return weights.sum(axis=1) / np.sqrt((weights**2).sum(axis=1))


def test_bunching_test_finds_moved_items_and_keeps_its_size(bunching: list[dict[str, str]]) -> None:
    """400 items, half of them done in four fifths of the target; a fifth of those up to a quarter over it moved under.

    The power asked for is that of the design notes. It needs some fifty items just over the target, as here, and a
    spread of durations that a quadratic can follow: at a logarithmic spread of 0.3 the test no longer keeps its size.
    """
    rng = np.random.default_rng(20_240_603)
    ratios = np.exp(rng.normal(np.log(0.8), 0.5, size=(4000, 400)))
    moved = (ratios >= 1) & (ratios < 1.25) & (rng.random(ratios.shape) < 0.2)
    bunched = np.where(moved, rng.uniform(0.9, 1.0, size=ratios.shape), ratios)
    limit = norm.isf(0.05)
    size = float((_bunching_z(bunching, ratios) > limit).mean())
    found = float((_bunching_z(bunching, bunched) > limit).mean())
    assert 0.04 <= size <= 0.08, f"{size:.1%} of smooth distributions are taken for bunched"
    assert 0.77 <= found <= 0.85, f"{found:.1%} of bunched distributions are found"


# The comparison of stories

# Machines under load are slow: a slow example is no failure.
many = settings(deadline=None)

SIGNALS = ("rework_loop", "stopped_clock", "threshold_bunching")
MOVES = ("output_better", "output_worse", "outcome_worse", "outcome_better")
CLIPPED = st.floats(LOWEST, HIGHEST, allow_nan=False)
PRIORS = st.dictionaries(st.sampled_from([*SIGNALS, "unexplained", *BENIGN]), st.floats(0.05, 20))


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    """Evidence of one team-week, with any number of mechanisms."""

    def one() -> np.ndarray:
        return np.array([draw(CLIPPED)])

    signals = draw(st.lists(st.sampled_from(SIGNALS), unique=True))
    return Evidence(one(), one(), one(), one(), {signal: one() for signal in signals})


@many
@given(evidences(), PRIORS, st.floats(0, 9))
def test_worse_outcomes_never_lower_the_odds(
    evidence: Evidence, priors: dict[str, float], more: float
) -> None:
    before = compare(evidence, priors).log_odds
    worse = compare(replace(evidence, outcome_worse=evidence.outcome_worse + more), priors).log_odds
    less_good = compare(replace(evidence, outcome_better=evidence.outcome_better - more), priors).log_odds
    assert worse[0] >= before[0] - 1e-9
    assert less_good[0] >= before[0] - 1e-9


@many
@given(evidences(), PRIORS)
def test_stories_are_weighed_one_by_one(evidence: Evidence, priors: dict[str, float]) -> None:
    """All paradox stories together against all benign ones together; and no team-week minds another."""
    comparison = compare(evidence, priors)
    paradox = len(evidence.mechanisms) + 1
    weights = np.exp(comparison.log_weights[:, 0])
    assert comparison.log_odds[0] == pytest.approx(
        np.log(weights[:paradox].sum() / weights[paradox:].sum()), abs=1e-9
    )
    doubled = Evidence(
        *(np.repeat(getattr(evidence, name), 2) for name in MOVES),
        {signal: np.repeat(values, 2) for signal, values in evidence.mechanisms.items()},
    )
    np.testing.assert_allclose(
        compare(doubled, priors).log_odds, np.repeat(comparison.log_odds, 2), rtol=1e-12
    )


@many
@given(st.lists(st.floats(-30, 30), min_size=2, max_size=8), st.floats(-5, 5), st.floats(0.01, 5))
def test_risk_keeps_the_order_of_the_odds(odds: list[float], intercept: float, slope: float) -> None:
    risk = risk_of(np.sort(odds), intercept, slope)
    assert (np.diff(risk) >= 0).all() and (risk >= 0).all() and (risk <= 100).all()


# The score

ROOMS = {
    "throughput": "output", "resolution_hours": "output",
    "reopen_rate": "outcome", "csat": "outcome", "complaint_rate": "outcome",
}  # fmt: skip
SCALES = np.array([0.2, 0.3, 0.5, 0.08, 0.5])
CALIBRATION = Calibration("test", intercept=-1.5, slope=1.0)
WEIGHTS = {"unexplained": 2.0}


def _organisation(
    seed: int, teams: int = 6, weeks: int = 7, missing: float = 0.15
) -> tuple[Contrasts, np.ndarray]:
    """Random contrasts of an organisation and the effects they estimate, of shape (rows, metrics, 1)."""
    rng = np.random.default_rng(seed)
    rows, shape = teams * weeks, (teams * weeks, len(ROOMS), 3)
    truth = rng.normal(size=(rows, len(ROOMS), 1)) * SCALES[None, :, None]
    error = SCALES[None, :, None] * rng.uniform(0.2, 1.5, size=shape)
    effect = truth + error * rng.normal(size=shape)
    effect[rng.random((rows, len(ROOMS))) < missing] = np.nan
    effect[rng.random(shape) < missing / 3] = np.nan
    mechanism = np.clip(rng.normal(size=(rows, 2)) * 2, LOWEST, HIGHEST)
    mechanism[rng.random((rows, 2)) < missing] = np.nan
    contrasts = Contrasts(
        team_ids=np.repeat(np.array([f"team {number:02d}" for number in range(teams)], dtype=object), weeks),
        weeks=np.tile(np.arange(2839, 2839 + weeks), teams),
        metrics=tuple(ROOMS),
        rooms=tuple(ROOMS.values()),
        effect=effect,
        error=error,
        scale=SCALES,
        margin=SCALES * 0.6,
        signals=("rework_loop", "stopped_clock"),
        mechanism=mechanism,
        people=np.full(rows, 9.0),
        exposure=np.where(rng.random(rows) < missing, np.nan, rng.random(rows)),
        trial=np.zeros(rows, dtype=bool),
    )
    return contrasts, truth


def _scored(contrasts: Contrasts) -> Scores:
    return score_contrasts(contrasts, WEIGHTS, CALIBRATION)


def _rows(contrasts: Contrasts, order: np.ndarray) -> Contrasts:
    """Contrasts with their rows in another order, or some of them."""
    by_row = ("team_ids", "weeks", "effect", "error", "mechanism", "people", "exposure", "trial")
    return replace(contrasts, **{name: getattr(contrasts, name)[order] for name in by_row})


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
            for name in ("weeks", "error", "people", "exposure", "trial")
        },
        team_ids=np.concatenate([contrasts.team_ids, np.full(len(silent), "silent", dtype=object)]),
        effect=np.concatenate([contrasts.effect, np.full_like(added.effect, np.nan)]),
        mechanism=np.concatenate([contrasts.mechanism, np.full_like(added.mechanism, np.nan)]),
    )
    with_silent = _scored(_rows(both, order))
    _same(_scored(contrasts), with_silent, order < len(contrasts.weeks))
    assert np.isnan(with_silent.risk[order >= len(contrasts.weeks)]).all()


@few
@given(SEEDS, st.sampled_from(["reopen_rate", "csat", "complaint_rate"]), st.floats(0, 5), st.integers(0, 3))
def test_worse_outcomes_never_lower_the_risk(seed: int, metric: str, by: float, window: int) -> None:
    """An outcome's effect lowered in one window or, for 3, in all; with everything else held."""
    contrasts, _ = _organisation(seed)
    place = list(ROOMS).index(metric)
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
@given(SEEDS, st.sampled_from(["reopen_rate", "csat", "complaint_rate"]))
def test_a_missing_outcome_lowers_the_coverage(seed: int, metric: str) -> None:
    contrasts, _ = _organisation(seed)
    before, after = _scored(contrasts), _scored(contrasts.without_metrics({metric}))
    was_known = ~np.isnan(contrasts.effect[:, list(ROOMS).index(metric)]).all(axis=1)
    assert (after.coverage[was_known] < before.coverage[was_known]).all()
    np.testing.assert_array_equal(after.coverage[~was_known], before.coverage[~was_known])
    assert ((0 <= after.coverage) & (before.coverage <= 1)).all()


@many
@given(st.floats(0, 100), st.floats(0, 1))
def test_nothing_is_called_clear_below_the_least_coverage(risk: float, coverage: float) -> None:
    band = band_of(risk, coverage)
    assert band != "clear" or coverage >= CLEAR_COVERAGE
    assert band in ("clear", "watch", "elevated", "high")


@pytest.mark.parametrize(
    ("risk", "band"), [(0, "clear"), (19.99, "clear"), (20, "watch"), (45, "elevated"), (70, "high")]
)
def test_bands_begin_at_their_limits(risk: float, band: str) -> None:
    assert band_of(risk, CLEAR_COVERAGE) == band


def test_without_output_or_without_outcome_there_is_no_score() -> None:
    contrasts, _ = _organisation(3, missing=0.0)
    for room in ("output", "outcome"):
        scores = _scored(contrasts.without_metrics({metric for metric, its in ROOMS.items() if its == room}))
        assert np.isnan(scores.risk).all() and not scores.alert.any()
    assert not np.isnan(_scored(contrasts).risk).any()


def test_nothing_known_of_a_mechanism_is_no_evidence_against_it() -> None:
    """A signal without data weighs as much as one whose evidence says nothing either way."""
    contrasts, _ = _organisation(5, missing=0.0)
    unknown = replace(contrasts, mechanism=np.full_like(contrasts.mechanism, np.nan))
    neither = replace(contrasts, mechanism=np.zeros_like(contrasts.mechanism))
    _same(_scored(unknown), _scored(neither))


def _alerting(weeks: int, risk_weeks: list[int]) -> Contrasts:
    """One team: an output far better, an outcome far worse, and the habit that explains it, in some of its weeks."""
    contrasts, _ = _organisation(1, teams=1, weeks=weeks, missing=0.0)
    effect = np.zeros_like(contrasts.effect)
    effect[:, 0] = 5 * SCALES[0]
    effect[risk_weeks, 2] = -5 * SCALES[2]
    mechanism = np.full_like(contrasts.mechanism, LOWEST)
    mechanism[risk_weeks, 0] = HIGHEST
    error = np.broadcast_to(SCALES[None, :, None] / 2, effect.shape).copy()
    return replace(contrasts, effect=effect, error=error, mechanism=mechanism)


def test_an_alert_takes_three_weeks_in_a_row() -> None:
    scores = _scored(_alerting(9, [1, 2, 4, 5, 6, 7]))
    assert scores.alert.tolist() == [False] * 6 + [True, True, False]
