"""What stands around the teams where all tables are made, beyond what every scenario has.

As in `surroundings`, each function gives the columns of one contract table for one team.
"""

from datetime import date, timedelta

import numpy as np

from counterpoise.simulation import surroundings
from counterpoise.simulation.clock import HOURS_PER_WEEK
from counterpoise.simulation.items import Items
from counterpoise.simulation.kinds import Weeks
from counterpoise.simulation.scenes import USUAL, is_run_day
from counterpoise.simulation.surroundings import Columns, at_hour
from counterpoise.simulation.traces import GOALS
from counterpoise.simulation.types import Floats, Ints
from counterpoise.simulation.world import Team, World

_FREE_ACTIVITIES = {
    "coordination": 0.27, "meeting": 0.21, "maintenance": 0.20, "learning": 0.11, "reporting": 0.07,
    "experiment": 0.14,
}  # fmt: skip
_META_PER_AI_HOUR = 0.2
_META_ACTIVITIES = {"ai_prompting": 0.6, "ai_review": 0.4}
_MOST_ITEM_WORK = 0.97
_AI_CONSTRUCTS = (
    ("intent_to_stay", 3.9, -0.4),
    ("ai_permission", 3.7, 0.0),
    ("ai_definition", 3.5, 0.0),
    ("ai_boundaries", 3.5, 0.0),
    ("ai_coaching", 3.3, 0.0),
)
_USUAL_TARGETS = (
    ("first_response_within_target", "at_least", 0.8),
    ("csat", "at_least", 0.7),
    ("reopen_rate", "at_most", 0.1),
)
# What is asked for again and again: the metric, the kind of change, the same week under the old and new rule.
_FAVOURABLE_CHANGES = (
    ("first_response_within_target", "exclusion", 0.71, 0.83),
    ("resolved_within_target", "definition", 0.64, 0.79),
    ("reopen_rate", "exclusion", 0.09, 0.05),
    ("throughput", "recount", 41.0, 52.0),
    ("csat", "exclusion", 0.68, 0.77),
)
_HONEST_CHANGE = ("reopen_rate", "recount", 0.07, 0.09)
_WEEKS_TO_NEXT_CHANGE = (4, 4, 3, 2)  # then every week
_REVIEWED = ("throughput", "first_response_within_target")
_REVIEWED_MONTHLY = ("csat", "reopen_rate")
_INTERVENTION_NOTES = {
    "bonus": "A bonus hangs on the targets.",
    "leaderboard": "Teams are ranked in public.",
    "headcount_cut": "Posts were cut.",
    "ai_rollout": "The team got AI tools.",
}
_EXPERIMENT = "experiment-1"
# Practices a team may have in place, in the order of the layers, and how many the teams have by turns.
_NORMS = (
    ("permission", "usage_policy"), ("permission", "disclosure_norms"), ("permission", "safe_to_experiment"),
    ("definition", "good_redefined"), ("definition", "quality_metrics_updated"),
    ("definition", "output_expectations_reset"),
    ("boundaries", "use_boundaries"), ("boundaries", "response_times_recalibrated"),
    ("boundaries", "meta_work_planned"),
    ("coaching", "managers_trained"), ("coaching", "quality_in_one_to_ones"), ("coaching", "career_paths_updated"),
)  # fmt: skip
_NORMS_IN_PLACE = (3, 2, 4, 6, 1, 9, 12)
_PEOPLE_A_MONTH, _TOOLS_A_MONTH, _AI_AN_ITEM = 5200.0, 900.0, 3.0
_CHURN_IF_SOLVED, _CHURN_IF_UNSOLVED = 0.0015, 0.03


def _strength(world: World, team: Team) -> Floats:
    return team.strength_at(np.arange(world.weeks) + 0.5)


def capacity(world: World, team: Team, weeks: Weeks) -> Columns:
    """Hours there are, and how many of them are planned for AI meta-work."""
    columns = surroundings.capacity(world, team, weeks)
    share = USUAL.meta_budget + (team.kind.scene.meta_budget - USUAL.meta_budget) * _strength(world, team)
    return columns | {"meta_work_budget_hours": np.round(share * columns["available_hours"], 1)}


