"""Effects of the changes registered in `interventions`, from the marts into `fct_intervention_effect`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pyarrow as pa

from counterpoise.effects import words
from counterpoise.effects.imputation import Estimate, Floats, Ints, Panel
from counterpoise.effects.study import Study, study
from counterpoise.guardrails import CheckReport
from counterpoise.warehouse import Warehouse
from counterpoise.weeks import EPOCH_MONDAY, week_of

# Kinds of change that could have been left undone. Migrations and outside events are none: the first change what is
# counted, the second nobody chose.
KINDS = (
    "ai_rollout", "new_kpi", "leaderboard", "bonus", "time_tracking", "quarterly_target", "headline_metric",
    "metric_rotation", "reorganisation", "headcount_cut",
)  # fmt: skip
ROOMS = ("output", "outcome", "human")
BIN_WEEKS = 4
LAST_WEEK = 51
LEADS = 3
_WEEKS_A_YEAR = 365.25 / 7
_TABLE = "fct_intervention_effect"
_TRANSFORMS = {"binomial": "logit", "rate": "log", "log_duration": "log"}  # others: values as they are

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Metric:
    """How a metric is put on its scale and read."""

    metric_id: str
    room: str
    kind: str
    better: str

    @property
    def transform(self) -> str:
        return _TRANSFORMS.get(self.kind, "none")


@dataclass(frozen=True)
class Cause:
    """A kind of change or an experiment, with the weeks in which it is on or taken as untreated.

    Attributes:
        starts: team id -> (first week, last week or None) of treated teams.
        controls: teams it is compared with; None = all others.
    """

    cause_type: str
    name: str
    starts: dict[str, tuple[int, int | None]]
    controls: frozenset[str] | None


@dataclass(frozen=True)
class Series:
    """One metric by team and week, mature weeks only.

    Attributes:
        names: ids of teams, shape (teams,).
        team, week, value: number of the team in `names`, week and value on the metric's scale, shape (rows,).
    """

    names: np.ndarray
    team: Ints
    week: Ints
    value: Floats


def measure_effects(
    warehouse: Warehouse,
    gates: Sequence[CheckReport] = (),
    min_people: int = 5,
    progress: Progress | None = None,
) -> int:
    """Measure every registered change and replace the rows of `fct_intervention_effect`.

    Args:
        gates: the checks so far; teams and metrics they withhold are left out, and everything where all is withheld.
        min_people: teams known to have fewer people are left out; never below 3.

    Returns:
        Number of rows written.
    """
    rows: list[dict] = []
    if not any(gate.withholds_all for gate in gates):
        causes, teams = _read_causes(warehouse, gates, max(min_people, 3))
        if causes:
            gone = {metric for gate in gates for metric in gate.withheld_metrics}
            through = warehouse.query(
                f"select max(week) as week from {warehouse.private_schema}.int_team_weeks where is_complete"
            )["week"].to_pylist()[0]
            for metric in _read_metrics(warehouse):
                if metric.metric_id in gone:
                    continue
                if progress:
                    progress(f"effects of changes on {metric.metric_id}")
                series = _read_series(warehouse, metric, teams)
                for cause in causes:
                    rows += _rows_of(cause, metric, series, through)
    table = pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in _TYPES.items()})
    warehouse.replace_rows(_TABLE, [table])
    return len(rows)


def _read_causes(
    warehouse: Warehouse, gates: Sequence[CheckReport], min_people: int
) -> tuple[list[Cause], frozenset[str]]:
    """Kinds and experiments with at least one treated team, and the teams that may be shown."""
    found = warehouse.query(
        f"select team_id, active_people, is_small from {warehouse.marts_schema}.dim_team"
    ).to_pylist()
    withheld = {team for gate in gates for team in gate.withheld_teams}
    teams = frozenset(
        row["team_id"]
        for row in found
        if row["team_id"] not in withheld
        and not row["is_small"]
        and (row["active_people"] is None or row["active_people"] >= min_people)
    )
    told = warehouse.query(
        f"select team_id, kind, experiment_id, arm, started_at, ended_at from {warehouse.private_schema}"
        ".stg_interventions where started_at is not null order by started_at, team_id"
    ).to_pylist()
    causes = [
        Cause("intervention", kind, _starts([row for row in told if row["kind"] == kind and row["arm"] != "control"],
                                            teams), None)
        for kind in KINDS
    ]  # fmt: skip
    for name in sorted({row["experiment_id"] for row in told if row["experiment_id"]}):
        own = [row for row in told if row["experiment_id"] == name]
        arms = {arm: {row["team_id"] for row in own if row["arm"] == arm} for arm in ("treated", "control")}
        both = arms["treated"] & arms["control"]  # a team on both sides says nothing
        starts = _starts([row for row in own if row["arm"] == "treated" and row["team_id"] not in both], teams)
        causes.append(Cause("experiment", name, starts, frozenset(arms["control"] - both)))
    return [cause for cause in causes if cause.starts], teams


def _starts(rows: list[dict], teams: frozenset[str]) -> dict[str, tuple[int, int | None]]:
    """First week of each team's first change, and the last week it lasted; a row without a team is everybody's."""
    starts: dict[str, tuple[int, int | None]] = {}
    for row in rows:
        ended = None if row["ended_at"] is None else week_of(row["ended_at"].date())
        for team in [row["team_id"]] if row["team_id"] is not None else sorted(teams):
            if team in teams:
                starts.setdefault(team, (week_of(row["started_at"].date()), ended))
    return starts


def _read_metrics(warehouse: Warehouse) -> list[Metric]:
    listed = ", ".join(f"'{room}'" for room in ROOMS)
    return [
        Metric(row["metric_id"], row["room"], row["kind"], row["good_direction"])
        for row in warehouse.query(
            f"select metric_id, room, kind, good_direction from {warehouse.marts_schema}.dim_metric "
            f"where room in ({listed}) order by metric_id"
        ).to_pylist()
    ]


def _read_series(warehouse: Warehouse, metric: Metric, teams: frozenset[str]) -> Series:
    """The metric on its scale, in weeks whose outcome is known and that may be shown."""
    private, marts = warehouse.private_schema, warehouse.marts_schema
    found = warehouse.query(
        "select r.team_id, r.week, sum(r.link_sum) as link_sum, sum(r.link_weight) as link_weight "
        f"from {private}.int_metric_rows as r "
        f"inner join {marts}.dim_metric as m on r.metric_id = m.metric_id "
        "inner join (select team_id, max(last_complete_week) as last_complete_week "
        f"from {private}.int_team_weeks group by team_id) as t on r.team_id = t.team_id "
        "where r.metric_id = ? and r.due_week <= t.last_complete_week "
        "group by r.team_id, r.week, m.shown_from_n having sum(r.n) >= m.shown_from_n or m.shown_from_n <= 1 "
        "order by r.team_id, r.week",
        [metric.metric_id],
    )
    names = found["team_id"].combine_chunks().dictionary_encode()
    known = np.array(names.dictionary.to_pylist(), dtype=object)
    team = np.asarray(names.indices, dtype=np.int64)
    counted, weight = (
        np.asarray(found[name].cast(pa.float64()).fill_null(0.0)) for name in ("link_sum", "link_weight")
    )
    may_be_shown = np.array([name in teams for name in known], dtype=bool)
    kept = (weight > 0) & (may_be_shown[team] if len(known) else np.empty(0, dtype=bool))
    week = np.asarray(found["week"].cast(pa.int64()))
    return Series(known, team[kept], week[kept], on_link_scale(metric.kind, counted[kept], weight[kept]))


def on_link_scale(kind: str, counted: Floats, weight: Floats) -> Floats:
    """A week's value on the scale of the comparison: log odds with half counts for shares, logarithm with half a count
    for rates, else the mean of what is summed (logarithms, for hours)."""
    if kind == "binomial":
        return np.log((counted + 0.5) / (np.maximum(weight - counted, 0) + 0.5))
    if kind == "rate":
        return np.log((counted + 0.5) / weight)
    return counted / weight


def panel_of(cause: Cause, series: Series) -> Panel:
    """The metric's panel for one cause, units numbered as in `series.names`.

    Treated teams to the end of the change, at most a year; control teams throughout.
    """
    spans = [cause.starts.get(name, (np.nan, None)) for name in series.names]
    is_in = np.array(
        [name in cause.starts or cause.controls is None or name in cause.controls for name in series.names], dtype=bool
    )
    start = np.array([span[0] for span in spans], dtype=float)[series.team]
    end = np.array([np.inf if span[1] is None else span[1] for span in spans])[series.team]
    during = np.isnan(start) | (series.week < start) | ((series.week <= end) & (series.week - start <= LAST_WEEK))
    kept = is_in[series.team] & during
    covariates = np.empty((int(kept.sum()), 0))
    return Panel(series.team[kept], series.week[kept], start[kept], series.value[kept], covariates)


def _rows_of(cause: Cause, metric: Metric, series: Series, through: int) -> list[dict]:
    if not len(series.team):
        return []
    panel = panel_of(cause, series)
    bins = [(first, first + BIN_WEEKS - 1) for first in range(0, LAST_WEEK + 1, BIN_WEEKS)]
    result = study(panel, [(0, None), *bins], LEADS, BIN_WEEKS, _WEEKS_A_YEAR)
    if result is None:
        return []
    treated = series.names[np.unique(panel.unit[panel.horizon >= 0])]
    team = str(treated[0]) if result.method == "segmented" and len(treated) == 1 else None
    rows = [_row(cause, metric, result, team, "all", 0, LAST_WEEK, result.bins[0], through)]
    for (first, last), estimate in zip(bins, result.bins[1:], strict=True):
        if estimate is not None:
            rows.append(_row(cause, metric, result, team, f"weeks {first}-{last}", first, last, estimate, through))
    return rows


def _row(
    cause: Cause, metric: Metric, result: Study, team: str | None, label: str, first: int, last: int,
    estimate: Estimate | None, through: int,
) -> dict:  # fmt: skip
    sign = 1.0 if metric.better == "up" else -1.0
    ends: list[float | None] = [None, None]
    if estimate is not None and estimate.low is not None and estimate.high is not None:
        ends = sorted([sign * estimate.low, sign * estimate.high])
    told = None
    if estimate is not None:
        told = f"{words.said(metric.transform, estimate.effect)} ({words.interval(metric.transform, estimate)})"
    check = result.pre_trend
    return {
        "cause_type": cause.cause_type,
        "cause": cause.name,
        "team_id": team,
        "metric_id": metric.metric_id,
        "room": metric.room,
        "method": result.method,
        "since_start": label,
        "week_from": first,
        "week_to": last,
        "effect": _settled(None if estimate is None else sign * estimate.effect),
        "effect_low": _settled(ends[0]),
        "effect_high": _settled(ends[1]),
        "shown": told,
        "verdict": words.verdict(metric.better, estimate),
        "treated_teams": result.treated_units
        if estimate is None or team or result.method == "segmented"
        else estimate.units,
        "control_teams": result.control_units,
        "team_weeks": 0 if estimate is None else estimate.rows,
        "pre_trend_p": _settled(check.p if check else None),
        "assumes": result.assumes,
        "data_through": EPOCH_MONDAY + timedelta(weeks=through, days=6),
    }


def _settled(value: float | None) -> float | None:
    """Six decimals, as every computed number that is kept."""
    return None if value is None else round(value, 6)


_TYPES = {
    "cause_type": pa.string(), "cause": pa.string(), "team_id": pa.string(), "metric_id": pa.string(),
    "room": pa.string(), "method": pa.string(), "since_start": pa.string(), "week_from": pa.int32(),
    "week_to": pa.int32(), "effect": pa.float64(), "effect_low": pa.float64(), "effect_high": pa.float64(),
    "shown": pa.string(), "verdict": pa.string(), "treated_teams": pa.int32(), "control_teams": pa.int32(),
    "team_weeks": pa.int32(), "pre_trend_p": pa.float64(), "assumes": pa.string(), "data_through": pa.date32(),
}  # fmt: skip
