"""What stands around the items: hours, capacity, pulse surveys, targets, and what was changed on purpose.

Each function gives the columns of one contract table for one team, as arrays of equal length.
"""

from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa

from counterpoise.simulation.clock import HOURS_PER_WEEK
from counterpoise.simulation.items import CATEGORY_SHARE, CATEGORY_WORK, Items
from counterpoise.simulation.kinds import Weeks
from counterpoise.simulation.types import Floats
from counterpoise.simulation.world import Team, World

Columns = dict[str, list | np.ndarray | pa.Array]

_HOURS_A_WEEK = 36.0
_USUAL_ITEM_WORK = 0.55  # share of the hours that go into items in a usual week
_FREE_ACTIVITIES = (("coordination", 0.34), ("meeting", 0.28), ("maintenance", 0.20), ("learning", 0.10),
                    ("reporting", 0.08))  # fmt: skip
_CONSTRUCTS = (
    ("workload", 3.0, 1.0),
    ("exhaustion", 2.6, 0.8),
    ("clarity", 3.8, -0.4),
    ("safety", 3.9, -0.4),
)
_SURVEY_EVERY, _LEAST_ANSWERS = 13, 6


def mondays(world: World) -> np.ndarray:
    """Shape (weeks,): the first day of each week."""
    return np.datetime64(world.start, "D") + 7 * np.arange(world.weeks)


def at_hour(world: World, hour: float) -> datetime:
    """The moment `hour` hours after the start, to the second."""
    return datetime(world.start.year, world.start.month, world.start.day) + timedelta(seconds=round(hour * 3600))


def available_hours(world: World, team: Team, weeks: Weeks) -> Floats:
    """Shape (weeks,): hours people are there for, after leave."""
    crew = team.fte[team.joined < 0].sum()  # who came or went since is in `staff`
    summer = 1 - 0.12 * np.exp(-(((world.day_of_year - 215) / 25) ** 2))
    return np.round(crew * _HOURS_A_WEEK * summer * weeks.staff, 1)


def capacity(world: World, team: Team, weeks: Weeks) -> Columns:
    hours = available_hours(world, team, weeks)
    return {"team_id": [team.team_id] * world.weeks, "week_start": mondays(world), "available_hours": hours}


