"""Control limits for looking at a weekly series: a chart of individual values with moving ranges (XmR)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

# 3 / d2 for moving ranges of two values (d2 = 1.128), rounded as the method's own tables round it.
XMR_FACTOR = 2.66

BASELINE_WEEKS = 26


@dataclass(frozen=True)
class XmrLimits:
    """Mean, mean moving range and the limits 2.66 moving ranges to either side, in the unit of the values."""

    mean: float
    moving_range: float
    lower: float
    upper: float


def xmr_limits(values: Sequence[float]) -> XmrLimits:
    """Limits from `values` in order of time.

    Raises:
        ValueError: fewer than two values, which have no moving range.
    """
    if len(values) < 2:
        raise ValueError(f"control limits need at least two values, got {len(values)}")
    mean = fmean(values)
    moving_range = fmean(abs(later - earlier) for earlier, later in pairwise(values))
    return XmrLimits(mean, moving_range, mean - XMR_FACTOR * moving_range, mean + XMR_FACTOR * moving_range)


def baseline_limits(values: Sequence[float]) -> XmrLimits:
    """Limits from the first half of `values`, at most 26 weeks, so that a late change cannot widen them.

    Raises:
        ValueError: fewer than four values.
    """
    return xmr_limits(values[: min(BASELINE_WEEKS, len(values) // 2)])
