"""What is given before any item exists: the run's setting, the teams and who is in them.

Every random draw of a team comes from streams named by (seed, stream, team index) and nothing else, so that
adding a team changes no other team's rows.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from counterpoise.simulation.clock import HOURS_PER_WEEK, WorkCalendar
from counterpoise.simulation.kinds import KINDS, Kind
from counterpoise.simulation.kinds_catalogue import CATALOGUE_KINDS, ROSTER
from counterpoise.simulation.kinds_evaluation import BENIGN_NAMES, EVALUATION_KINDS, PARADOX_NAMES
from counterpoise.simulation.types import Floats, Ints

FUNCTIONS = ("support", "engineering", "operations")
DEMO, EVALUATION, CATALOGUE = SCENARIOS = ("demo", "evaluation", "catalogue")

# One kind a team, in the order of the teams; with more than twelve teams it starts again.
_DEMO_KINDS = (
    "early_close", "noise", "real_improvement",
    "season", "splitting", "stopped_clock",
    "acknowledge_only", "headcount_growth", "harmless_bunching",
    "demand_spike", "mix_shift", "understaffing",
)  # fmt: skip
_NAMES = (
    "Atlas", "Borealis", "Cascade", "Delta", "Estuary", "Fjord", "Glacier", "Harbour", "Isthmus",
    "Juniper Bay", "Kelp Point", "Lagoon", "Meadow", "Northlight", "Orchard", "Prairie", "Quarry", "Ridge",
    "Savanna", "Tundra", "Upland", "Valley", "Windmill", "Zenith",
)  # fmt: skip
# Of every five teams of the evaluation, in any order, so many are a paradox.
_PARADOX_OF_FIVE = 2
# Optional tables that are missing at some teams of the evaluation, with the share of the teams.
_MISSING_SHARE = {
    "work_item_links": 0.08, "outcomes": 0.05, "team_members": 0.08, "capacity": 0.08, "team_hours": 0.12,
    "survey_answers": 0.12, "targets": 0.08, "metric_changes": 0.10, "metric_reviews": 0.15, "process_runs": 0.15,
    "interventions": 0.08, "norms": 0.15, "costs": 0.15,
}  # fmt: skip
# What else may be registered of a team of the evaluation, with nothing behind it.
_BESIDES = ("new_kpi", "leaderboard", "bonus", "headline_metric", "reorganisation", "other")
_DEMO_MIGRATED_TEAM, _DEMO_RECOUNTED_TEAM, _BERLIN_TEAM = 1, 3, 7


@dataclass(frozen=True)
class Trade:
    """What is typical of a function. Medians in open hours, pauses in calendar hours, targets in hours."""

    calendar: WorkCalendar
    queue_hours: float
    queue_spread: float
    active_hours: float
    active_spread: float
    pause_share: float
    pause_hours: float
    reply_mean: float
    review_share: float
    first_response_target: float
    resolution_target: float
    item_types: tuple[tuple[str, float], ...]
    channels: tuple[tuple[str, float], ...]
    source_system: str
    own_work_share: float = 0.0


TRADES: dict[str, Trade] = {
    "support": Trade(
        WorkCalendar(7, 14, 7), 1.3, 0.85, 2.4, 0.70, 0.30, 15.0, 0.7, 0.0, 4.0, 14.0,
        (("ticket", 1.0),), (("mail", 0.5), ("web", 0.3), ("chat", 0.2)), "helpdesk",
    ),
    "engineering": Trade(
        WorkCalendar(8, 10, 5), 4.0, 0.85, 8.0, 0.70, 0.15, 20.0, 0.4, 0.9, 24.0, 72.0,
        (("issue", 0.55), ("pull_request", 0.45)), (("web", 0.6), ("api", 0.4)), "tracker", 0.35,
    ),
    "operations": Trade(
        WorkCalendar(0, 24, 7), 1.6, 0.90, 4.0, 0.75, 0.25, 12.0, 0.5, 0.0, 3.0, 9.0,
        (("incident", 0.45), ("task", 0.35), ("change", 0.20)), (("web", 0.5), ("phone", 0.3), ("api", 0.2)),
        "desk",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class World:
    """The setting of one run. Hours are counted from `start`, Monday 00:00 UTC; `end` is not part of it."""

    seed: int
    weeks: int
    start: date
    scenario: str
    scale: float
    effect: float = 1.0

    @property
    def makes_all(self) -> bool:
        """Whether all tables of the contract are made, not only those the demo shows."""
        return self.scenario != DEMO

    @property
    def team_count(self) -> int | None:
        """How many teams the scenario has, None where that is free."""
        return len(ROSTER) if self.scenario == CATALOGUE else None

    @property
    def end(self) -> date:
        return self.start + timedelta(weeks=self.weeks)

    @property
    def last_load_hour(self) -> float:
        """The last nightly load (23:00 UTC). What was recorded later is not in the tables."""
        return self.weeks * HOURS_PER_WEEK - 1.0

    def rng(self, stream: int, index: int) -> np.random.Generator:
        """Independent stream `stream` of team `index` (0 is for what all teams share)."""
        return np.random.default_rng([self.seed, stream, index])

    @cached_property
    def day_of_year(self) -> Floats:
        """Shape (weeks,): day of the year of each Monday."""
        return np.array([(self.start + timedelta(weeks=w)).timetuple().tm_yday for w in range(self.weeks)], float)

    @cached_property
    def holiday_dip(self) -> Floats:
        """Shape (weeks,): share of normal life that goes on; the turn of the year is quiet."""
        days_to_new_year = np.abs((self.day_of_year + 3 + 182) % 365.25 - 182)
        return 1.0 - 0.45 * np.clip(1.5 - days_to_new_year / 7.0, 0.0, 1.0)

    @cached_property
    def shock_weeks(self) -> tuple[int, int]:
        """First week and the week after the last of the external event that hits everybody."""
        rng = self.rng(0, 0)
        if self.scenario == EVALUATION:
            first = int(self.weeks * (0.5 + 0.3 * rng.random()))
            return first, min(first + int(rng.integers(4, 9)), self.weeks)
        first = int(self.weeks * (0.36 + 0.08 * rng.random()))
        return first, min(first + 3, self.weeks)

    @cached_property
    def shock(self) -> Floats:
        """Shape (weeks,): factor on everybody's arrivals."""
        factor = np.ones(self.weeks)
        factor[slice(*self.shock_weeks)] = 1.3
        return factor

    @cached_property
    def shock_harm(self) -> Floats:
        """Shape (weeks,): what the event adds to everybody's share of items left unsolved."""
        harm = np.zeros(self.weeks)
        harm[slice(*self.shock_weeks)] = 0.12 if self.scenario == EVALUATION else 0.0
        return harm

    @property
    def shock_is_registered(self) -> bool:
        """Whether anybody wrote the event down; in the evaluation often nobody did."""
        return self.scenario != EVALUATION or bool(self.rng(0, 1).random() < 0.5)


