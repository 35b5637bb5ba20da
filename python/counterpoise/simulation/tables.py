"""Contract tables of one team as Arrow, with the types the contract names."""

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from counterpoise.simulation import surroundings, surroundings_catalogue, surroundings_evaluation, tables_catalogue
from counterpoise.simulation.clock import HOURS_PER_WEEK
from counterpoise.simulation.columns import moment, named, numbered, to_table
from counterpoise.simulation.demand import load_of
from counterpoise.simulation.events import (
    ROLES,
    SLOT,
    SLOTS,
    Events,
    loaded_at,
    make_events,
)
from counterpoise.simulation.items import (
    CATEGORIES,
    CATEGORIES_AFTER_MIGRATION,
    DONE,
    DUPLICATE,
    FROM_SPLIT,
    ORIGINS,
    PRIORITIES,
    RESOLUTIONS,
    Items,
)
from counterpoise.simulation.lifecycle import live
from counterpoise.simulation.outcomes import OUTCOME_TYPES, draw_outcomes
from counterpoise.simulation.surroundings import Columns
from counterpoise.simulation.traces import leave_traces
from counterpoise.simulation.types import Bools, Floats
from counterpoise.simulation.world import EVALUATION, Team, World, draw_team

_ACCOUNT_SIZE = 8  # requesters an account has on average
_CAUSE_IS_NOTED = 0.4  # share of the items that come of a failure that are linked to it
_CONTINUES = 0.04  # share of them that are the same request in another tool


def team_tables(world: World, team: Team) -> dict[str, pa.Table]:
    """All contract tables' rows of one team, each sorted by its key."""
    items, weeks = live(world, team)
    if world.makes_all:
        leave_traces(world, team, items)
    shown = surroundings_evaluation.as_told(world, team, items)
    partner = draw_team(world, team.partner) if team.partner is not None else None
    week = items.created / HOURS_PER_WEEK
    offset = team.utc_offset(world)[np.clip(week.astype(np.int64), 0, world.weeks - 1)]
    events = make_events(
        shown,
        offset,
        round(world.last_load_hour * 3600),
        team.members_at(week),
        len(partner.joined) if partner else 0,
        world.rng(3, team.index),
        nightly=team.kind.scene.nightly,
        held=surroundings_evaluation.held(world, team, "work_items"),
    )
    ids = numbered(f"{team.team_id}-i", 1 + np.arange(len(items)), 6)
    asking = _Asking(world, team, items)
    people = world.rng(5, team.index)
    columns: dict[str, Columns | None] = {
        "work_items": _work_items(world, team, partner, shown, events, asking, ids, offset),
        "work_item_events": _work_item_events(world, team, partner, shown, events, asking, ids),
        "work_item_links": _links(world, team, items, ids, offset),
        "outcomes": _outcomes(world, team, partner, items, asking, ids, offset),
        "team_members": _members(world, team),
        "capacity": surroundings.capacity(world, team, weeks),
        "team_hours": surroundings.team_hours(world, team, weeks, items, people),
        "survey_answers": surroundings.survey_answers(world, team, load_of(weeks), people),
        "targets": surroundings.targets(world, team),
        "metric_changes": surroundings.metric_changes(world, team, items),
        "interventions": surroundings.interventions(world, team),
        "teams": _teams(world, team),
    }
    if world.makes_all:
        columns["work_items"] |= tables_catalogue.item_extras(world, team, items, offset)
        columns["work_item_events"] |= tables_catalogue.edit_values(
            world, shown, events, offset, columns["work_item_events"]
        )
        columns |= tables_catalogue.catalogue_columns(world, team, weeks, items)
    in_evaluation = world.scenario == EVALUATION
    if in_evaluation:
        columns["interventions"] = surroundings_evaluation.interventions(world, team)
        columns["metric_changes"] = surroundings.metric_changes(world, team, items)
    tables = {name: to_table(name, given) for name, given in columns.items() if given is not None}
    if world.makes_all:
        outcomes = surroundings_catalogue.team_outcomes(world, team, items, asking.row, asking.accounts, offset)
        answers = surroundings_catalogue.more_answers(world, team, load_of(weeks))
        for name, more in (("outcomes", outcomes), ("survey_answers", answers)):
            tables[name] = pa.concat_tables([tables[name], to_table(name, more)])
    if in_evaluation:
        outcomes = surroundings_evaluation.more_outcomes(world, team, items, ids, asking.row, asking.accounts, offset)
        every = pa.concat_tables([tables["outcomes"], to_table("outcomes", outcomes)]).combine_chunks()
        tables["outcomes"] = surroundings_evaluation.outcomes_as_told(world, team, every)
    return {name: table for name, table in tables.items() if name not in team.missing}


