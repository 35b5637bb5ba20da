"""The named kinds of behaviour a team can take up. Each changes what happens to items, never a metric.

A kind has up to three parts, all of them given the strength s (0 to 1) at the item or the week:
`demand` changes the weeks (how much comes in, who is there), `plan` changes what an item is in for (work,
waiting, how likely it is left unsolved), `finish` changes how the end of an item is brought about once its
natural course is known. What follows (reopening, contacting again, low ratings, defects) is drawn from the
item, not from the kind.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from counterpoise.simulation.clock import WorkCalendar
from counterpoise.simulation.scenes import AS_IT_IS, USUAL, Scene, Telling
from counterpoise.simulation.types import Bools, Floats, Ints

LOAD_TO_QUEUE = 2.2  # the power with which waiting grows with load


@dataclass
class Weeks:
    """Shape (weeks,) each: factors on arrivals, staff and waiting (1 = usual), share of items made hard.

    A negative share of `hard` makes hard items easy.
    """

    arrivals: Floats
    staff: Floats
    hard: Floats
    drag: Floats


@dataclass
class Plan:
    """What each item is in for, before it happens. Shares are probabilities, hours are open hours.

    `pause_length` and `size` are factors; `handed_share` counts the items `moved_share` counts, which stay
    with the partner team; `partner_wait` is what handing on adds to the queue.
    """

    queue: Floats
    active: Floats
    unsolved: Floats
    pause_share: Floats
    confirm_share: Floats
    review_share: Floats
    abandon_share: Floats
    replies: Floats
    acknowledge_share: Floats
    split_share: Floats
    pause_length: Floats
    size: Floats
    assigned_share: Floats
    handed_share: Floats
    moved_share: Floats
    partner_wait: Floats
    review_again: Floats


@dataclass
class Course:
    """How each item goes, in calendar hours since `start`; NaN = does not happen.

    `clock` leaves the natural pause out; `really` is the true end where `resolved` claims an earlier one.
    """

    category: Ints
    created: Floats
    started: Floats
    paused: Floats
    resumed: Floats
    stopped: Floats
    restarted: Floats
    resolved: Floats
    really: Floats
    unsolved: Floats
    target: float
    calendar: WorkCalendar
    start: date

    @property
    def clock(self) -> Floats:
        return self.resolved - self.created - np.nan_to_num(self.resumed - self.paused)

    @property
    def busy_until(self) -> Floats:
        """The last thing before the resolution that cannot be moved."""
        return np.fmax(self.started, self.resumed)


Demand = Callable[[Weeks, Floats, Floats], None]
PlanPart = Callable[[Plan, Floats], None]
Finish = Callable[[Course, Floats, np.random.Generator], None]
Arrive = Callable[[Floats, Floats, date], Floats]


@dataclass(frozen=True)
class Kind:
    """A kind by name; `is_paradox` is the truth a score is judged by.

    `pressure` is what people feel of it (survey points at full strength), `crew_change` a share of members.
    `has_onset` is false where nothing begins: the kind does nothing, or has been there all the time.
    `arrive` moves requests in time. `signal_id` names the signal the kind is an example of or, where `is_twin`
    holds, only looks like; `signals` are all that would rightly explain it, where that is more than `signal_id`.
    `late` is a further change of the plan that sets in `lag` weeks after the rest. `scene` is what is different
    around the items (in the scenarios that make all tables), `told` how the records differ from the work, and
    `needs` the optional tables without which the kind could not be seen.
    """

    name: str
    is_paradox: bool
    demand: Demand | None = None
    plan: PlanPart | None = None
    finish: Finish | None = None
    pressure: float = 0.0
    crew_change: float = 0.0
    least_members: int = 6
    has_onset: bool = True
    arrive: Arrive | None = None
    signal_id: str | None = None
    is_twin: bool = False
    scene: Scene = USUAL
    signals: tuple[str, ...] = ()
    late: PlanPart | None = None
    lag: float = 0.0
    told: Telling = AS_IT_IS
    needs: frozenset[str] = frozenset()

    @property
    def expected_signals(self) -> tuple[str, ...]:
        """Signals any of which rightly explains a team of this kind; none where nothing is wrong."""
        if self.signals or self.signal_id is None or self.is_twin:
            return self.signals
        return (self.signal_id,)


# --- paradox: what is counted gets better, what it stands for gets worse ---


def early_close(plan: Plan, s: Floats) -> None:
    """Items are resolved with the first answer that may do: less work, no wait for the requester's word."""
    plan.active *= 1 - 0.45 * s
    plan.pause_share *= 1 - 0.6 * s
    plan.confirm_share *= 1 - 0.8 * s
    plan.review_share *= 1 - 0.4 * s
    plan.unsolved += 0.24 * s


