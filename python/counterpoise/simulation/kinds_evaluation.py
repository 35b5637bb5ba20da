"""The kinds of the scenario `evaluation`: every way a score is judged by, paradox and benign.

As everywhere, a kind changes what happens to items, hours and records, never a metric. Where a kind comes in
several variants a team takes one of them; they have the same name and the same truth.
"""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from counterpoise.simulation.items import CATEGORIES, FIRST_HARD_CATEGORY, Items
from counterpoise.simulation.kinds import KINDS, Course, Kind, Plan, Weeks, threshold_push
from counterpoise.simulation.kinds_catalogue import (
    LAST_DAYS,
    both,
    easier_requests,
    held_to_month_end,
    month_of,
    piled_on,
    planned,
    put_off,
    taken_in,
    traced,
)
from counterpoise.simulation.scenes import Scene, Telling
from counterpoise.simulation.types import Floats

_ALL_OUTCOMES = ("csat", "csat_asked", "nps", "complaint", "escaped_defect", "incident", "refund", "churn", "revenue",
                 "goal_progress")  # fmt: skip
_HELD_BACK = 0.2  # of what is ready before the last week of the month


# --- paradox ---


def month_end_surge(course: Course, s: Floats, rng: np.random.Generator) -> None:
    """Before the month is counted all in work is hurried to an end, and some of what was ready is kept for it."""
    _, end = month_of(course.created, course.start)
    window = end - 24.0 * LAST_DAYS
    in_work = (course.resolved > window) & (course.busy_until < end - 1.0)
    hurried = in_work & (rng.random(len(s)) < 0.9 * s)
    soon = course.calendar.between(course.busy_until, course.resolved, rng.uniform(0.05, 0.4, len(s)))
    course.resolved = np.where(hurried, soon, course.resolved)
    course.unsolved = np.where(hurried, np.maximum(course.unsolved, 0.65), course.unsolved)
    held_to_month_end(course, np.where(hurried, 0.0, s), rng, share=_HELD_BACK)


def easy_ones_first(course: Course, s: Floats, rng: np.random.Generator) -> None:
    """Most of what is hard is left for months; the rest is done at once."""
    hard = (course.category >= FIRST_HARD_CATEGORY) & (rng.random(len(s)) < 0.75 * s)
    put_off(course, hard, np.floor(rng.uniform(8.0, 40.0, len(s))))


def hard_as_ever(weeks: Weeks, strength: Floats, since: Floats) -> None:
    """Part of cherry_picking: the team says yes to whatever is quickly done, and as much hard work comes as ever."""
    taken_in(0.6)(weeks, strength, since)
    weeks.hard += 0.05 * strength


def mended_records(course: Course, s: Floats, rng: np.random.Generator) -> None:
    """What would miss its target is entered days later, as if it had been done soon after the work began."""
    busy = course.busy_until
    late = (course.clock > 0.5 * course.target) & (course.resolved > busy) & (rng.random(len(s)) < 0.8 * s)
    claimed = course.calendar.between(busy, course.resolved, rng.uniform(0.02, 0.3, len(s)))
    written = course.resolved + rng.uniform(20.0, 70.0, len(s))
    course.really = np.where(late, written, np.nan)
    course.resolved = np.where(late, claimed, course.resolved)


# --- benign: the records change, the work does not ---


def no_pauses_told(items: Items, s: Floats, rng: np.random.Generator) -> None:
    """The new tool knows no pause."""
    lost = rng.random(len(items)) < s
    for name in ("paused", "resumed", "stopped", "restarted"):
        setattr(items, name, np.where(lost, np.nan, getattr(items, name)))


def answers_by_itself(items: Items, s: Floats, rng: np.random.Generator) -> None:
    """The new tool sends a first answer within minutes of most requests and counts it."""
    sent = (rng.random(len(items)) < s) & np.isfinite(items.first_response)
    at_once = np.minimum(items.created + rng.uniform(0.01, 0.05, len(items)), items.first_response)
    items.first_response = np.where(sent, at_once, items.first_response)


def other_words(items: Items, s: Floats, rng: np.random.Generator) -> None:
    """The new tool has words of its own for the categories."""
    items.category = np.where(s > 0, items.category + len(CATEGORIES), items.category)


def _paradox(name: str, *signals: str, **parts: Any) -> Kind:
    return Kind(name, True, signal_id=signals[0], signals=signals, **parts)


def _known(name: str, *signals: str, **parts: Any) -> Kind:
    return replace(KINDS[name], signals=signals, **parts)


_HURRIED = planned(queue=-0.4, active=-0.4)
_A_LITTLE_GROWTH = {"demand": KINDS["headcount_growth"].demand, "crew_change": 0.35}
_AI_ITEMS = traced(ai_assisted_plus=0.5, undeclared_plus=0.3)
_AI_HELPS = traced(ai_assisted_plus=0.4, undeclared=-0.6)
_HOURS = frozenset({"team_hours", "capacity"})


