"""Evidence for a move in a named direction, and ways to put evidence of several metrics together."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erfcx

Floats = NDArray[np.float64]

LOWEST, HIGHEST = -3.0, 6.0
# Metrics of one team lean on the same items, so their evidence is not counted whole.
DEPENDENCE = 0.5
# How likely a metric is to move in the direction that a story speaks of, and how likely beside it the other way.
MOVING_SHARE, CONTRARY_SHARE = 0.2, 0.15


def bayes_factor(effect: ArrayLike, error: ArrayLike, scale: ArrayLike) -> Floats:
    """Half-normal Bayes factor for a positive effect against none, clipped to e^-3 and e^6.

    Args:
        effect: estimated effect on the link scale, positive in the named direction; any shape. NaN = not known.
        error: its standard error, > 0; same shape.
        scale: standard deviation of the half-normal prior of the effect; same shape or scalar.

    Returns:
        Same shape; NaN where effect or error is.

    Source: design notes on scoring, section "Evidence"; checked by quadrature in the tests. With z = effect/error,
    r = scale²/error² and a = z·√(r/(1+r)) it is 2·Φ(a)·e^(a²/2)/√(1+r), and 2·Φ(a)·e^(a²/2) = erfcx(-a/√2).
    """
    effect, error, scale = np.asarray(effect, float), np.asarray(error, float), np.asarray(scale, float)
    r = scale**2 / error**2
    with np.errstate(over="ignore"):
        factor = erfcx(-effect / error * np.sqrt(r / (1 + r) / 2)) / np.sqrt(1 + r)
    return np.clip(factor, np.exp(LOWEST), np.exp(HIGHEST))


def log_evidence(effect: ArrayLike, error: ArrayLike, scale: ArrayLike) -> Floats:
    """ln of `bayes_factor`, in [-3, 6]."""
    return np.log(bayes_factor(effect, error, scale))


def mean_there(factors: Floats, axis: int) -> Floats:
    """Mean of Bayes factors along an axis, over those that are there; NaN where none is.

    An average over ways to look at the same thing, so that looking in more ways does not by itself find more.
    """
    there = ~np.isnan(factors)
    count = there.sum(axis=axis)
    total = np.where(there, factors, 0.0).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def may_move(factors: Floats) -> Floats:
    """Log evidence that each of some metrics may have moved in the named direction or not, against none moved.

    Each moves with the chance MOVING_SHARE = p, apart from the others; evidence of k metrics counts with the power
    DEPENDENCE = g: Σ g·ln(1 - p + p·E).

    Args:
        factors: Bayes factors E of shape (rows, metrics); NaN = not known.

    Returns:
        Shape (rows,); 0 where nothing is known. Never falls when a factor rises.
    """
    mixed = np.where(np.isnan(factors), 1.0, 1 + MOVING_SHARE * (factors - 1))
    return DEPENDENCE * np.log(mixed).sum(axis=1)


def must_move(factors: Floats, contrary: Floats | None = None) -> Floats:
    """Log evidence that at least one of some metrics moved in the named direction, against none moved.

    As `may_move`, less what is owed to none of them moving so; where `contrary` is given, the others may have moved the
    other way. Several that moved corroborate each other. With p and g as there, C the contrary factors and q =
    CONTRARY_SHARE, or 0 where there are none:
    ln[(∏(1 - p - q + p·E + q·C)^g - ∏(1 - p - q + q·C)^g) / (1 - (1 - p)^(g·k))].

    Args:
        factors, contrary: Bayes factors of shape (rows, metrics); NaN = not known. A metric may be known in one
            only, as outputs are read some weeks back too.

    Returns:
        Shape (rows,); 0 where nothing is known. Never falls when a factor rises.
    """
    there = ~np.isnan(factors)
    none = np.full(factors.shape, 1 - MOVING_SHARE)
    if contrary is not None:
        none = none + CONTRARY_SHARE * (np.where(np.isnan(contrary), 1.0, contrary) - 1)
    some = none + MOVING_SHARE * np.where(there, factors, 0.0)
    none_so = DEPENDENCE * np.where(there, np.log(none), 0.0).sum(axis=1)
    some_so = DEPENDENCE * np.where(there, np.log(some), 0.0).sum(axis=1)
    usual = DEPENDENCE * np.log1p(-MOVING_SHARE) * there.sum(axis=1)
    known = there.any(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = some_so + np.log(-np.expm1(none_so - some_so)) - np.log(-np.expm1(usual))
    return np.where(known, moved, 0.0)
