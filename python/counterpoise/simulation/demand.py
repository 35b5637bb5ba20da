"""How much comes in each week, how many hands there are, and the requests themselves."""

import numpy as np

from counterpoise.simulation.clock import HOURS_PER_WEEK
from counterpoise.simulation.items import (
    CATEGORY_SHARE,
    CATEGORY_WORK,
    FIRST_HARD_CATEGORY,
    PRIORITY_SHARE,
    Requests,
)
from counterpoise.simulation.kinds import Weeks
from counterpoise.simulation.types import Floats
from counterpoise.simulation.world import EVALUATION, Team, World

_WEEKDAY_SHARE = np.array([0.21, 0.20, 0.19, 0.18, 0.15, 0.04, 0.03])
# Weights of the hours of a day (local clock): quiet nights, a peak before noon.
_HOUR_WEIGHT = np.array([1, 1, 1, 1, 1, 2, 4, 8, 14, 17, 17, 15, 12, 14, 15, 14, 12, 9, 6, 5, 4, 3, 2, 2], float)
_BY_HOUR = np.concatenate([[0.0], np.cumsum(_HOUR_WEIGHT) / _HOUR_WEIGHT.sum()])
_HARD_SHARE = CATEGORY_SHARE[FIRST_HARD_CATEGORY:] / CATEGORY_SHARE[FIRST_HARD_CATEGORY:].sum()
_EXTRA_WORK_IF_HARD = float((_HARD_SHARE @ CATEGORY_WORK[FIRST_HARD_CATEGORY:]) / (CATEGORY_SHARE @ CATEGORY_WORK) - 1)


def draw_weeks(world: World, team: Team, rng: np.random.Generator) -> Weeks:
    """Arrivals and staff of each week: the team's own swings, the calendar, the shared shock, the kind."""
    swing = np.zeros(world.weeks)
    steps = rng.normal(0.0, 0.05, world.weeks)
    for week in range(1, world.weeks):
        swing[week] = 0.5 * swing[week - 1] + steps[week]
    phase, height = rng.random(), rng.uniform(0.02, 0.08)
    yearly = 1 + height * np.sin(2 * np.pi * (world.day_of_year / 365.25 + phase))
    dip = world.holiday_dip
    weeks = Weeks(np.exp(swing) * yearly * dip * world.shock, dip**0.8, np.zeros(world.weeks), np.ones(world.weeks))
    if team.wave:
        wave = team.wave * np.sin(2 * np.pi * (world.day_of_year / 365.25 + team.wave_phase))
        weeks.arrivals *= 1 + wave
        weeks.staff *= 1 + 0.8 * wave  # staffing follows most of it
    if team.kind.demand is not None:
        week = np.arange(world.weeks, dtype=float)
        team.kind.demand(weeks, team.strength_at(week + 0.5), week - team.onset)
    return weeks


def load_of(weeks: Weeks) -> Floats:
    """Shape (weeks,): work that comes in over hands there are, 1 = usual; a full week spills over."""
    raw = weeks.arrivals * (1 + weeks.hard * _EXTRA_WORK_IF_HARD) / weeks.staff
    return 0.6 * raw + 0.4 * np.concatenate([raw[:1], raw[:-1]])


def first_requests(world: World, team: Team, weeks: Weeks, rng: np.random.Generator) -> Requests:
    """Requests that no earlier failure has caused."""
    counts = rng.poisson(team.volume * weeks.arrivals)
    week = np.repeat(np.arange(world.weeks), counts)
    n = len(week)
    weekday = rng.choice(7, size=n, p=_WEEKDAY_SHARE)
    hour = np.interp(rng.random(n), _BY_HOUR, np.arange(25.0))
    category = rng.choice(len(CATEGORY_SHARE), size=n, p=CATEGORY_SHARE)
    shift = rng.random(n)
    made_hard = shift < weeks.hard[week]
    made_easy = (shift < -weeks.hard[week]) & (category >= FIRST_HARD_CATEGORY)
    hard = FIRST_HARD_CATEGORY + rng.choice(len(_HARD_SHARE), size=n, p=_HARD_SHARE)
    category = np.where(made_easy, category - FIRST_HARD_CATEGORY, category)
    created = week * HOURS_PER_WEEK + weekday * 24.0 + hour
    if team.kind.arrive is not None:
        created = team.kind.arrive(created, team.strength_at(created / HOURS_PER_WEEK), world.start)
    # More requests are those of more people, or coming back within weeks would seem to grow with demand.
    pool = team.requesters * (weeks.arrivals[week] if world.scenario == EVALUATION else 1.0)
    return Requests(
        created=created,
        requester=(pool * rng.random(n) ** 1.2).astype(np.int64),
        category=np.where(made_hard, hard, category),
        priority=rng.choice(len(PRIORITY_SHARE), size=n, p=PRIORITY_SHARE),
        cause=np.full(n, -1),
    )