def stopped_clock(course: Course, s: Floats, rng: np.random.Generator) -> None:
    """Near the target a pause "for the requester" is begun, and ended just before resolving.

    The work goes on behind it, with no hurry any more; nobody answers, as nobody was asked anything.
    """
    n, calendar = len(s), course.calendar
    hit = (course.clock > 0.75 * course.target) & (rng.random(n) < 0.85 * s)
    stop_at = course.target * rng.uniform(0.72, 0.95, n)
    rest = course.target * rng.uniform(0.003, 0.04, n)
    lingering = (10.0 + course.target) * rng.lognormal(-0.1, 0.6, n)
    # A pause that would have come later is swallowed by this one.
    swallows = ~(stop_at > course.paused - course.created)
    earlier_pause = np.where(swallows, 0.0, course.resumed - course.paused)
    stop = calendar.last_open(course.created + stop_at + earlier_pause)
    hit &= stop > np.where(swallows, course.started, course.resumed)
    restart = calendar.later(np.maximum(course.resolved, stop) + lingering, 0.0)
    course.paused[hit & swallows] = np.nan
    course.resumed[hit & swallows] = np.nan
    course.stopped = np.where(hit, stop, np.nan)
    course.restarted = np.where(hit, restart, np.nan)
    course.resolved = np.where(hit, calendar.later(restart, rest), course.resolved)


def acknowledge_only(plan: Plan, s: Floats) -> None:
    """A quick first reply that says nothing; the work waits longer, since the number is already made."""
    plan.acknowledge_share += 0.95 * s
    plan.queue *= 1 + 1.1 * s
    plan.replies *= 1 + 0.4 * s
    plan.unsolved += 0.08 * s


def _just_over_target(course: Course, s: Floats, rng: np.random.Generator, reach: float = 0.25) -> tuple[Bools, Floats]:
    """Items that would end up to `reach` over the target and are brought to an end just under it, and when."""
    over = course.clock / course.target
    end = course.resolved - (course.clock - course.target * rng.uniform(0.90, 0.998, len(s)))
    end = course.calendar.last_open(end)
    pushed = (over > 1.0) & (over <= 1 + reach) & (rng.random(len(s)) < 0.9 * s) & (end > course.busy_until)
    return pushed, end


def threshold_push(course: Course, s: Floats, rng: np.random.Generator, reach: float = 0.25) -> None:
    """Items that would just miss the target are hurried under it, many unsolved; lost ones are let lie."""
    lost = course.clock > (1 + reach) * course.target
    pushed, end = _just_over_target(course, s, rng, reach)
    course.resolved = np.where(pushed, end, course.resolved)
    course.unsolved = np.where(pushed, np.maximum(course.unsolved, 0.75), course.unsolved)
    left_lying = course.calendar.later(course.resolved + 0.6 * s * course.target, 0.0)
    course.resolved = np.where(lost, left_lying, course.resolved)


