"""The kinds of the scenario `catalogue`: for each signal one that shows it and a twin that only looks alike.

As everywhere, a kind changes what happens to items, hours and records, never a metric. A twin carries the name
of its signal with `_twin` behind it.
"""

from datetime import date
from typing import Any

import numpy as np

from counterpoise.simulation.items import CATEGORIES
from counterpoise.simulation.kinds import (
    LOAD_TO_QUEUE,
    Course,
    Demand,
    Kind,
    Plan,
    PlanPart,
    Weeks,
    acknowledge_only,
    early_close,
    harmless_bunching,
    splitting,
    stopped_clock,
    threshold_push,
)
from counterpoise.simulation.scenes import Scene, TracePart, Traces, is_run_day
from counterpoise.simulation.types import Bools, Floats

_QUESTION = CATEGORIES.index("question")
LAST_DAYS = 7.0  # of the month
_CUT = 1 / 3  # of the people
_PEAKS_BEFORE, _PEAKS_AFTER = (-48, -40, -32, -24, -16, -8), (5, 12, 19)  # weeks since the onset
_DRAG_AFTER_PEAK = (16.0, 14.0, 12.0, 9.0, 5.0, 1.5)


# --- parts several kinds share ---


def taken_in(share: float) -> Demand:
    """So many more (or, negative, fewer) requests, with nobody waiting longer or shorter for it."""

    def demand(weeks: Weeks, strength: Floats, since: Floats) -> None:
        weeks.arrivals *= 1 + share * strength
        weeks.drag *= (1 + share * strength) ** -LOAD_TO_QUEUE

    return demand


def piled_on(share: float) -> Demand:
    """So many more requests and nobody more to do them: the queue grows."""

    def demand(weeks: Weeks, strength: Floats, since: Floats) -> None:
        weeks.arrivals *= 1 + share * strength

    return demand


def planned(**shares: float) -> PlanPart:
    """Each part of the plan by a factor of 1 + share; parts that end in `_plus` grow by the share itself."""

    def plan(plan: Plan, s: Floats) -> None:
        for name, share in shares.items():
            part = name.removesuffix("_plus")
            values = getattr(plan, part)
            setattr(plan, part, values + share * s if name.endswith("_plus") else values * (1 + share * s))

    return plan


def traced(**shares: float) -> TracePart:
    """As `planned`, for what is recorded of the items."""

    def traces(traces: Traces, s: Floats) -> None:
        for name, share in shares.items():
            part = name.removesuffix("_plus")
            values = getattr(traces, part)
            setattr(traces, part, values + share * s if name.endswith("_plus") else values * (1 + share * s))

    return traces


def both(first: PlanPart, second: PlanPart) -> PlanPart:
    """Two changes of the plan, one after the other."""

    def plan(plan: Plan, s: Floats) -> None:
        first(plan, s)
        second(plan, s)

    return plan


def put_off(course: Course, hit: Bools, weeks: Floats) -> None:
    """The items hit are begun whole weeks later, and all that follows with them."""
    later = np.where(hit, weeks * 168.0, 0.0)
    for name in ("started", "paused", "resumed", "resolved"):
        setattr(course, name, getattr(course, name) + later)


def month_of(hours: Floats, start: date) -> tuple[Floats, Floats]:
    """Where the month of each moment begins and ends, in hours since `start`."""
    origin = np.datetime64(start, "h")
    known = np.nan_to_num(hours)
    month = (origin + known.astype("timedelta64[h]")).astype("datetime64[M]")
    bounds = [(at.astype("datetime64[h]") - origin).astype(float) for at in (month, month + 1)]
    return bounds[0], bounds[1]


# --- what only one kind does ---


def held_to_month_end(course: Course, s: Floats, rng: np.random.Generator, share: float = 0.7) -> None:
    """Much of what is ready is not resolved before the last days of the month, when the month is counted."""
    _, end = month_of(course.resolved, course.start)
    held = (rng.random(len(s)) < share * s) & (course.resolved < end - 24.0 * LAST_DAYS)
    surge = course.calendar.last_open(end - 24.0 * rng.uniform(0.1, LAST_DAYS - 0.5, len(s)))
    course.resolved = np.where(held, np.maximum(surge, course.resolved), course.resolved)