def _more_review(plan: Plan, s: Floats) -> None:
    """Part of ai_rollout: twice the drafts, worse ones, and more rounds of review for each."""
    plan.review_again += 0.4 * s
    plan.unsolved += 0.16 * s
    plan.active *= 1 - 0.2 * s


_PARADOX = (
    (_known("early_close", "premature_close", "rework_loop"),),
    (_known("acknowledge_only", "acknowledge_only", needs=frozenset({"outcomes", "targets"})),),
    (_known("stopped_clock", "stopped_clock", needs=frozenset({"targets"})),),
    (
        _known(
            "threshold_push", "threshold_bunching", finish=partial(threshold_push, reach=0.6),
            needs=frozenset({"targets"}),
        ),
    ),
    (_known("splitting", "fragmented_work", needs=frozenset({"work_item_links"})),),
    (
        _paradox(
            "period_end_surge", "burst_and_quiet", demand=taken_in(0.3), plan=planned(unsolved_plus=0.06),
            finish=month_end_surge, pressure=0.4,
        ),
    ),
    (
        _paradox(
            "cherry_picking", "cherry_picking", demand=hard_as_ever, plan=planned(queue=-0.4), finish=easy_ones_first,
            pressure=0.2,
        ),
    ),
    (
        _paradox(
            "overload", "overloaded_queue", demand=piled_on(0.7), plan=planned(unsolved_plus=0.10), pressure=1.1,
            scene=Scene(overtime=0.12), needs=_HOURS,
        ),
    ),
    (
        _paradox(
            "ai_rollout", "meta_work_explosion", "expectation_inflation", "amplification_loop",
            demand=taken_in(0.45), plan=both(_more_review, planned(assigned_share_plus=0.3)), pressure=0.5,
            scene=Scene(_AI_ITEMS, overtime=0.10, meta=0.22, interventions=("ai_rollout",)),
            needs=_HOURS | {"interventions"},
        ),
    ),
    (
        _paradox(
            "crowded_out", "crowded_out_work", demand=taken_in(0.35), late=planned(unsolved_plus=0.22), lag=8.0,
            pressure=0.3, needs=_HOURS,
            scene=Scene(hours={"maintenance": 0.2, "learning": 0.2, "coordination": 0.6}),
        ),
    ),
    (
        _paradox(
            "backdating", "backdated_edits", plan=planned(queue=0.5, unsolved_plus=0.10), finish=mended_records,
            pressure=0.3, needs=frozenset({"outcomes"}),
        ),
    ),
    (
        _paradox(
            "no_trace", "outcome_divergence", "rework_loop", demand=taken_in(0.3),
            plan=both(_HURRIED, planned(unsolved_plus=0.26)), pressure=0.3,
        ),
    ),
)  # fmt: skip

_BENIGN = (
    (KINDS["noise"],),
    (
        KINDS["real_improvement"],
        replace(KINDS["real_improvement"], scene=Scene(_AI_HELPS, meta=0.03, interventions=("ai_rollout",))),
    ),
    (KINDS["season"],),
    (KINDS["demand_spike"],),
    (KINDS["headcount_growth"],),
    (replace(KINDS["mix_shift"], name="mix_shift_harder"),),
    (Kind("mix_shift_easier", False, demand=easier_requests),),
    tuple(
        Kind("tool_migration", False, told=Telling(items=tell, migrates=True), needs=frozenset({"interventions"}))
        for tell in (no_pauses_told, answers_by_itself, other_words)
    ),
    tuple(
        Kind(
            "counting_change", False, told=Telling(recounts=limit, factor=factor),
            needs=frozenset({"targets", "metric_changes"}),
        )
        for limit, factor in (
            ("first_response_hours", 1.8), ("resolution_hours", 1.8), ("first_response_hours", 0.55),
            ("resolution_hours", 0.55),
        )
    ),
    (Kind("low_volume", False, has_onset=False, scene=Scene(volume=0.1)),),
    (KINDS["understaffing"],),
    (
        Kind("survey_bias", False, told=Telling(answers=1.0), **_A_LITTLE_GROWTH),
        Kind("survey_bias", False, told=Telling(answers=-1.0)),
    ),
    (
        Kind("missing_outcomes", False, told=Telling(lost=_ALL_OUTCOMES), **_A_LITTLE_GROWTH),
        Kind("missing_outcomes", False, told=Telling(lost=("csat", "csat_asked", "nps", "complaint"), lost_share=0.9)),
    ),
    tuple(
        Kind("late_back_fill", False, told=Telling(late_weeks=weeks, late_tables=tables))
        for weeks, tables in ((6, ("outcomes",)), (4, ("outcomes", "work_items")), (9, ("outcomes",)))
    ),
    (KINDS["harmless_bunching"],),
)  # fmt: skip

EVALUATION_KINDS: dict[str, tuple[Kind, ...]] = {variants[0].name: variants for variants in (*_PARADOX, *_BENIGN)}
PARADOX_NAMES = tuple(variants[0].name for variants in _PARADOX)
BENIGN_NAMES = tuple(variants[0].name for variants in _BENIGN)
