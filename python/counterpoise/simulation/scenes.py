"""What stands around the items of a team: the traces they leave behind, hours, targets, and how all is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from counterpoise.simulation.items import Items
from counterpoise.simulation.types import Floats


@dataclass
class Traces:
    """What is recorded of each item beyond its course. Shares are probabilities, an entry an item."""

    checked: Floats
    blocked: Floats
    statuses: Floats
    edits: Floats
    backdated: Floats
    edited_after: Floats
    silent_rework: Floats
    ai_assisted: Floats
    undeclared: Floats
    due: Floats
    promise: Floats
    review_wait: Floats

    @classmethod
    def usual(cls, n: int) -> "Traces":
        """What an ordinary team leaves behind; `promise` and `review_wait` are factors on hours."""
        shares = {
            "checked": 0.55, "blocked": 0.08, "statuses": 0.25, "edits": 0.12, "backdated": 0.0,
            "edited_after": 0.02, "silent_rework": 0.02, "ai_assisted": 0.15,
            "undeclared": 0.08, "due": 0.3, "promise": 1.0, "review_wait": 1.0,
        }  # fmt: skip
        return cls(**{name: np.full(n, share) for name, share in shares.items()})


TracePart = Callable[[Traces, Floats], None]


@dataclass(frozen=True)
class Scene:
    """How a kind of the catalogue differs around the items; figures are those of full strength.

    `function` and `members` are given rather than drawn where they matter; `volume` and `members` hold from
    the first week on, as does `nightly` (all is written down a night late). `hours` are factors on the hours
    of an activity that is not about items, `overtime` the share by which all hours grow, `meta` the share of
    the hours that AI meta-work takes beside the usual, `meta_budget` the share planned for it, `felt` survey
    points by construct. `targets` says whether they are the usual ones, hang on one metric or on several;
    `changes` whether what is counted is changed often in the team's favour or once, honestly. `outcome_shown` is
    how often the paired outcome is on the table when an output is reviewed, every `reviews_every` weeks. `arm`
    puts the team into the organisation's small experiment. `runs` tells whether a recurring process runs here:
    owned by nobody or by the team.
    """

    traces: TracePart | None = None
    function: str | None = None
    members: int | None = None
    volume: float = 1.0
    nightly: bool = False
    hours: Mapping[str, float] = field(default_factory=dict)
    overtime: float = 0.0
    meta: float = 0.0
    meta_budget: float = 0.05
    felt: Mapping[str, float] = field(default_factory=dict)
    targets: str = "usual"
    changes: str | None = None
    outcome_shown: float = 0.92
    reviews_every: int = 2
    interventions: tuple[str, ...] = ()
    arm: str | None = None
    runs: str | None = None


USUAL = Scene()

Tell = Callable[[Items, Floats, np.random.Generator], None]


@dataclass(frozen=True)
class Telling:
    """How the records of a kind differ from its work, from the onset on. Nothing here changes what happens.

    `items` changes what the source shows of the items (it gives them new arrays and leaves the old alone);
    `migrates` says that another tool was brought in and registered. `recounts` names the limit, of
    `first_response_hours` or `resolution_hours`, that is changed by `factor` and registered. `answers` is who
    answers the survey: above 0 more of the displeased, below 0 more of the pleased. `lost` are types of
    outcomes of which `lost_share` is not recorded any more once the ramp is over, at any strength. What is
    recorded in the first `late_weeks` weeks, of `late_tables`, is loaded only afterwards (items with their events).
    """

    items: Tell | None = None
    migrates: bool = False
    recounts: str | None = None
    factor: float = 1.0
    answers: float = 0.0
    lost: tuple[str, ...] = ()
    lost_share: float = 1.0
    late_weeks: int = 0
    late_tables: tuple[str, ...] = ()


AS_IT_IS = Telling()


def is_run_day(day: Floats) -> np.ndarray:
    """Whether the recurring process runs on each day since the start: about one working day in four, all alike."""
    return ((day * 11) % 23 < 6) & (day % 7 < 5)
