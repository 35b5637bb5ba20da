"""Weighs the stories for every team and week, and writes `team_risk` and `team_risk_reasons`."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.resources import files

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from counterpoise.guardrails import CheckReport
from counterpoise.scoring.alerts import raise_alerts
from counterpoise.scoring.bands import bands_of, limit_of
from counterpoise.scoring.contrasts import (
    Contrasts,
    TeamWeeks,
    read_contrasts,
    restlessness,
    weigh,
)
from counterpoise.scoring.draws import drawn_odds
from counterpoise.scoring.evidence import Floats
from counterpoise.scoring.stories import (
    BENIGN,
    DIVERGENCE,
    UNEXPLAINED,
    Priors,
    best_benign,
    log_odds,
    mechanisms,
    moves,
    risk_of,
)
from counterpoise.scoring.words import divergence_sentence, reason_sentence
from counterpoise.warehouse import Warehouse
from counterpoise.weeks import EPOCH_DAYS

# How much must be measured before "clear" may be said.
CLEAR_COVERAGE = 0.65  # a tracked output and three in ten of the outcomes
# What was known for so many weeks and is not now is missed: nothing is called clear without it.
MISSED_AFTER_WEEKS = 26
# From which risk on a paradox is told, and from which log evidence on its mechanism is named.
PARADOX_FROM = limit_of("watch")
MECHANISM_SEEN = 1.0
# The interval covers 90 %: draws of every effect around its estimate, and prior odds off by a factor of two.
PRIOR_BAND = np.log(2)
MIN_CONTRIBUTION = 0.5
# Friction around a team moves the prior a little: full exposure multiplies the odds by some 1.5.
EXPOSURE_SHIFT = 0.4
# Team-weeks weighed, and reasons written, at a time.
_ROWS_AT_ONCE, _REASONS_AT_ONCE = 20_000, 50_000

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Calibration:
    """Two numbers that turn log odds into a risk, the base rate they are for, and the version of how they were got."""

    model_version: str
    intercept: float
    slope: float
    base_rate: float


def load_calibration(version: str = "v1") -> Calibration:
    """The calibration file kept in the package."""
    content = json.loads((files("counterpoise.scoring") / "calibration" / f"{version}.json").read_text("utf-8"))
    return Calibration(*(content[name] for name in ("model_version", "intercept", "slope", "base_rate")))


@dataclass(frozen=True)
class Scores:
    """Scores of all team-weeks, each array of shape (rows,), in the order of `Contrasts`.

    Attributes:
        odds: ln of paradox against benign stories, without friction and uncalibrated; NaN where there is no score.
        risk, low, high: 0 to 100; NaN where there is no score.
        stories, story: story ids, and the index of the one told.
        coverage: 0 to 1, how much of what could be measured is.
        missed: something that used to be known is not known or not comparable now.
        alert, alert_reason: whether an alarm is raised, and why or why not yet (None where nothing is to be said).
        signals, contribution: signal ids, the last is outcome_divergence, and the points lost when a signal is left
            out, shape (rows, signals).
    """

    odds: Floats
    risk: Floats
    low: Floats
    high: Floats
    stories: tuple[str, ...]
    story: np.ndarray
    coverage: Floats
    missed: np.ndarray
    alert: np.ndarray
    alert_reason: np.ndarray
    signals: tuple[str, ...]
    contribution: Floats


def score_contrasts(contrasts: Contrasts, weights: dict[str, float], calibration: Calibration) -> Scores:
    """Score every team-week from what was known then. Pure: the same arrays give the same scores.

    Args:
        contrasts: see `read_contrasts`.
        weights: relative prior weight by story id.
        calibration: intercept and slope of the risk.
    """
    priors = Priors.of(weights, contrasts.signals)
    blocks = contrasts.by_teams(_ROWS_AT_ONCE) if len(contrasts) else [contrasts]
    parts = [_score_rows(block, priors, calibration) for block in blocks]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    harm, stories = joined.pop("harm"), (*contrasts.signals, UNEXPLAINED, *BENIGN)
    told = joined["story"] < len(stories) - len(BENIGN)
    alerts = raise_alerts(contrasts, joined["odds"], harm, told, calibration.intercept, calibration.slope)
    return Scores(
        stories=stories, coverage=_coverage(contrasts), missed=_missed(contrasts), alert=alerts.alert,
        alert_reason=alerts.reason, signals=(*contrasts.signals, DIVERGENCE), **joined,
    )  # fmt: skip


def _score_rows(contrasts: Contrasts, priors: Priors, calibration: Calibration) -> dict[str, np.ndarray]:
    """All that can be said of some teams without looking at the others."""
    contrasts = replace(contrasts, error=contrasts.error * restlessness(contrasts))
    evidence = weigh(contrasts)
    moved, at_work = moves(evidence), mechanisms(evidence, priors)
    enough = has_output_and_outcome(contrasts)
    odds = np.where(enough, log_odds(moved, at_work, priors), np.nan)
    # friction alone raises no alarm: it shifts the risk shown, not the odds
    intercept = calibration.intercept + EXPOSURE_SHIFT * np.nan_to_num(contrasts.exposure)
    risk = risk_of(odds, intercept, calibration.slope)
    low, high = np.quantile(drawn_odds(contrasts, at_work, priors), [0.05, 0.95], axis=0)
    low = np.minimum(risk_of(low, intercept - PRIOR_BAND, calibration.slope), risk)
    high = np.maximum(risk_of(high, intercept + PRIOR_BAND, calibration.slope), risk)
    each = log_odds(moved, mechanisms(evidence, priors, one_left_out=True), priors)
    unheld = log_odds(moves(evidence.without_outcomes()), at_work, priors)
    without = np.column_stack([each, unheld])
    contribution = risk[:, None] - risk_of(without, intercept[:, None], calibration.slope)
    # the story told: a paradox from the band `watch` on, a benign one below it, so that story and band say the same
    seen = np.where(contrasts.mechanism >= MECHANISM_SEEN, contrasts.mechanism + np.log(priors.mechanisms), -np.inf)
    named = seen.shape[1] and np.isfinite(seen).any(axis=1)
    paradox = np.where(named, np.argmax(seen, axis=1) if seen.shape[1] else 0, len(contrasts.signals))
    benign = len(contrasts.signals) + 1 + best_benign(moved, at_work)
    return {
        "odds": odds, "risk": risk, "low": low, "high": high, "contribution": contribution,
        "story": np.where(np.nan_to_num(risk) >= PARADOX_FROM, paradox, benign),
        "harm": moved.harm,
    }  # fmt: skip


def has_output_and_outcome(contrasts: Contrasts) -> np.ndarray:
    """Team-weeks with a tracked output and an outcome to hold against it; shape (rows,)."""
    known = contrasts.known
    return known[:, contrasts.is_output].any(axis=1) & known[:, contrasts.is_outcome].any(axis=1)


def _coverage(contrasts: Contrasts) -> Floats:
    """Half for any output, half for the share of outcomes that are measured."""
    known = contrasts.known
    outcomes = known[:, contrasts.is_outcome]
    if not outcomes.size:
        return np.zeros(len(known))
    return 0.5 * known[:, contrasts.is_output].any(axis=1) + 0.5 * outcomes.mean(axis=1)


def _missed(contrasts: Contrasts) -> np.ndarray:
    """Team-weeks in which an output or outcome is unknown that was known for half a year and more; shape (rows,)."""
    known = contrasts.known[:, contrasts.is_output | contrasts.is_outcome]
    weeks = np.cumsum(known, axis=0)
    starts = contrasts.starts()
    earlier = np.vstack([np.zeros((1, known.shape[1]), weeks.dtype), weeks])[starts]
    counts = np.diff(np.r_[starts, len(contrasts)])
    return ((weeks - np.repeat(earlier, counts, axis=0) >= MISSED_AFTER_WEEKS) & ~known).any(axis=1)


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
        min_people: teams with fewer active people are not scored; never below 3, nor below what the marts were
            built with (setting `min_people`): the stricter counts.
        now: the clock, for `scored_at`.

    Returns:
        Number of teams with a score in their last week.
    """
    min_people = max(min_people, 3, shown_from_people(warehouse))
    calibration = load_calibration()
    weights = read_story_weights(warehouse)
    if progress:
        progress("reading contrasts and signals")
    spine = TeamWeeks(warehouse)
    contrasts = read_contrasts(warehouse, spine).without_metrics(
        {metric for gate in gates for metric in gate.withheld_metrics}
    )
    if progress:
        progress(f"weighing stories for {len(contrasts):,} team-weeks")
    scores = score_contrasts(contrasts, weights, calibration)
    status, reason = _status(contrasts, scores, gates, min_people)
    shown = status == "scored"
    if progress:
        progress("writing scores and reasons")
    last = np.r_[contrasts.starts()[1:], len(contrasts)] - 1
    risk = _risk_rows(contrasts, scores, status, reason, calibration, now or datetime.now(UTC))
    del contrasts
    warehouse.replace_rows("team_risk", [risk])
    warehouse.replace_rows("team_risk_reasons", _reason_rows(warehouse, spine, scores, shown))
    return int(shown[last].sum()) if len(shown) else 0


