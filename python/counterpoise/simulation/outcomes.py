"""What customers got: ratings, complaints, escaped defects. Drawn from the item, not from the kind."""

from dataclasses import dataclass

import numpy as np

from counterpoise.simulation.items import Items
from counterpoise.simulation.types import Floats, Ints

OUTCOME_TYPES = ("csat_asked", "csat", "complaint", "escaped_defect")

_ASKED_SHARE = 0.5
_RATINGS = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
_RATING_LIMITS = np.array([-1.6, -0.7, 0.1, 1.2])


@dataclass
class Outcomes:
    """One entry an outcome; `occurred` in local hours since the start, `value` NaN where there is none."""

    kind: Ints
    item: Ints
    occurred: Floats
    value: Floats


def draw_outcomes(
    items: Items,
    first_response_target: float,
    ships: bool,
    rng: np.random.Generator,
    *,
    bias: Floats | float = 0.0,
    lag_hours: float = 0.0,
) -> Outcomes:
    """Outcomes of the items.

    Args:
        ships: the team's work can carry defects that surface later.
        bias: shape (items,), who answers the survey: above 0 more of the displeased, below 0 of the pleased.
        lag_hours: how much later than usual complaints and defects come to light.
    """
    n = len(items)
    resolved = np.isfinite(items.resolved)
    mood = satisfaction(items, first_response_target) + rng.logistic(0.0, 0.55, n)
    rating = _RATINGS[np.searchsorted(_RATING_LIMITS, mood)]
    asked = resolved & (items.requester >= 0) & (rng.random(n) < _ASKED_SHARE)
    # The very pleased and the displeased answer more often than those in between.
    answers = asked & (rng.random(n) < _answer_share(rating, bias))
    asked_at = items.resolved + rng.uniform(0.5, 20.0, n)
    answered_at = asked_at + 12.0 * rng.lognormal(0.0, 1.0, n)
    complains = resolved & (items.requester >= 0)
    complains &= rng.random(n) < 0.004 + np.where(items.solved, 0.0, 0.07) + np.where(mood < -1.6, 0.05, 0.0)
    complained_at = items.resolved + 48.0 * rng.lognormal(0.0, 0.8, n) + lag_hours
    broken = resolved & (rng.random(n) < np.where(items.solved, 0.01, 0.40)) & ships
    surfaced_at = items.resolved + 240.0 * rng.lognormal(0.0, 0.7, n) + lag_hours

    parts = []
    for kind, happens, when, value in (
        (0, asked, asked_at, np.full(n, np.nan)),
        (1, answers, answered_at, rating),
        (2, complains, complained_at, np.ones(n)),
        (3, broken, surfaced_at, np.ones(n)),
    ):
        row = np.flatnonzero(happens)
        parts.append((np.full(len(row), kind), row, when[row], value[row]))
    kind, item, occurred, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((kind, item, occurred))
    return Outcomes(kind[order], item[order], occurred[order], value[order])


def _answer_share(rating: Floats, bias: Floats | float) -> Floats:
    """How likely somebody who was asked answers, by what they would say."""
    displeased, pleased = np.maximum(bias, 0.0), np.maximum(-np.asarray(bias), 0.0)
    share_if_pleased = 0.45 * (1 - 0.7 * displeased) * (1 + 0.9 * pleased)
    share_if_not = 0.42 * (1 + 1.1 * displeased) * (1 - 0.7 * pleased)
    return np.where(rating == 1.0, share_if_pleased, np.where(rating <= 0.25, share_if_not, 0.30))


def satisfaction(items: Items, first_response_target: float) -> Floats:
    """How content the requester is, before chance: solved, the wait, an empty answer or pause."""
    ended = np.fmax(items.resolved, items.really_done)
    waited = np.log(np.maximum(ended - items.created, 0.1) / items.expected_hours)
    late_answer = items.first_response - items.created > first_response_target
    return (
        1.35
        - 2.4 * ~items.solved
        - 0.50 * np.clip(waited, -1.5, 2.5)
        - 0.20 * late_answer
        - 0.55 * items.acknowledged
        - 0.60 * np.isfinite(items.stopped)
    )
