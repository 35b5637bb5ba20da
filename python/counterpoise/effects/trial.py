"""A randomised trial: what is measured, regressed on the arm and covariates."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from counterpoise.effects.imputation import Estimate, Flags, Floats


def trial_effect(y: Floats, treated: Flags, covariates: Floats, *, robust: bool) -> Estimate:
    """The coefficient of the arm in a least squares regression on arm, covariates and a constant.

    Args:
        y: as it is fitted, shape (rows,); no missing values here or in `covariates`, shape (rows, covariates).
        treated: which rows are treated, shape (rows,).
        robust: errors by HC1 with Student's quantile (MacKinnon and White, Journal of Econometrics 29, 1985); else
            homoskedastic with the normal quantile, as trials of this kind are often published.

    Raises:
        ValueError: the arm cannot be told from the covariates, or there are too few rows.
    """
    x = np.column_stack([treated.astype(float), np.ones(len(y)), covariates])
    freedom = len(y) - x.shape[1]
    if freedom < 1 or np.linalg.matrix_rank(x) < x.shape[1]:
        raise ValueError("the arm cannot be told from the covariates")
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ y
    rest = y - x @ beta
    if robust:
        covariance = inverse @ (x.T * rest**2) @ x @ inverse * len(y) / freedom
        quantile = float(stats.t.ppf(0.975, freedom))
    else:
        covariance = inverse * (rest @ rest) / freedom
        quantile = float(stats.norm.ppf(0.975))
    effect, half = float(beta[0]), quantile * float(np.sqrt(covariance[0, 0]))
    return Estimate(effect, effect - half, effect + half, int(treated.sum()), len(y))


@dataclass(frozen=True)
class Forecast:
    """What was expected of the treatment: the sum with it by the sum without it, less 1."""

    name: str
    share: float
    rows: int


def forecast(name: str, with_treatment: Floats, without: Floats) -> Forecast:
    """Over rows that have both; shape (rows,) each, NaN = not forecast."""
    both = ~(np.isnan(with_treatment) | np.isnan(without))
    return Forecast(name, float(with_treatment[both].sum() / without[both].sum() - 1), int(both.sum()))
