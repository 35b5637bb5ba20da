"""What only the scenario `evaluation` has: outcomes of every type, other events, and records that are not the work.

As in `surroundings`, a function that gives columns gives those of one contract table for one team.
"""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from counterpoise.simulation import surroundings, surroundings_catalogue
from counterpoise.simulation.clock import HOURS_PER_WEEK
from counterpoise.simulation.columns import moment, named, numbered
from counterpoise.simulation.events import hold_back, loaded_at
from counterpoise.simulation.items import Items
from counterpoise.simulation.outcomes import satisfaction
from counterpoise.simulation.surroundings import Columns
from counterpoise.simulation.types import Floats, Ints
from counterpoise.simulation.world import Team, World

_MORE_OUTCOMES = ("nps", "refund", "incident", "revenue")
_NPS_ASKED_SHARE = 0.06
_REFUND_IF_UNSOLVED, _REFUND_IF_SOLVED = 0.05, 0.002
_INCIDENT_IF_UNSOLVED, _INCIDENT_IF_SOLVED = 0.06, 0.004
_REVENUE = 120.0  # of each account that asked for something in a quarter, in the team's money
_QUARTER = 13 * HOURS_PER_WEEK


def as_told(world: World, team: Team, items: Items) -> Items:
    """The items as the source shows them; the same rows in the same order."""
    tell = team.kind.told.items
    if tell is None:
        return items
    shown = replace(items)
    with np.errstate(invalid="ignore"):
        tell(shown, team.strength_at(items.created / HOURS_PER_WEEK), world.rng(18, team.index))
    return shown


def held(world: World, team: Team, table: str) -> tuple[int, int, int] | None:
    """A stretch of seconds whose rows of `table` wait, and the second of the load that brings them; None if none."""
    told = team.kind.told
    if table not in told.late_tables or team.strength == 0:
        return None
    first, last = (round(3600 * HOURS_PER_WEEK * week) for week in (team.onset, team.onset + told.late_weeks))
    return first, last, int(loaded_at(np.array([last + 10 * 24 * 3600]))[0])


def answer_bias(world: World, team: Team, items: Items) -> Floats:
    """Shape (items,): who answers the survey, 0 = as usual."""
    return team.kind.told.answers * team.strength_at(np.nan_to_num(items.resolved) / HOURS_PER_WEEK)


def more_outcomes(
    world: World, team: Team, items: Items, ids: pa.Array, account_row: Ints, accounts: list[str | None], offset: Floats
) -> Columns:
    """Would people recommend it, refunds, incidents that work caused, and what accounts pay each quarter."""
    rng, n = world.rng(16, team.index), len(items)
    with np.errstate(invalid="ignore"):
        mood = satisfaction(items, team.trade.first_response_target) + rng.logistic(0.0, 0.55, n)
    done, asked_by_customer = np.isfinite(items.resolved), items.requester >= 0
    last = items.resolved - offset
    recommend = np.clip(np.rint(6.5 + 1.8 * np.nan_to_num(mood)), 0.0, 10.0)
    paid_back = np.round(25.0 * rng.lognormal(0.0, 0.5, n), 2)
    breaks = done & (rng.random(n) < np.where(items.solved, _INCIDENT_IF_SOLVED, _INCIDENT_IF_UNSOLVED))
    breaks &= team.function != "support"
    refunded = done & asked_by_customer
    refunded &= rng.random(n) < np.where(items.solved, _REFUND_IF_SOLVED, _REFUND_IF_UNSOLVED)
    parts = []
    for kind, happens, when, value in (
        (0, done & asked_by_customer & (rng.random(n) < _NPS_ASKED_SHARE), 72.0, recommend),
        (1, refunded, 120.0, paid_back),
        (2, breaks, 96.0, np.ones(n)),
    ):
        row = np.flatnonzero(happens)
        after = when * rng.lognormal(0.0, 0.7, len(row)) + (team.lag * HOURS_PER_WEEK if kind else 0.0)
        parts.append((np.full(len(row), kind), row, last[row] + after, value[row]))
    kind, item, occurred, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    paid = _revenue(world, team, items, account_row, accounts, rng)
    kind = np.concatenate([kind, np.full(len(paid[0]), 3)])
    item = np.concatenate([item, np.full(len(paid[0]), -1)])
    account = np.concatenate([account_row[item[item >= 0]], paid[0]])
    occurred, value = np.concatenate([occurred, paid[1]]), np.concatenate([value, paid[2]])
    seconds = np.rint(occurred * 3600.0).astype(np.int64)
    recorded = seconds + np.rint(60.0 * rng.lognormal(0.0, 1.0, len(seconds))).astype(np.int64)
    loaded = loaded_at(recorded)
    order = np.lexsort((kind, item, seconds))
    order = order[loaded[order] <= world.last_load_hour * 3600.0]
    item = item[order]
    return {
        "outcome_id": numbered(f"{team.team_id}-q", 1 + np.arange(len(order)), 6),
        "outcome_type": named(kind[order], _MORE_OUTCOMES),
        "team_id": pa.repeat(team.team_id, len(order)),
        "work_item_id": ids.take(pa.array(item, mask=item < 0)),
        "account_id": named(account[order], accounts),
        "occurred_at": moment(world, seconds[order]),
        "recorded_at": moment(world, recorded[order]),
        "value": value[order],
        "_loaded_at": moment(world, loaded[order]),
    }


