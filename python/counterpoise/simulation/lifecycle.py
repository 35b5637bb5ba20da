"""From requests to finished items: what each is in for, how it goes, what is said, and who comes back.

A requester whose problem was not solved reopens the item or contacts the team again; that new item goes
through the same steps, so rounds of contact are looped over, items are not.
"""

import numpy as np

from counterpoise.simulation.clock import HOURS_PER_WEEK, WorkCalendar
from counterpoise.simulation.demand import draw_weeks, first_requests, load_of
from counterpoise.simulation.items import (
    CATEGORY_UNSOLVED,
    CATEGORY_WORK,
    DUPLICATE,
    EXPIRED,
    FROM_CUSTOMER,
    FROM_SPLIT,
    FROM_TEAM,
    PRIORITIES,
    PRIORITY_QUEUE,
    WITHDRAWN,
    Items,
    Requests,
)
from counterpoise.simulation.kinds import LOAD_TO_QUEUE, Course, Plan, Weeks
from counterpoise.simulation.types import Bools, Floats
from counterpoise.simulation.world import Team, World

_ROUNDS = 4  # a first contact, and up to three times coming back
_REOPENED, _CONTACTS_AGAIN = 0.45, 0.40  # of the unsolved; the others stay silent
_REOPENED_THOUGH_SOLVED = 0.008
_CLOSED_AFTER_HOURS = 168.0  # a closed item is not reopened: a new one is made
_ASSIGNED = 0.3  # by somebody, before work starts; the others are simply picked up
_HANDED_OFF, _MOVED = 0.07, 0.02  # of all items; the moved are among the handed off
_HANDED_OFF_IF_WHOLE, _MOVED_IF_WHOLE, _SPLIT_IF_WHOLE = 0.08, 0.055, 0.01  # where all tables are made
_NOT_IF_GIVEN_UP = (
    "handed_off", "handed_back", "escalated", "chased", "started", "paused", "resumed", "stopped",
    "restarted", "resolved", "really_done",
)  # fmt: skip
_HIGH_PRIORITY = PRIORITIES.index("high")


def live(world: World, team: Team) -> tuple[Items, Weeks]:
    """All items of the team created before the last load, sorted by creation, and the team's weeks."""
    rng = world.rng(2, team.index)
    weeks = draw_weeks(world, team, rng)
    queue_factor = load_of(weeks) ** LOAD_TO_QUEUE * weeks.drag
    requests = first_requests(world, team, weeks, rng)
    parts: list[Items] = []
    rows = 0
    with np.errstate(invalid="ignore"):  # NaN is "did not happen" and goes through arithmetic as such
        for _ in range(_ROUNDS):
            items, split, unsolved = _contact(world, team, requests, queue_factor, rng)
            children = _children(team.trade.calendar, items, split, unsolved, rows, rng)
            _settle(team, children, rows, rng)
            requests = _settle(team, items, rows, rng)
            parts += [items, children]
            rows += len(items) + len(children)
    return _sorted_by_creation(world, team, Items.joined(parts)), weeks


def _sorted_by_creation(world: World, team: Team, items: Items) -> Items:
    offset = team.utc_offset(world)
    kept = np.flatnonzero((items.created >= offset[0]) & (items.created <= world.last_load_hour + offset[-1]))
    order = kept[np.argsort(items.created[kept], kind="stable")]
    new_row = np.full(len(items) + 1, -1)  # the last entry answers for parent -1
    new_row[order] = np.arange(len(order))
    items = items.take(order)
    items.parent, items.cause = new_row[items.parent], new_row[items.cause]
    return items


def _contact(
    world: World, team: Team, requests: Requests, queue_factor: Floats, rng: np.random.Generator
) -> tuple[Items, Bools, Floats]:
    """Items up to their first resolution; which are split; how likely each was left unsolved."""
    n = len(requests.created)
    week = requests.created / HOURS_PER_WEEK
    s = team.strength_at(week)
    whole_week = np.clip(week.astype(np.int64), 0, world.weeks - 1)
    plan = _plan(world, team, requests, queue_factor[whole_week], rng)
    plan.unsolved += world.shock_harm[whole_week]
    if team.kind.plan is not None:
        team.kind.plan(plan, s)
    if team.kind.late is not None:
        team.kind.late(plan, team.strength_at(week - team.kind.lag))
    items = _described(team, requests, plan, week, rng)
    course = _natural_course(world, team, items, plan, rng)
    if team.kind.finish is not None:
        team.kind.finish(course, np.where(items.moved, 0.0, s), rng)
    items.started, items.resolved = course.started, course.resolved
    items.paused, items.resumed = course.paused, course.resumed
    items.stopped, items.restarted = course.stopped, course.restarted
    items.really_done = course.really
    items.work_hours = plan.active
    items.solved = rng.random(n) >= course.unsolved
    _first_answer(team, items, plan, rng)
    given_up = _give_up(items, plan, rng)
    _conversation(team, items, plan, rng)
    if team.trade.review_share:
        _reviews(team, items, plan, rng)
    split = (rng.random(n) < plan.split_share) & ~given_up & ~items.moved
    return items, split, course.unsolved


