"""The imputation estimator of Borusyak, Jaravel and Spiess, Revisiting Event-Study Designs, Review of Economic Studies
91(6), 2024.

What would have been without the treatment is fitted on untreated rows only, as unit effect + period effect +
covariates, and put beside what was observed in the treated rows.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# Below this share of the largest eigenvalue a direction of the design counts as absent.
_RANK = 1e-10
# A row whose prediction leans on an absent direction by more than this cannot be imputed.
_REACH = 1e-6


@dataclass(frozen=True)
class Estimate:
    """A mean effect with its 95 % interval.

    Attributes:
        effect: in the unit of the outcome as it was fitted.
        low, high: None where fewer than two treated units speak of it.
        units: treated units in it.
        rows: treated rows in it.
    """

    effect: float
    low: float | None
    high: float | None
    units: int
    rows: int


@dataclass(frozen=True)
class Lead:
    """The difference some periods before the start, which nothing should have made; `before` counts from 1."""

    before: int
    estimate: Estimate


@dataclass(frozen=True)
class PreTrend:
    """Whether treated and untreated units went apart before the start; `p` of a test that all leads are 0."""

    leads: tuple[Lead, ...]
    p: float


@dataclass(frozen=True)
class Panel:
    """Rows of units and periods, one a pair, without missing values.

    Attributes:
        unit: number of the unit of each row, shape (rows,).
        period: number of the period, counted without gaps (a missing period is a missing row), shape (rows,).
        start: first treated period of the row's unit, NaN = never, shape (rows,).
        y: the outcome as it is fitted (logarithms, log odds, …), shape (rows,).
        covariates: shape (rows, covariates).
    """

    unit: Ints
    period: Ints
    start: Floats
    y: Floats
    covariates: Floats

    def __post_init__(self) -> None:
        if not (np.isfinite(self.y).all() and np.isfinite(self.covariates).all()):
            raise ValueError("a panel has no missing values")

    @property
    def horizon(self) -> Floats:
        """Periods since the start, 0 in its own, NaN where there never is one; shape (rows,)."""
        return self.period - self.start

    def rows(self, kept: Flags) -> "Panel":
        """Some of the rows."""
        return Panel(self.unit[kept], self.period[kept], self.start[kept], self.y[kept], self.covariates[kept])


class _TwoWay:
    """Least squares of unit effects + period effects + covariates; unit effects are taken away by their means, so
    that only periods + covariates stand in one dense system. It may have absent directions."""

    def __init__(self, unit: Ints, period: Ints, extra: Floats, fitted: Flags, units: int, periods: int) -> None:
        self._unit, self._period, self._fitted = unit, period, fitted
        u, p, x = unit[fitted], period[fitted], extra[fitted]
        self._rows = np.bincount(u, minlength=units).astype(float)
        share = np.bincount(u * periods + p, minlength=units * periods).reshape(units, periods).astype(float)
        present = np.maximum(self._rows, 1)[:, None]
        share /= present
        # covariates about their unit means, and as large as a period's column, so that one tolerance fits all
        mean = np.column_stack([np.bincount(u, column, units) for column in x.T] or [np.empty((units, 0))]) / present
        size = np.sqrt(((x - mean[u]) ** 2).sum(axis=0) / max(len(u) / max(periods, 1), 1.0))
        magnitude = np.abs(x).max(axis=0, initial=0.0)
        size = np.where(size > 1e-9 * np.maximum(magnitude, 1e-300), size, np.maximum(magnitude, 1.0))
        self._extra, mean = extra / size, mean / size
        self.scale = size
        self._means = np.column_stack([share, mean])
        x = x / size
        within = x - mean[u]
        per_period = np.column_stack(
            [np.bincount(p, column, periods) for column in within.T] or [np.empty((periods, 0))]
        )
        per_period = per_period.reshape(periods, x.shape[1])
        weight = self._rows[:, None]
        top = np.diag(np.bincount(p, minlength=periods).astype(float)) - share.T @ (weight * share)
        gram = np.block([[top, per_period], [per_period.T, within.T @ within]])
        values, vectors = np.linalg.eigh((gram + gram.T) / 2)
        keep = values > _RANK * max(values.max(initial=0.0), 1.0)
        self._absent = vectors[:, ~keep]
        self._inverse = (vectors[:, keep] / values[keep]) @ vectors[:, keep].T
        self._periods = periods

    @property
    def inverse(self) -> Floats:
        return self._inverse

    def times(self, coefficients: Floats) -> Floats:
        """Rows of the design, about their unit's means, times coefficients; shape (rows, …)."""
        found = coefficients[self._period] - (self._means @ coefficients)[self._unit]
        return found + self._extra @ coefficients[self._periods :]

    def sums(self, values: Floats, rows: Flags) -> Floats:
        """The design's columns (not about their means) times a value a row, summed over `rows`."""
        by_period = np.bincount(self._period[rows], values[rows], self._periods)
        return np.concatenate([by_period, self._extra[rows].T @ values[rows]])

    def fit(self, y: Floats) -> tuple[Floats, Floats]:
        """Coefficients, and y less its prediction in every row whose unit has a fitted row."""
        mean = np.bincount(self._unit[self._fitted], y[self._fitted], len(self._rows)) / np.maximum(self._rows, 1)
        about = y - mean[self._unit]
        coefficients = self._inverse @ self.sums(about, self._fitted)
        return coefficients, about - self.times(coefficients)

    def reachable(self) -> Flags:
        """Rows whose prediction the fitted rows determine."""
        known = self._rows[self._unit] > 0
        return known & (np.abs(self.times(self._absent)).max(axis=1, initial=0.0) < _REACH)

    def pull(self, weights: Floats) -> Floats:
        """How much the mean of predictions with `weights` (of rows that are not fitted) moves with each fitted y:
        Z0 (Z0'Z0)⁻ Z1'w of the paper, shape (rows,), 0 where not fitted."""
        by_unit = np.bincount(self._unit, weights, len(self._rows))
        inner = self._inverse @ (self.sums(weights, weights != 0) - self._means.T @ by_unit)
        of_unit = by_unit / np.maximum(self._rows, 1) - self._means @ inner
        pulled = of_unit[self._unit] + inner[self._period] + self._extra @ inner[self._periods :]
        return np.where(self._fitted, pulled, 0.0)

    def cluster_covariance(self, residual: Floats) -> Floats:
        """Covariance of the coefficients with rows of a unit in one cluster, × G/(G − 1)."""
        rows = self._fitted
        own = (self._unit[rows], residual[rows])
        score = np.zeros((len(self._rows), self._means.shape[1]))
        np.add.at(score, (own[0], self._period[rows]), own[1])
        score[:, self._periods :] = np.column_stack(
            [np.bincount(own[0], own[1] * column, len(self._rows)) for column in self._extra[rows].T]
            or [np.empty((len(self._rows), 0))]
        ).reshape(len(self._rows), -1)
        score -= self._means * np.bincount(own[0], own[1], len(self._rows))[:, None]
        clusters = int((self._rows > 0).sum())
        meat = score.T @ score * clusters / max(clusters - 1, 1)
        return self._inverse @ meat @ self._inverse