def month_end_requests(created: Floats, s: Floats, start: date) -> Floats:
    """Many requests come in the last days of the month, at the hour they would have come anyway."""
    first, end = month_of(created, start)
    share = (created - first) / (end - first)
    days_early = np.floor((end - created) / 24.0)
    moved = (share * 97.0) % 1.0 < 0.6 * s
    target_days = np.floor(LAST_DAYS * ((share * 31.0) % 1.0))
    return np.where(moved & (days_early > LAST_DAYS), created + 24.0 * (days_early - target_days), created)


def hard_left_lying(course: Course, s: Floats, rng: np.random.Generator) -> None:
    """All but plain questions is left for months; the questions are done at once."""
    hard = (course.category > _QUESTION) & (rng.random(len(s)) < 0.75 * s)
    put_off(course, hard, np.floor(rng.uniform(10.0, 40.0, len(s))))


def some_left_lying(course: Course, s: Floats, rng: np.random.Generator) -> None:
    """Some items are nobody's: weeks go by before anybody touches them."""
    put_off(course, rng.random(len(s)) < 0.15 * s, np.floor(rng.uniform(3.0, 6.0, len(s))))


def a_little_harder(weeks: Weeks, strength: Floats, since: Floats) -> None:
    """Part of cherry_picking: more is asked for, and of the hard kinds as much as ever though none come back."""
    taken_in(0.3)(weeks, strength, since)
    weeks.hard += 0.06 * strength


def easier_requests(weeks: Weeks, strength: Floats, since: Floats) -> None:
    """What was hard is asked for in an easy way now."""
    weeks.hard -= 0.65 * strength


def stalled_on_run_days(course: Course, s: Floats, rng: np.random.Generator) -> None:
    """On days when the recurring process runs, hands are missing: items are finished on the next day without it."""
    stalls = rng.random(len(s)) < 0.8 * s
    for _ in range(7):
        day = np.floor(np.nan_to_num(course.resolved) / 24.0)
        course.resolved = course.resolved + np.where(stalls & is_run_day(day), 24.0, 0.0)
    course.resolved = np.where(stalls, course.calendar.later(course.resolved, 0.0), course.resolved)


def fewer_hands(weeks: Weeks, strength: Floats, since: Floats) -> None:
    """Part of austerity: fewer are there, and those who are do as much as all did."""
    weeks.staff *= 1 - _CUT * strength
    weeks.drag *= (1 - _CUT * strength) ** LOAD_TO_QUEUE


def less_of_all(weeks: Weeks, strength: Floats, since: Floats) -> None:
    """Fewer people and as many fewer requests."""
    weeks.arrivals *= 1 - _CUT * strength
    weeks.staff *= 1 - _CUT * strength


def peaks(height_before: float, height_after: float, drags: bool) -> Demand:
    """Even demand but for weeks with far more of it; what queues then is soon done, or, where it drags, is not."""

    def demand(weeks: Weeks, strength: Floats, since: Floats) -> None:
        weeks.arrivals[:], weeks.staff[:] = 1.0, 1.0
        for at, height in [(at, height_before) for at in _PEAKS_BEFORE] + [(at, height_after) for at in _PEAKS_AFTER]:
            peak, after = since == at, since == at + 1
            weeks.arrivals *= np.where(peak, height, 1.0)
            weeks.drag *= np.where(peak, (0.6 * height + 0.4) ** -LOAD_TO_QUEUE, 1.0)
            weeks.drag *= np.where(after, (0.4 * height + 0.6) ** -LOAD_TO_QUEUE, 1.0)
            if not drags or at < 0:
                continue
            for weeks_after, drag in enumerate(_DRAG_AFTER_PEAK):
                weeks.drag *= np.where(since == at + weeks_after, drag, 1.0)

    return demand


def _answered_pauses(plan: Plan, s: Floats) -> None:
    """More questions to the requester, soon answered, and quicker work."""
    plan.pause_share += 0.12 * s
    plan.pause_length *= 1 - 0.75 * s
    plan.queue *= 1 - 0.6 * s
    plan.active *= 1 - 0.4 * s


_QUICKER = planned(queue=-0.4, active=-0.4)
_UNCHECKED = traced(checked=-0.85)
_MORE_AI = traced(ai_assisted_plus=0.4, undeclared=-0.6)


_MORE_AND_UNSOLVED = {"demand": taken_in(0.4), "plan": planned(unsolved_plus=0.1)}


def _shows(signal_id: str, *, is_paradox: bool = True, **parts: Any) -> Kind:
    return Kind(signal_id, is_paradox, signal_id=signal_id, **parts)