def team_hours(world: World, team: Team, weeks: Weeks, items: Items) -> Columns:
    """Weekly totals by activity; AI meta-work comes with AI-assisted items."""
    scene, s = team.kind.scene, _strength(world, team)
    available = surroundings.available_hours(world, team, weeks)
    worked = available * (1 + scene.overtime * s)
    spent = surroundings.item_hours(world, team, available, items)
    fits = np.minimum(1.0, _MOST_ITEM_WORK * worked / np.maximum(sum(spent.values()), 1e-9))
    rows = {name: hours * fits for name, hours in spent.items() if hours.any()}
    done = np.isfinite(items.resolved) & (items.resolved < world.weeks * HOURS_PER_WEEK)
    week = np.clip(np.nan_to_num(items.resolved[done]) // HOURS_PER_WEEK, 0, None).astype(np.int64)
    with_ai = np.bincount(week, items.ai_assisted[done] * items.work_hours[done], world.weeks)
    all_work = np.maximum(np.bincount(week, items.work_hours[done], world.weeks), 1e-9)
    meta = _META_PER_AI_HOUR * rows["delivery"] * with_ai / all_work + scene.meta * s * available
    left = np.maximum(worked - sum(rows.values()) - meta, 0.02 * worked)
    free = {name: share * (1 + (scene.hours.get(name, 1.0) - 1) * s) for name, share in _FREE_ACTIVITIES.items()}
    rows |= {name: left * share / sum(free.values()) for name, share in free.items()}
    rows |= {name: meta * share for name, share in _META_ACTIVITIES.items()}
    return surroundings.hours_columns(world, team, rows, world.rng(8, team.index))


def more_answers(world: World, team: Team, load: Floats) -> Columns:
    """The rest of the pulse: whether people would stay, and how the use of AI is settled."""
    return surroundings.survey_answers(world, team, load, world.rng(9, team.index), _AI_CONSTRUCTS, "b")


def targets(world: World, team: Team) -> Columns:
    """A mixed set, neither rewarded nor ranked, until the onset of a kind that changes that."""
    how = team.kind.scene.targets
    limits = surroundings.targets(world, team)
    rows = [
        (metric, "at_most", threshold, since, until, team.rewarded, clock)
        for metric, threshold, since, until, clock in zip(
            *(limits[name] for name in ("metric_id", "threshold", "valid_from", "valid_to", "clock")), strict=True
        )
    ]
    rows += [(metric, way, value, world.start, None, team.rewarded, None) for metric, way, value in _USUAL_TARGETS]
    if how != "usual" and team.onset < world.weeks:
        begins = world.start + timedelta(weeks=int(team.onset))
        first = ("first_response_hours", "at_most", team.trade.first_response_target, "calendar")
        share = ("first_response_within_target", "at_least", 0.9, None)
        new = {
            "one": (first, share, share, first, share),
            "several": (first, share, ("csat", "at_least", 0.75, None), ("reopen_rate", "at_most", 0.08, None),
                        ("end_to_end_hours", "at_most", 2 * team.trade.resolution_target, None)),
        }[how]  # fmt: skip
        rows = [(*row[:4], begins - timedelta(days=1), *row[5:]) for row in rows]
        rows += [(metric, way, value, begins, None, True, clock) for metric, way, value, clock in new]
    n = len(rows)
    return {
        "target_id": [f"{team.team_id}-target-{number}" for number in range(1, n + 1)],
        "team_id": [team.team_id] * n,
        "metric_id": [row[0] for row in rows],
        "direction": [row[1] for row in rows],
        "threshold": [row[2] for row in rows],
        "valid_from": [row[3] for row in rows],
        "valid_to": [row[4] for row in rows],
        "tied_to_reward": [row[5] for row in rows],
        "publicly_ranked": [row[5] for row in rows],
        "clock": [row[6] for row in rows],
        "owner": ["team lead"] * n,
    }


def metric_changes(world: World, team: Team) -> Columns | None:
    """Requests to change what is counted: one after the other in the team's favour, or a single honest one."""
    changes = team.kind.scene.changes
    if changes is None or team.onset + 1 > world.weeks:
        return None
    if changes == "honest":
        weeks, rows = [team.onset], [_HONEST_CHANGE]
    else:
        gaps = (*_WEEKS_TO_NEXT_CHANGE, *[1] * world.weeks)
        weeks = [week for week in team.onset + np.cumsum((0, *gaps)) if week < world.weeks - 1]
        rows = [_FAVOURABLE_CHANGES[number % len(_FAVOURABLE_CHANGES)] for number in range(len(weeks))]
    asked = [week * HOURS_PER_WEEK + 34.0 for week in weeks]
    return {
        "change_id": [f"{team.team_id}-change-{number}" for number in range(1, len(rows) + 1)],
        "metric_id": [row[0] for row in rows],
        "team_id": [team.team_id] * len(rows),
        "change_type": [row[1] for row in rows],
        "requested_at": [at_hour(world, hour) for hour in asked],
        "approved_at": [at_hour(world, hour + 48.0) for hour in asked],
        "value_old_rule": [row[2] for row in rows],
        "value_new_rule": [row[3] for row in rows],
        "note": ["What is counted was changed."] * len(rows),
    }


def metric_reviews(world: World, team: Team) -> Columns:
    """Where the team's numbers are looked at, with or without the outcome that belongs to them."""
    rng, scene = world.rng(10, team.index), team.kind.scene
    rows = []
    for week in range(1, world.weeks):
        s = float(team.strength_at(np.array([week]))[0])
        habit = scene if s > 0 else USUAL
        due = _REVIEWED if week % habit.reviews_every == 0 else ()
        for metric in (*due, *(_REVIEWED_MONTHLY if week % 4 == 0 else ())):
            draws = rng.random(2)
            rows.append((week, metric, bool(draws[0] < habit.outcome_shown), bool(draws[1] < 0.3)))
    return {
        "review_id": [f"{team.team_id}-review-{number:03d}" for number in range(1, len(rows) + 1)],
        "metric_id": [row[1] for row in rows],
        "team_id": [team.team_id] * len(rows),
        "reviewed_at": [at_hour(world, row[0] * HOURS_PER_WEEK + 33.0) for row in rows],
        "forum": ["team meeting"] * len(rows),
        "outcome_shown": [row[2] for row in rows],
        "decision": ["One thing is done differently from now on." if row[3] else None for row in rows],
        "note": [None] * len(rows),
    }


def interventions(world: World, team: Team) -> Columns:
    """What was changed around this team, and its part in the organisation's small experiment."""
    given = surroundings.interventions(world, team)
    scene, begins = team.kind.scene, team.onset * HOURS_PER_WEEK
    rows = [
        (kind, started, note, None, None)
        for kind, started, note in zip(given["kind"], given["started_at"], given["note"], strict=True)
    ]
    if team.onset < world.weeks:
        rows += [(kind, at_hour(world, begins), _INTERVENTION_NOTES[kind], None, None) for kind in scene.interventions]
        if scene.arm is not None:
            note = "A small experiment with better tools." if scene.arm == "treated" else "Goes on as before."
            when = at_hour(world, round(world.weeks * 0.73) * HOURS_PER_WEEK)
            rows.append(("other", when, note, _EXPERIMENT, scene.arm))
    return {
        "intervention_id": [f"intervention-{team.team_id}-{number}" for number in range(1, len(rows) + 1)],
        "team_id": [team.team_id] * len(rows),
        "kind": [row[0] for row in rows],
        "experiment_id": [row[3] for row in rows],
        "arm": [row[4] for row in rows],
        "started_at": [row[1] for row in rows],
        "ended_at": [None] * len(rows),
        "note": [row[2] for row in rows],
    }


def process_runs(world: World, team: Team) -> Columns:
    """The team's own weekly report and, for some kinds, runs from the onset on that nobody or the team owns."""
    runs = [("weekly-report", 7 * week + 4, 14.0, 1.0) for week in range(world.weeks)]
    if team.kind.scene.runs is not None:
        days = np.arange(7 * int(team.onset), 7 * world.weeks)
        runs += [("reconciliation", int(day), 7.0, 11.0) for day in days[is_run_day(days)]]
    unowned = team.kind.scene.runs == "nobody"
    n = len(runs)
    return {
        "run_id": [f"{team.team_id}-run-{number:04d}" for number in range(1, n + 1)],
        "process_id": [f"{team.team_id}-{run[0]}" for run in runs],
        "team_id": [team.team_id] * n,
        "owner_team_id": [None if unowned and run[0] == "reconciliation" else team.team_id for run in runs],
        "started_at": [at_hour(world, 24.0 * run[1] + run[2]) for run in runs],
        "ended_at": [at_hour(world, 24.0 * run[1] + run[2] + run[3]) for run in runs],
    }


def norms(world: World, team: Team) -> Columns:
    """Practices around AI, there from the first day on; every team has the first, few have gone further."""
    rows = _NORMS[: _NORMS_IN_PLACE[team.index % len(_NORMS_IN_PLACE)]]
    last_quarter = max(0, world.weeks - 10)
    return {
        "norm_id": [f"{team.team_id}-norm-{number}" for number in range(1, len(rows) + 1)],
        "team_id": [team.team_id] * len(rows),
        "layer": [layer for layer, _ in rows],
        "practice": [practice for _, practice in rows],
        "in_place_from": [world.start] * len(rows),
        "in_place_to": [None] * len(rows),
        "reviewed_at": [at_hour(world, last_quarter * HOURS_PER_WEEK + 30.0)] * len(rows),
    }


def costs(world: World, team: Team, items: Items) -> Columns:
    """Money by month for people, tools and AI."""
    months, month = [], date(world.start.year, world.start.month, 1)
    while month < world.end:
        if month >= world.start:
            months.append(month)
        month = (month + timedelta(days=32)).replace(day=1)
    rows = []
    for month in months:
        week = (month - world.start).days / 7
        here = (team.joined <= week) & (week < team.left)
        ends = ((month + timedelta(days=32)).replace(day=1) - world.start).days * 24.0
        made = items.ai_assisted & (items.resolved >= 168.0 * week) & (items.resolved < ends)
        people = _PEOPLE_A_MONTH * team.fte[here].sum()
        rows += [
            (month, "people", people), (month, "tools", _TOOLS_A_MONTH), (month, "ai", _AI_AN_ITEM * made.sum()),
        ]  # fmt: skip
    return {
        "team_id": [team.team_id] * len(rows),
        "month": [row[0] for row in rows],
        "cost_type": [row[1] for row in rows],
        "amount": [round(float(row[2]), 2) for row in rows],
        "currency": ["EUR"] * len(rows),
    }


def team_outcomes(
    world: World, team: Team, items: Items, account_row: Ints, accounts: list[str | None], offset: Floats
) -> Columns:
    """Progress on the team's goals each Friday, and accounts that leave, mostly those left with unsolved problems."""
    rng = world.rng(11, team.index)
    progress = np.round(0.004 * rng.lognormal(0.0, 0.4, (world.weeks, GOALS)).sum(axis=1), 4)
    rows = [
        ("goal_progress", week * HOURS_PER_WEEK + 112.0, None, value) for week, value in enumerate(progress.tolist())
    ]
    leaves = np.isfinite(items.resolved) & (items.requester >= 0)
    leaves &= rng.random(len(items)) < np.where(items.solved, _CHURN_IF_SOLVED, _CHURN_IF_UNSOLVED)
    when = items.resolved - offset + HOURS_PER_WEEK * rng.uniform(2.0, 12.0, len(items))
    gone: set[str | None] = set()
    for row in np.flatnonzero(leaves)[np.argsort(when[leaves], kind="stable")]:
        account = accounts[account_row[row]]
        if account not in gone:
            gone.add(account)
            rows.append(("churn", float(when[row]), account, 1.0))
    rows = [row for row in rows if row[1] <= world.last_load_hour - 24.0]
    occurred = [at_hour(world, row[1]) for row in rows]
    recorded = [time + timedelta(minutes=10) for time in occurred]
    return {
        "outcome_id": [f"{team.team_id}-t{number:06d}" for number in range(1, len(rows) + 1)],
        "outcome_type": [row[0] for row in rows],
        "team_id": [team.team_id] * len(rows),
        "work_item_id": [None] * len(rows),
        "account_id": [row[2] for row in rows],
        "occurred_at": occurred,
        "recorded_at": recorded,
        "value": [row[3] for row in rows],
        "_loaded_at": [(time + timedelta(hours=1)).replace(hour=23, minute=0, second=0) for time in recorded],
    }