@dataclass(frozen=True)
class Team:
    """A team as drawn: size, volume, and what it does from its onset week on.

    `joined` and `left` hold the week each member came (negative = before the start) and went (inf = never).
    `recount_week` and `retarget_week` are when a registered change of the first-response target and of the
    resolution target begins (inf = never), by `recount_factor`. `helper` is the index of the team that work is
    handed to, where it is not simply the one before of the same function. `lag` is how many weeks later than
    usual complaints and defects come to light, `wave` the height of a season of its own, `missing` names the
    optional tables the team does not fill, `besides` what else happened: kind and week of an intervention.
    """

    index: int
    function: str
    kind: Kind
    onset: float
    ramp: float
    strength: float
    volume: float
    pace: float
    care: float
    timezone: str
    joined: Floats
    left: Floats
    fte: Floats
    new_kpi: bool
    rewarded: bool
    migration_week: float
    recount_week: float
    helper: int | None = None
    given_name: str = ""
    retarget_week: float = np.inf
    recount_factor: float = 1.5
    lag: float = 0.0
    wave: float = 0.0
    wave_phase: float = 0.0
    missing: frozenset[str] = frozenset()
    besides: tuple[str, float] | None = None

    @property
    def team_id(self) -> str:
        return f"team-{self.index + 1:04d}"

    @property
    def name(self) -> str:
        """A place's name, unless the scenario gives another."""
        if self.given_name:
            return self.given_name
        round_, place = divmod(self.index, len(_NAMES))
        return _NAMES[place] if round_ == 0 else f"{_NAMES[place]} {round_ + 1}"

    @property
    def parent_id(self) -> str:
        return f"dept-{self.function}"

    @property
    def trade(self) -> Trade:
        return TRADES[self.function]

    @property
    def requesters(self) -> int:
        """Size of the pool of people who ask this team for things."""
        return max(20, int(60 * self.volume))

    def item_type_code(self, name: str) -> int:
        """Number the team's item type goes by."""
        return [item_type for item_type, _ in self.trade.item_types].index(name)

    @property
    def partner(self) -> int | None:
        """Index of the team that work is handed to: an earlier one, so that later teams change nothing."""
        if self.helper is not None:
            return self.helper
        if self.index >= len(FUNCTIONS):
            return self.index - len(FUNCTIONS)
        return self.index - 1 if self.index else None

    def strength_at(self, week: Floats) -> Floats:
        """Strength of the team's behaviour at each fractional week: 0 before onset, then a straight ramp or a step."""
        if self.ramp == 0:
            return self.strength * (week >= self.onset)
        return self.strength * np.clip((week - self.onset) / self.ramp, 0.0, 1.0)

    def members_at(self, week: Floats) -> Ints:
        """How many members are there at each week; leavers are the last of the first crew."""
        week = np.asarray(week)[..., None]
        return ((self.joined <= week) & (week < self.left)).sum(axis=-1)

    def utc_offset(self, world: World) -> Floats:
        """Shape (weeks,): hours the team's clock is ahead of UTC in each week."""
        if self.timezone == "UTC":
            return np.zeros(world.weeks)
        zone = ZoneInfo(self.timezone)
        noon = datetime(world.start.year, world.start.month, world.start.day, 12)
        offsets = [(noon + timedelta(weeks=w)).replace(tzinfo=zone).utcoffset() for w in range(world.weeks)]
        return np.array([offset.total_seconds() / 3600.0 for offset in offsets])


