"""How effects are said: on the scale they were fitted on, in percent, odds or units."""

import math

from counterpoise.effects.imputation import Estimate
from counterpoise.effects.mapping import Measure


def on_shown_scale(transform: str, value: float) -> float:
    """Percent for logarithms and log odds, else the value itself."""
    return 100 * math.expm1(value) if transform in ("log", "log1p", "logit") else value


def shown(measure: Measure, value: float) -> str:
    """An effect as people read it: `+29.2 %`, `+12.0 % odds`, `-0.3`."""
    return said(measure.transform, value)


def said(transform: str, value: float) -> str:
    """`shown` by the transform alone."""
    number = on_shown_scale(transform, value)
    text = f"{number:+,.1f}" if transform != "none" else f"{number:+,.3g}"
    return text + {"none": "", "logit": " % odds"}.get(transform, " %")


def interval(transform: str, estimate: Estimate | None) -> str:
    """The interval of 95 %, or why there is none."""
    if estimate is None:
        return ""
    if estimate.low is None or estimate.high is None:
        return "one unit: no interval"
    return f"{said(transform, estimate.low)} to {said(transform, estimate.high)}"


def verdict(better: str, estimate: Estimate | None) -> str:
    """better, worse or unclear: whether the interval leaves 0 out, and on which side; no_data without an estimate."""
    if estimate is None:
        return "no_data"
    if estimate.low is None or estimate.high is None or estimate.low <= 0 <= estimate.high:
        return "unclear"
    return "better" if (estimate.effect > 0) == (better == "up") else "worse"