def parent_tables(world: World, functions: list[str]) -> dict[str, pa.Table]:
    """Rows that belong to no single team: the parents, and what hits everybody."""
    parents: Columns = {
        "team_id": [f"dept-{name}" for name in functions],
        "team_name": [f"{name.capitalize()} department" for name in functions],
        "parent_team_id": [None] * len(functions),
        "function": functions,
        "timezone": ["UTC"] * len(functions),
        "active_from": [world.start] * len(functions),
    }
    shared = surroundings.shared_interventions(world)
    if world.makes_all:
        nobody = [None] * len(shared["kind"])
        shared |= {"experiment_id": nobody, "arm": nobody}
    return {"teams": to_table("teams", parents), "interventions": to_table("interventions", shared)}


def _teams(world: World, team: Team) -> Columns:
    return {
        "team_id": [team.team_id],
        "team_name": [team.name],
        "parent_team_id": [team.parent_id],
        "function": [team.function],
        "timezone": [team.timezone],
        "active_from": [world.start],
    }


def _members(world: World, team: Team) -> Columns:
    days = np.datetime64(world.start, "D")
    left = np.where(np.isfinite(team.left), team.left, 0.0)
    leaving = days + np.floor(7 * left).astype("timedelta64[D]") - np.timedelta64(1, "D")
    joined = days + np.floor(7 * team.joined).astype("timedelta64[D]")
    there = joined < np.datetime64(world.end, "D")
    ended = np.isfinite(team.left) & (leaving < np.datetime64(world.end, "D"))
    people = _people(world, team)
    columns = {
        "person_id": people,
        "team_id": np.full(len(people), team.team_id),
        "valid_from": joined,
        "valid_to": np.where(ended, leaving, np.datetime64("NaT", "D")),
        "fte": team.fte,
    }
    return {name: np.asarray(values)[there] for name, values in columns.items()}


def _people(world: World, team: Team) -> list[str]:
    """Opaque ids of the members, in the order of `team.joined`."""
    return [f"p-{_digest(world, team, 'member', number)}" for number in range(len(team.joined))]


def _digest(world: World, team: Team, what: str, number: int) -> str:
    return hashlib.blake2b(f"{world.seed}/{team.index}/{what}/{number}".encode(), digest_size=6).hexdigest()


def _either(at_partner: Bools, team: Team, partner: Team | None) -> pa.Array:
    """Id of the team or, where `at_partner`, of its partner."""
    return named(at_partner.astype(np.int64), (team.team_id, partner.team_id if partner else None))


class _Asking:
    """Who asks: `row` is each item's place in `people` and `accounts`, opaque ids (None = the team)."""

    def __init__(self, world: World, team: Team, items: Items) -> None:
        asked_by, self.row = np.unique(items.requester, return_inverse=True)
        numbers = [int(n) for n in asked_by]
        self.people = [f"r-{_digest(world, team, 'requester', n)}" if n >= 0 else None for n in numbers]
        self.accounts = [
            f"a-{_digest(world, team, 'account', n // _ACCOUNT_SIZE)}" if n >= 0 else None for n in numbers
        ]


