"""The methods that the score is held against, each as people use it, on the same weekly figures.

Each sees, in every week, all that was known by then and nothing later. Each gives a number that is higher the more
suspicious a team is, and an alarm at its own usual setting.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from counterpoise.evaluation.charts import cusum, ewma, ewma_limits, mann_kendall, xmr_rules
from counterpoise.evaluation.organisation import Weekly
from counterpoise.report.limits import xmr_limits
from counterpoise.scoring.evidence import Floats

RECENT, BEFORE = 13, 52
LEAST_RECENT, LEAST_BEFORE = 6, 26
# Charts get their limits from the first half year, as the report's own do.
CHART_WEEKS = 26
# A mean moving range by this is a standard deviation.
D2 = 1.128


@dataclass(frozen=True)
class Found:
    """What a method says: `score` (NaN = it cannot say) and `alarm`, each of shape (teams, weeks)."""

    score: Floats
    alarm: np.ndarray


@dataclass(frozen=True)
class Method:
    """A method by id, with what it does and what its usual setting is, in words."""

    label: str
    words: str
    run: Callable[[Weekly], Found]


def _rolling(values: Floats, length: int, lag: int = 0) -> tuple[Floats, Floats, Floats]:
    """Mean, standard deviation and count of the known values in the `length` weeks that end `lag` weeks ago."""

    def total(numbers: Floats) -> Floats:
        before = [(0, 0)] * (numbers.ndim - 1) + [(length + lag, 0)]
        sums, weeks = np.cumsum(np.pad(numbers, before), axis=-1), numbers.shape[-1]
        return sums[..., length : length + weeks] - sums[..., :weeks]

    # sums of squares lose nothing when the numbers lie around zero
    centre = np.nan_to_num(_mean(values, -1))[..., None]
    known = ~np.isnan(values)
    moved = np.where(known, values - centre, 0.0)
    count = total(known.astype(float))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total(moved) / count
        deviation = np.sqrt(np.maximum(total(moved**2) / count - mean**2, 0) * count / (count - 1))
    return mean + centre, deviation, count


def _moves(weekly: Weekly) -> Floats:
    """How far the mean of the last 13 weeks is from that of the 52 before, in standard deviations of a week then.

    Shape (teams, metrics, weeks), up is good; NaN with fewer than 6 recent values or 26 before.
    """
    recent, _, recent_n = _rolling(weekly.good, RECENT)
    before, deviation, before_n = _rolling(weekly.good, BEFORE, lag=RECENT)
    with np.errstate(divide="ignore", invalid="ignore"):
        moves = (recent - before) / deviation
    return np.where((recent_n >= LEAST_RECENT) & (before_n >= LEAST_BEFORE) & (deviation > 0), moves, np.nan)


def _mean(values: Floats, axis: int) -> Floats:
    """Mean of what is known; NaN where nothing is."""
    known = (~np.isnan(values)).sum(axis=axis)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(known > 0, np.nansum(values, axis=axis) / known, np.nan)


def _highest(values: Floats, axis: int) -> Floats:
    """Maximum of what is known; NaN where nothing is."""
    top = np.max(np.where(np.isnan(values), -np.inf, values), axis=axis, initial=-np.inf)
    return np.where(np.isinf(top), np.nan, top)


def _over(score: Floats, limit: float) -> Found:
    with np.errstate(invalid="ignore"):
        return Found(score, score > limit)


def naive_mean(weekly: Weekly) -> Found:
    """Outputs better and outcomes worse, on average over all of them."""
    moves = _moves(weekly)
    better, worse = _mean(moves[:, weekly.is_output], 1), _mean(-moves[:, ~weekly.is_output], 1)
    return _over(np.minimum(better, worse), 0.0)


def naive_pair(weekly: Weekly) -> Found:
    """In any pair, output better and outcome worse."""
    moves = _moves(weekly)
    parted = [np.minimum(moves[:, output], -moves[:, outcome]) for output, outcome in weekly.pairs]
    return _over(_highest(np.stack(parted), 0), 0.0)


def correlation_flip(weekly: Weekly) -> Found:
    """In any pair, output and outcome used to go together and now go apart."""
    around = weekly.good - _mean(weekly.good, -1)[..., None]
    scale = np.sqrt(_mean(around**2, -1))[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.where(scale > 0, around / scale, np.nan)
    flips, usual = [], []
    for output, outcome in weekly.pairs:
        a, b = values[:, output], values[:, outcome]
        both = np.isnan(a) | np.isnan(b)
        now = _correlation(np.where(both, np.nan, a), np.where(both, np.nan, b), RECENT, 0, LEAST_RECENT)
        then = _correlation(np.where(both, np.nan, a), np.where(both, np.nan, b), BEFORE, RECENT, LEAST_BEFORE)
        flips.append(then - now)
        with np.errstate(invalid="ignore"):
            usual.append((then > 0.3) & (now < -0.3))
    return Found(_highest(np.stack(flips), 0), np.any(usual, axis=0))


def _correlation(a: Floats, b: Floats, length: int, lag: int, least: int) -> Floats:
    mean_a, deviation_a, count = _rolling(a, length, lag)
    mean_b, deviation_b, _ = _rolling(b, length, lag)
    product, _, _ = _rolling(a * b, length, lag)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (product - mean_a * mean_b) * count / (count - 1) / (deviation_a * deviation_b)
    return np.where((count >= least) & np.isfinite(found), found, np.nan)


def _outcomes_worse(weekly: Weekly) -> Floats:
    """Outcomes turned so that up is worse; shape (teams, outcomes, weeks)."""
    return -weekly.good[:, ~weekly.is_output]


def xmr(weekly: Weekly) -> Found:
    """Run rules of charts of individual values on every outcome: how many fire now, the furthest point breaks ties."""
    worse = _outcomes_worse(weekly)
    fired, distance = np.zeros_like(worse), np.full(worse.shape, np.nan)
    for team, outcome in np.ndindex(worse.shape[:2]):
        at = np.flatnonzero(~np.isnan(worse[team, outcome]))
        if len(at) <= CHART_WEEKS:
            continue
        values = worse[team, outcome, at]
        limits = xmr_limits(values[:CHART_WEEKS].tolist())
        after = at[CHART_WEEKS:]
        fired[team, outcome, after] = xmr_rules(values, limits)[CHART_WEEKS:].sum(axis=1)
        if limits.moving_range > 0:
            distance[team, outcome, after] = (values[CHART_WEEKS:] - limits.mean) / limits.moving_range * D2
    furthest = _highest(distance, 1)
    return Found(np.where(np.isnan(furthest), np.nan, fired.sum(axis=1) + np.tanh(furthest / 10)), fired.any(axis=1))


def z_score(weekly: Weekly) -> Found:
    """Standard score of each outcome's newest week in a training window of 14 weeks that holds that week."""
    worse = _outcomes_worse(weekly)
    mean, deviation, count = _rolling(worse, 14)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where((count >= 7) & (deviation > 1e-12), (worse - mean) / deviation, np.nan)
    return _over(_highest(z, 1), 3.0)