def _revenue(
    world: World, team: Team, items: Items, account_row: Ints, accounts: list[str | None], rng: np.random.Generator
) -> tuple[Ints, Floats, Floats]:
    """Account, hour and amount of what each account pays in a quarter in which it asked for something."""
    asked = np.flatnonzero(items.requester >= 0)
    names, first = np.unique(np.array([name or "" for name in accounts]), return_index=True)
    of = np.searchsorted(names, np.array([name or "" for name in accounts]))[account_row[asked]]
    quarter = np.clip(items.created[asked] // _QUARTER, 0, None).astype(np.int64)
    quarters, account = np.divmod(np.unique(quarter * len(names) + of), len(names))
    paid = np.round(_REVENUE * rng.lognormal(0.0, 0.4, len(quarters)), 2)
    return first[account], (quarters + 1) * _QUARTER - 30.0, paid


def interventions(world: World, team: Team) -> Columns:
    """What was changed around this team, and what else happened that has nothing to do with it."""
    columns = surroundings_catalogue.interventions(world, team)
    if team.besides is None:
        return columns
    kind, week = team.besides
    more = {
        "intervention_id": f"intervention-{team.team_id}-besides",
        "team_id": team.team_id,
        "kind": kind,
        "experiment_id": None,
        "arm": None,
        "started_at": surroundings.at_hour(world, week * HOURS_PER_WEEK),
        "ended_at": None,
        "note": "Something else that happened.",
    }
    return {name: [*values, more[name]] for name, values in columns.items()}


def outcomes_as_told(world: World, team: Team, outcomes: pa.Table) -> pa.Table:
    """Outcomes without those nobody records any more, and with those that were loaded late."""
    told = team.kind.told
    seconds = _seconds(world, outcomes["recorded_at"])
    if told.lost and team.strength:
        over = np.clip((seconds / 3600.0 / HOURS_PER_WEEK - team.onset) / max(team.ramp, 1e-9), 0.0, 1.0)
        type_is_lost = pc.is_in(outcomes["outcome_type"], value_set=pa.array(told.lost)).to_numpy()
        gone = type_is_lost & (world.rng(17, team.index).random(len(outcomes)) < told.lost_share * over)
        outcomes, seconds = outcomes.filter(pa.array(~gone)), seconds[~gone]
    waits = held(world, team, "outcomes")
    if waits is not None:
        loaded = hold_back(seconds, _seconds(world, outcomes["_loaded_at"]), waits)
        column = pa.array(moment(world, loaded))
        outcomes = outcomes.set_column(outcomes.schema.get_field_index("_loaded_at"), "_loaded_at", column)
        outcomes = outcomes.filter(pa.array(loaded <= world.last_load_hour * 3600.0))
    return outcomes


def _seconds(world: World, times: pa.ChunkedArray) -> Ints:
    return (times.to_numpy() - np.datetime64(world.start, "us")) // np.timedelta64(1_000_000, "us")
