"""Weighs the stories for every team and week, and writes `team_risk` and `team_risk_reasons`."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import numpy as np
import pyarrow as pa

from counterpoise.guardrails import CheckReport
from counterpoise.scoring.contrasts import EPOCH_MONDAY, Contrasts, read_contrasts, weigh
from counterpoise.scoring.evidence import Floats
from counterpoise.scoring.stories import BENIGN, DIVERGENCE, Comparison, compare, risk_of
from counterpoise.scoring.words import divergence_sentence, reason_sentence
from counterpoise.warehouse import Warehouse

# From which risk on a band begins, and how much must be measured before "clear" may be said.
BANDS = (("high", 70.0), ("elevated", 45.0), ("watch", 20.0), ("clear", 0.0))
CLEAR_COVERAGE = 0.5
# From which risk on a paradox is told, and from which log evidence on its mechanism is named.
PARADOX_FROM = dict(BANDS)["watch"]
MECHANISM_SEEN = 3.0
# The interval covers 90 %: draws of every effect around its estimate, and prior odds off by a factor of two.
DRAWS = 40
PRIOR_BAND = np.log(2)
# An alert needs this many weeks in a row in the highest band with a paradox story, and effects that matter.
ALERT_WEEKS = 3
MIN_CONTRIBUTION = 0.5
# Friction around a team moves the prior a little: full exposure multiplies the odds by some 1.5.
EXPOSURE_SHIFT = 0.4

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Calibration:
    """Two numbers that turn log odds into a risk, with the version of how they were got."""

    model_version: str
    intercept: float
    slope: float


def load_calibration(version: str = "v1") -> Calibration:
    """The calibration file kept in the package."""
    content = json.loads((files("counterpoise.scoring") / "calibration" / f"{version}.json").read_text("utf-8"))
    return Calibration(content["model_version"], content["intercept"], content["slope"])


@dataclass(frozen=True)
class Scores:
    """Scores of all team-weeks, each array of shape (rows,), in the order of `Contrasts`.

    Attributes:
        risk, low, high: 0 to 100; NaN where there is no score.
        story: index into `stories`.
        coverage: 0 to 1, how much of what could be measured is.
        alert: boolean.
        contribution: points lost when a signal is left out, shape (rows, signals); the last is outcome_divergence.
    """

    risk: Floats
    low: Floats
    high: Floats
    stories: tuple[str, ...]
    story: np.ndarray
    coverage: Floats
    alert: np.ndarray
    signals: tuple[str, ...]
    contribution: Floats


def score_contrasts(contrasts: Contrasts, priors: dict[str, float], calibration: Calibration) -> Scores:
    """Score every team-week from what was known then. Pure: the same arrays give the same scores.

    Args:
        contrasts: see `read_contrasts`.
        priors: relative prior weight by story id.
        calibration: intercept and slope of the risk.
    """
    evidence = weigh(contrasts)
    comparison = compare(evidence, priors)
    enough = has_output_and_outcome(contrasts)
    risk = np.where(enough, _risk(contrasts, comparison, calibration), np.nan)
    low, high = _interval(contrasts, priors, calibration, risk)
    # friction alone raises no alarm: alerts look at the risk without it
    unexposed = np.where(enough, risk_of(comparison.log_odds, calibration.intercept, calibration.slope), np.nan)
    # the story told is the one the evidence fits best; how often each happens is the risk's affair
    story = _stories_told(contrasts, compare(evidence, {}), risk)
    signals = (*contrasts.signals, DIVERGENCE)
    contribution = np.stack(
        [risk - _risk(contrasts, compare(evidence.without(signal), priors), calibration) for signal in signals],
        axis=1,
    )
    return Scores(
        risk, low, high, comparison.stories, story, _coverage(contrasts),
        _alerts(contrasts, unexposed, comparison, story), signals, contribution,
    )  # fmt: skip


def _stories_told(contrasts: Contrasts, comparison: Comparison, risk: Floats) -> np.ndarray:
    """Index of the story told of each team-week: a paradox from the band `watch` on, a benign one below it.

    So that story and band say the same. A mechanism is named only where its own signal is strong; otherwise the
    paradox is one whose mechanism is not seen.
    """
    weights = comparison.log_weights.copy()
    for place, signal in enumerate(contrasts.signals):
        weak = ~(contrasts.mechanism[:, place] >= MECHANISM_SEEN)
        weights[comparison.stories.index(signal), weak] = -np.inf
    benign = np.array([story in BENIGN for story in comparison.stories])
    is_told = benign[:, None] != (np.nan_to_num(risk) >= PARADOX_FROM)[None, :]
    return np.argmax(np.where(is_told, weights, -np.inf), axis=0)


def _risk(contrasts: Contrasts, comparison: Comparison, calibration: Calibration) -> Floats:
    shift = EXPOSURE_SHIFT * np.nan_to_num(contrasts.exposure)
    return risk_of(comparison.log_odds, calibration.intercept + shift, calibration.slope)


def has_output_and_outcome(contrasts: Contrasts) -> np.ndarray:
    """Team-weeks with a tracked output and an outcome to hold against it; shape (rows,)."""
    known = np.any(~np.isnan(contrasts.effect), axis=2)
    is_output = contrasts.is_output
    return known[:, is_output].any(axis=1) & known[:, ~is_output].any(axis=1)


def _coverage(contrasts: Contrasts) -> Floats:
    """Half for any output, half for the share of outcomes that are measured."""
    known = np.any(~np.isnan(contrasts.effect), axis=2)
    is_output = contrasts.is_output
    outcomes = known[:, ~is_output]
    return (
        0.5 * known[:, is_output].any(axis=1) + 0.5 * outcomes.mean(axis=1) if outcomes.size else np.zeros(len(known))
    )


def _interval(
    contrasts: Contrasts, priors: dict[str, float], calibration: Calibration, risk: Floats
) -> tuple[Floats, Floats]:
    """5th and 95th percentile of the risk over draws of every effect, widened by the prior's band.

    One metric's draw is the same for all teams and windows: so a team's interval depends on no other team, and
    windows of one metric move together as they do in truth. The interval always holds the risk itself.
    """
    normals = np.random.default_rng(20_240_930).standard_normal((DRAWS, len(contrasts.metrics)))
    drawn = np.stack([
        compare(weigh(contrasts, contrasts.effect + contrasts.error * normal[None, :, None]), priors).log_odds
        for normal in normals
    ])  # fmt: skip
    low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
    intercept = calibration.intercept + EXPOSURE_SHIFT * np.nan_to_num(contrasts.exposure)
    low = risk_of(low, intercept - PRIOR_BAND, calibration.slope)
    high = risk_of(high, intercept + PRIOR_BAND, calibration.slope)
    return np.minimum(low, risk), np.maximum(high, risk)


def _alerts(contrasts: Contrasts, risk: Floats, comparison: Comparison, story: np.ndarray) -> np.ndarray:
    """Weeks in a row in the highest band, told as a paradox, with an output and an outcome that matter."""
    is_output = contrasts.is_output
    longest = contrasts.effect[:, :, -1]
    margin = contrasts.margin[None, :]
    with np.errstate(invalid="ignore"):
        moved = ((longest > margin) & is_output).any(axis=1) & ((longest < -margin) & ~is_output).any(axis=1)
        told = np.array([name not in BENIGN for name in comparison.stories])[story]
        due = (risk >= BANDS[0][1]) & moved & told
    held = due.copy()
    for weeks in range(1, ALERT_WEEKS):
        before = np.zeros_like(due)
        before[weeks:] = due[:-weeks] & (contrasts.team_ids[weeks:] == contrasts.team_ids[:-weeks])
        held &= before
    return held


def band_of(risk: float, coverage: float) -> str:
    """Name of the band; with too little measured nothing is called clear."""
    band = next(name for name, lowest in BANDS if risk >= lowest)
    return "watch" if band == "clear" and coverage < CLEAR_COVERAGE else band


def score(
    warehouse: Warehouse,
    gates: Sequence[CheckReport] = (),
    min_people: int = 5,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> int:
    """Score all teams and weeks and replace the rows of `team_risk` and `team_risk_reasons`.

    Args:
        gates: the checks so far; scores they touch are withheld, with the reason, and metrics they touch are left out.
        min_people: teams with fewer active people are not scored; never below 3.
        now: the clock, for `scored_at`.

    Returns:
        Number of teams with a score in their last week.
    """
    min_people = max(min_people, 3)
    calibration = load_calibration()
    priors = read_priors(warehouse)
    if progress:
        progress("reading contrasts and signals")
    contrasts = read_contrasts(warehouse).without_metrics(
        {metric for gate in gates for metric in gate.withheld_metrics}
    )
    if progress:
        progress(f"weighing stories for {len(contrasts.weeks):,} team-weeks")
    scores = score_contrasts(contrasts, priors, calibration)
    status, reason = _status(contrasts, scores, gates, min_people)
    risk_rows = _risk_rows(contrasts, scores, status, reason, calibration, now or datetime.now(UTC))
    reason_rows = _reason_rows(warehouse, contrasts, scores, status)
    for table, rows in (("team_risk", risk_rows), ("team_risk_reasons", reason_rows)):
        warehouse.delete_rows(table)
        warehouse.append_rows(table, rows)
    last = _last_rows(contrasts)
    return int(sum(status[row] == "scored" for row in last))


def read_priors(warehouse: Warehouse) -> dict[str, float]:
    """Relative prior weight by story id, from the story registry."""
    stories = warehouse.query(f"select story_id, prior_weight from {warehouse.marts_schema}.story_registry").to_pydict()
    return dict(zip(stories["story_id"], map(float, stories["prior_weight"]), strict=True))


def _last_rows(contrasts: Contrasts) -> list[int]:
    rows = range(len(contrasts.weeks))
    return [row for row in rows if row + 1 == len(rows) or contrasts.team_ids[row] != contrasts.team_ids[row + 1]]


def _status(
    contrasts: Contrasts, scores: Scores, gates: Sequence[CheckReport], min_people: int
) -> tuple[list[str], list[str | None]]:
    """Status of each team-week and why it is so."""
    for_all = next((result.message for gate in gates for result in gate.withholds_all), None)
    for_team = {team: results[0].message for gate in gates for team, results in gate.withheld_teams.items()}
    status: list[str] = []
    reasons: list[str | None] = []
    for row, team in enumerate(contrasts.team_ids):
        state, why = "insufficient_data", None
        if for_all or team in for_team:
            state, why = "withheld", for_all or for_team[team]
        elif contrasts.people[row] < min_people:
            why = f"Fewer than {min_people} people work in this team; so small a team is not scored."
        elif np.isnan(scores.risk[row]):
            why = "There is no tracked output, or no outcome whose time to show has passed, with enough history."
        else:
            state = "scored"
            if scores.coverage[row] < CLEAR_COVERAGE:
                why = "Too little is measured here to call anything clear."
            elif contrasts.trial[row]:
                why = "On trial: less than half a year of history to compare with."
        status.append(state)
        reasons.append(why)
    return status, reasons


def _week_starts(weeks: np.ndarray) -> list:
    return [EPOCH_MONDAY + timedelta(weeks=int(week)) for week in weeks]


def _risk_rows(
    contrasts: Contrasts,
    scores: Scores,
    status: list[str],
    reason: list[str | None],
    calibration: Calibration,
    now: datetime,
) -> pa.Table:
    rows = range(len(status))
    shown = [state == "scored" for state in status]
    starts = _week_starts(contrasts.weeks)

    def where_shown(values: np.ndarray) -> list:
        return [round(float(values[row]), 2) if shown[row] else None for row in rows]

    return pa.table({
        "team_id": pa.array(list(contrasts.team_ids), pa.string()),
        "week_start": pa.array(starts, pa.date32()),
        "risk": pa.array(where_shown(scores.risk), pa.float64()),
        "risk_low": pa.array(where_shown(scores.low), pa.float64()),
        "risk_high": pa.array(where_shown(scores.high), pa.float64()),
        "band": pa.array(
            [band_of(scores.risk[row], scores.coverage[row]) if shown[row] else None for row in rows], pa.string()
        ),
        "status": pa.array(status, pa.string()),
        "status_reason": pa.array(reason, pa.string()),
        "alert": pa.array([bool(scores.alert[row]) and shown[row] for row in rows], pa.bool_()),
        "coverage": pa.array([round(float(value), 4) for value in scores.coverage], pa.float64()),
        "exposure": pa.array(
            [None if np.isnan(value) else round(float(value), 4) for value in contrasts.exposure], pa.float64()
        ),
        "story": pa.array([scores.stories[scores.story[row]] if shown[row] else None for row in rows], pa.string()),
        "model_version": pa.array([calibration.model_version] * len(shown), pa.string()),
        "data_through": pa.array([start + timedelta(days=6) for start in starts], pa.date32()),
        "scored_at": pa.array([now.replace(tzinfo=None)] * len(shown), pa.timestamp("us")),
    })  # fmt: skip


def _reason_rows(warehouse: Warehouse, contrasts: Contrasts, scores: Scores, status: list[str]) -> pa.Table:
    """Reasons of scored team-weeks in the order of the points they bring; the story's own mechanism first."""
    marts = warehouse.marts_schema
    told = warehouse.query(
        "select s.team_id, s.week_start, s.signal_id, s.observed, s.expected, s.n, s.since_week, "
        "r.label, r.unit, r.sentence, r.response_id, r.owner_role "
        f"from {marts}.fct_signal_week as s inner join {marts}.dim_signal as r on s.signal_id = r.signal_id "
        "where s.log_evidence is not null"
    ).to_pylist()
    facts = {(row["team_id"], row["week_start"], row["signal_id"]): row for row in told}
    strongest = warehouse.query(
        "select team_id, week_start, output_metric_id, outcome_metric_id, output_effect, outcome_value, "
        "outcome_expected from ("
        "select *, row_number() over (partition by team_id, week_start order by log_evidence desc, pair_id) as place "
        f"from {marts}.fct_pair_week where log_evidence is not null) as ranked where place = 1"
    ).to_pylist()
    pairs = {(row["team_id"], row["week_start"]): row for row in strongest}
    metrics = {
        row["metric_id"]: row
        for row in warehouse.query(f"select metric_id, label, unit, good_direction from {marts}.dim_metric").to_pylist()
    }
    starts = _week_starts(contrasts.weeks)
    columns: dict[str, list] = {name: [] for name in _REASON_TYPES}
    for row, team in enumerate(contrasts.team_ids):
        if status[row] != "scored":
            continue
        story = scores.stories[scores.story[row]]
        ranked = sorted(
            (
                (signal != story, -scores.contribution[row, place], signal)
                for place, signal in enumerate(scores.signals)
                # the story told stands on its mechanism, however few points others would leave it
                if scores.contribution[row, place] >= MIN_CONTRIBUTION or signal == story
            ),
        )
        for rank, (_, lost, signal) in enumerate(ranked, start=1):
            fact = facts.get((team, starts[row], signal), {})
            pair = pairs.get((team, starts[row]))
            sentence = (
                divergence_sentence(pair, metrics, fact.get("since_week"))
                if signal == DIVERGENCE and pair
                else reason_sentence(fact)
            )
            points = round(max(float(-lost), 0.0), 2)
            values = (
                team, starts[row], rank, signal, points, fact.get("observed"), fact.get("expected"), fact.get("n"),
                fact.get("since_week"), sentence, fact.get("response_id"), fact.get("owner_role"),
            )  # fmt: skip
            for name, value in zip(columns, values, strict=True):
                columns[name].append(value)
    return pa.table({name: pa.array(values, _REASON_TYPES[name]) for name, values in columns.items()})


_REASON_TYPES = {
    "team_id": pa.string(),
    "week_start": pa.date32(),
    "rank": pa.int32(),
    "signal_id": pa.string(),
    "contribution": pa.float64(),
    "observed": pa.float64(),
    "expected": pa.float64(),
    "n": pa.int32(),
    "since_week": pa.date32(),
    "sentence": pa.string(),
    "response_id": pa.string(),
    "owner": pa.string(),
}
