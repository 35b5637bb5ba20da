"""When a risk becomes an alarm: held for weeks, large enough, still going on, and few false ones among all teams."""

from dataclasses import dataclass

import numpy as np

from counterpoise.scoring.bands import limit_of
from counterpoise.scoring.contrasts import Contrasts, weeks_ago
from counterpoise.scoring.evidence import Floats
from counterpoise.scoring.stories import risk_of

# So many weeks in a row count: the risk of their mean log odds must be high, and none of them may be clear.
HELD_WEEKS = 4
HELD_RISK, LOWEST_RISK = limit_of("high"), limit_of("watch")
# Moves matter from half the margin on below which a pair calls a metric flat.
MATTERS = 0.5
# At most this share of the alarms of one week may be false, as far as the risks are right.
FALSE_SHARE = 0.1

_RAISED = "Output and outcome have parted for {weeks} weeks, by an amount that matters, and still do."
_NOT_YET = "Not yet an alert: this has not lasted {weeks} weeks."
_ON_TRIAL = "No alert: there is less than half a year of history to compare with."
_SMALL = "No alert: output or outcome moved less than what matters, or no longer does."
_TOO_MANY = "No alert: among this week's alerts too many would be false."


@dataclass(frozen=True)
class Alerts:
    """Alarms of team-weeks.

    Attributes:
        alert: shape (rows,), boolean.
        reason: shape (rows,), why there is an alarm or, where the risk would ask for one, why there is none; else None.
    """

    alert: np.ndarray
    reason: np.ndarray


def raise_alerts(
    contrasts: Contrasts, odds: Floats, harm: Floats, is_paradox: np.ndarray, intercept: float, slope: float
) -> Alerts:
    """Alarms of all team-weeks, each from what was known then.

    Args:
        odds: log odds without friction, shape (rows,); NaN where there is no score.
        harm: log evidence that an outcome is worse, shape (rows,).
        is_paradox: the story told is a paradox, shape (rows,).
        intercept, slope: of the calibrated risk.
    """
    # NaN where one of the weeks has no score
    weeks = np.stack([weeks_ago(contrasts, odds, lag) for lag in range(HELD_WEEKS)])
    risk, held, lowest = (risk_of(each, intercept, slope) for each in (odds, weeks.mean(axis=0), weeks.min(axis=0)))
    with np.errstate(invalid="ignore"):
        now, lasting = risk >= HELD_RISK, (held >= HELD_RISK) & (lowest >= LOWEST_RISK)
    # a mechanism alone is no alarm: whatever is seen of it, outcomes must speak for harm by themselves
    large = _large_and_going_on(contrasts) & (harm > 0) & is_paradox
    due = lasting & large & ~contrasts.trial
    alert = due & _few_false(contrasts.weeks, held, due)
    reason = np.full(len(odds), None, dtype=object)
    for wanted, words in (
        (now & ~lasting, _NOT_YET),
        ((now | lasting) & ~large, _SMALL),
        ((now | lasting) & contrasts.trial, _ON_TRIAL),
        (due & ~alert, _TOO_MANY),
        (alert, _RAISED),
    ):
        reason[wanted] = words.format(weeks=HELD_WEEKS)
    return Alerts(alert, reason)


def _large_and_going_on(contrasts: Contrasts) -> np.ndarray:
    """An output better and an outcome worse by what matters in the longest window, and still in the shortest.

    As with burn rates: the long window says that it matters, the short one that it is not over.
    """
    short, long = contrasts.effect[:, :, 0], contrasts.effect[:, :, -1]
    floor = MATTERS * contrasts.margin
    with np.errstate(invalid="ignore"):
        better = (long > floor) & (short > 0) & contrasts.is_output
        worse = (long < -floor) & (short < 0) & contrasts.is_outcome
    return better.any(axis=1) & worse.any(axis=1)


def _few_false(weeks: np.ndarray, held: Floats, due: np.ndarray) -> np.ndarray:
    """Of the alarms due in one week, the most likely ones as long as the expected share of false ones stays small.

    The expected share of false ones among alarms is the mean of 1 - risk over them (Efron's Bayesian false discovery
    rate). A team without a score is none of them.
    """
    kept = np.zeros(len(weeks), dtype=bool)
    rows = np.flatnonzero(due)
    rows = rows[np.lexsort((-held[rows], weeks[rows]))]
    false = 1 - held[rows] / 100
    for week in np.unique(weeks[rows]):
        start, end = np.searchsorted(weeks[rows], [week, week + 1])
        share = np.cumsum(false[start:end]) / np.arange(1, end - start + 1)
        # who is as likely as another is kept with it: the order of teams decides nothing
        last = np.searchsorted(false[start:end], false[start:end], side="right") - 1
        kept[rows[start:end][share[last] <= FALSE_SHARE]] = True
    return kept
