"""What a score is measured by. Pure functions of grids: a row per team, a column per week.

Every measure works the same for the score and for the methods beside it.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from counterpoise.scoring.evidence import Floats

Bools = np.ndarray

# A change shows in outcomes some weeks after it is fully there, and a year later it is the new normal.
SETTLING_WEEKS = 4
FOLLOWED_WEEKS = 52
# An alarm is new after so many weeks without one: a line that flickers is one alarm and not ten.
QUIET_WEEKS = 8
SHOCK_WEEKS = 26
WEEKS_OF_A_YEAR = 52.0
_NEVER = np.inf


@dataclass(frozen=True)
class Truth:
    """What is true of each team; arrays of shape (teams,).

    Attributes:
        team_ids: unique over all organisations.
        kinds: name of the kind.
        is_paradox: whether the kind is a paradox.
        onset: week index in which it begins; NaN where nothing begins.
        ramp: weeks until it is fully there.
        signals: ids of the signals any of which rightly explains it; empty where it leaves no trace.
        shock: week index of the first week of the event that hits all teams; NaN where there is none.
    """

    team_ids: tuple[str, ...]
    kinds: tuple[str, ...]
    is_paradox: Bools
    onset: Floats
    ramp: Floats
    signals: tuple[frozenset[str], ...]
    shock: Floats

    def __len__(self) -> int:
        return len(self.team_ids)

    def of_kind(self, kind: str) -> Bools:
        """Which teams are of a kind; shape (teams,)."""
        return np.array([name == kind for name in self.kinds], dtype=bool)

    def positive(self, weeks: int) -> Bools:
        """Weeks in which a paradox is there to be seen: from onset + ramp + 4 to onset + 52; shape (teams, weeks)."""
        week = np.arange(weeks)[None, :]
        begins = (self.onset + self.ramp + SETTLING_WEEKS)[:, None]
        with np.errstate(invalid="ignore"):
            there = (week >= begins) & (week <= (self.onset + FOLLOWED_WEEKS)[:, None])
        return there & self.is_paradox[:, None]

    def negative(self, weeks: int) -> Bools:
        """Weeks without a paradox: all of benign teams, and those before the onset; shape (teams, weeks)."""
        week = np.arange(weeks)[None, :]
        # a paradox team without an onset never shows what it is meant to; nothing is said about it
        begins = np.where(self.is_paradox, np.nan_to_num(self.onset, nan=0.0), _NEVER)
        return week < begins[:, None]

    def around_shock(self, weeks: int) -> Bools:
        """Weeks from the first of the shared shock to 26 weeks later; shape (teams, weeks)."""
        week = np.arange(weeks)[None, :]
        with np.errstate(invalid="ignore"):
            return (week >= self.shock[:, None]) & (week <= self.shock[:, None] + SHOCK_WEEKS)


def joined(truths: list[Truth]) -> Truth:
    """Teams of several organisations as one; ids get the place of their organisation in front."""
    return Truth(
        tuple(f"{place}/{team}" for place, truth in enumerate(truths) for team in truth.team_ids),
        tuple(kind for truth in truths for kind in truth.kinds),
        np.concatenate([truth.is_paradox for truth in truths]),
        np.concatenate([truth.onset for truth in truths]),
        np.concatenate([truth.ramp for truth in truths]),
        tuple(signals for truth in truths for signals in truth.signals),
        np.concatenate([truth.shock for truth in truths]),
    )


def week_index(day: date, start: date) -> int:
    """How many weeks a Monday lies after the first one."""
    return (day - start).days // 7


# --- order ---


def auc(score: Floats, positive: Bools, weights: Floats | None = None) -> float:
    """Share of pairs of a positive and a negative in which the positive has the higher score; ties count half.

    Args:
        score, positive, weights: shape (rows,). Weights default to 1.

    Returns:
        0 to 1; NaN where there is no positive or no negative.
    """
    weights = np.ones(len(score)) if weights is None else weights
    order, block = _tie_blocks(score)
    return _auc_of_blocks(positive[order], weights[order], block)


def _tie_blocks(score: Floats) -> tuple[np.ndarray, np.ndarray]:
    """Rows in rising order of score, and the number of the group of equal scores each of them is in."""
    order = np.argsort(score, kind="stable")
    ranked = score[order]
    new = np.concatenate([[False], ranked[1:] != ranked[:-1]]) if len(ranked) else np.zeros(0, bool)
    return order, np.cumsum(new)


def _auc_of_blocks(positive: Bools, weights: Floats, block: np.ndarray) -> float:
    if not len(block):
        return float("nan")
    for_positive = np.bincount(block, weights * positive)
    for_negative = np.bincount(block, weights * ~positive)
    pairs = for_positive.sum() * for_negative.sum()
    below = np.cumsum(for_negative) - for_negative
    return float((for_positive * (below + 0.5 * for_negative)).sum() / pairs) if pairs > 0 else float("nan")


def roc_curve(score: Floats, positive: Bools) -> tuple[Floats, Floats]:
    """False positive rate and true positive rate from the highest threshold down; each of shape (thresholds,)."""
    falses, trues = _counts_from_above(score, positive)
    return (
        np.concatenate([[0.0], falses / max(falses[-1], 1)]),
        np.concatenate([[0.0], trues / max(trues[-1], 1)]),
    )


def precision_recall_curve(score: Floats, positive: Bools) -> tuple[Floats, Floats]:
    """Recall and precision from the highest threshold down; each of shape (thresholds,)."""
    falses, trues = _counts_from_above(score, positive)
    return trues / max(trues[-1], 1), trues / (trues + falses)


def average_precision(score: Floats, positive: Bools) -> float:
    """Area under the precision-recall curve as a sum of steps."""
    recall, precision = precision_recall_curve(score, positive)
    return float(np.sum(np.diff(np.concatenate([[0.0], recall])) * precision))


def _counts_from_above(score: Floats, positive: Bools) -> tuple[Floats, Floats]:
    order, block = _tie_blocks(-score)
    falses = np.bincount(block, (~positive[order]).astype(float))
    trues = np.bincount(block, positive[order].astype(float))
    return np.cumsum(falses), np.cumsum(trues)


def thinned(x: Floats, y: Floats, points: int = 200) -> list[list[float]]:
    """At most so many points of a curve, evenly along its length, first and last always; for drawing."""
    length = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
    wanted = np.searchsorted(length, np.linspace(0, length[-1], points))
    keep = np.unique(np.concatenate([[0], np.minimum(wanted, len(x) - 1), [len(x) - 1]]))
    return [[round(float(x[place]), 4), round(float(y[place]), 4)] for place in keep]


# --- alarms ---


def alarm_starts(alarm: Bools) -> Bools:
    """First weeks of alarms: an alarm is new after eight weeks without one. Shape (teams, weeks)."""
    before = np.cumsum(np.pad(alarm.astype(int), ((0, 0), (QUIET_WEEKS + 1, 0))), axis=1)
    weeks = alarm.shape[1]
    recent = before[:, QUIET_WEEKS : QUIET_WEEKS + weeks] - before[:, :weeks]
    return alarm & (recent == 0)


def false_alarms(alarm: Bools, negative: Bools) -> tuple[np.ndarray, Floats]:
    """False alarms and team-years in which they could have been, by team; each of shape (teams,).

    Args:
        alarm, negative: shape (teams, weeks); negative marks the weeks that count.
    """
    return (alarm_starts(alarm) & negative).sum(axis=1), negative.sum(axis=1) / WEEKS_OF_A_YEAR


def alarm_rate(alarm: Bools, negative: Bools) -> float:
    """False alarms per 100 team-years; NaN where no week counts."""
    count, years = false_alarms(alarm, negative)
    return float(100 * count.sum() / years.sum()) if years.sum() > 0 else float("nan")


def threshold_for(score: Floats, negative: Bools, per_100_years: float) -> float:
    """The lowest threshold that, with every one above it, gives at most so many false alarms per 100 team-years.

    Args:
        score: shape (teams, weeks); NaN = no alarm.
        negative: shape (teams, weeks): weeks that count.

    Returns:
        Alarms are scores at or above it: just above the highest score that would give too many.
    """
    for candidate in np.unique(score[negative & ~np.isnan(score)])[::-1]:
        if alarm_rate(score >= candidate, negative) > per_100_years:
            return float(np.nextafter(candidate, np.inf))
    return -np.inf


def delays(alarm: Bools, truth: Truth) -> Floats:
    """Weeks from onset to the first alarm that began after it, by team; shape (teams,).

    An alarm that already stood at the onset was a false one and finds nothing as long as it lasts.

    Returns:
        Infinite where a paradox was not found within a year, NaN where there is none.
    """
    found = np.full(len(truth), np.nan)
    for team in np.flatnonzero(truth.is_paradox & ~np.isnan(truth.onset)):
        onset = int(truth.onset[team])
        line = alarm[team, onset:]
        if onset > 0 and alarm[team, onset - 1]:
            line = line & ~np.logical_and.accumulate(line)
        late = np.flatnonzero(line[: FOLLOWED_WEEKS + 1])
        found[team] = late[0] if len(late) else _NEVER
    return found


def followed(truth: Truth, weeks: int, within: int) -> Bools:
    """Paradox teams whose data goes on for so many weeks after the onset; shape (teams,)."""
    with np.errstate(invalid="ignore"):
        return truth.is_paradox & (truth.onset + within <= weeks - 1)


def share_found(delay: Floats, truth: Truth, weeks: int, within: int) -> float:
    """Share of the paradox teams followed for so long that were found in that time."""
    counted = followed(truth, weeks, within)
    return float((delay[counted] <= within).mean()) if counted.any() else float("nan")


def median_delay(delay: Floats, truth: Truth, weeks: int, within: int = 26) -> float:
    """Median weeks from onset to alarm over teams followed for `within` weeks; not found counts as infinite."""
    counted = followed(truth, weeks, within)
    # the lower of two middle values: a mean of something and infinity would be infinity
    return float(np.quantile(delay[counted], 0.5, method="lower")) if counted.any() else float("nan")


def found_curve(delay: Floats, truth: Truth, weeks: int) -> Floats:
    """Share of the paradox teams found by each week after the onset, up to a year; shape (53,).

    Teams whose data ends sooner count as long as it lasts (product-limit estimate, Kaplan and Meier 1958).
    """
    at = np.flatnonzero(truth.is_paradox & ~np.isnan(truth.onset))
    last = np.minimum(FOLLOWED_WEEKS, weeks - 1 - truth.onset[at])
    is_found = delay[at] <= last
    until = np.where(is_found, delay[at], last)
    week = np.arange(FOLLOWED_WEEKS + 1)[:, None]
    at_risk = (until >= week).sum(axis=1)
    found = ((until == week) & is_found).sum(axis=1)
    return 1 - np.cumprod(1 - found / np.maximum(at_risk, 1))


# --- probabilities ---


def shift_base_rate(probability: Floats, fitted: float, actual: float) -> Floats:
    """Probabilities moved from the base rate they were fitted for to another: a shift of the log odds."""
    odds = logit(np.clip(probability, 1e-12, 1 - 1e-12))
    return expit(odds + logit(actual) - logit(fitted))


def brier(probability: Floats, positive: Bools) -> float:
    """Mean squared difference of probability and truth (Brier 1950)."""
    return float(np.mean((probability - positive) ** 2))


def brier_skill(probability: Floats, positive: Bools) -> float:
    """1 less the Brier score over that of always saying the base rate: 1 = perfect, 0 = no better than that."""
    rate = float(np.mean(positive))
    return 1 - brier(probability, positive) / (rate * (1 - rate)) if 0 < rate < 1 else float("nan")


def reliability(probability: Floats, positive: Bools, bins: int = 10) -> list[dict[str, float | int]]:
    """Mean probability and share of positives in bins of as many rows each, from low to high."""
    order = np.argsort(probability, kind="stable")
    return [
        {"said": float(probability[part].mean()), "true": float(positive[part].mean()), "n": len(part)}
        for part in np.array_split(order, bins)
        if len(part)
    ]


def calibration_error(probability: Floats, positive: Bools, bins: int = 10) -> float:
    """Expected calibration error: mean distance of said and true over the bins of `reliability`, by rows."""
    table = reliability(probability, positive, bins)
    return sum(row["n"] * abs(row["said"] - row["true"]) for row in table) / sum(row["n"] for row in table)


def fit_platt(log_odds: Floats, positive: Bools, weights: Floats, offset: Floats | float = 0.0) -> tuple[float, float]:
    """Intercept and slope by weighted logistic regression of the label on the log odds (Platt 1999), slope above zero.

    Args:
        log_odds, positive, weights: shape (rows,).
        offset: added to the linear term as it is; shape (rows,) or a number.
    """

    def loss(parameters: np.ndarray) -> float:
        linear = parameters[0] + offset + np.exp(parameters[1]) * log_odds
        return float(np.sum(weights * (np.logaddexp(0, linear) - positive * linear)) / np.sum(weights))

    fitted = minimize(loss, x0=np.zeros(2), method="BFGS")
    return float(fitted.x[0]), float(np.exp(fitted.x[1]))


# --- uncertainty ---


def resamples(truth: Truth, draws: int, seed: int = 20_240_930) -> np.ndarray:
    """How often each team is in each draw of teams with replacement, paradox and benign teams apart.

    Whole teams are drawn: weeks of one team are not independent of each other.

    Returns:
        Shape (draws, teams), whole numbers.
    """
    rng = np.random.default_rng(seed)
    counts = np.zeros((draws, len(truth)), dtype=int)
    for group in (np.flatnonzero(truth.is_paradox), np.flatnonzero(~truth.is_paradox)):
        if len(group):
            counts[:, group] = rng.multinomial(len(group), np.full(len(group), 1 / len(group)), size=draws)
    return counts


def interval(values: Floats) -> tuple[float, float]:
    """The middle 95 % of bootstrapped values; NaN where there are none."""
    known = values[~np.isnan(values)]
    return (float("nan"), float("nan")) if not len(known) else tuple(map(float, np.quantile(known, [0.025, 0.975])))


def auc_interval(score: Floats, positive: Bools, team: np.ndarray, counts: np.ndarray) -> tuple[float, float]:
    """95 % interval of the AUC over draws of teams.

    Args:
        score, positive, team: shape (rows,); `team` is the place of each row's team.
        counts: see `resamples`.
    """
    order, block = _tie_blocks(score)
    ranked, of_team = positive[order], team[order]
    return interval(np.array([_auc_of_blocks(ranked, draw[of_team].astype(float), block) for draw in counts]))


def ratio_interval(above: Floats, below: Floats, counts: np.ndarray) -> tuple[float, float]:
    """95 % interval of a sum over teams by another one, over draws of teams.

    Args:
        above, below: shape (teams,).
        counts: see `resamples`.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return interval((counts @ above) / (counts @ below))