def item_hours(world: World, team: Team, available: Floats, items: Items) -> dict[str, Floats]:
    """By activity, shape (weeks,): hours that the items take, in a usual week some half of those there are."""
    usual_work = team.volume * team.trade.active_hours * team.pace * (CATEGORY_SHARE @ CATEGORY_WORK)
    usual_work *= np.exp(team.trade.active_spread**2 / 2)
    touch = _USUAL_ITEM_WORK * np.median(available) / usual_work

    def by_week(hours: Floats, when: Floats) -> Floats:
        counts = np.isfinite(when) & np.isfinite(hours) & (when < world.weeks * HOURS_PER_WEEK)
        week = np.clip(when[counts] // HOURS_PER_WEEK, 0, None).astype(np.int64)
        return touch * np.bincount(week, hours[counts], world.weeks)

    return {
        "delivery": by_week(items.work_hours, items.resolved),
        "review": by_week(items.review_hours, items.resolved),
        "rework": by_week(items.rework_hours, items.resolved_2),
    }


def team_hours(world: World, team: Team, weeks: Weeks, items: Items, rng: np.random.Generator) -> Columns:
    """Weekly totals as a sample of people would give them: items first, what is left goes to the rest."""
    available = available_hours(world, team, weeks)
    spent = item_hours(world, team, available, items)
    total = sum(spent.values())
    fits = np.minimum(1.0, 0.93 * available / np.maximum(total, 1e-9))
    left = available - total * fits
    rows = {name: hours * fits for name, hours in spent.items() if hours.any()}
    rows |= {name: left * share for name, share in _FREE_ACTIVITIES}
    return hours_columns(world, team, rows, rng)


def hours_columns(world: World, team: Team, rows: dict[str, Floats], rng: np.random.Generator) -> Columns:
    """Hours by activity as a sample gives them, a little off."""
    noise = rng.lognormal(0.0, 0.06, (world.weeks, len(rows)))
    hours = np.round(np.column_stack(list(rows.values())) * noise, 1)
    return {
        "team_id": [team.team_id] * hours.size,
        "week_start": np.repeat(mondays(world), len(rows)),
        "activity": list(rows) * world.weeks,
        "hours": hours.ravel(),
        "basis": ["sampled"] * hours.size,
    }


def survey_answers(
    world: World,
    team: Team,
    load: Floats,
    rng: np.random.Generator,
    constructs: tuple[tuple[str, float, float], ...] = _CONSTRUCTS,
    prefix: str = "a",
) -> Columns:
    """Quarterly pulse of at least six answers a construct; nothing ties an answer to a person.

    Each construct comes with its usual score and how far pressure moves it; `prefix` begins an answer's number.
    """
    week = np.arange(_SURVEY_EVERY - 1, world.weeks, _SURVEY_EVERY)
    crew = team.members_at(week.astype(float))
    answers = np.maximum(_LEAST_ANSWERS, rng.binomial(crew, 0.85))
    strength = team.strength_at(week.astype(float))
    felt = team.kind.pressure * strength + 0.9 * (load[week] - 1)
    own = rng.normal(0.0, 0.25, len(constructs))
    columns: Columns = {"survey_id": [], "construct": []}
    scores, times = [], []
    for at, count, feeling, s in zip(week, answers, felt, strength, strict=True):
        survey = f"pulse-{world.start + timedelta(weeks=int(at)):%Y-%m}"
        columns["survey_id"] += [survey] * (count * len(constructs))
        for (name, usual, slope), offset in zip(constructs, own, strict=True):
            columns["construct"] += [name] * count
            moved = slope * feeling + team.kind.scene.felt.get(name, 0.0) * s
            scores.append(usual + offset + moved + rng.normal(0.0, 0.8, count))
            times.append(at * HOURS_PER_WEEK + 24.0 + 56.0 * np.sort(rng.random(count)))
    n = len(columns["construct"])
    seconds = np.rint(np.concatenate(times or [np.empty(0)]) * 3600.0).astype("timedelta64[s]")
    return columns | {
        "answer_id": [f"{team.team_id}-{prefix}{number:05d}" for number in range(1, n + 1)],
        "team_id": [team.team_id] * n,
        "answered_at": np.datetime64(world.start, "us") + seconds,
        "score": np.clip(np.rint(np.concatenate(scores or [np.empty(0)])), 1.0, 5.0),
        "scale_min": np.ones(n),
        "scale_max": np.full(n, 5.0),
    }


def first_response_targets(world: World, team: Team) -> list[tuple[float, date, date | None]]:
    """Threshold and dates of each first-response target; a registered recount makes a second one."""
    return _limits(world, team, team.trade.first_response_target, team.recount_week)


def resolution_targets(world: World, team: Team) -> list[tuple[float, date, date | None]]:
    """The same for the time to resolution."""
    return _limits(world, team, team.trade.resolution_target, team.retarget_week)


def _limits(world: World, team: Team, hours: float, changes_in: float) -> list[tuple[float, date, date | None]]:
    if np.isinf(changes_in):
        return [(hours, world.start, None)]
    change = world.start + timedelta(weeks=int(changes_in))
    return [(hours, world.start, change - timedelta(days=1)), (round(team.recount_factor * hours, 2), change, None)]


def targets(world: World, team: Team) -> Columns:
    first = [("first_response_hours", "calendar", *row) for row in first_response_targets(world, team)]
    rows = [*first, *(("resolution_hours", "working", *row) for row in resolution_targets(world, team))]
    n = len(rows)
    return {
        "target_id": [f"{team.team_id}-target-{number}" for number in range(1, n + 1)],
        "team_id": [team.team_id] * n,
        "metric_id": [row[0] for row in rows],
        "direction": ["at_most"] * n,
        "threshold": [row[2] for row in rows],
        "valid_from": [row[3] for row in rows],
        "valid_to": [row[4] for row in rows],
        "tied_to_reward": [team.rewarded] * n,
        "clock": [row[1] for row in rows],
    }


def metric_changes(world: World, team: Team, items: Items) -> Columns | None:
    """The registered recount, with the share in target of the week before under the old and the new rule."""
    if not np.isinf(team.recount_week):
        limits, end = first_response_targets(world, team), items.first_response
        return _recount(world, team, items, team.recount_week, limits, end, "first_response", "First responses are")
    if not np.isinf(team.retarget_week):
        limits, end = resolution_targets(world, team), items.resolved
        return _recount(world, team, items, team.retarget_week, limits, end, "resolved", "Resolutions are")
    return None


def _recount(
    world: World,
    team: Team,
    items: Items,
    changes_in: float,
    limits: list[tuple[float, date, date | None]],
    end: Floats,
    what: str,
    subject: str,
) -> Columns:
    old, new = (threshold for threshold, _, _ in limits)
    begins = (changes_in - 1) * HOURS_PER_WEEK
    week = (items.created >= begins) & (items.created < begins + HOURS_PER_WEEK) & (items.requester >= 0)
    answered_after = (end - items.created)[week]

    def share(threshold: float) -> float | None:
        return round(float((answered_after <= threshold).mean()), 4) if week.any() else None

    return {
        "change_id": [f"{team.team_id}-change-1"],
        "metric_id": [f"{what}_within_target"],
        "team_id": [team.team_id],
        "change_type": ["threshold"],
        "requested_at": [at_hour(world, begins + 58.0)],
        "approved_at": [at_hour(world, begins + 106.0)],
        "value_old_rule": [share(old)],
        "value_new_rule": [share(new)],
        "note": [f"{subject} due in {new:g} h, no longer in {old:g} h."],
    }


def shared_interventions(world: World) -> Columns:
    """The external event that everybody feels."""
    first, after = world.shock_weeks
    weeks = {3: "three"}.get(after - first, after - first)
    row = {
        "intervention_id": "intervention-all-1",
        "team_id": None,
        "kind": "external_event",
        "started_at": at_hour(world, first * HOURS_PER_WEEK),
        "ended_at": at_hour(world, after * HOURS_PER_WEEK - 1.0),
        "note": f"An outage at a supplier: more requests everywhere for {weeks} weeks.",
    }
    return {name: [value] if world.shock_is_registered else [] for name, value in row.items()}


def interventions(world: World, team: Team) -> Columns:
    """What was changed around this team."""
    rows = []
    if team.migration_week < world.weeks:
        rows.append(("tool_migration", team.migration_week, "The team moved to another tool."))
    if team.new_kpi and team.onset < world.weeks:
        rows.append(("new_kpi", team.onset, "A new headline number for the team."))
    return {
        "intervention_id": [f"intervention-{team.team_id}-{number}" for number in range(1, len(rows) + 1)],
        "team_id": [team.team_id] * len(rows),
        "kind": [kind for kind, _, _ in rows],
        "started_at": [at_hour(world, week * HOURS_PER_WEEK) for _, week, _ in rows],
        "ended_at": [None] * len(rows),
        "note": [note for _, _, note in rows],
    }