def shown_from_people(warehouse: Warehouse) -> int:
    """Least number of people whose figures the marts show, setting `min_people` of their build; 0 without a team."""
    found = warehouse.query(f"select max(shown_from_people) as people from {warehouse.marts_schema}.dim_team")
    [shown] = found["people"]
    return shown.as_py() or 0


def read_story_weights(warehouse: Warehouse) -> dict[str, float]:
    """Relative prior weight by story id, from the story registry."""
    stories = warehouse.query(f"select story_id, prior_weight from {warehouse.marts_schema}.story_registry").to_pydict()
    return dict(zip(stories["story_id"], map(float, stories["prior_weight"]), strict=True))


def _status(
    contrasts: Contrasts, scores: Scores, gates: Sequence[CheckReport], min_people: int
) -> tuple[np.ndarray, np.ndarray]:
    """Status of each team-week and why it is so, None where there is nothing to say."""
    for_all = next((result.message for gate in gates for result in gate.withholds_all), None)
    for_team = {team: results[0].message for gate in gates for team, results in gate.withheld_teams.items()}
    status = np.full(len(contrasts), "scored", dtype=object)
    why = np.full(len(contrasts), None, dtype=object)
    # what comes later in this list counts more
    why[contrasts.trial] = "On trial: less than half a year of history to compare with."
    why[scores.missed] = "Something that used to be known is not known or not comparable now: nothing is called clear."
    why[scores.coverage < CLEAR_COVERAGE] = "Too little is measured here to call anything clear."
    unknown, small = np.isnan(scores.risk), contrasts.people < min_people
    status[unknown | small] = "insufficient_data"
    why[unknown] = "There is no tracked output, or no outcome whose time to show has passed, with enough history."
    why[small] = f"Fewer than {min_people} people work in this team; so small a team is not scored."
    if for_all or for_team:
        messages = np.array([for_all or for_team.get(team) for team in contrasts.team_ids], dtype=object)
        held = np.array([message is not None for message in messages], dtype=bool)
        status[held], why[held] = "withheld", messages[held]
    return status, why


