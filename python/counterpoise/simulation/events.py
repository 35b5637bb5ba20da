"""The events of a team's items: a row for each thing that happened and was recorded before the last load."""

from dataclasses import dataclass

import numpy as np

from counterpoise.simulation.items import Items
from counterpoise.simulation.types import Bools, Floats, Ints

AGENT, REQUESTER, AUTOMATION = range(3)
ROLES = ("agent", "requester", "automation")

_LATE_SHARE = 0.005
_LOAD_SECOND = 23 * 3600
_DAY = 86400
_NIGHT_SECOND = 2 * 3600


@dataclass(frozen=True)
class Slot:
    """A thing that can happen to an item: the time it is kept in and the event it makes."""

    time: str
    event_type: str
    role: int
    status: str | None = None
    public: bool | None = None
    waits_on: str | None = None
    to_value: str | None = None
    field: str | None = None


# In the order in which things happen that happen in the same second.
SLOTS = (
    Slot("created", "created", REQUESTER, "queued"),
    Slot("assigned", "assigned", AGENT),
    Slot("handed_off", "handed_off", AGENT, "queued", field="team_id"),
    Slot("looked_at", "commented", AGENT, public=False),
    Slot("handed_back", "handed_off", AGENT, "queued", field="team_id"),
    Slot("chased", "commented", REQUESTER, public=True),
    Slot("started", "started", AGENT, "active"),
    Slot("first_response", "first_response", AGENT, public=True),
    Slot("escalated", "escalated", AGENT),
    Slot("status_1", "status_changed", AGENT, "active", to_value="analysis"),
    Slot("status_2", "status_changed", AGENT, "active", to_value="in_progress"),
    Slot("edit_1", "edited", AGENT, field="size"),
    Slot("blocked", "blocked", AGENT, "blocked", to_value="blocked"),
    Slot("unblocked", "unblocked", AGENT, "active", to_value="in_progress"),
    Slot("status_3", "status_changed", AGENT, "active", to_value="verifying"),
    Slot("status_4", "status_changed", AGENT, "active", to_value="finishing"),
    Slot("edit_2", "edited", AGENT, field="size"),
    Slot("edit_3", "edited", AGENT, field="size"),
    Slot("comment_1", "commented", AGENT, public=True),
    Slot("comment_2", "commented", AGENT, public=True),
    Slot("comment_3", "commented", AGENT, public=True),
    Slot("asked", "commented", AGENT, public=True),
    Slot("paused", "paused", AGENT, "waiting", waits_on="requester", to_value="waiting_for_requester"),
    Slot("replied", "commented", REQUESTER, public=True),
    Slot("resumed", "resumed", AUTOMATION, "active", to_value="in_progress"),
    Slot("stopped", "paused", AGENT, "waiting", waits_on="requester", to_value="waiting_for_requester"),
    Slot("restarted", "resumed", AGENT, "active", to_value="in_progress"),
    Slot("review_requested", "review_requested", AGENT),
    Slot("reviewed", "reviewed", AGENT),
    Slot("review_requested_2", "review_requested", AGENT),
    Slot("reviewed_2", "reviewed", AGENT),
    Slot("confirmed", "commented", REQUESTER, public=True),
    Slot("checked", "checked", AGENT),
    Slot("merged", "merged", AGENT),
    Slot("deployed", "deployed", AUTOMATION),
    Slot("resolved", "resolved", AGENT, "done"),
    Slot("reopened", "reopened", REQUESTER, "queued"),
    Slot("taken_up", "started", AGENT, "active"),
    Slot("answered", "commented", AGENT, public=True),
    Slot("resolved_2", "resolved", AGENT, "done"),
    Slot("reopened_2", "reopened", REQUESTER, "queued"),
    Slot("taken_up_2", "started", AGENT, "active"),
    Slot("resolved_3", "resolved", AGENT, "done"),
    Slot("reverted", "reverted", AGENT),
    Slot("touched_after", "commented", AGENT, public=False),
    Slot("edited_after", "edited", AGENT, field="resolved_at"),
    Slot("closed", "closed", AUTOMATION, "done"),
)
SLOT = {slot.time: number for number, slot in enumerate(SLOTS)}


@dataclass
class Events:
    """One entry an event, sorted by item, time and slot. Times are whole seconds since the start (UTC).

    `seq` counts from 1 within the item, `actor` is a number among the members of the team that holds the
    item, `at_partner` tells that this team is the partner.
    """

    item: Ints
    slot: Ints
    seq: Ints
    occurred: Ints
    recorded: Ints
    loaded: Ints
    role: Ints
    actor: Ints
    at_partner: Bools


