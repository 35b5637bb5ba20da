"""One series, before and after: segmented regression with a level and a slope change, and Newey-West errors.

Wagner, Soumerai, Zhang, Ross-Degnan, Journal of Clinical Pharmacy and Therapeutics 27 (2002); Newey and West,
Econometrica 55 (1987), lags 4·(n/100)^(2/9).
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from counterpoise.effects.imputation import Estimate, Floats, Ints

MIN_BEFORE = 12
MIN_AFTER = 4


@dataclass(frozen=True)
class Segmented:
    """A fitted series.

    Attributes:
        level, slope: change of the level at the start and of the slope per period after it, with intervals.
        has_season: whether a yearly wave was taken out.
    """

    level: Estimate
    slope: Estimate
    has_season: bool
    _coefficients: Floats
    _covariance: Floats
    _since: Floats
    _freedom: int

    def average(self, first: int = 0, last: int | None = None) -> Estimate | None:
        """Mean of (level + slope × periods since the start) over the periods there are from `first` to `last`."""
        inside = self._since[(self._since >= first) & (self._since <= (np.inf if last is None else last))]
        if not len(inside):
            return None
        return _combine(
            np.array([1.0, inside.mean()]), self._coefficients, self._covariance, self._freedom, len(inside)
        )


def segmented(period: Ints, y: Floats, start: int, season: float | None = None) -> Segmented | None:
    """Fit y = level + slope·t + [t ≥ start]·(level change + slope change·(t − start)) + a yearly wave.

    Args:
        period, y: the series, shape (rows,), without missing values; periods may be missing.
        start: first period after the change.
        season: periods in a year; the wave is fitted where there are a year before the start and a year and a half
            in all.

    Returns:
        None with fewer than 12 periods before or 4 after the start.
    """
    order = np.argsort(period)
    period, y = period[order], y[order]
    since = (period - start).astype(float)
    after = since >= 0
    if (~after).sum() < MIN_BEFORE or after.sum() < MIN_AFTER:
        return None
    design = [after.astype(float), np.where(after, since, 0.0), np.ones(len(y)), since / max(len(y), 1)]
    has_season = season is not None and -since[0] >= season and since[-1] - since[0] >= 1.5 * season
    if has_season:
        angle = 2 * np.pi * period / season
        design += [np.sin(angle), np.cos(angle)]
    x = np.column_stack(design)
    freedom = len(y) - x.shape[1]
    inverse = np.linalg.pinv(x.T @ x)
    beta = inverse @ x.T @ y
    score = x * (y - x @ beta)[:, None]
    lags = int(4 * (len(y) / 100) ** (2 / 9))
    # lag by period, not by row: two rows with a gap between them are further apart
    place = period - period[0]
    dense = np.zeros((int(place[-1]) + 1, x.shape[1]))
    dense[place] = score
    meat = dense.T @ dense
    for lag in range(1, lags + 1):
        cross = dense[lag:].T @ dense[:-lag]
        meat += (1 - lag / (lags + 1)) * (cross + cross.T)
    covariance = (inverse @ meat @ inverse)[:2, :2] * len(y) / freedom
    rows = int(after.sum())
    level = _combine(np.array([1.0, 0.0]), beta[:2], covariance, freedom, rows)
    slope = _combine(np.array([0.0, 1.0]), beta[:2], covariance, freedom, rows)
    return Segmented(level, slope, has_season, beta[:2], covariance, since[after], freedom)


def _combine(weights: Floats, beta: Floats, covariance: Floats, freedom: int, rows: int) -> Estimate:
    value = float(weights @ beta)
    half = float(stats.t.ppf(0.975, freedom) * np.sqrt(max(weights @ covariance @ weights, 0.0)))
    return Estimate(value, value - half, value + half, 1, rows)