def _twin(signal_id: str, **parts: Any) -> Kind:
    return Kind(f"{signal_id}_twin", False, signal_id=signal_id, is_twin=True, **parts)


_QUIET = Kind("quiet", False, has_onset=False, scene=Scene(arm="control"))
_PAIRS = (
    _shows(
        "outcome_divergence", demand=taken_in(0.3), plan=both(_QUICKER, planned(unsolved_plus=0.3)), pressure=0.3,
    ),
    _twin("outcome_divergence", demand=taken_in(0.3), plan=_QUICKER, scene=Scene(arm="treated")),
    _shows("fragmented_work", plan=splitting, pressure=0.5),
    _twin("fragmented_work", demand=taken_in(0.5), plan=planned(size=-0.5, active=-0.4)),
    _shows("rework_loop", demand=piled_on(0.2), plan=planned(unsolved_plus=0.38, active=-0.2), pressure=0.4),
    _twin("rework_loop", demand=taken_in(-0.32), plan=planned(unsolved_plus=0.3)),
    _shows("burst_and_quiet", demand=taken_in(0.2), plan=planned(unsolved_plus=0.12), finish=held_to_month_end),
    _twin("burst_and_quiet", arrive=month_end_requests),
    _shows("definition_churn", is_paradox=False, scene=Scene(changes="favourable")),
    _twin("definition_churn", scene=Scene(changes="honest")),
    _shows("unreviewed_outcomes", is_paradox=False, scene=Scene(outcome_shown=0.04)),
    _twin("unreviewed_outcomes", scene=Scene(outcome_shown=1.0, reviews_every=1)),
    _shows(
        "crowded_out_work", **_MORE_AND_UNSOLVED,
        scene=Scene(hours={"maintenance": 0.2, "learning": 0.2, "coordination": 0.5}),
    ),
    _twin("crowded_out_work", scene=Scene(hours={"maintenance": 0.2})),
    _shows("threshold_bunching", finish=threshold_push, pressure=0.6, scene=Scene(function="support")),
    _twin(
        "threshold_bunching", plan=planned(queue=-0.35, unsolved=-0.7), finish=harmless_bunching,
        scene=Scene(function="support"),
    ),
    _shows("stopped_clock", finish=stopped_clock, pressure=0.4, scene=Scene(function="support")),
    _twin("stopped_clock", plan=_answered_pauses, scene=Scene(function="support")),
    _shows(
        "backdated_edits", plan=planned(active=-0.35, unsolved_plus=0.1),
        scene=Scene(traced(backdated_plus=0.45, silent_rework_plus=0.2)),
    ),
    _twin("backdated_edits", has_onset=False, scene=Scene(nightly=True)),
    _shows("premature_close", plan=early_close, pressure=0.5, scene=Scene(function="support")),
    _twin(
        "premature_close", plan=planned(active=-0.45, pause_share=-0.6, confirm_share=-0.8),
        scene=Scene(function="support", arm="treated"),
    ),
    _shows(
        "acknowledge_only", plan=both(acknowledge_only, planned(queue=1.5)), pressure=0.4,
        scene=Scene(function="engineering"),
    ),
    _twin("acknowledge_only", plan=planned(queue=-0.7, replies=0.4), scene=Scene(arm="treated")),
    _shows(
        "skipped_checks", demand=taken_in(0.4), plan=planned(review_share=-0.85, unsolved_plus=0.1),
        scene=Scene(_UNCHECKED, function="engineering"),
    ),
    _twin("skipped_checks", plan=planned(review_share=-0.85), scene=Scene(_UNCHECKED, function="engineering")),
    _shows("fewer_experiments", is_paradox=False, scene=Scene(hours={"experiment": 0.1})),
    _twin("fewer_experiments", demand=taken_in(-0.3), scene=Scene(overtime=-0.3)),
    _shows("cherry_picking", demand=a_little_harder, plan=planned(queue=-0.4), finish=hard_left_lying),
    _twin("cherry_picking", demand=easier_requests),
    _shows("metric_fixation", is_paradox=False, scene=Scene(targets="one", interventions=("bonus", "leaderboard"))),
    _twin("metric_fixation", scene=Scene(targets="several", interventions=("bonus", "leaderboard"))),
    _shows(
        "siloed_gain", demand=taken_in(0.4),
        plan=both(_QUICKER, planned(handed_share_plus=0.17, partner_wait_plus=25.0)),
    ),
    _twin("siloed_gain", demand=taken_in(0.4), plan=_QUICKER),
    _shows(
        "overloaded_queue", demand=piled_on(0.95), plan=planned(unsolved_plus=0.06), pressure=1.0,
        scene=Scene(function="operations", overtime=0.1),
    ),
    _twin("overloaded_queue", plan=planned(active=0.45), scene=Scene(function="operations", members=22)),
    _shows("lost_slack", is_paradox=False, demand=peaks(1.9, 1.9, True),
           scene=Scene(function="engineering", volume=4.0)),
    _twin("lost_slack", demand=peaks(1.9, 2.2, False), scene=Scene(function="engineering", volume=4.0)),
    _shows(
        "proof_of_work", is_paradox=False,
        scene=Scene(traced(statuses_plus=0.7, edits_plus=0.65), hours={"reporting": 6.0}),
    ),
    _twin("proof_of_work", scene=Scene(hours={"reporting": 6.0})),
    _shows(
        "austerity", demand=fewer_hands, plan=planned(unsolved_plus=0.1), pressure=0.5, crew_change=-_CUT,
        scene=Scene(members=12, overtime=0.3, felt={"exhaustion": 1.0}, interventions=("headcount_cut",)),
    ),
    _twin(
        "austerity", demand=less_of_all, crew_change=-_CUT,
        scene=Scene(members=12, interventions=("headcount_cut",)),
    ),
    _shows(
        "expectation_inflation", demand=piled_on(0.45), plan=planned(assigned_share_plus=0.4, unsolved_plus=0.08),
        pressure=0.6,
        scene=Scene(
            traced(ai_assisted_plus=0.35, promise=-0.65), overtime=0.1, interventions=("ai_rollout",)
        ),
    ),
    _twin(
        "expectation_inflation", plan=planned(active=-0.25),
        scene=Scene(_MORE_AI, overtime=-0.2, interventions=("ai_rollout",)),
    ),
    _shows(
        "meta_work_explosion", is_paradox=False,
        scene=Scene(traced(ai_assisted_plus=0.4), overtime=0.08, meta=0.22, interventions=("ai_rollout",)),
    ),
    _twin(
        "meta_work_explosion", plan=planned(active=-0.4),
        scene=Scene(_MORE_AI, overtime=-0.3, meta=0.05, meta_budget=0.2, interventions=("ai_rollout",)),
    ),
    _shows(
        "permission_ambiguity", is_paradox=False,
        scene=Scene(
            traced(ai_assisted_plus=0.35, undeclared_plus=0.6, review_wait=3.0),
            function="engineering", felt={"ai_permission": -1.5},
        ),
    ),
    _twin("permission_ambiguity", scene=Scene(_MORE_AI, function="engineering", felt={"ai_permission": 0.3})),
    _shows(
        "amplification_loop", demand=piled_on(0.12), plan=planned(assigned_share_plus=0.4, unsolved_plus=0.08),
        pressure=0.8,
        scene=Scene(
            traced(ai_assisted_plus=0.4, undeclared_plus=0.6, review_wait=3.0, promise=-0.65),
            function="engineering", overtime=0.35, meta=0.22, felt={"ai_permission": -1.5},
            interventions=("ai_rollout",),
        ),
    ),
    _twin(
        "amplification_loop",
        scene=Scene(
            traced(ai_assisted_plus=0.4, undeclared_plus=0.6, review_wait=3.0),
            function="engineering", meta=0.22, felt={"ai_permission": -1.5}, interventions=("ai_rollout",),
        ),
    ),
    _shows("invisible_work", is_paradox=False, finish=stalled_on_run_days, scene=Scene(runs="nobody")),
    _twin("invisible_work", finish=stalled_on_run_days, scene=Scene(runs="team")),
    _shows(
        "ownership_gap", is_paradox=False, plan=planned(handed_share_plus=0.22), finish=some_left_lying,
    ),
    _twin("ownership_gap", plan=planned(handed_share_plus=0.15, moved_share_plus=0.15)),
)  # fmt: skip

CATALOGUE_KINDS: dict[str, Kind] = {kind.name: kind for kind in (_QUIET, *_PAIRS)}
# The teams in their order: one of each function that others hand work to, then signal and twin by turns.
ROSTER: tuple[str, ...] = ("quiet",) * 3 + tuple(kind.name for kind in _PAIRS)