def draw_team(
    world: World,
    index: int,
    kind: str | None = None,
    onset: float | None = None,
    strength: float | None = None,
) -> Team:
    """The team at `index`; kind, onset (a week) and strength override what the scenario gives."""
    rng = world.rng(1, index)
    in_catalogue = world.scenario == CATALOGUE
    chosen, drawn_onset, drawn_strength = _behaviour(world, index, rng, kind)
    function = chosen.scene.function or FUNCTIONS[index % len(FUNCTIONS)]
    onset = drawn_onset if onset is None else onset
    strength = drawn_strength if strength is None else strength
    members = int(rng.integers(6, 13))
    volume = world.scale * (33.0 + 17.0 * (members - 6) / 6.0 + rng.uniform(-2.0, 2.0)) * chosen.scene.volume
    pace, care = np.exp(rng.normal(0.0, 0.08)), np.exp(rng.normal(0.0, 0.12))
    kpi_draw, reward_draw, change_draw = rng.random(3)
    if in_catalogue:
        members = chosen.scene.members or max(members, 7)
    fte = rng.choice((1.0, 0.8, 0.5), size=24, p=(0.75, 0.17, 0.08))
    joined = -rng.uniform(4.0, 150.0, size=24)
    joined, left = _crew(max(members, chosen.least_members), chosen, onset, strength, joined)
    demo = world.scenario == DEMO
    migrates = index == _DEMO_MIGRATED_TEAM if demo else change_draw < 0.05
    recounts = index == _DEMO_RECOUNTED_TEAM if demo else change_draw > 0.95
    migrates, recounts = migrates and not in_catalogue, recounts and not in_catalogue
    recounts = recounts and not chosen.is_paradox and world.weeks > 2
    team = Team(
        index=index,
        function=function,
        kind=chosen,
        onset=onset,
        ramp=min(2.0 if in_catalogue else 5.0, max(1.0, world.weeks / 20.0)),
        strength=strength if chosen.name not in ("noise", "quiet") else 0.0,
        volume=volume,
        pace=float(pace),
        care=float(care),
        timezone="Europe/Berlin" if index % len(_DEMO_KINDS) == _BERLIN_TEAM else "UTC",
        joined=joined,
        left=left,
        fte=np.ones(len(joined)) if chosen.scene.members else fte[: len(joined)],
        new_kpi=bool(kpi_draw < (0.7 if chosen.is_paradox else 0.15)),
        rewarded=not in_catalogue and bool(reward_draw < (0.6 if function == "support" else 0.1)),
        migration_week=round(world.weeks * 0.3) if migrates else np.inf,
        recount_week=round(world.weeks * 0.55) if recounts else np.inf,
        given_name=_example_name(chosen) if in_catalogue else "",
        helper=FUNCTIONS.index(function) if in_catalogue and index >= len(FUNCTIONS) else None,
    )
    return _in_evaluation(world, team) if world.scenario == EVALUATION else team