class Imputation:
    """Effects of every treated row of a panel, and their averages with intervals.

    Attributes:
        panel: the panel without units that have no untreated row.
        effect: observed less imputed, shape (rows,); NaN in untreated rows and where nothing can be imputed.
        units_left_out: units without an untreated row.
        rows_left_out: treated rows of the other units that cannot be imputed: in their period nobody is untreated, or
            they lean on a covariate that untreated rows do not determine.
    """

    def __init__(self, panel: Panel) -> None:
        treated = panel.horizon >= 0
        with_past = np.isin(panel.unit, panel.unit[~treated])
        self.units_left_out = len(np.unique(panel.unit[~with_past]))
        self.panel = panel = panel.rows(with_past)
        self._treated = treated = treated[with_past]
        _, unit = np.unique(panel.unit, return_inverse=True)
        self._unit: Ints = unit.astype(np.int64)
        _, period = np.unique(panel.period, return_inverse=True)
        self._units = int(unit.max(initial=-1)) + 1
        self._fit = _TwoWay(
            self._unit,
            period.astype(np.int64),
            panel.covariates,
            ~treated,
            self._units,
            int(period.max(initial=-1)) + 1,
        )
        _, rest = self._fit.fit(panel.y)
        imputed = treated & self._fit.reachable()
        self.rows_left_out = int((treated & ~imputed).sum())
        self.effect: Floats = np.where(imputed, rest, np.nan)
        self._rest = rest

    @property
    def control_units(self) -> int:
        """Units that are never treated."""
        return len(np.unique(self._unit[np.isnan(self.panel.start)]))

    @property
    def less_untreated(self) -> Floats:
        """Observed less what was fitted on untreated rows, shape (rows,): residuals before the start, effects after."""
        return self._rest

    def average(self, first: int = 0, last: int | None = None) -> Estimate | None:
        """Mean effect over treated rows from `first` to `last` periods after the start (None = to the end).

        The error is that of the paper (its section 4.3), clustered by unit and conservative: residuals of treated rows
        are effects less their mean by cohort × horizon, leaving the unit itself out. Where a cohort × horizon has
        one unit, the mean is over all cohorts of the horizon; where that is one unit, over the whole average. So what
        differs between cohorts can only widen the interval. The quantile is Student's with treated units − 1.
        """
        horizon = self.panel.horizon
        with np.errstate(invalid="ignore"):
            chosen = ~np.isnan(self.effect) & (horizon >= first)
            if last is not None:
                chosen &= horizon <= last
        rows = int(chosen.sum())
        if not rows:
            return None
        weights = chosen / rows
        effect = float(self.effect[chosen].mean())
        units = len(np.unique(self._unit[chosen]))
        error = self._error(weights, chosen)
        if units < 2 or error is None:
            return Estimate(effect, None, None, units, rows)
        half = float(stats.t.ppf(0.975, units - 1)) * error
        return Estimate(effect, effect - half, effect + half, units, rows)

    def _error(self, weights: Floats, chosen: Flags) -> float | None:
        apart = self._apart(weights, chosen)
        if apart is None:
            return None
        parts = weights * apart - np.where(self._treated, 0.0, self._fit.pull(weights) * self._rest)
        return float(np.sqrt((np.bincount(self._unit, parts, self._units) ** 2).sum()))

    def _apart(self, weights: Floats, chosen: Flags) -> Floats | None:
        """Effects less the mean effect of comparable rows of other units, shape (rows,); 0 where not chosen."""
        place = np.flatnonzero(chosen)
        unit, effect, weight = self._unit[place], self.effect[place], weights[place]
        horizon = self.panel.horizon[place].astype(np.int64)
        cohort = self.panel.start[place].astype(np.int64)
        cell = np.unique(cohort * (int(horizon.max()) + 1) + horizon, return_inverse=True)[1]
        by_horizon = np.unique(horizon, return_inverse=True)[1]
        cell = np.where(_units_in(cell, unit) > 1, cell, cell.max() + 1 + by_horizon)
        cell = np.where(_units_in(cell, unit) > 1, cell, -1) + 1
        if (_units_in(cell, unit) < 2).any():
            # one unit is alone in its horizons: compare it with everything there is
            cell = np.zeros_like(cell)
            if len(np.unique(unit)) < 2:
                return None
        pair, own = np.unique(cell * self._units + unit, return_inverse=True)
        a, b = np.bincount(own, weight), np.bincount(own, weight * effect)
        at = pair // self._units
        aa, ab = np.bincount(at, a * a), np.bincount(at, a * b)
        others = (ab[at] - a * b) / (aa[at] - a * a)
        apart = np.zeros(len(chosen))
        apart[place] = effect - others[own]
        return apart

    def pre_trend(self, leads: int, width: int = 1) -> PreTrend | None:
        """The paper's check (its section 4.4): on untreated rows only, are units that will be treated apart already?

        Args:
            leads: at most so many leads; everything before them is what they are compared with.
            width: periods in a lead.

        Returns:
            None where no unit has rows before the leads, or fewer than three treated units have any.
        """
        untreated = ~self._treated
        panel = self.panel.rows(untreated)
        unit = np.unique(panel.unit, return_inverse=True)[1].astype(np.int64)
        period = np.unique(panel.period, return_inverse=True)[1].astype(np.int64)
        ahead = np.where(np.isnan(panel.start), 0.0, np.ceil(-panel.horizon / width)).astype(np.int64)
        treated_units = len(np.unique(unit[ahead > 0]))
        leads = min(leads, treated_units - 2, int(ahead.max(initial=0)) - 1)
        if leads < 1:
            return None
        names = [lead for lead in range(1, leads + 1) if len(np.unique(unit[ahead == lead])) > 1]
        flags = np.column_stack([ahead == lead for lead in names]).astype(float) if names else np.empty((len(unit), 0))
        if not names:
            return None
        everything = np.ones(len(unit), dtype=bool)
        extra = np.column_stack([flags, panel.covariates])
        fit = _TwoWay(unit, period, extra, everything, int(unit.max()) + 1, int(period.max()) + 1)
        coefficients, rest = fit.fit(panel.y)
        first = int(period.max()) + 1
        at = slice(first, first + len(names))
        if np.abs(fit._absent[at]).max(initial=0.0) > _REACH:
            return None  # a lead cannot be told from units and periods
        covariance = fit.cluster_covariance(rest)[at, at] / np.outer(fit.scale[: len(names)], fit.scale[: len(names)])
        beta = coefficients[at] / fit.scale[: len(names)]
        wald = float(beta @ np.linalg.pinv(covariance, hermitian=True) @ beta)
        rank = int(np.linalg.matrix_rank(covariance, hermitian=True))
        if rank < len(names):
            return None
        # few clusters know their covariance badly: Hotelling's F of as many as are treated, the usual one in the limit
        freedom = treated_units - rank
        p = float(stats.f.sf(wald / rank * freedom / (treated_units - 1), rank, freedom))
        found = []
        for place, lead in enumerate(names):
            own = ahead == lead
            units = len(np.unique(unit[own]))
            half = float(stats.t.ppf(0.975, units - 1) * np.sqrt(covariance[place, place]))
            value = float(beta[place])
            found.append(Lead(lead, Estimate(value, value - half, value + half, units, int(own.sum()))))
        return PreTrend(tuple(found), p)


def _units_in(cell: Ints, unit: Ints) -> Ints:
    """How many units the cell of each row has; shape (rows,)."""
    size = int(unit.max()) + 1
    pairs = np.unique(cell * size + unit)
    return np.bincount(pairs // size, minlength=int(cell.max()) + 1)[cell]