class _Snapshot:
    """What the tables show of each item at the last load: seconds since the start, NaN = not there."""

    def __init__(self, items: Items, events: Events) -> None:
        n = len(items)

        def seen(slot: str) -> Floats:
            rows = events.slot == SLOT[slot]
            time = np.full(n, np.nan)
            time[events.item[rows]] = events.occurred[rows]
            return time

        first, second, third = seen("resolved"), seen("resolved_2"), seen("resolved_3")
        again, once_more = seen("reopened"), seen("reopened_2")
        self.first_response = seen("first_response")
        self.closed = seen("closed")
        self.moved = items.moved & np.isfinite(seen("handed_off"))
        self.resolved = first
        for reopened, resolved in ((again, second), (once_more, third)):
            changed = np.isfinite(reopened) | np.isfinite(resolved)
            self.resolved = np.where(changed, resolved, self.resolved)
        self.loaded = np.zeros(n, np.int64)
        np.maximum.at(self.loaded, events.item, events.loaded)


def _work_items(
    world: World,
    team: Team,
    partner: Team | None,
    items: Items,
    events: Events,
    asking: _Asking,
    ids: pa.Array,
    offset: Floats,
) -> Columns:
    shown = _Snapshot(items, events)
    created = np.rint((items.created - offset) * 3600.0)
    week = items.created / HOURS_PER_WEEK
    old, *rest = surroundings.first_response_targets(world, team)
    threshold = np.where(week >= team.recount_week, rest[-1][0], old[0]) if rest else old[0]
    closed, resolved = np.isfinite(shown.closed), np.isfinite(shown.resolved)
    migrated = (week >= team.migration_week).astype(np.int64)
    return {
        "work_item_id": ids,
        "source_system": named(migrated, (team.trade.source_system, "new_tracker")),
        "item_type": named(items.item_type, [name for name, _ in team.trade.item_types]),
        "work_class": pa.repeat("delivery", len(items)),
        "team_id": _either(shown.moved, team, partner),
        "requester_id": named(asking.row, asking.people),
        "account_id": named(asking.row, asking.accounts),
        "category": named(items.category, CATEGORIES + CATEGORIES_AFTER_MIGRATION),
        "priority": named(items.priority, PRIORITIES),
        "channel": named(items.channel, [name for name, _ in team.trade.channels]),
        "size": items.size,
        "created_at": moment(world, created),
        "first_response_at": moment(world, shown.first_response),
        "resolved_at": moment(world, shown.resolved),
        "closed_at": moment(world, shown.closed),
        "status": named(np.where(closed, 2, resolved), ("open", "resolved", "closed")),
        "resolution": named(items.resolution, RESOLUTIONS, resolved | (closed & (items.resolution != DONE))),
        "first_response_due_at": moment(world, created + np.rint(threshold * 3600.0), known=items.origin != FROM_SPLIT),
        "planned": items.planned,
        "parent_item_id": ids.take(pa.array(items.parent, mask=items.parent < 0)),
        "origin": named(items.origin, ORIGINS),
        "_loaded_at": moment(world, shown.loaded),
    }


def _work_item_events(
    world: World,
    team: Team,
    partner: Team | None,
    items: Items,
    events: Events,
    asking: _Asking,
    ids: pa.Array,
) -> Columns:
    item_ids = ids.take(pa.array(events.item))
    members = _people(world, team)
    partners = _people(world, partner) if partner else []
    person = np.select(
        [events.role == ROLES.index("requester"), events.at_partner],
        [len(members) + len(partners) + asking.row[events.item], len(members) + events.actor],
        default=events.actor,
    )
    handed = np.isin(events.slot, (SLOT["handed_off"], SLOT["handed_back"]))
    back = events.slot == SLOT["handed_back"]
    both = (team.team_id, partner.team_id if partner else None)
    to_values = [slot.to_value for slot in SLOTS]
    to_values[SLOT["handed_off"]], to_values[SLOT["handed_back"]] = both[1], both[0]
    public = np.array([bool(slot.public) for slot in SLOTS])[events.slot]
    not_said = np.array([slot.public is None for slot in SLOTS])[events.slot]
    number = pc.utf8_lpad(pa.array(events.seq).cast(pa.string()), 2, "0")
    return {
        "event_id": pc.binary_join_element_wise(item_ids, number, "-e"),
        "work_item_id": item_ids,
        "event_type": named(events.slot, [slot.event_type for slot in SLOTS]),
        "occurred_at": moment(world, events.occurred),
        "recorded_at": moment(world, events.recorded),
        "event_seq": events.seq,
        "actor_id": named(person, members + partners + asking.people, events.role != ROLES.index("automation")),
        "team_id": _either(events.at_partner, team, partner),
        "status_category": named(events.slot, [slot.status for slot in SLOTS]),
        "waits_on": named(events.slot, [slot.waits_on for slot in SLOTS]),
        "is_public": pa.array(public, mask=not_said),
        "actor_role": named(events.role, ROLES),
        "field_name": named(events.slot, [slot.field for slot in SLOTS]),
        "from_value": named(back.astype(np.int64), both, handed),
        "to_value": named(events.slot, to_values),
        "_loaded_at": moment(world, events.loaded),
    }