def _plan(world: World, team: Team, requests: Requests, queue_factor: Floats, rng: np.random.Generator) -> Plan:
    n, trade = len(requests.created), team.trade
    queue = trade.queue_hours * team.pace * rng.lognormal(0.0, trade.queue_spread, n)
    active = trade.active_hours * team.pace * rng.lognormal(0.0, trade.active_spread, n)
    return Plan(
        queue=queue * PRIORITY_QUEUE[requests.priority] * queue_factor,
        active=active * CATEGORY_WORK[requests.category],
        unsolved=CATEGORY_UNSOLVED[requests.category] * team.care,
        pause_share=np.full(n, trade.pause_share),
        confirm_share=np.full(n, 0.45),
        review_share=np.full(n, trade.review_share),
        abandon_share=np.zeros(n),
        replies=np.full(n, trade.reply_mean),
        acknowledge_share=np.zeros(n),
        split_share=np.full(n, _SPLIT_IF_WHOLE if world.makes_all else 0.0),
        pause_length=np.ones(n),
        size=np.ones(n),
        assigned_share=np.full(n, _ASSIGNED),
        handed_share=np.full(n, _HANDED_OFF_IF_WHOLE if world.makes_all else _HANDED_OFF),
        moved_share=np.full(n, _MOVED_IF_WHOLE if world.makes_all else _MOVED),
        partner_wait=np.zeros(n),
        review_again=np.full(n, 0.2),
    )


def _described(team: Team, requests: Requests, plan: Plan, week: Floats, rng: np.random.Generator) -> Items:
    """Blank items with all that is known of them when they are created, and who will work on them."""
    n, trade = len(requests.created), team.trade
    items = Items.blank(n)
    items.created = requests.created
    items.category, items.priority = requests.category, requests.priority
    items.item_type = rng.choice(len(trade.item_types), size=n, p=[share for _, share in trade.item_types])
    items.channel = rng.choice(len(trade.channels), size=n, p=[share for _, share in trade.channels])
    items.origin = np.where(rng.random(n) < trade.own_work_share, FROM_TEAM, FROM_CUSTOMER)
    items.requester = np.where(items.origin == FROM_TEAM, -1, requests.requester)
    items.planned = rng.random(n) < np.where(items.origin == FROM_TEAM, 0.9, 0.3)
    items.agent = (rng.random(n) * team.members_at(week)).astype(np.int64)
    items.size = np.round(4 * CATEGORY_WORK[items.category] * rng.lognormal(0.0, 0.3, n) * plan.size, 1)
    work = 1.3 * trade.active_hours * CATEGORY_WORK[items.category]
    wait = 1.4 * trade.queue_hours * PRIORITY_QUEUE[items.priority]
    items.expected_hours = (work + wait) * trade.calendar.stretch + trade.pause_share * trade.pause_hours
    items.parent[:] = -1
    items.cause = requests.cause
    handed = rng.random(n) if team.partner is not None else np.ones(n)
    items.moved = handed < plan.moved_share
    items.handed_off = np.where(handed < plan.handed_share, 0.0, np.nan)
    items.handed_back = np.where((handed < plan.handed_share) & ~items.moved, 0.0, np.nan)
    return items


def _natural_course(world: World, team: Team, items: Items, plan: Plan, rng: np.random.Generator) -> Course:
    """Queue, work, at most one pause for the requester, work again, resolution."""
    n, calendar = len(items), team.trade.calendar
    stays = np.isnan(items.handed_off)
    queue = plan.queue * np.where(stays, 1.0, 1.8) + np.where(stays, 0.0, plan.partner_wait)
    arrival = calendar.to_work(items.created)

    def in_queue(low: float, high: float) -> Floats:
        return np.maximum(items.created, calendar.to_local(arrival + queue * rng.uniform(low, high, n)))

    items.assigned = np.where(rng.random(n) < plan.assigned_share, in_queue(0.02, 0.15), np.nan)
    items.handed_off += in_queue(0.2, 0.4)
    items.handed_back += in_queue(0.6, 0.8)
    started = calendar.later(items.created, queue)
    pause_after = plan.active * rng.uniform(0.3, 0.9, n)
    pauses = rng.random(n) < plan.pause_share
    paused = np.where(pauses, calendar.later(started, pause_after), np.nan)
    resumed = paused + team.trade.pause_hours * rng.lognormal(0.0, 0.7, n) * plan.pause_length
    resolved = np.where(
        pauses, calendar.later(resumed, plan.active - pause_after), calendar.later(started, plan.active)
    )
    nothing = np.full(n, np.nan)
    return Course(
        category=items.category,
        created=items.created,
        started=started,
        paused=paused,
        resumed=resumed,
        stopped=nothing,
        restarted=nothing,
        resolved=resolved,
        really=nothing,
        unsolved=plan.unsolved.copy(),
        target=team.trade.resolution_target,
        calendar=calendar,
        start=world.start,
    )


