"""What the score is made from: contrasts and signals of the marts as arrays, and the evidence they hold."""

from collections.abc import Iterator, Set
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from counterpoise.scoring.evidence import Floats, bayes_factor, mean_there
from counterpoise.scoring.stories import Evidence
from counterpoise.warehouse import Warehouse
from counterpoise.weeks import EPOCH_DAYS

# Outcomes of finished work are known some weeks later, so outputs are read now and four weeks ago; and what has been
# waited for came in some weeks earlier still.
OUTPUT_LAGS, PRESSURE_LAGS = (0, 4), (0, 4, 8)
# Gains are outputs, but being booked is none (text 001). What a gain may cost are the outcomes (customers, quality) and
# what people feel (human) that a pair always holds against it. Time in a queue is held against being booked only: it
# grows with any demand, and would make every busy season look like a paradox. How much comes in per head explains slow
# answers and long waits, so it is read beside them.
# Business hours tell of the same speed as calendar hours once more: shown, not scored.
_GAINS = (
    "select metric_id from {marts}.dim_metric where room = 'output' and facet <> 'utilisation' "
    "and metric_id not in ('first_response_business_hours', 'resolution_business_hours')"
)
_COSTS = (
    "select m.metric_id from {marts}.dim_metric as m where m.room in ('outcome', 'human') and m.metric_id in "
    "(select outcome_metric_id from {marts}.dim_pair where applies_after is null "
    f"and output_metric_id in ({_GAINS}))"
)
_PRESSURE = "assigned_per_person"
# Who waits says so, and goes higher up.
_FELT_WAITING = "facet in ('wait', 'voice') or metric_id = 'escalation_rate'"
# What a metric is to the stories.
VOLUME, OUTPUT, WAIT, OUTCOME, PRESSURE = "volume", "output", "wait", "outcome", "pressure"
# Fewer weeks before do not tell how many hands there used to be.
_HANDS_WEEKS = 12
# A team's own restlessness is believed as its weeks outweigh so many usual ones; no single week counts for more than
# three errors.
_USUAL_WEEKS, _MOST_ERRORS = 26, 3.0


@dataclass(frozen=True)
class Contrasts:
    """What the marts say, as arrays.

    Attributes:
        team_ids, weeks: of each row, shape (rows,); weeks counted from 1970-01-05, rows by team and week, a team's
            weeks without a hole.
        metrics: metric ids; roles: what each is to the stories: `volume` (an output that counts how much is done),
            `output` (any other), `wait` (an outcome: how long people wait, and what they say), `outcome` (any other) or
            `pressure`.
        windows: length of the recent windows in weeks, the shortest first; baseline: the most weeks before them.
        effect, error: shape (rows, metrics, windows), positive = better; NaN where there is none.
        scale, margin: of each metric: effect scale of the prior, and the smallest effect that matters.
        signals: ids of mechanisms; mechanism: their log evidence, shape (rows, signals), NaN where there is none.
        people: active people of the team then, NaN where nobody knows; hands: full-time equivalents, 1 where nobody
            knows.
        exposure: friction around the team then, 0 to 1, NaN where nobody knows.
        trial: no output or no outcome has a baseline long enough yet.
    """

    team_ids: np.ndarray
    weeks: np.ndarray
    metrics: tuple[str, ...]
    roles: tuple[str, ...]
    windows: tuple[int, ...]
    baseline: int
    effect: Floats
    error: Floats
    scale: Floats
    margin: Floats
    signals: tuple[str, ...]
    mechanism: Floats
    people: Floats
    hands: Floats
    exposure: Floats
    trial: np.ndarray

    def __len__(self) -> int:
        return len(self.weeks)

    def has_role(self, *roles: str) -> np.ndarray:
        """Which metrics have one of these roles, shape (metrics,)."""
        return np.array([role in roles for role in self.roles], dtype=bool)

    @property
    def is_output(self) -> np.ndarray:
        return self.has_role(VOLUME, OUTPUT)

    @property
    def is_outcome(self) -> np.ndarray:
        return self.has_role(WAIT, OUTCOME)

    def rows(self, wanted: np.ndarray | slice) -> "Contrasts":
        """Some of the rows."""
        return replace(self, **{name: getattr(self, name)[wanted] for name in BY_ROW})

    @property
    def known(self) -> np.ndarray:
        """Which metrics anything is known of, shape (rows, metrics)."""
        return np.any(~np.isnan(self.effect), axis=2)

    def starts(self) -> np.ndarray:
        """Where each team begins, shape (teams,)."""
        return _starts(self.team_ids)

    def spans(self) -> list[tuple[int, int]]:
        """Where each team begins and ends."""
        starts = self.starts().tolist()
        return list(zip(starts, [*starts[1:], len(self)], strict=True)) if starts else []

    def by_teams(self, rows: int) -> Iterator["Contrasts"]:
        """Whole teams at a time, of some `rows` together, so that memory does not grow with the organisation."""
        begin = 0
        for _, end in self.spans():
            if end - begin >= rows or end == len(self):
                yield self.rows(slice(begin, end))
                begin = end

    def without_metrics(self, withheld: Set[str]) -> "Contrasts":
        """The same with nothing known of some metrics."""
        gone = np.array([metric in withheld for metric in self.metrics], dtype=bool)
        return replace(self, effect=np.where(gone[None, :, None], np.nan, self.effect)) if gone.any() else self


