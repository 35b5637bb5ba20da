"""How far the odds move when every effect is drawn anew around its estimate."""

import numpy as np
from scipy.special import erfcx

from counterpoise.scoring.contrasts import Contrasts, assemble, effects_for_better
from counterpoise.scoring.evidence import HIGHEST, LOWEST, Floats
from counterpoise.scoring.stories import Mechanisms, Priors, log_odds, moves

DRAWS = 40
SEED = 20_240_930
# 2·Φ(a)·e^(a²/2) at steps of a: below the first it is less than the clip asks for, above the last more.
_STEP, _FIRST, _LAST = 1024, -12.0, 6.0
_TABLE = erfcx(-np.arange(_FIRST, _LAST, 1 / _STEP) / np.sqrt(2)).astype(np.float32)


def drawn_odds(contrasts: Contrasts, at_work: Mechanisms, priors: Priors) -> Floats:
    """Log odds for draws d ~ N(d, s²) of every effect, shape (draws, rows).

    One metric's draw is the same for all teams and windows: so a team's interval depends on no other team, and
    windows of one metric move together as they do in truth. Factors are those of `evidence.bayes_factor`, looked up to
    a thousandth: 40 draws of 300,000 team-weeks take seconds.
    """
    normals = np.random.default_rng(SEED).standard_normal((DRAWS, len(contrasts.metrics)))
    known = ~np.isnan(contrasts.effect)
    error = np.where(known, contrasts.error, 1.0)
    r = contrasts.scale[None, :, None] ** 2 / error**2
    spread = np.sqrt(r / (1 + r)).astype(np.float32)
    level = np.where(known, 1 / np.sqrt(1 + r), 0.0).astype(np.float32)
    better = (np.nan_to_num(effects_for_better(contrasts)) / error * spread).astype(np.float32)
    worse = (np.nan_to_num(-contrasts.effect) / error * spread).astype(np.float32)
    windows = known.sum(axis=2)
    share = (1 / np.maximum(windows, 1)).astype(np.float32)
    lowest, highest = np.float32(np.exp(LOWEST)), np.float32(np.exp(HIGHEST))

    def factors(standard: np.ndarray) -> Floats:
        place = ((np.clip(standard, _FIRST, _LAST - 2 / _STEP) - np.float32(_FIRST)) * _STEP).astype(np.int32)
        each = np.where(known, np.clip(_TABLE[place] * level, lowest, highest), 0)
        return np.where(windows > 0, each.sum(axis=2) * share, np.nan)

    drawn = np.empty((DRAWS, len(contrasts)))
    for number, normal in enumerate(normals.astype(np.float32)):
        moved = normal[None, :, None] * spread
        drawn[number] = log_odds(moves(assemble(contrasts, factors(better + moved), factors(worse - moved))),
                                 at_work, priors)  # fmt: skip
    return drawn