def _first_answer(team: Team, items: Items, plan: Plan, rng: np.random.Generator) -> None:
    """The first answer comes with the work, or, where it is only acknowledged, at once and alone."""
    n, calendar = len(items), team.trade.calendar
    with_work = calendar.later(items.started, plan.active * rng.uniform(0.02, 0.2, n))
    with_work = np.fmin(np.fmin(with_work, items.paused), np.fmin(items.stopped, items.resolved))
    at_once = np.minimum(calendar.later(items.created, 0.12 * rng.lognormal(0.0, 0.5, n)), items.started)
    items.acknowledged = rng.random(n) < plan.acknowledge_share
    items.first_response = np.where(items.acknowledged, at_once, with_work)
    worried = items.acknowledged & (items.started - at_once > 4.0) & (rng.random(n) < 0.45)
    chased = at_once + (items.started - at_once) * rng.uniform(0.4, 0.95, n)
    items.chased = np.where(worried, chased, np.nan)
    escalates = rng.random(n) < 0.02 * CATEGORY_WORK[items.category]
    items.escalated = np.where(escalates, calendar.between(items.started, items.resolved, 0.3), np.nan)


def _give_up(items: Items, plan: Plan, rng: np.random.Generator) -> Bools:
    """Items that end without being resolved: withdrawn, found to be duplicates, or left until they expire."""
    n = len(items)
    draw = rng.random(n)
    limits = (0.015, 0.025, 0.025 + plan.abandon_share)
    items.resolution = np.select(
        [draw < limit for limit in limits], [WITHDRAWN, DUPLICATE, EXPIRED], default=items.resolution
    )
    given_up = draw < limits[-1]
    soon = items.created + (items.started - items.created) * rng.uniform(0.1, 0.9, n)
    late = items.created + 240.0 * rng.lognormal(0.0, 0.4, n)
    items.closed = np.where(given_up, np.where(items.resolution == EXPIRED, late, soon), np.nan)
    for name in _NOT_IF_GIVEN_UP:
        getattr(items, name)[given_up] = np.nan
    for name in ("assigned", "first_response"):
        time = getattr(items, name)
        time[given_up & (time > items.closed)] = np.nan
    items.moved &= ~given_up
    items.solved &= ~given_up
    items.work_hours = np.where(given_up, 0.0, items.work_hours)
    return given_up


def _conversation(team: Team, items: Items, plan: Plan, rng: np.random.Generator) -> None:
    """Public replies while work goes on, the question a pause begins with, the requester's answers."""
    n, calendar = len(items), team.trade.calendar
    replies = rng.poisson(plan.replies * np.where(items.solved, 1.0, 1.5))
    last = items.first_response
    for number, name in enumerate(("comment_1", "comment_2", "comment_3"), start=1):
        after_pause = rng.random(n) < 0.5
        low = np.where(after_pause, np.fmax(items.first_response, items.resumed), items.first_response)
        low = np.fmax(low, items.started)
        high = np.fmin(items.resolved, items.stopped)
        high = np.where(after_pause, high, np.fmin(high, items.paused))
        said = np.where(replies >= number, calendar.between(low, high, rng.random(n)), np.nan)
        setattr(items, name, said)
        last = np.fmax(last, said)
    items.asked = items.paused.copy()
    items.replied = np.where(rng.random(n) < 0.9, items.resumed, np.nan)
    says_so = (rng.random(n) < plan.confirm_share) & np.isnan(items.stopped) & (items.origin == FROM_CUSTOMER)
    last = np.fmax(np.fmax(last, items.resumed), items.started)
    confirmed = last + (items.resolved - last) * rng.uniform(0.8, 1.0, n)
    items.confirmed = np.where(says_so, confirmed, np.nan)


