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
    # windows first: numpy adds up a last axis of three slowly
    effect, for_better, error = (
        np.ascontiguousarray(np.moveaxis(each, 2, 0))
        for each in (contrasts.effect, effects_for_better(contrasts), contrasts.error)
    )
    known = ~np.isnan(effect)
    error = np.where(known, error, 1.0)
    r = contrasts.scale**2 / error**2
    spread = np.sqrt(r / (1 + r)).astype(np.float32)
    level = np.where(known, 1 / np.sqrt(1 + r), 0.0).astype(np.float32)
    better = (np.nan_to_num(for_better) / error * spread).astype(np.float32)
    worse = (np.nan_to_num(-effect) / error * spread).astype(np.float32)
    windows = known.sum(axis=0)
    share = np.where(windows > 0, 1 / np.maximum(windows, 1), np.nan).astype(np.float32)
    # what is not known adds nothing to the sum
    lowest, highest = (np.where(known, np.exp(bound), 0).astype(np.float32) for bound in (LOWEST, HIGHEST))

    def factors(standard: np.ndarray) -> Floats:
        place = ((np.clip(standard, _FIRST, _LAST - 2 / _STEP) - np.float32(_FIRST)) * _STEP).astype(np.int32)
        return np.clip(_TABLE[place] * level, lowest, highest).sum(axis=0) * share

    drawn = np.empty((DRAWS, len(contrasts)))
    for number, normal in enumerate(normals.astype(np.float32)):
        moved = normal * spread
        drawn[number] = log_odds(moves(assemble(contrasts, factors(better + moved), factors(worse - moved))),
                                 at_work, priors)  # fmt: skip
    return drawn