def _in_evaluation(world: World, team: Team) -> Team:
    """What is drawn for a team of the evaluation only: ramp, lag, season, gaps, and what the kind asks for."""
    rng = world.rng(15, team.index)
    ramp = float(rng.integers(0, 11))
    slow, lag, wavy, height, phase, else_happens, which, when = rng.random(8)
    missing = {table for table, share in _MISSING_SHARE.items() if rng.random() < share} - team.kind.needs
    told, begins = team.kind.told, team.strength > 0 and 2 <= team.onset < world.weeks
    if "interventions" in missing:
        else_happens = 1.0
    return replace(
        team,
        ramp=ramp,
        lag=float(round(1 + 5 * lag)) if slow < 0.5 else 0.0,
        wave=0.1 + 0.2 * height if wavy < 0.35 and team.kind.name != "season" else 0.0,
        wave_phase=phase,
        missing=frozenset(missing),
        besides=(_BESIDES[int(which * len(_BESIDES))], round(world.weeks * when)) if else_happens < 0.25 else None,
        migration_week=team.onset if told.migrates else team.migration_week,
        recount_week=team.onset if begins and told.recounts == "first_response_hours" else team.recount_week,
        retarget_week=team.onset if begins and told.recounts == "resolution_hours" else np.inf,
        recount_factor=told.factor**team.strength if told.recounts else team.recount_factor,
    )


def _example_name(kind: Kind) -> str:
    """What a team of the catalogue shows, so that the report of that organisation reads as an appendix of signals."""
    if kind.signal_id is None:
        return ""
    return kind.signal_id.replace("_", " ").capitalize() + (", benign twin" if kind.is_twin else "")


def _behaviour(world: World, index: int, rng: np.random.Generator, kind: str | None) -> tuple[Kind, float, float]:
    """Kind, onset week and strength the scenario gives the team; `kind` overrides which."""
    _, pick, onset, strength = rng.random(4)
    if world.scenario == DEMO:
        chosen = KINDS[kind or _DEMO_KINDS[index % len(_DEMO_KINDS)]]
        return chosen, float(round(world.weeks * (0.625 + 0.145 * onset))), 0.75 + 0.25 * strength
    if world.scenario == CATALOGUE:
        return CATALOGUE_KINDS[kind or ROSTER[index]], float(round(world.weeks * (0.71 + 0.04 * onset))), 1.0
    variants = EVALUATION_KINDS[kind or _evaluation_kind(world, index)]
    chosen = variants[int(pick * len(variants))]
    return chosen, float(round(world.weeks * (0.45 + 0.33 * onset))), min(1.0, world.effect * (0.3 + 0.7 * strength))


def _evaluation_kind(world: World, index: int) -> str:
    """Name of the team's kind: all paradox and all benign kinds by turns, each turn in a new order of the seed.

    No other team is looked at, so that one more team changes nothing for the others.
    """
    five, place = divmod(index, 5)
    rank = int(np.argsort(world.rng(14, five).random(5))[place])
    is_paradox = rank < _PARADOX_OF_FIVE
    names, stream = (PARADOX_NAMES, 12) if is_paradox else (BENIGN_NAMES, 13)
    of_five, number = (_PARADOX_OF_FIVE, rank) if is_paradox else (5 - _PARADOX_OF_FIVE, rank - _PARADOX_OF_FIVE)
    turn, at = divmod(five * of_five + number, len(names))
    return names[int(world.rng(stream, turn).permutation(len(names))[at])]


def _crew(members: int, kind: Kind, onset: float, strength: float, joined_before: Floats) -> tuple[Floats, Floats]:
    """Weeks in which each member came and went; only kinds that change the crew have joiners or leavers."""
    change = round(kind.crew_change * strength * members)
    joined = np.concatenate([joined_before[:members], onset + 1.5 * np.arange(max(change, 0))])
    left = np.full(len(joined), np.inf)
    if change < 0:
        left[change:] = onset + np.arange(-change)
    return joined, left
