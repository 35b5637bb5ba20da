"""The bands a risk is told in."""

import numpy as np

from counterpoise.scoring.evidence import Floats

# From which risk on a band begins.
BANDS = (("high", 70.0), ("elevated", 45.0), ("watch", 20.0), ("clear", 0.0))


def limit_of(band: str) -> float:
    """The risk from which on a band begins."""
    return dict(BANDS)[band]


def bands_of(risk: Floats, may_be_clear: np.ndarray) -> np.ndarray:
    """Names of the bands; where too little is measured nothing is called clear. Shapes (rows,); NaN risk: lowest."""
    names, lowest = zip(*reversed(BANDS), strict=True)
    band = np.digitize(np.nan_to_num(risk), lowest) - 1
    return np.array(names, dtype=object)[np.where((band == 0) & ~may_be_clear, 1, band)]
