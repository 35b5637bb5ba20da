"""What the score is made from: contrasts and signals of the marts as arrays, and the evidence they hold."""

from collections.abc import Set
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from counterpoise.scoring.evidence import Floats, log_evidence, log_mean_exp
from counterpoise.scoring.stories import Evidence
from counterpoise.warehouse import Warehouse

# Outcomes of finished work are known some weeks later, so outputs are read now and four weeks ago.
OUTPUT_LAGS = (0, 4)
EPOCH_MONDAY = date(1970, 1, 5)
# Gains are outputs, but being booked is none (text 001). What a gain may cost are the outcomes (customers, quality) and
# what people feel (human) that a pair holds against it. Waiting is held against being booked only: it grows with any
# demand, and would make every busy season look like a paradox.
_GAINS = "select metric_id from {marts}.dim_metric where room = 'output' and facet <> 'utilisation'"
_COSTS = (
    "select m.metric_id from {marts}.dim_metric as m where m.room in ('outcome', 'human') and m.metric_id in "
    f"(select outcome_metric_id from {{marts}}.dim_pair where output_metric_id in ({_GAINS}))"
)


@dataclass(frozen=True)
class Contrasts:
    """What the marts say, as arrays.

    Attributes:
        team_ids, weeks: of each row, shape (rows,); weeks counted from 1970-01-05, rows by team and week.
        metrics: metric ids; rooms: `output`, `outcome` or `human` of each.
        effect, error: shape (rows, metrics, windows), positive = better; NaN where there is none.
        scale, margin: of each metric: effect scale of the prior, and the smallest effect that matters.
        signals: ids of mechanisms; mechanism: their log evidence, shape (rows, signals), NaN where there is none.
        people: active people of the team then, NaN where nobody knows.
        exposure: friction around the team then, 0 to 1, NaN where nobody knows.
        trial: the baseline is still short.
    """

    team_ids: np.ndarray
    weeks: np.ndarray
    metrics: tuple[str, ...]
    rooms: tuple[str, ...]
    effect: Floats
    error: Floats
    scale: Floats
    margin: Floats
    signals: tuple[str, ...]
    mechanism: Floats
    people: Floats
    exposure: Floats
    trial: np.ndarray

    @property
    def is_output(self) -> np.ndarray:
        """Which metrics are outputs (the others are outcomes), shape (metrics,)."""
        return np.array([room == "output" for room in self.rooms], dtype=bool)

    def without_metrics(self, withheld: Set[str]) -> "Contrasts":
        """The same with nothing known of some metrics."""
        gone = np.array([metric in withheld for metric in self.metrics], dtype=bool)
        return replace(self, effect=np.where(gone[None, :, None], np.nan, self.effect)) if gone.any() else self