def _reviews(team: Team, items: Items, plan: Plan, rng: np.random.Generator) -> None:
    """One round of review before the resolution, sometimes a second; pull requests are merged."""
    n, calendar = len(items), team.trade.calendar
    reviewed, twice = rng.random(n) < plan.review_share, rng.random(n) < plan.review_again
    since = np.fmax(items.started, items.resumed)
    shares = (rng.uniform(0.5, 0.7, n), rng.uniform(0.75, 0.9, n), np.full(n, 0.92), np.full(n, 0.97))
    names = ("review_requested", "reviewed", "review_requested_2", "reviewed_2")
    for name, share in zip(names, shares, strict=True):
        happens = reviewed & twice if name.endswith("_2") else reviewed
        setattr(items, name, np.where(happens, calendar.between(since, items.resolved, share), np.nan))
    is_pull_request = items.item_type == team.item_type_code("pull_request")
    items.merged = np.where(is_pull_request, items.resolved, np.nan)
    done = np.isfinite(items.resolved)
    items.review_hours = np.where(reviewed & done, 0.12 * plan.active * np.where(twice, 1.6, 1.0), np.nan)


def _children(
    calendar: WorkCalendar,
    items: Items,
    split: Bools,
    unsolved: Floats,
    first_row: int,
    rng: np.random.Generator,
) -> Items:
    """Small items cut from the split ones, done one after the other within the parent's time of work."""
    parents = np.flatnonzero(split)
    pieces = rng.integers(2, 5, len(parents))
    rows = np.repeat(parents, pieces)
    number = np.arange(len(rows)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    of = np.repeat(pieces, pieces)
    parent = items.take(rows)
    children = Items.blank(len(rows))
    for name in ("category", "priority", "item_type", "channel", "agent", "planned"):
        setattr(children, name, getattr(parent, name))
    children.origin[:] = FROM_SPLIT
    children.requester[:] = -1
    children.parent = first_row + rows
    children.cause[:] = -1
    children.size = np.round(parent.size / of, 1)
    children.work_hours = parent.work_hours / of
    children.created = parent.started + 0.02 * number
    children.created = np.minimum(children.created, parent.resolved)
    children.started = np.fmax(children.created, calendar.between(parent.started, parent.resolved, number / of))
    children.resolved = np.fmax(
        children.started, calendar.between(parent.started, parent.resolved, (number + 0.98) / of)
    )
    children.assigned = children.created.copy()
    children.solved = rng.random(len(rows)) >= 0.5 * unsolved[rows]
    items.work_hours[parents] = 0.0  # the work is in the pieces now
    return children


def _settle(team: Team, items: Items, first_row: int, rng: np.random.Generator) -> Requests:
    """What follows the first resolution: reopening, more work, closing; and the requests that come of it."""
    n, calendar, trade = len(items), team.trade.calendar, team.trade
    resolved = np.isfinite(items.resolved)
    way = rng.random(n)
    reopens = np.where(items.solved, way < _REOPENED_THOUGH_SOLVED, way < _REOPENED) & resolved
    comes_again = resolved & ~items.solved & (way >= _REOPENED) & (way < _REOPENED + _CONTACTS_AGAIN)
    comes_again &= items.requester >= 0

    def back_after() -> Floats:
        return np.minimum(30.0 * rng.lognormal(0.0, 1.0, n), _CLOSED_AFTER_HOURS - 3.0 * rng.random(n))

    def taken_up_after(reopened: Floats) -> Floats:
        return calendar.later(reopened, 0.8 * trade.queue_hours * team.pace * rng.lognormal(0.0, 0.8, n))

    again = np.where(reopens, 0.5 * items.work_hours * rng.lognormal(0.0, 0.4, n) + 0.2, 0.0)
    items.reopened = np.where(reopens, items.resolved + back_after(), np.nan)
    items.taken_up = taken_up_after(items.reopened)
    items.resolved_2 = calendar.later(items.taken_up, again)
    items.answered = items.resolved_2.copy()
    reopens_again = reopens & (rng.random(n) < 0.15)
    items.reopened_2 = np.where(reopens_again, items.resolved_2 + back_after(), np.nan)
    items.taken_up_2 = taken_up_after(items.reopened_2)
    items.resolved_3 = calendar.later(items.taken_up_2, again)
    items.rework_hours = np.where(reopens_again, 2 * again, again)
    ended = np.fmax(np.fmax(items.resolved, items.resolved_2), items.resolved_3)
    items.closed = np.where(resolved, ended + _CLOSED_AFTER_HOURS, items.closed)

    rows = np.flatnonzero(comes_again)
    delay = np.clip(100.0 * rng.lognormal(0.0, 0.8, len(rows)), 2.0, 27.0 * 24.0)
    raised = rng.random(len(rows)) < 0.2
    return Requests(
        created=items.resolved[rows] + delay,
        requester=items.requester[rows],
        category=items.category[rows],
        priority=np.where(raised, _HIGH_PRIORITY, items.priority[rows]),
        cause=first_row + rows,
    )