def splitting(plan: Plan, s: Floats) -> None:
    """Work is cut into small items that are counted one by one; nobody looks at the whole any more."""
    plan.split_share += 0.45 * s
    plan.active *= 1 - 0.15 * s
    plan.review_share *= 1 - 0.25 * s
    plan.unsolved += 0.17 * s


# --- benign: the numbers move, or look suspicious, and no paradox is behind it ---


def real_improvement(plan: Plan, s: Floats) -> None:
    """Better tools and know-how: less waiting, less work an item, more of them solved the first time."""
    plan.queue *= 1 - 0.30 * s
    plan.active *= 1 - 0.25 * s
    plan.unsolved *= 1 - 0.45 * s


def season(weeks: Weeks, strength: Floats, since: Floats) -> None:
    """A strong yearly wave of requests, there from the first week on; staffing follows most of it."""
    wave = 0.4 * strength.max(initial=0.0) * np.sin(2 * np.pi * since / 52.18)
    weeks.arrivals *= 1 + wave
    weeks.staff *= 1 + 0.8 * wave


def demand_spike(weeks: Weeks, strength: Floats, since: Floats) -> None:
    """Ten weeks with far more requests than usual and no more people: more resolved, longer waits."""
    weeks.arrivals *= 1 + 0.7 * strength * (since < 10)


def mix_shift(weeks: Weeks, strength: Floats, since: Floats) -> None:
    """More of the hard categories come in; each is treated as such items always were."""
    weeks.hard += 0.40 * strength
    weeks.staff *= 1 + 0.25 * strength


def headcount_growth(weeks: Weeks, strength: Floats, since: Floats) -> None:
    """The team gets more people and takes on more customers; each item is treated as before."""
    weeks.arrivals *= 1 + 0.35 * strength
    weeks.staff *= 1 + 0.35 * strength


def care_more(plan: Plan, s: Floats) -> None:
    """Part of harmless_bunching: a little more care with every item."""
    plan.unsolved *= 1 - 0.35 * s


def harmless_bunching(course: Course, s: Floats, rng: np.random.Generator) -> None:
    """Items that would just miss the target are finished first, in time and properly."""
    pushed, end = _just_over_target(course, s, rng)
    course.resolved = np.where(pushed, end, course.resolved)


def understaffing(weeks: Weeks, strength: Floats, since: Floats) -> None:
    """People leave and are not replaced."""
    weeks.staff *= 1 - 0.25 * strength


def stretched(plan: Plan, s: Floats) -> None:
    """Part of understaffing: tired work, and requests that are given up."""
    plan.active *= 1 + 0.15 * s
    plan.unsolved += 0.07 * s
    plan.abandon_share += 0.14 * s


KINDS = {
    kind.name: kind
    for kind in (
        Kind("early_close", True, plan=early_close, pressure=0.5, signal_id="premature_close"),
        Kind("stopped_clock", True, finish=stopped_clock, pressure=0.4, signal_id="stopped_clock"),
        Kind("acknowledge_only", True, plan=acknowledge_only, pressure=0.4, signal_id="acknowledge_only"),
        Kind("threshold_push", True, finish=threshold_push, pressure=0.6, signal_id="threshold_bunching"),
        Kind("splitting", True, plan=splitting, pressure=0.5, signal_id="fragmented_work"),
        Kind("noise", False, has_onset=False),
        Kind("real_improvement", False, plan=real_improvement, pressure=-0.2),
        Kind("season", False, demand=season, has_onset=False),
        Kind("demand_spike", False, demand=demand_spike),
        Kind("mix_shift", False, demand=mix_shift),
        Kind("headcount_growth", False, demand=headcount_growth, crew_change=0.35),
        Kind(
            "harmless_bunching", False, plan=care_more, finish=harmless_bunching,
            signal_id="threshold_bunching", is_twin=True,
        ),
        Kind(
            "understaffing", False, demand=understaffing, plan=stretched,
            pressure=0.9, crew_change=-0.25, least_members=9,
        ),
    )
}  # fmt: skip
