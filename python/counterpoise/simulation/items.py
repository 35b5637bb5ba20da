"""The items of one team as arrays, and the words their codes stand for."""

from dataclasses import dataclass, fields
from typing import get_type_hints

import numpy as np

from counterpoise.simulation.types import Bools, Floats, Ints

CATEGORIES = ("question", "request", "change", "fault")
# How another tool calls them, one for one.
CATEGORIES_AFTER_MIGRATION = ("how_to", "service_request", "modification", "malfunction")
CATEGORY_SHARE = np.array([0.34, 0.30, 0.20, 0.16])
CATEGORY_WORK = np.array([0.5, 0.9, 1.5, 2.2])
CATEGORY_UNSOLVED = np.array([0.05, 0.07, 0.12, 0.16])
FIRST_HARD_CATEGORY = 2

PRIORITIES = ("low", "normal", "high")
PRIORITY_SHARE = np.array([0.25, 0.60, 0.15])
PRIORITY_QUEUE = np.array([1.5, 1.0, 0.4])

ORIGINS = ("customer", "team", "split")
FROM_CUSTOMER, FROM_TEAM, FROM_SPLIT = range(3)

RESOLUTIONS = ("done", "withdrawn", "duplicate", "expired")
DONE, WITHDRAWN, DUPLICATE, EXPIRED = range(4)

_BLANK = {Floats: np.nan, Ints: 0, Bools: False}


@dataclass
class Requests:
    """Requests as they arrive: local hours since the start, who asks, and about what.

    `cause` is the row of the item whose failure brought the request, or -1.
    """

    created: Floats
    requester: Ints
    category: Ints
    priority: Ints
    cause: Ints


@dataclass
class Items:
    """One entry an item. Times are local hours since the start, NaN = did not happen.

    `parent` and `cause` are rows of the same arrays or -1, `requester` a number in the team's pool or -1,
    `solved` tells whether the first resolution solved the problem, `moved` whether the partner team ends it.
    Hours of work are touch time in open hours. What `traces` fills (all from `ai_assisted` on) stays blank in the
    scenarios that do not ask for it; `goal` and `policy` are 0 for none, `record_lag` is how many hours late the
    resolution is written down, `edited_from` what stood there before the edit. `really_done` is when the work was
    done where the resolution claims an earlier time.
    """

    requester: Ints
    category: Ints
    priority: Ints
    item_type: Ints
    channel: Ints
    origin: Ints
    resolution: Ints
    agent: Ints
    parent: Ints
    cause: Ints
    planned: Bools
    acknowledged: Bools
    solved: Bools
    moved: Bools
    size: Floats
    expected_hours: Floats
    work_hours: Floats
    rework_hours: Floats
    review_hours: Floats
    created: Floats
    assigned: Floats
    handed_off: Floats
    handed_back: Floats
    escalated: Floats
    first_response: Floats
    chased: Floats
    started: Floats
    comment_1: Floats
    comment_2: Floats
    comment_3: Floats
    asked: Floats
    paused: Floats
    replied: Floats
    resumed: Floats
    stopped: Floats
    restarted: Floats
    review_requested: Floats
    reviewed: Floats
    review_requested_2: Floats
    reviewed_2: Floats
    merged: Floats
    confirmed: Floats
    resolved: Floats
    reopened: Floats
    taken_up: Floats
    answered: Floats
    resolved_2: Floats
    reopened_2: Floats
    taken_up_2: Floats
    resolved_3: Floats
    closed: Floats
    ai_assisted: Bools
    policy: Ints
    goal: Ints
    due: Floats
    record_lag: Floats
    edited_from: Floats
    looked_at: Floats
    status_1: Floats
    status_2: Floats
    status_3: Floats
    status_4: Floats
    edit_1: Floats
    edit_2: Floats
    edit_3: Floats
    blocked: Floats
    unblocked: Floats
    checked: Floats
    deployed: Floats
    reverted: Floats
    edited_after: Floats
    touched_after: Floats
    really_done: Floats

    def __len__(self) -> int:
        return len(self.created)

    @classmethod
    def blank(cls, n: int) -> "Items":
        """`n` items to which nothing has happened."""
        return cls(**{name: np.full(n, blank) for name, blank in _BLANK_BY_FIELD.items()})

    @classmethod
    def joined(cls, parts: "list[Items]") -> "Items":
        """All parts one after the other; `parent` is left as it is."""
        return cls(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)})

    def take(self, rows: Ints) -> "Items":
        """The items at `rows`, in that order; `parent` is left as it is."""
        return Items(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


_BLANK_BY_FIELD = {name: _BLANK[hint] for name, hint in get_type_hints(Items).items()}
