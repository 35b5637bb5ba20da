"""The comparison of named explanations.

No weighted sum and nothing trained: each story says which moves it expects of outputs, outcomes and mechanisms.

| story | outputs | outcomes | a mechanism |
|---|---|---|---|
| a paradox, by each mechanism or none | at least one better, others either way | at least one worse | that one |
| nothing_new | as ever | as ever | none |
| real_improvement | at least one better, others either way | may be better | none |
| harmless_mechanism | may be better | may be better | one |
| honest_decline | may be worse | at least one worse | seldom one |
| demand_surge | more, and slower | people may wait longer and say so, nothing else | seldom one |
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logsumexp

from counterpoise.scoring.evidence import DEPENDENCE, Floats, may_move, must_move

DIVERGENCE = "outcome_divergence"
UNEXPLAINED = "unexplained"
BENIGN = ("nothing_new", "real_improvement", "harmless_mechanism", "honest_decline", "demand_surge")
# How likely a mechanism is seen beside a decline or a surge of demand without being the cause.
BYSTANDER = 0.1


@dataclass(frozen=True)
class Evidence:
    """Bayes factors of team-weeks against "nothing moved"; NaN where nothing is known.

    Attributes:
        better, worse: of each metric, shape (rows, metrics).
        is_output, is_volume, is_wait: which metrics are outputs (the others are outcomes), which of them count how
            much is done, which outcomes are how long people wait and what they say; shape (metrics,).
        pressure: more comes in per head than before, shape (rows,).
        mechanisms: a mechanism that can distort a number is at work, shape (rows, signals).
    """

    better: Floats
    worse: Floats
    is_output: np.ndarray
    is_volume: np.ndarray
    is_wait: np.ndarray
    pressure: Floats
    mechanisms: Floats

    def without_outcomes(self) -> "Evidence":
        """The same with nothing known of the outcomes."""
        known = self.is_output[None, :]
        return replace(
            self, better=np.where(known, self.better, np.nan), worse=np.where(known, self.worse, np.nan)
        )


@dataclass(frozen=True)
class Priors:
    """Weights of the stories before any evidence; paradox stories share one half, benign ones the other.

    Attributes:
        mechanisms: of the paradox stories that name a mechanism, shape (signals,).
        unexplained: of the paradox whose mechanism is not seen.
        benign: in the order of `BENIGN`.
    """

    mechanisms: Floats
    unexplained: float
    benign: Floats

    @classmethod
    def of(cls, weights: dict[str, float], signals: tuple[str, ...]) -> "Priors":
        """From relative weights by story id; a story that has none weighs 1."""
        paradox = np.array([weights.get(story, 1.0) for story in (*signals, UNEXPLAINED)])
        benign = np.array([weights.get(story, 1.0) for story in BENIGN])
        paradox, benign = paradox / paradox.sum(), benign / benign.sum()
        return cls(paradox[:-1], float(paradox[-1]), benign)


@dataclass(frozen=True)
class Moves:
    """Log evidence of the moves that stories are made of, each of shape (rows,); 0 where nothing is known.

    Attributes:
        gain: at least one output is better, whatever the others do.
        harm: at least one outcome is worse.
        benign: log evidence of each benign story as far as outputs and outcomes tell it, shape (stories, rows).
    """

    gain: Floats
    harm: Floats
    benign: Floats


def moves(evidence: Evidence) -> Moves:
    """What outputs and outcomes say, without the mechanisms.

    Worse outcomes never lower the odds of a paradox: each outcome stands in `harm`, and in a benign story at the most
    as strongly.
    """
    output, volume, wait = evidence.is_output, evidence.is_volume, evidence.is_wait
    outcome = ~output
    gain = must_move(evidence.better[:, output], evidence.worse[:, output])
    harm = must_move(evidence.worse[:, outcome])
    outcomes_hold = may_move(evidence.better[:, outcome])
    nothing = np.zeros_like(gain)
    surge = (
        DEPENDENCE * np.log(np.where(np.isnan(evidence.pressure), 1.0, evidence.pressure))
        + may_move(evidence.better[:, volume])
        + may_move(evidence.worse[:, output & ~volume])
        + may_move(evidence.worse[:, wait])
        + may_move(evidence.better[:, outcome & ~wait])
    )
    benign = (
        nothing,
        gain + outcomes_hold,
        may_move(evidence.better[:, output]) + outcomes_hold,
        may_move(evidence.worse[:, output]) + harm,
        surge,
    )
    return Moves(gain, harm, np.stack(benign))


@dataclass(frozen=True)
class Mechanisms:
    """What the mechanisms add, each of shape (rows,) or, with one left out at a time, (rows, signals).

    Attributes:
        paradox: ln of the prior mean of their factors, with 1 for the paradox whose mechanism is not seen.
        one: ln of the mean of their factors: one of them is at work.
        bystander: ln of "none, or seldom one".
    """

    paradox: Floats
    one: Floats
    bystander: Floats


def mechanisms(evidence: Evidence, priors: Priors, one_left_out: bool = False) -> Mechanisms:
    """What the mechanisms add to the stories; `one_left_out`: with nothing known of one after the other."""
    at_work = np.where(np.isnan(evidence.mechanisms), 1.0, evidence.mechanisms)
    paradox = priors.unexplained + at_work @ priors.mechanisms
    signals = at_work.shape[1]
    one = at_work.mean(axis=1) if signals else np.ones(len(at_work))
    if one_left_out:
        paradox = paradox[:, None] + priors.mechanisms * (1 - at_work)
        one = one[:, None] + (1 - at_work) / max(signals, 1)
    return Mechanisms(np.log(paradox), np.log(one), np.log1p(BYSTANDER * (one - 1)))


def log_odds(moved: Moves, at_work: Mechanisms, priors: Priors) -> Floats:
    """ln of all paradox stories together against all benign ones; shape of the mechanisms' arrays."""
    nothing = np.zeros_like(at_work.one)
    beside = (nothing, nothing, at_work.one, at_work.bystander, at_work.bystander)
    spread = (slice(None), None) if at_work.one.ndim == 2 else (slice(None),)
    benign = np.stack([
        story[spread] + mechanism + np.log(prior)
        for story, mechanism, prior in zip(moved.benign, beside, priors.benign, strict=True)
    ])  # fmt: skip
    return (moved.gain + moved.harm)[spread] + at_work.paradox - logsumexp(benign, axis=0)


def best_benign(moved: Moves, at_work: Mechanisms) -> np.ndarray:
    """Index into `BENIGN` of the benign story that the evidence fits best, shape (rows,)."""
    nothing = np.zeros_like(at_work.one)
    beside = np.stack([nothing, nothing, at_work.one, at_work.bystander, at_work.bystander])
    return np.argmax(moved.benign + beside, axis=0)


def risk_of(odds: Floats, intercept: float | Floats, slope: float) -> Floats:
    """Platt calibration of log odds to a risk from 0 to 100; slope > 0 keeps the order."""
    return 100 * expit(intercept + slope * odds)