BY_ROW = ("team_ids", "weeks", "effect", "error", "mechanism", "people", "hands", "exposure", "trial")


def _starts(team_ids: np.ndarray) -> np.ndarray:
    """Where each team begins among rows by team, shape (teams,)."""
    return np.flatnonzero(np.r_[True, team_ids[1:] != team_ids[:-1]]) if len(team_ids) else np.array([], int)


class TeamWeeks:
    """The complete weeks of all teams in order, and the place of any team and week among them.

    Attributes:
        team_ids, weeks, people, hands: shape (rows,), by team and week.
    """

    def __init__(self, warehouse: Warehouse) -> None:
        rows = warehouse.query(
            f"select team_id, week, active_people, exposure from {warehouse.private_schema}.int_team_weeks "
            "where is_complete order by team_id, week"
        )
        self.team_ids = np.array(rows["team_id"].to_pylist(), dtype=object)
        self.weeks = _whole(rows["week"])
        self.people, self.hands = _doubles(rows["active_people"]), _doubles(rows["exposure"])
        self._starts = _starts(self.team_ids)
        self._ends = np.r_[self._starts[1:], len(self)]
        self._teams = pa.array(self.team_ids[self._starts], pa.string())

    def __len__(self) -> int:
        return len(self.weeks)

    def places(self, team_ids: pa.Array, weeks: np.ndarray) -> np.ndarray:
        """Place of each team and week, -1 where it is not among the complete weeks; shape of `weeks`."""
        if not len(self):
            return np.full(len(weeks), -1)
        found = pc.index_in(team_ids.cast(pa.string()), value_set=self._teams)
        team = _whole(pc.fill_null(found, -1))
        start, end = self._starts[team], self._ends[team]
        place = start + weeks - self.weeks[start]
        return np.where((team >= 0) & (place >= start) & (place < end), place, -1)

    def places_of_dates(self, team_ids: pa.Array, week_starts: pa.Array) -> np.ndarray:
        """The same for weeks told by their Monday."""
        return self.places(team_ids, (_whole(week_starts.cast(pa.date32()).cast(pa.int32())) - EPOCH_DAYS) // 7)


def read_contrasts(warehouse: Warehouse, spine: TeamWeeks | None = None) -> Contrasts:
    """Everything the score is made from: one pass over contrasts, over signals and over team-weeks."""
    private, marts = warehouse.private_schema, warehouse.marts_schema
    spine = spine or TeamWeeks(warehouse)
    scored = f"{_GAINS} union all {_COSTS} union all select '{_PRESSURE}'".format(marts=marts)
    registry = warehouse.query(
        f"select metric_id, effect_scale, flat_margin, case when metric_id = '{_PRESSURE}' then '{PRESSURE}' "
        f"when room = 'output' and facet = 'volume' then '{VOLUME}' when room = 'output' then '{OUTPUT}' "
        f"when {_FELT_WAITING} then '{WAIT}' else '{OUTCOME}' end as role from {marts}.dim_metric "
        f"where metric_id in ({scored}) order by metric_id"
    ).to_pydict()
    metrics = pa.array(registry["metric_id"], pa.string())
    spans = warehouse.query(
        f"select window_weeks, max(baseline_weeks) as baseline from {private}.int_contrast group by window_weeks "
        "order by window_weeks"
    )
    windows = _whole(spans["window_weeks"])
    effect = np.full((len(spine), len(metrics), max(len(windows), 1)), np.nan)
    error, long_known = np.full_like(effect, np.nan), np.zeros(effect.shape[:2], dtype=bool)
    for batch in warehouse.batches(
        "select team_id, week, metric_id, window_weeks, effect, effect_error, is_trial "
        f"from {private}.int_contrast where metric_id in ({scored})"
    ):
        rows = spine.places(batch["team_id"], _whole(batch["week"]))
        cells = rows, _places(batch["metric_id"], metrics), np.searchsorted(windows, _whole(batch["window_weeks"]))
        effect[cells], error[cells] = _doubles(batch["effect"]), _doubles(batch["effect_error"])
        long_known[cells[:2]] |= _doubles(batch["is_trial"]) == 0

    registered = warehouse.query(f"select signal_id from {marts}.dim_signal where is_mechanism order by signal_id")
    signals = pa.array(registered["signal_id"].to_pylist(), pa.string())
    mechanism = np.full((len(spine), len(signals)), np.nan)
    for batch in warehouse.batches(
        f"select s.team_id, s.week_start, s.signal_id, s.log_evidence from {marts}.fct_signal_week as s "
        f"inner join {marts}.dim_signal as r on s.signal_id = r.signal_id "
        "where r.is_mechanism and s.log_evidence is not null and not s.is_excepted"
    ):
        rows = spine.places_of_dates(batch["team_id"], batch["week_start"])
        mechanism[rows, _places(batch["signal_id"], signals)] = _doubles(batch["log_evidence"])

    exposure = np.full(len(spine), np.nan)
    told = f"select team_id, week_start, exposure from {marts}.team_exposure"
    # governance may be switched off: then nobody knows of friction
    for batch in warehouse.batches(told) if warehouse.has(marts, "team_exposure") else ():
        rows = spine.places_of_dates(batch["team_id"], batch["week_start"])
        exposure[rows[rows >= 0]] = _doubles(batch["exposure"])[rows >= 0]
    contrasts = Contrasts(
        spine.team_ids, spine.weeks, tuple(registry["metric_id"]), tuple(registry["role"]),
        tuple(windows.tolist()), int(max(spans["baseline"].to_pylist(), default=0)), effect, error,
        np.array(registry["effect_scale"], dtype=float), np.array(registry["flat_margin"], dtype=float),
        tuple(signals.to_pylist()), mechanism, spine.people, spine.hands, exposure, np.zeros(len(spine), dtype=bool),
    )  # fmt: skip
    long = [long_known[:, told].any(axis=1) for told in (contrasts.is_output, contrasts.is_outcome)]
    return replace(contrasts, trial=~(long[0] & long[1]))


def _doubles(column: pa.Array | pa.ChunkedArray) -> Floats:
    """A column of numbers or truths as doubles, NaN where it is null."""
    return np.asarray(column.cast(pa.float64()), dtype=float)


def _whole(column: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """A column of whole numbers without nulls."""
    return np.asarray(column.cast(pa.int64()), dtype=np.int64)


def _places(column: pa.Array, among: pa.Array) -> np.ndarray:
    """Place of each text among those it must be one of."""
    return _whole(pc.index_in(column.cast(pa.string()), value_set=among))


def change_of_hands(contrasts: Contrasts) -> Floats:
    """ln of the hands there are in each recent window over those of the baseline, shape (rows, windows).

    0 where the team is too young to tell. Weeks of a team follow each other without a hole.
    """
    change = np.zeros((len(contrasts), len(contrasts.windows)))
    gap = max(contrasts.windows, default=0)
    for start, end in contrasts.spans():
        known = np.log(np.maximum(np.nan_to_num(contrasts.hands[start:end], nan=1.0), 0.1))
        if not np.ptp(known):
            continue
        sums = np.r_[0.0, np.cumsum(known)]
        last = np.arange(len(known)) + 1
        before = last - gap
        first = np.maximum(before - contrasts.baseline, 0)
        old = before - first >= _HANDS_WEEKS
        usual = (sums[before[old]] - sums[first[old]]) / (before - first)[old]
        for place, weeks in enumerate(contrasts.windows):
            now = (sums[last[old]] - sums[last[old] - weeks]) / weeks
            change[start:end, place][old] = now - usual
    return change


def restlessness(contrasts: Contrasts) -> Floats:
    """How far a team's own contrasts lay from nothing in the baseline weeks, in errors; shape of `effect`, at least 1.

    The contrasts' errors hold how restless a metric is in the whole organisation. Where queues build up and ebb, a team
    can be more so than others. Root mean square of effect over error in the team's weeks before the longest recent
    window, each at most three, together with half a year of usual weeks.
    """
    distance = np.minimum((contrasts.effect / contrasts.error) ** 2, _MOST_ERRORS**2)
    known = ~np.isnan(distance)
    wide = np.ones_like(distance)
    gap = max(contrasts.windows, default=0)
    nothing = np.zeros((1, *distance.shape[1:]))
    for start, end in contrasts.spans():
        sums = np.concatenate([nothing, np.nan_to_num(distance[start:end]).cumsum(axis=0)])
        weeks = np.concatenate([nothing, known[start:end].cumsum(axis=0)])
        last = np.maximum(np.arange(end - start) + 1 - gap, 0)
        first = np.maximum(last - contrasts.baseline, 0)
        mean = (_USUAL_WEEKS + sums[last] - sums[first]) / (_USUAL_WEEKS + weeks[last] - weeks[first])
        wide[start:end] = np.sqrt(np.maximum(mean, 1.0))
    return wide


def effects_for_better(contrasts: Contrasts) -> Floats:
    """Effects as far as they tell of a gain, shape of `effect`.

    How much is done is counted per head. More per head because heads have left is no gain: so it must hold in all too.
    """
    lost = np.minimum(change_of_hands(contrasts), 0.0)
    return contrasts.effect + np.where(contrasts.has_role(VOLUME)[None, :, None], lost[:, None, :], 0.0)


def weigh(contrasts: Contrasts) -> Evidence:
    """The evidence of every team-week."""
    scale = contrasts.scale[None, :, None]
    return assemble(
        contrasts,
        mean_there(bayes_factor(effects_for_better(contrasts), contrasts.error, scale), axis=2),
        mean_there(bayes_factor(-contrasts.effect, contrasts.error, scale), axis=2),
    )


def assemble(contrasts: Contrasts, better: Floats, worse: Floats) -> Evidence:
    """Evidence from Bayes factors of each metric and week, shape (rows, metrics): outputs are read twice."""
    output, pressure = contrasts.is_output, contrasts.has_role(PRESSURE)
    better = better.copy()
    for metrics, lags in ((output, OUTPUT_LAGS), (pressure, PRESSURE_LAGS)):
        lagged = np.stack([weeks_ago(contrasts, better[:, metrics], lag) for lag in lags])
        better[:, metrics] = mean_there(lagged, axis=0)
    told = ~pressure
    return Evidence(
        better=better[:, told],
        worse=worse[:, told],
        is_output=output[told],
        is_volume=contrasts.has_role(VOLUME)[told],
        is_wait=contrasts.has_role(WAIT)[told],
        pressure=mean_there(better[:, pressure], axis=1),
        mechanisms=np.exp(contrasts.mechanism),
    )


def weeks_ago(contrasts: Contrasts, values: Floats, lag: int) -> Floats:
    """Values of the same team `lag` weeks before; NaN where there is no such week."""
    if lag == 0:
        return values
    earlier = np.full_like(values, np.nan)
    # a team's weeks follow each other without a hole
    same = np.flatnonzero(contrasts.team_ids[lag:] == contrasts.team_ids[:-lag]) + lag
    earlier[same] = values[same - lag]
    return earlier
