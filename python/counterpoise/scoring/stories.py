"""The comparison of named explanations.

No weighted sum and nothing trained: each story says which evidence it expects.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logsumexp

from counterpoise.scoring.evidence import Floats

# Evidence from one organisation leans on the same events more than once, so its logarithm is tempered.
TEMPER = 0.7

DIVERGENCE = "outcome_divergence"
BENIGN = ("nothing_new", "real_improvement", "harmless_mechanism", "honest_decline")


@dataclass(frozen=True)
class Evidence:
    """Log evidence of team-weeks, each array of shape (rows,) or (draws, rows); 0 where nothing is known.

    Attributes:
        output_better, output_worse: the tracked outputs moved for the better / the worse.
        outcome_worse, outcome_better: the outcomes moved for the worse / the better.
        mechanisms: by signal id, a mechanism that can distort a number is at work.
    """

    output_better: Floats
    output_worse: Floats
    outcome_worse: Floats
    outcome_better: Floats
    mechanisms: dict[str, Floats]

    def without(self, signal: str) -> "Evidence":
        """The same with nothing known of one mechanism or, for `outcome_divergence`, of the outcomes."""
        if signal == DIVERGENCE:
            nothing = np.zeros_like(self.outcome_worse)
            return replace(self, outcome_worse=nothing, outcome_better=nothing)
        return replace(self, mechanisms=self.mechanisms | {signal: np.zeros_like(self.mechanisms[signal])})


@dataclass(frozen=True)
class Comparison:
    """Stories weighed against each other.

    Attributes:
        stories: story ids, paradox stories first.
        log_weights: shape (stories, ...): tempered log likelihood plus log prior of each.
        log_odds: shape (...): ln of all paradox stories together against all benign ones.
    """

    stories: tuple[str, ...]
    log_weights: Floats
    log_odds: Floats


def _either(*alternatives: Floats) -> Floats:
    """Evidence for "one of these, nobody says which", each as likely."""
    return logsumexp(np.stack(np.broadcast_arrays(*alternatives)), axis=0) - np.log(len(alternatives))


def compare(evidence: Evidence, priors: dict[str, float]) -> Comparison:
    """Weigh the paradox stories (one for each mechanism, one without) against the benign ones.

    Worse outcomes never lower the odds: the same outcome evidence stands in every paradox story, and in one benign
    story at the most as strongly.

    Args:
        evidence: of any number of team-weeks.
        priors: relative prior weight by story id; paradox stories share one half, benign ones the other.
    """
    nothing = np.zeros_like(evidence.output_better)
    parted = evidence.output_better + evidence.outcome_worse
    any_mechanism = _either(*evidence.mechanisms.values()) if evidence.mechanisms else nothing
    paradox = {signal: parted + mechanism for signal, mechanism in evidence.mechanisms.items()}
    paradox["unexplained"] = parted
    benign = {
        "nothing_new": nothing,
        "real_improvement": evidence.output_better + _either(nothing, evidence.outcome_better),
        "harmless_mechanism": any_mechanism
        + _either(nothing, evidence.output_better)
        + _either(nothing, evidence.outcome_better),
        "honest_decline": _either(nothing, evidence.output_worse)
        + evidence.outcome_worse
        + _either(nothing, any_mechanism),
    }

    def weigh(stories: dict[str, Floats]) -> Floats:
        prior = np.array([priors.get(story, 1.0) for story in stories])
        shape = (-1,) + (1,) * evidence.output_better.ndim
        return TEMPER * np.stack(list(stories.values())) + np.log(prior / prior.sum()).reshape(shape)

    for_paradox, for_benign = weigh(paradox), weigh(benign)
    return Comparison(
        stories=(*paradox, *benign),
        log_weights=np.concatenate([for_paradox, for_benign]),
        log_odds=logsumexp(for_paradox, axis=0) - logsumexp(for_benign, axis=0),
    )


def risk_of(log_odds: Floats, intercept: float | Floats, slope: float) -> Floats:
    """Platt calibration of log odds to a risk from 0 to 100; slope > 0 keeps the order."""
    return 100 * expit(intercept + slope * log_odds)