def read_contrasts(warehouse: Warehouse) -> Contrasts:
    """Everything the score is made from: one read of contrasts, signals and team-weeks."""
    private, marts = warehouse.private_schema, warehouse.marts_schema
    scored = f"{_GAINS} union all {_COSTS}".format(marts=marts)
    spine = warehouse.query(
        f"select team_id, week, active_people from {private}.int_team_weeks where is_complete order by team_id, week"
    )
    team_ids = np.array(spine["team_id"].to_pylist(), dtype=object)
    weeks = np.array(spine["week"].to_pylist(), dtype=np.int64)
    people = np.array([np.nan if n is None else n for n in spine["active_people"].to_pylist()], dtype=float)
    row_of = {key: row for row, key in enumerate(zip(team_ids, weeks, strict=True))}

    registry = warehouse.query(
        f"select metric_id, room, effect_scale, flat_margin from {marts}.dim_metric "
        f"where metric_id in ({scored}) order by metric_id"
    ).to_pydict()
    metrics = tuple(registry["metric_id"])
    place_of = {metric: place for place, metric in enumerate(metrics)}

    found = warehouse.query(
        "select c.team_id, c.week, c.metric_id, c.window_weeks, c.effect, c.effect_error, c.is_trial "
        f"from {private}.int_contrast as c where c.metric_id in ({scored})"
    ).to_pydict()
    windows = sorted(set(found["window_weeks"])) or [0]
    effect = np.full((len(weeks), len(metrics), len(windows)), np.nan)
    error, trial = np.full_like(effect, np.nan), np.zeros(len(weeks), dtype=bool)
    if found["team_id"]:
        rows = np.array([row_of[key] for key in zip(found["team_id"], found["week"], strict=True)])
        places = np.array([place_of[metric] for metric in found["metric_id"]])
        spans = np.searchsorted(windows, found["window_weeks"])
        effect[rows, places, spans] = np.array(found["effect"], dtype=float)
        error[rows, places, spans] = np.array(found["effect_error"], dtype=float)
        trial[rows[np.array(found["is_trial"], dtype=bool)]] = True

    registered = warehouse.query(f"select signal_id from {marts}.dim_signal where is_mechanism order by signal_id")[
        "signal_id"
    ].to_pylist()
    told = warehouse.query(
        f"select s.team_id, s.week_start, s.signal_id, s.log_evidence from {marts}.fct_signal_week as s "
        f"inner join {marts}.dim_signal as r on s.signal_id = r.signal_id "
        "where r.is_mechanism and s.log_evidence is not null and not s.is_excepted"
    ).to_pydict()
    mechanism = np.full((len(weeks), len(registered)), np.nan)
    for team, start, signal, value in zip(
        told["team_id"], told["week_start"], told["signal_id"], told["log_evidence"], strict=True
    ):
        mechanism[row_of[team, (start - EPOCH_MONDAY).days // 7], registered.index(signal)] = value
    friction = warehouse.query(
        f"select team_id, week_start, exposure from {marts}.team_exposure where exposure is not null"
    ).to_pydict()
    exposure = np.full(len(weeks), np.nan)
    for team, start, value in zip(friction["team_id"], friction["week_start"], friction["exposure"], strict=True):
        row = row_of.get((team, (start - EPOCH_MONDAY).days // 7))
        if row is not None:
            exposure[row] = value
    return Contrasts(
        team_ids, weeks, metrics, tuple(registry["room"]), effect, error,
        np.array(registry["effect_scale"], dtype=float), np.array(registry["flat_margin"], dtype=float),
        tuple(registered), mechanism, people, exposure, trial,
    )  # fmt: skip


def weigh(contrasts: Contrasts, effect: Floats | None = None) -> Evidence:
    """The evidence of every team-week.

    Args:
        effect: effects in place of the estimated ones, of the same shape (a draw).
    """
    effect = contrasts.effect if effect is None else effect
    scale = contrasts.scale[None, :, None]
    better = log_mean_exp(log_evidence(effect, contrasts.error, scale), axis=2)
    worse = log_mean_exp(log_evidence(-effect, contrasts.error, scale), axis=2)
    is_output = contrasts.is_output
    lagged = [_weeks_ago(contrasts, better[:, is_output], lag) for lag in OUTPUT_LAGS]
    known = np.nan_to_num
    outcome_worse = known(log_mean_exp(worse[:, ~is_output], axis=1))
    outcome_better = known(log_mean_exp(better[:, ~is_output], axis=1))
    return Evidence(
        output_better=known(log_mean_exp(np.concatenate(lagged, axis=1), axis=1)),
        output_worse=known(log_mean_exp(worse[:, is_output], axis=1)),
        outcome_worse=outcome_worse,
        outcome_better=outcome_better,
        mechanisms={signal: known(contrasts.mechanism[:, place]) for place, signal in enumerate(contrasts.signals)},
    )


def _weeks_ago(contrasts: Contrasts, values: Floats, lag: int) -> Floats:
    """Values of the same team `lag` weeks before; NaN where there is no such week."""
    if lag == 0:
        return values
    earlier = np.full_like(values, np.nan)
    # a team's weeks follow each other without a hole
    same = np.zeros(len(values), dtype=bool)
    same[lag:] = (contrasts.team_ids[lag:] == contrasts.team_ids[:-lag]) & (
        contrasts.weeks[lag:] - contrasts.weeks[:-lag] == lag
    )
    earlier[same] = values[np.flatnonzero(same) - lag]
    return earlier