def _week_starts(weeks: np.ndarray) -> pa.Array:
    """Mondays of week numbers."""
    return pa.array(weeks * 7 + EPOCH_DAYS, pa.int32()).cast(pa.date32())


def _risk_rows(
    contrasts: Contrasts,
    scores: Scores,
    status: np.ndarray,
    reason: np.ndarray,
    calibration: Calibration,
    now: datetime,
) -> pa.Table:
    shown = status == "scored"
    starts = _week_starts(contrasts.weeks)

    def where_shown(values: np.ndarray, kind: pa.DataType) -> pa.Array:
        return pa.array(values, kind, mask=~shown)

    band = bands_of(scores.risk, (scores.coverage >= CLEAR_COVERAGE) & ~scores.missed)
    return pa.table({
        "team_id": pa.array(contrasts.team_ids, pa.string()),
        "week_start": starts,
        "risk": where_shown(scores.risk.round(2), pa.float64()),
        "risk_low": where_shown(scores.low.round(2), pa.float64()),
        "risk_high": where_shown(scores.high.round(2), pa.float64()),
        "band": where_shown(band, pa.string()),
        "status": pa.array(status, pa.string()),
        "status_reason": pa.array(reason, pa.string()),
        "alert": pa.array(scores.alert & shown, pa.bool_()),
        "alert_reason": where_shown(scores.alert_reason, pa.string()),
        "coverage": pa.array(scores.coverage.round(4), pa.float64()),
        "exposure": pa.array(contrasts.exposure.round(4), pa.float64(), mask=np.isnan(contrasts.exposure)),
        "story": where_shown(np.array(scores.stories, dtype=object)[scores.story], pa.string()),
        "model_version": pa.array([calibration.model_version] * len(shown), pa.string()),
        "data_through": pc.add(starts.cast(pa.int32()), pa.scalar(6, pa.int32())).cast(pa.date32()),
        "scored_at": pa.array([now.replace(tzinfo=None)] * len(shown), pa.timestamp("us")),
    })  # fmt: skip