def _standardised(values: Floats) -> Floats:
    """By mean and standard deviation of the first 26 known weeks."""
    first = np.where(_is_first(values), values, np.nan)
    count = np.maximum((~np.isnan(first)).sum(axis=-1, keepdims=True), 1)
    mean = np.nansum(first, axis=-1, keepdims=True) / count
    spread = np.sqrt(np.nansum((first - mean) ** 2, axis=-1, keepdims=True) / np.maximum(count - 1, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spread > 1e-12, (values - mean) / spread, np.nan)


def _is_first(values: Floats) -> np.ndarray:
    """Which weeks a chart takes its limits from."""
    return np.cumsum(~np.isnan(values), axis=-1) <= CHART_WEEKS


def _after(values: Floats) -> Floats:
    """Standardised values of the weeks that the limits were not taken from."""
    return np.where(_is_first(values), np.nan, _standardised(values))


def _charted(values: Floats, drawn: Floats) -> Floats:
    """The chart's highest line by team and week, where it has begun."""
    begun = np.logical_or.accumulate(~np.isnan(values), axis=-1)
    return _highest(np.where(begun, drawn, np.nan), 1)


def ewma_chart(weekly: Weekly) -> Found:
    """EWMA of every outcome, in its own standard deviations."""
    z = _after(_outcomes_worse(weekly))
    weight = 0.2
    line = ewma(z, weight, np.zeros(z.shape[:-1])) / ewma_limits(0.0, 1.0, weight, width=1.0)[1]
    return _over(_charted(z, line), 3.0)


def cusum_chart(weekly: Weekly) -> Found:
    """Upper CUSUM of every outcome, slack half a standard deviation."""
    z = _after(_outcomes_worse(weekly))
    line = cusum(z, np.zeros(z.shape[:-1]), np.full(z.shape[:-1], 0.5))
    return _over(_charted(z, line), 5.0)


def trend(weekly: Weekly) -> Found:
    """Mann-Kendall z of the last 26 weeks of every outcome."""
    worse = _outcomes_worse(weekly)
    z = np.full(worse.shape, np.nan)
    for week in range(CHART_WEEKS - 1, worse.shape[-1]):
        window = worse[..., week - CHART_WEEKS + 1 : week + 1]
        enough = (~np.isnan(window)).sum(axis=-1) >= CHART_WEEKS // 2
        z[..., week] = np.where(enough, mann_kendall(window).z, np.nan)
    return _over(_highest(z, 1), 1.959964)


def change_point(weekly: Weekly) -> Found:
    """PELT on the mean of outputs and the mean of outcomes together, every fourth week.

    The smaller of how much better the outputs and how much worse the outcomes are since the last change point.
    """
    import ruptures

    z = np.stack(
        [
            _mean(_standardised(weekly.good[:, weekly.is_output]), 1),
            _mean(_standardised(_outcomes_worse(weekly)), 1),
        ],
        axis=-1,
    )
    teams, weeks = z.shape[:2]
    score, alarm = np.full((teams, weeks), np.nan), np.zeros((teams, weeks), bool)
    for team in range(teams):
        for week in range(CHART_WEEKS + RECENT, weeks, 4):
            seen = z[team, : week + 1]
            seen = seen[~np.isnan(seen).any(axis=1)]
            if len(seen) < CHART_WEEKS:
                continue
            noise = np.mean(np.diff(seen, axis=0) ** 2, axis=0) / 2
            scaled = seen / np.sqrt(np.maximum(noise, 1e-12))
            # the linear kernel is the change of a mean; the penalty that of BIC for two means and a place
            ends = ruptures.KernelCPD(kernel="linear", min_size=4).fit_predict(scaled, pen=3 * np.log(len(seen)))
            part = slice(week, min(week + 4, weeks))
            if len(ends) == 1:
                score[team, part] = 0.0
                continue
            before, since = scaled[: ends[-2]], scaled[ends[-2] :]
            score[team, part] = np.min(since.mean(axis=0) - before.mean(axis=0))
            alarm[team, part] = score[team, part] > 0
    return Found(score, alarm)


def isolation_forest(weekly: Weekly) -> Found:
    """An isolation forest over the moves of all metrics, trained every 13 weeks on all teams' weeks so far."""
    from sklearn.ensemble import IsolationForest

    moves = np.moveaxis(_moves(weekly), 1, 2)  # teams, weeks, metrics
    known = ~np.isnan(moves).all(axis=2)
    rows = np.nan_to_num(np.clip(moves, -20, 20))
    teams, weeks = known.shape
    score, alarm = np.full((teams, weeks), np.nan), np.zeros((teams, weeks), bool)
    for start in range(BEFORE, weeks, RECENT):
        seen, part = known[:, :start], slice(start, min(start + RECENT, weeks))
        if seen.sum() < 2 * teams or not known[:, part].any():
            continue
        forest = IsolationForest(n_estimators=100, random_state=0).fit(rows[:, :start][seen])
        now = known[:, part]
        found = -forest.score_samples(rows[:, part][now])
        score[:, part][now] = found
        alarm[:, part][now] = found > 0.5
    return Found(score, alarm)


METHODS: dict[str, Method] = {
    "naive_mean": Method(
        "Output up, outcome down (means)",
        "Mean of the last 13 weeks against the 52 before, in standard deviations, averaged over outputs and over "
        "outcomes; usual: outputs better and outcomes worse.",
        naive_mean,
    ),
    "naive_pair": Method(
        "Output up, outcome down (any pair)",
        "The same, pair by pair, the pair that parts most; usual: any pair parts.",
        naive_pair,
    ),
    "correlation_flip": Method(
        "Correlation flip",
        "Correlation of output and outcome in the 52 weeks before less that of the last 13, in the pair where it is "
        "largest; usual: from above 0.3 to below -0.3.",
        correlation_flip,
    ),
    "xmr": Method(
        "XmR rules",
        "Charts of individual values of every outcome, limits from the first 26 weeks, four run rules on the side that "
        "is worse; usual: any rule on any outcome.",
        xmr,
    ),
    "z_score": Method(
        "z-score of each outcome",
        "The newest week in a training window of 14 weeks that holds that very week, as elementary does by default "
        "with weeks for days; usual: 3 standard deviations.",
        z_score,
    ),
    "ewma": Method("EWMA", "EWMA of every outcome, weight 0.2, from the first 26 weeks; usual: 3 sigma.", ewma_chart),
    "cusum": Method(
        "CUSUM",
        "Upper CUSUM of every outcome, slack half a sigma, from the first 26 weeks; usual: 5 sigma.",
        cusum_chart,
    ),
    "mann_kendall": Method(
        "Mann-Kendall trend", "Trend of the last 26 weeks of every outcome; usual: 5 % two-sided.", trend
    ),
    "pelt": Method(
        "Change points (PELT)",
        "PELT on the mean output and the mean outcome together, every fourth week, penalty 3 ln n; usual: since the "
        "last change point outputs are better and outcomes worse.",
        change_point,
    ),
    "isolation_forest": Method(
        "Isolation forest",
        "100 trees over the moves of all metrics, trained every 13 weeks on all teams so far; usual: score above 0.5.",
        isolation_forest,
    ),
}  # fmt: skip

# These need more than a user of the score installs: `pip install counterpoise[evaluate]`.
NEEDS = {"pelt": "ruptures", "isolation_forest": "sklearn"}
