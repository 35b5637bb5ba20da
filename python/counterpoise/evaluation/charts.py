"""Control charts and a trend test for weekly series: the usual methods that the score is measured against.

Small on purpose: numpy only. Checked against the published examples in the tests.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from counterpoise.report.limits import XmrLimits
from counterpoise.scoring.evidence import Floats

RUN_LENGTH = 8
TREND_LENGTH = 6


def xmr_rules(values: ArrayLike, limits: XmrLimits) -> np.ndarray:
    """The four usual run rules on the upper side of a chart of individual values.

    A point above the limit; eight in a row above the mean; six in a row rising; two of three above two thirds of the
    way to the limit.

    Args:
        values: shape (weeks,), without holes.
        limits: of the same unit.

    Returns:
        Boolean, shape (weeks, 4): which rule fires at which point.

    Source: run rules as NHS England's "Making data count" gives them, in the form common since Western Electric (1956).
    """
    values = np.asarray(values, float)
    above = values > limits.mean
    rising = np.concatenate([[False], np.diff(values) > 0]) if len(values) else above
    near = (values > limits.mean + (limits.upper - limits.mean) * 2 / 3).astype(int)
    two_of_three = np.convolve(near, [1, 1, 1])[: len(values)] >= 2
    return np.stack(
        [values > limits.upper, _in_a_row(above, RUN_LENGTH), _in_a_row(rising, TREND_LENGTH - 1), two_of_three], axis=1
    )


def _in_a_row(flags: np.ndarray, length: int) -> np.ndarray:
    """Where the last `length` flags are all true; shape (weeks,)."""
    return np.convolve(flags.astype(int), np.ones(length, int))[: len(flags)] == length


def ewma(values: ArrayLike, weight: float, start: ArrayLike) -> Floats:
    """Exponentially weighted moving average along the last axis; a hole keeps what was there before.

    Args:
        values: shape (..., weeks), NaN = no value.
        weight: share of the newest value, above 0 and up to 1.
        start: value before the first week; shape (...).

    Returns:
        Shape (..., weeks).

    Source: NIST/SEMATECH handbook, 6.3.2.4.
    """
    values = np.asarray(values, float)
    level = np.broadcast_to(np.asarray(start, float), values.shape[:-1]).copy()
    smooth = np.empty_like(values)
    for week in range(values.shape[-1]):
        value = values[..., week]
        level = np.where(np.isnan(value), level, weight * value + (1 - weight) * level)
        smooth[..., week] = level
    return smooth


def ewma_limits(mean: float, deviation: float, weight: float, width: float = 3.0) -> tuple[float, float]:
    """Lower and upper limit of a long-running EWMA: `width` times its own standard deviation around the mean."""
    reach = width * deviation * np.sqrt(weight / (2 - weight))
    return mean - reach, mean + reach


def cusum(values: ArrayLike, target: ArrayLike, slack: ArrayLike) -> Floats:
    """Upper cumulative sum S = max(0, S + value - target - slack) along the last axis; a hole changes nothing.

    Args:
        values: shape (..., weeks), NaN = no value.
        target, slack: in the unit of the values; shape (...).

    Returns:
        Shape (..., weeks).

    Source: NIST/SEMATECH handbook, 6.3.2.3.
    """
    steps = np.nan_to_num(np.asarray(values, float) - np.asarray(target)[..., None] - np.asarray(slack)[..., None])
    total = np.zeros(steps.shape[:-1])
    sums = np.empty_like(steps)
    for week in range(steps.shape[-1]):
        total = np.maximum(0.0, total + steps[..., week])
        sums[..., week] = total
    return sums


@dataclass(frozen=True)
class Trend:
    """Mann-Kendall test; each of shape (...).

    Attributes:
        s: pairs that rise less pairs that fall.
        variance: of `s` where there is no trend, corrected for ties.
        z: with the correction for continuity; 0 where there are too few values.
        p: two-sided.
    """

    s: Floats
    variance: Floats
    z: Floats
    p: Floats


def mann_kendall(values: ArrayLike) -> Trend:
    """The Mann-Kendall test for a trend along the last axis.

    It takes weeks for independent of each other. Weekly figures are not, and so it fires too often.

    Args:
        values: shape (..., weeks), NaN = no value.

    Source: Mann (1945), Kendall (1975); ties as in Gilbert (1987), 16.4.
    """
    values = np.asarray(values, float)
    known = ~np.isnan(values)
    n = known.sum(axis=-1).astype(float)
    earlier, later = np.triu_indices(values.shape[-1], k=1)
    s = np.nansum(np.sign(values[..., later] - values[..., earlier]), axis=-1)
    # a value that occurs t times stands t times in this sum, so that each group of ties adds t(t - 1)(2t + 5)
    same = (values[..., :, None] == values[..., None, :]).sum(axis=-1)
    ties = np.where(known, (same - 1.0) * (2.0 * same + 5.0), 0.0).sum(axis=-1)
    variance = (n * (n - 1) * (2 * n + 5) - ties) / 18
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(variance > 0, (s - np.sign(s)) / np.sqrt(variance), 0.0)
    return Trend(s, variance, z, 2 * ndtr(-np.abs(z)))