def ranked_reasons(scores: Scores, shown: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Reasons of team-weeks in the order of the points they bring; the story's own mechanism first.

    Args:
        shown: which team-weeks are told, shape (rows,).

    Returns:
        Row, place among `scores.signals` and rank from 1 of each reason, by row and rank.
    """
    told = scores.story[:, None] == np.arange(len(scores.signals))[None, :]
    told[:, -1] = False  # the last is outcome_divergence; that place among the stories is the unexplained one
    # the story told stands on its mechanism, however few points others would leave it
    row, place = np.nonzero(shown[:, None] & ((scores.contribution >= MIN_CONTRIBUTION) | told))
    order = np.lexsort((place, -scores.contribution[row, place], ~told[row, place], row))
    row, place = row[order], place[order]
    first = np.r_[True, row[1:] != row[:-1]] if len(row) else np.array([], bool)
    rank = np.arange(len(row)) - np.flatnonzero(first)[np.cumsum(first) - 1] + 1
    return row, place, rank


def _reason_rows(warehouse: Warehouse, spine: TeamWeeks, scores: Scores, shown: np.ndarray) -> Iterator[pa.Table]:
    """The rows of `team_risk_reasons` of the team-weeks shown, some at a time."""
    marts = warehouse.marts_schema
    row, place, rank = ranked_reasons(scores, shown)
    divergence = len(scores.signals) - 1
    number = np.full(scores.contribution.shape, -1, dtype=np.int32)
    number[row, place] = np.arange(len(row))
    signals = pa.array(scores.signals, pa.string())

    def reason_told(batch: pa.RecordBatch) -> np.ndarray:
        of_row = spine.places_of_dates(batch["team_id"], batch["week_start"])
        signal = np.asarray(pc.fill_null(pc.index_in(batch["signal_id"].cast(pa.string()), value_set=signals), -1))
        return np.where((of_row >= 0) & (signal >= 0), number[of_row, signal], -1)

    parted = np.zeros(len(spine), dtype=bool)
    parted[row[place == divergence]] = True

    def row_told(batch: pa.RecordBatch) -> np.ndarray:
        of_row = spine.places_of_dates(batch["team_id"], batch["week_start"])
        return np.where(parted[of_row], of_row, -1)

    facts = _Kept(len(row), reason_told, warehouse.batches(
        "select team_id, week_start, signal_id, observed, expected, n, since_week "
        f"from {marts}.fct_signal_week where log_evidence is not null"
    ))  # fmt: skip
    pairs = _Kept(len(spine), row_told, warehouse.batches(
        "select team_id, week_start, output_metric_id, outcome_metric_id, output_effect, outcome_value, "
        "outcome_expected from ("
        "select *, row_number() over (partition by team_id, week_start order by log_evidence desc, pair_id) as place "
        f"from {marts}.fct_pair_week where log_evidence is not null) as ranked where place = 1"
    ))  # fmt: skip
    metrics = {
        known["metric_id"]: known
        for known in warehouse.query(f"select metric_id, label, unit from {marts}.dim_metric").to_pylist()
    }
    registry = {
        known["signal_id"]: known
        for known in warehouse.query(
            f"select signal_id, label, unit, sentence, response_id, owner_role from {marts}.dim_signal"
        ).to_pylist()
    }
    told = [registry.get(signal, {}) for signal in scores.signals]
    points = np.maximum(scores.contribution[row, place], 0.0).round(2)
    for begin in range(0, len(row), _REASONS_AT_ONCE):
        part = slice(begin, begin + _REASONS_AT_ONCE)
        known, sentences = facts.rows(np.arange(len(row))[part]), []
        for signal, fact, pair in zip(place[part], known, pairs.rows(row[part]), strict=True):
            if signal == divergence and pair:
                sentences.append(divergence_sentence(pair, metrics, fact.get("since_week")))
            else:
                sentences.append(reason_sentence(fact | told[signal] if fact else {}))
        rows = {
            "team_id": spine.team_ids[row[part]],
            "week_start": _week_starts(spine.weeks[row[part]]),
            "rank": rank[part],
            "signal_id": [scores.signals[signal] for signal in place[part]],
            "contribution": points[part],
            **{name: [fact.get(name) for fact in known] for name in ("observed", "expected", "n", "since_week")},
            "sentence": sentences,
            "response_id": [told[signal].get("response_id") for signal in place[part]],
            "owner": [told[signal].get("owner_role") for signal in place[part]],
        }
        yield pa.table({name: pa.array(rows[name], kind) for name, kind in _REASON_TYPES.items()})


class _Kept:
    """Rows of a select that are needed, found again by number; kept as columns, as they are many."""

    def __init__(
        self, numbers: int, number_of: Callable[[pa.RecordBatch], np.ndarray], batches: Iterator[pa.RecordBatch]
    ) -> None:
        """`number_of` gives the number of each row of a batch, -1 where it is not needed."""
        self._place = np.full(numbers, -1, dtype=np.int64)
        kept: list[pa.Table] = []
        count = 0
        for batch in batches:
            number = number_of(batch)
            needed = np.flatnonzero(number >= 0)
            self._place[number[needed]] = count + np.arange(len(needed))
            count += len(needed)
            kept.append(pa.table(batch.select(batch.schema.names[2:]).take(pa.array(needed))))
        # a column without a value in one batch has no type there
        self._rows = pa.concat_tables(kept, promote_options="permissive") if kept else None

    def rows(self, numbers: np.ndarray) -> list[dict]:
        """The rows of these numbers as dictionaries, empty where there is none."""
        place = self._place[numbers]
        found = iter(self._rows.take(pa.array(place[place >= 0])).to_pylist() if self._rows is not None else [])
        return [next(found) if there else {} for there in place >= 0]


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