def loaded_at(recorded: Ints) -> Ints:
    """Second of the nightly load (23:00 UTC) that brings a row recorded then."""
    return -(-(recorded - _LOAD_SECOND) // _DAY) * _DAY + _LOAD_SECOND


def hold_back(recorded: Ints, loaded: Ints, held: tuple[int, int, int]) -> Ints:
    """Second of the load of each row if those recorded within a stretch wait until its end."""
    first, last, until = held
    return np.where((recorded >= first) & (recorded < last), np.maximum(loaded, until), loaded)


def make_events(
    items: Items,
    utc_offset: Floats,
    last_load: int,
    crew: Ints,
    partner_crew: int,
    rng: np.random.Generator,
    *,
    nightly: bool = False,
    held: tuple[int, int, int] | None = None,
) -> Events:
    """Events of the items.

    Args:
        utc_offset: shape (items,), hours the team's clock is ahead of UTC.
        last_load: second of the last load; what was recorded later is left out.
        crew: shape (items,), members there are when the item is created.
        partner_crew: members the partner team ever had, 0 without a partner.
        nightly: everything is written down in the night after the next day.
        held: what is recorded from the first to before the second of these seconds is loaded at the third.
    """
    rows, slots, times = [], [], []
    for number, slot in enumerate(SLOTS):
        time = getattr(items, slot.time)
        row = np.flatnonzero(np.isfinite(time))
        rows.append(row)
        slots.append(np.full(len(row), number))
        times.append(time[row])
    item, slot_no, local = np.concatenate(rows), np.concatenate(slots), np.concatenate(times)
    occurred = np.rint((local - utc_offset[item]) * 3600.0).astype(np.int64)
    order = np.lexsort((slot_no, occurred, item))
    item, slot_no, occurred = item[order], slot_no[order], occurred[order]

    created = slot_no == SLOT["created"]
    lag = np.rint(15.0 * rng.lognormal(0.0, 1.0, len(item))).astype(np.int64)
    late = rng.random(len(item)) < _LATE_SHARE
    lag = np.where(late, np.rint(3600.0 * rng.uniform(24.0, 120.0, len(item))).astype(np.int64), lag)
    written_late = (slot_no == SLOT["resolved"]) & np.isfinite(items.record_lag[item])
    lag = np.where(written_late, np.rint(3600.0 * np.nan_to_num(items.record_lag[item])).astype(np.int64), lag)
    recorded = occurred + np.where(created, 0, lag)  # the system itself writes down that an item is created
    if nightly:
        recorded = ((occurred - _NIGHT_SECOND) // _DAY + 2) * _DAY + _NIGHT_SECOND
    role, actor, at_partner = _who(items, item, slot_no, occurred, utc_offset, crew, partner_crew, rng)
    loaded = loaded_at(recorded)
    if held is not None:
        loaded = hold_back(recorded, loaded, held)
    seen = loaded <= last_load
    item = item[seen]
    first = np.flatnonzero(np.diff(item, prepend=-1))
    seq = np.arange(len(item)) - np.repeat(first, np.diff(np.append(first, len(item)))) + 1
    return Events(
        item, slot_no[seen], seq, occurred[seen], recorded[seen], loaded[seen], role[seen], actor[seen],
        at_partner[seen],
    )  # fmt: skip


def _who(
    items: Items,
    item: Ints,
    slot_no: Ints,
    occurred: Ints,
    utc_offset: Floats,
    crew: Ints,
    partner_crew: int,
    rng: np.random.Generator,
) -> tuple[Ints, Ints, Bools]:
    """Role, number of the member and whether the partner team held the item, for each event."""
    role = np.array([slot.role for slot in SLOTS])[slot_no]
    no_requester = (items.requester < 0)[item]
    role = np.where((role == REQUESTER) & no_requester, AGENT, role)

    def second(time: Floats) -> Floats:
        return np.rint((np.nan_to_num(time, nan=np.inf) - utc_offset) * 3600.0)

    away_from, away_to = second(items.handed_off)[item], second(items.handed_back)[item]
    at_partner = (occurred > away_from) & (occurred <= away_to)
    main = items.agent[item]
    other = (main + 1 + rng.integers(0, 5, len(item))) % crew[item]
    by_other = np.isin(slot_no, (SLOT["reviewed"], SLOT["reviewed_2"])) | (rng.random(len(item)) < 0.08)
    actor = np.where(by_other, other, main)
    actor = np.where(at_partner, main % max(partner_crew, 1), actor)
    return role, actor, at_partner
