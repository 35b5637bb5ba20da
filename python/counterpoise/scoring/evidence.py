"""Evidence for a move in a named direction, and means of evidence that skip what is not there."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_ndtr

Floats = NDArray[np.float64]

LOWEST, HIGHEST = -3.0, 6.0


def log_evidence(effect: ArrayLike, error: ArrayLike, scale: ArrayLike) -> Floats:
    """Half-normal log Bayes factor for a positive effect against none, clipped to [-3, 6].

    Args:
        effect: estimated effect on the link scale, positive in the named direction; any shape. NaN = not known.
        error: its standard error, > 0; same shape.
        scale: standard deviation of the half-normal prior of the effect; same shape or scalar.

    Returns:
        Same shape; NaN where effect or error is.

    Source: design notes on scoring, section "Evidence"; checked by quadrature in the tests.
    """
    effect, error, scale = np.asarray(effect, float), np.asarray(error, float), np.asarray(scale, float)
    z = effect / error
    r = scale**2 / error**2
    factor = np.log(2) + log_ndtr(z * np.sqrt(r / (1 + r))) - 0.5 * np.log1p(r) + z**2 * r / (2 * (1 + r))
    return np.clip(factor, LOWEST, HIGHEST)


def log_mean_exp(values: Floats, axis: int | tuple[int, ...]) -> Floats:
    """ln of the mean of e^values along an axis, over the values that are there; NaN where none is.

    An average over alternatives ("one of these moved") so that looking at more of them does not by itself find more.
    """
    there = ~np.isnan(values)
    peak = np.max(np.where(there, values, -np.inf), axis=axis, keepdims=True)
    peak = np.where(np.isfinite(peak), peak, 0.0)
    total = np.sum(np.where(there, np.exp(np.where(there, values, 0.0) - peak), 0.0), axis=axis)
    count = np.sum(there, axis=axis)
    with np.errstate(divide="ignore", invalid="ignore"):
        result = np.log(total / count) + np.squeeze(peak, axis=axis)
    return np.where(count > 0, result, np.nan)
