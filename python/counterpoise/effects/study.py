"""One outcome of one intervention: which method fits the panel, its effects by bin, and what it assumes, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from counterpoise.effects.imputation import Estimate, Imputation, Panel, PreTrend
from counterpoise.effects.segmented import segmented

Bin = tuple[int, int | None]  # first and last period since the start; None = to the end

ASSUMES = {
    "imputation": (
        "Without the change, treated units would have moved as the untreated ones did (parallel trends), and nobody "
        "changed before it began."
    ),
    "segmented": (
        "Without the change, the series would have gone on as it did before: the same level and slope, nothing else "
        "began at the same time, and the change was not made because of how the series stood."
    ),
    "segmented_with_controls": (
        "Less what control units did in the same periods, the series would have gone on as before: the same level "
        "and slope, nothing else began at the same time, and the change was not made because of how the series stood."
    ),
    "randomised": (
        "Chance decided who was treated, and what one item got did not touch the others."
    ),
}  # fmt: skip
PRE_TREND_FROM = 0.05


@dataclass(frozen=True)
class Study:
    """Effects of one outcome.

    Attributes:
        method: imputation or segmented.
        bins: an estimate for each bin that was asked for, None where nothing speaks of it.
        pre_trend: the check before the start; None where it cannot be made.
        treated_units, control_units: treated units that were measured, and units never treated.
        units_left_out, rows_left_out: as in `Imputation`.
        assumes: what must hold for the effect to be one, in words.
    """

    method: str
    bins: tuple[Estimate | None, ...]
    pre_trend: PreTrend | None
    treated_units: int
    control_units: int
    units_left_out: int
    rows_left_out: int
    assumes: str


def study(panel: Panel, bins: Sequence[Bin], leads: int, width: int, season: float) -> Study | None:
    """Measure with the method the panel allows.

    Two treated units or more, with somebody untreated at the same time: imputation. One treated unit: segmented
    regression, of what is left after unit and period effects where there are control units. All treated at
    once: segmented regression of their mean, each about its own mean before the start.

    Args:
        bins: periods since the start to average over.
        leads, width: how many leads are checked, and how many periods each has.
        season: periods in a year.

    Returns:
        None where the panel cannot carry either.
    """
    if not (panel.horizon >= 0).any():
        return None
    found = Imputation(panel)
    total = found.average()
    if total is not None and total.units > 1:
        check = found.pre_trend(leads, width)
        assumes = ASSUMES["imputation"]
        if check is not None and check.p < PRE_TREND_FROM:
            assumes += " The check before the start speaks against it: read the effect with care."
        elif check is None:
            assumes += " There is too little before the start to check it."
        return Study(
            "imputation", tuple(found.average(*chosen) for chosen in bins), check, total.units, found.control_units,
            found.units_left_out, found.rows_left_out, assumes,
        )  # fmt: skip
    own = found.panel
    starts = np.unique(own.start[own.horizon >= 0])
    if len(starts) != 1:
        return None
    treated_units = np.unique(own.unit[own.horizon >= 0])
    mine = np.isin(own.unit, treated_units)
    with_controls = total is not None
    values = found.less_untreated if with_controls else own.y
    period, inverse = np.unique(own.period[mine], return_inverse=True)
    unit, before = np.unique(own.unit[mine], return_inverse=True)[1], own.horizon[mine] < 0
    level = np.bincount(unit[before], values[mine][before]) / np.bincount(unit[before])
    series = np.bincount(inverse, values[mine] - level[unit]) / np.bincount(inverse)
    fitted = segmented(period, series, int(starts[0]), season)
    if fitted is None:
        return None
    assumes = ASSUMES["segmented_with_controls" if with_controls else "segmented"]
    if not fitted.has_season:
        assumes += " A season could not be taken out: there is less than a year before."
    return Study(
        "segmented", tuple(fitted.average(*chosen) for chosen in bins), None, len(treated_units), found.control_units,
        found.units_left_out, 0, assumes,
    )  # fmt: skip
