"""What is recorded of items beyond their course, drawn once the course is known."""

import numpy as np

from counterpoise.simulation.clock import HOURS_PER_WEEK
from counterpoise.simulation.items import FROM_SPLIT, Items
from counterpoise.simulation.scenes import Traces
from counterpoise.simulation.types import Bools, Floats
from counterpoise.simulation.world import Team, World

POLICIES = (None, "free", "with_review")
GOALS = 3  # of each team
_SERVES_A_GOAL = 0.6
_BACK_AT_PARTNER = 0.9  # share of its stay there after which a handed-back item was looked at
_PROMISE = 2.0  # promised hours over the target


def leave_traces(world: World, team: Team, items: Items) -> None:
    """Fill what the course leaves blank: tracking, checks, blocks, deployments, AI use, goals, promises, edits."""
    rng = world.rng(7, team.index)
    n = len(items)
    traces = Traces.usual(n)
    if team.kind.scene.traces is not None:
        team.kind.scene.traces(traces, team.strength_at(items.created / HOURS_PER_WEEK))
    with np.errstate(invalid="ignore"):
        _track(team, items, traces, rng)
        _check_and_ship(team, items, traces, rng)
        _mend(items, traces, rng)
    done = np.isfinite(items.resolved)
    items.ai_assisted = done & (rng.random(n) < traces.ai_assisted)
    with_review = 1 + (rng.random(n) < 0.5)
    items.policy = np.where(items.ai_assisted & (rng.random(n) >= traces.undeclared), with_review, 0)
    items.goal = np.where(rng.random(n) < _SERVES_A_GOAL, rng.integers(1, GOALS + 1, n), 0)
    promise = _PROMISE * team.trade.resolution_target * rng.lognormal(0.0, 0.3, n) * traces.promise
    has_due = (rng.random(n) < traces.due) & (items.origin != FROM_SPLIT)
    items.due = np.where(has_due, items.created + promise, np.nan)


def _happens(shares: Floats, time: Floats, rng: np.random.Generator) -> Floats:
    return np.where(rng.random(len(time)) < shares, time, np.nan)


def _track(team: Team, items: Items, traces: Traces, rng: np.random.Generator) -> None:
    """Status changes, edits and blocks in the first stretch of work; the partner's look at what comes back."""
    between = team.trade.calendar.between
    end = np.fmin(np.fmin(items.paused, items.stopped), items.resolved)
    for name, share in (("status_1", 0.05), ("status_2", 0.15), ("status_3", 0.75), ("status_4", 0.85)):
        setattr(items, name, _happens(traces.statuses, between(items.started, end, share), rng))
    for name, share in (("edit_1", 0.25), ("edit_2", 0.80), ("edit_3", 0.90)):
        setattr(items, name, _happens(traces.edits, between(items.started, end, share), rng))
    items.blocked = _happens(traces.blocked, between(items.started, end, 0.3), rng)
    items.unblocked = np.where(np.isfinite(items.blocked), between(items.started, end, 0.7), np.nan)
    stay = items.handed_back - items.handed_off
    items.looked_at = items.handed_off + _BACK_AT_PARTNER * stay


def _check_and_ship(team: Team, items: Items, traces: Traces, rng: np.random.Generator) -> None:
    """A check before the resolution; longer waits for a review; merged work goes out, some of it comes back."""
    between = team.trade.calendar.between
    since = np.fmax(np.fmax(items.started, items.resumed), items.restarted)
    items.checked = _happens(traces.checked, between(since, items.resolved, 0.95), rng)
    begin = np.fmax(items.started, items.resumed)
    wait = (items.reviewed - items.review_requested) * traces.review_wait
    items.review_requested = np.where(
        traces.review_wait > 1.0, np.fmax(begin, items.reviewed - wait), items.review_requested
    )
    items.deployed = np.where(np.isfinite(items.merged), items.resolved, np.nan)
    fails = np.where(items.solved, 0.03, 0.35)
    items.reverted = _happens(fails, items.deployed + 20.0 * rng.lognormal(0.0, 0.6, len(items)), rng)


def _mend(items: Items, traces: Traces, rng: np.random.Generator) -> None:
    """Resolutions written down days later as if made in time, edits afterwards, work after the resolution."""
    n = len(items)
    left_alone = ~np.isfinite(items.reopened)
    lag = np.where(left_alone, rng.uniform(30.0, 90.0, n), np.nan)
    items.record_lag = _happens(traces.backdated, lag, rng)
    claimed = np.where(left_alone, items.really_done - items.resolved, np.nan)
    items.record_lag = np.where(np.isfinite(claimed), claimed, items.record_lag)
    backdated: Bools = np.isfinite(items.record_lag)
    edited = np.where(left_alone, items.resolved + rng.uniform(1.0, 60.0, n), np.nan)
    items.edited_after = _happens(traces.edited_after, edited, rng)
    items.edited_from = np.where(np.isfinite(items.edited_after), items.edited_after, np.nan)
    mended = items.resolved + items.record_lag
    items.edited_after = np.where(backdated, mended + 0.1, items.edited_after)
    items.edited_from = np.where(backdated, mended, items.edited_from)
    worked_on = np.where(left_alone, items.resolved + rng.uniform(2.0, 29.0, n), np.nan)
    items.touched_after = _happens(np.where(backdated, 0.8, traces.silent_rework), worked_on, rng)