def _links(world: World, team: Team, items: Items, ids: pa.Array, offset: Floats) -> Columns:
    """Children to what they were split from; duplicates to an item made shortly before.

    Where all tables are made also some items to the one whose failure caused them, or from it to where it continues.
    """
    rng = world.rng(6, team.index)
    child = np.flatnonzero(items.parent >= 0)
    twin = np.flatnonzero((items.resolution == DUPLICATE) & np.isfinite(items.closed))
    earlier = twin - rng.integers(1, 6, len(twin))
    found = (earlier >= 0) & (items.closed[twin] - offset[twin] <= world.last_load_hour - 1.0)
    twin, earlier = twin[found], earlier[found]
    back = np.flatnonzero((items.cause >= 0) & (items.parent < 0)) if world.makes_all else child[:0]
    noted = rng.random(len(back))
    caused, goes_on = back[noted < _CAUSE_IS_NOTED], back[noted > 1 - _CONTINUES]
    start = np.concatenate([child, twin, caused, items.cause[goes_on]])
    end = np.concatenate([items.parent[child], earlier, items.cause[caused], goes_on])
    when = np.concatenate([
        (items.created - offset)[child], (items.closed - offset)[twin],
        (items.created - offset)[caused], (items.created - offset)[goes_on],
    ])  # fmt: skip
    kind = np.repeat(range(4), [len(child), len(twin), len(caused), len(goes_on)])
    order = np.argsort(start, kind="stable")
    return {
        "from_item_id": ids.take(pa.array(start[order])),
        "to_item_id": ids.take(pa.array(end[order])),
        "link_type": named(kind[order], ("split_from", "duplicates", "caused_by", "continues_in")),
        "created_at": moment(world, np.rint(when[order] * 3600.0)),
    }


def _outcomes(
    world: World,
    team: Team,
    partner: Team | None,
    items: Items,
    asking: _Asking,
    ids: pa.Array,
    offset: Floats,
) -> Columns:
    rng = world.rng(4, team.index)
    with np.errstate(invalid="ignore"):
        drawn = draw_outcomes(
            items,
            team.trade.first_response_target,
            ships=team.function == "engineering",
            rng=rng,
            bias=surroundings_evaluation.answer_bias(world, team, items),
            lag_hours=team.lag * HOURS_PER_WEEK,
        )
    occurred = np.rint((drawn.occurred - offset[drawn.item]) * 3600.0).astype(np.int64)
    recorded = occurred + np.rint(60.0 * rng.lognormal(0.0, 1.0, len(occurred))).astype(np.int64)
    loaded = loaded_at(recorded)
    seen = np.flatnonzero(loaded <= world.last_load_hour * 3600.0)
    item = drawn.item[seen]
    value = drawn.value[seen]
    return {
        "outcome_id": numbered(f"{team.team_id}-o", 1 + np.arange(len(seen)), 6),
        "outcome_type": named(drawn.kind[seen], OUTCOME_TYPES),
        "team_id": _either(items.moved[item], team, partner),
        "work_item_id": ids.take(pa.array(item)),
        "account_id": named(asking.row[item], asking.accounts),
        "occurred_at": moment(world, occurred[seen]),
        "recorded_at": moment(world, recorded[seen]),
        "value": pa.array(value, mask=np.isnan(value)),
        "_loaded_at": moment(world, loaded[seen]),
    }
