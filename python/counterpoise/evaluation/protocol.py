"""The protocol: organisations of several seeds in four arms, the score and the usual methods on the same weeks."""

import hashlib
import importlib.util
import json
import multiprocessing
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit, logit

from counterpoise import __version__
from counterpoise.evaluation import baselines, charts, measures
from counterpoise.evaluation.baselines import METHODS, NEEDS
from counterpoise.evaluation.measures import Truth
from counterpoise.evaluation.organisation import Organisation, Setting, Weekly, organisation_of
from counterpoise.report import limits
from counterpoise.scoring.evidence import Floats
from counterpoise.scoring.score import Calibration, load_calibration, ranked_reasons, score_contrasts
from counterpoise.scoring.stories import DIVERGENCE

Progress = Callable[[str, str], None]

SCORE = "score"
FALSE_ALARMS_AIMED_AT = 5.0
MIN_PEOPLE = 5
DRAWS = 400
WINDOWS = (13, 26)
# Scenario arms: what differs from the first one.
ARMS: dict[str, tuple[str, dict[str, float]]] = {
    "base": ("As simulated", {}),
    "weak": ("Effects × 0.6", {"effect": 0.6}),
    "small": ("A quarter of the items", {"scale": 0.25}),
    "dirty": ("5 % of the rows with something wrong", {"dirt": 0.05}),
}


@dataclass(frozen=True)
class Plan:
    """What is evaluated: `scale` is the volume of the arms other than `small`, which has a quarter of it."""

    seeds: tuple[int, ...] = (1, 2, 3, 4, 5)
    teams: int = 60
    weeks: int = 117
    scale: float = 1.0
    arms: tuple[str, ...] = tuple(ARMS)

    def settings(self) -> list[tuple[str, Setting]]:
        """Arm and setting of every organisation."""
        found = []
        for arm in self.arms:
            changes = dict(ARMS[arm][1])
            scale = self.scale * changes.pop("scale", 1.0)
            found += [(arm, Setting(seed, self.teams, self.weeks, scale, **changes)) for seed in self.seeds]
        return found


SHORT = Plan(seeds=(1, 2), teams=40, scale=0.4, arms=("base",))


@dataclass(frozen=True)
class Judged:
    """What the score and the methods say of one organisation, or of several; grids of shape (teams, weeks).

    Attributes:
        risk: 0 to 100, NaN where there is no score.
        alert: the score's own alert.
        log_odds, shift: the linear term before calibration, and what is added to it for the team's surroundings.
        reasons: by team, the signals in the order in which the reasons name them, in the week of the first alert after
            the onset; empty where there is none.
        others: by method, its score and its alarm.
    """

    truth: Truth
    risk: Floats
    alert: np.ndarray
    log_odds: Floats
    shift: Floats
    reasons: tuple[tuple[str, ...], ...]
    others: dict[str, tuple[Floats, np.ndarray]]

    @property
    def scored(self) -> np.ndarray:
        """Weeks that have a score: on these everything is judged."""
        return ~np.isnan(self.risk)


def judge(organisation: Organisation, calibration: Calibration, others: dict[str, tuple[Floats, np.ndarray]]) -> Judged:
    """Score an organisation as a run would."""
    contrasts, truth = organisation.contrasts, organisation.truth
    scores = score_contrasts(contrasts, organisation.priors, calibration)
    # what friction around the team adds to the linear term before it becomes a risk
    whole = logit(np.clip(scores.risk / 100, 1e-15, 1 - 1e-15))
    shift = whole - calibration.intercept - calibration.slope * scores.odds
    shown = ~np.isnan(scores.risk) & ~(contrasts.people < MIN_PEOPLE)
    grid = organisation.grid
    alert = grid(scores.alert & shown, False).astype(bool)
    delay = measures.delays(alert, truth)
    row_of = grid(np.arange(len(shown)), -1).astype(int)
    found = np.array([
        row_of[team, int(truth.onset[team] + delay[team])] if np.isfinite(delay[team]) else -1
        for team in range(len(truth))
    ])  # fmt: skip
    row, place, _ = ranked_reasons(scores, np.isin(np.arange(len(shown)), found[found >= 0]))
    reasons = tuple(tuple(scores.signals[signal] for signal in place[row == at]) for at in found)
    return Judged(
        truth, grid(np.where(shown, scores.risk, np.nan), np.nan), alert, grid(scores.odds, np.nan),
        grid(shift, np.nan), reasons, others,
    )  # fmt: skip


def pooled(parts: Sequence[Judged]) -> Judged:
    """Several organisations as one."""
    return Judged(
        measures.joined([part.truth for part in parts]),
        np.concatenate([part.risk for part in parts]),
        np.concatenate([part.alert for part in parts]),
        np.concatenate([part.log_odds for part in parts]),
        np.concatenate([part.shift for part in parts]),
        tuple(reasons for part in parts for reasons in part.reasons),
        {
            name: tuple(np.concatenate([part.others[name][place] for part in parts]) for place in (0, 1))
            for name in parts[0].others
        },
    )


# --- organisations, one after the other or on both cores ---


def methods_at_hand() -> list[str]:
    """Methods whose library is installed."""
    return [name for name in METHODS if name not in NEEDS or importlib.util.find_spec(NEEDS[name])]


def judge_setting(setting: Setting, kept: Path, work: Path, progress: Callable[[str], None] | None = None) -> Judged:
    """Make an organisation where it is not kept yet, and let the score and all methods at hand judge it."""
    tell = progress or (lambda _: None)
    organisation = organisation_of(setting, kept, work, tell)
    others = {name: _found_or_kept(name, organisation.weekly, kept / setting.name, tell) for name in methods_at_hand()}
    tell("scoring")
    return judge(organisation, load_calibration(), others)


def _found_or_kept(name: str, weekly: Weekly, folder: Path, tell: Callable[[str], None]) -> tuple[Floats, np.ndarray]:
    """What a method says, kept beside the marts for as long as neither its code nor its figures change."""
    digest = hashlib.sha256(weekly.good.tobytes() + weekly.is_output.tobytes() + repr(weekly.pairs).encode())
    for code in (baselines, charts, limits):
        digest.update(Path(code.__file__).read_bytes())
    file = folder / f"{name}-{digest.hexdigest()[:16]}.npz"
    if not file.exists():
        tell(METHODS[name].label)
        found = METHODS[name].run(weekly)
        np.savez_compressed(file, score=found.score, alarm=found.alarm)
    with np.load(file) as saved:
        return saved["score"], saved["alarm"]


def _in_a_process(setting: Setting, kept: Path, work: Path) -> Judged:
    return judge_setting(setting, kept, work / f"worker-{os.getpid()}")


def judge_all(plan: Plan, kept: Path, progress: Progress, jobs: int) -> dict[str, Judged]:
    """All organisations of a plan, pooled by arm."""
    settings = plan.settings()
    parts: dict[str, dict[int, Judged]] = {arm: {} for arm in plan.arms}
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".work-", dir=kept) as work:
        if jobs <= 1:
            for done, (arm, setting) in enumerate(settings):
                where = f"{done + 1} of {len(settings)}: {ARMS[arm][0].lower()}, seed {setting.seed}"
                parts[arm][setting.seed] = judge_setting(
                    setting, kept, Path(work), lambda detail, where=where: progress(where, detail)
                )
        else:
            with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
                waiting = {
                    pool.submit(_in_a_process, setting, kept, Path(work)): (arm, setting) for arm, setting in settings
                }
                progress("organisations", f"0 of {len(settings)} done")
                try:
                    for done, future in enumerate(as_completed(waiting), start=1):
                        arm, setting = waiting[future]
                        parts[arm][setting.seed] = future.result()
                        progress(f"{done} of {len(settings)}", f"{ARMS[arm][0].lower()}, seed {setting.seed}")
                except BaseException:
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise
    return {arm: pooled([parts[arm][seed] for seed in plan.seeds]) for arm in plan.arms}


# --- what is measured ---


def evaluate(plan: Plan, kept: Path, progress: Progress, jobs: int = 1) -> dict[str, Any]:
    """The whole protocol as one plain dictionary, ready for JSON.

    Args:
        kept: folder for simulated organisations and their marts; what is there already is used again.
        progress: called with a step and a detail.
        jobs: processes that simulate and build side by side.

    Raises:
        CounterpoiseError: an organisation could not be made.
    """
    began = time.monotonic()
    judged = judge_all(plan, kept, progress, jobs)
    arms = {}
    for arm, found in judged.items():
        progress("measuring", ARMS[arm][0].lower())
        arms[arm] = measure_arm(found, plan.weeks, whole=arm == "base")
    calibration = load_calibration()
    result: dict[str, Any] = {
        "counterpoise": __version__,
        "model_version": calibration.model_version,
        "plan": {
            "seeds": list(plan.seeds), "teams": plan.teams, "weeks": plan.weeks, "scale": plan.scale,
            "arms": {arm: ARMS[arm][0] for arm in plan.arms},
        },
        "methods_missing": sorted(set(METHODS) - set(methods_at_hand())),
        "arms": arms,
    }  # fmt: skip
    if "base" in arms:
        result["targets"] = targets(arms["base"])
    result["seconds"] = round(time.monotonic() - began, 1)
    return result


def measure_arm(judged: Judged, weeks: int, *, whole: bool = True) -> dict[str, Any]:
    """Every measure of one arm; `whole` adds what only the first arm is asked for."""
    truth, scored = judged.truth, judged.scored
    positive, negative = truth.positive(weeks) & scored, truth.negative(weeks) & scored
    counts = measures.resamples(truth, DRAWS)
    methods = {SCORE: method_figures(judged.risk, judged.alert, judged, weeks, counts)}
    at_rate = alarms_at_rate(judged.risk, scored, negative)
    for name, (score, alarm) in judged.others.items():
        methods[name] = method_figures(score, alarm & scored, judged, weeks, counts)
    used = positive | negative
    result: dict[str, Any] = {
        "teams": len(truth),
        "paradox_teams": int(truth.is_paradox.sum()),
        "team_weeks": int(used.sum()),
        "base_rate": _round(positive[used].mean()),
        "methods": methods,
        "probabilities": probability_figures(judged, positive, used),
        "kinds": kind_figures(judged, weeks, at_rate),
        "reasons": reason_figures(judged),
        "shock": shock_figures(judged, weeks, at_rate),
    }
    if whole:
        for name in methods:
            score = judged.risk if name == SCORE else judged.others[name][0]
            ranked = _ranked(score)[used]
            roc, curve = (
                measures.roc_curve(ranked, positive[used]),
                measures.precision_recall_curve(ranked, positive[used]),
            )
            methods[name]["roc"] = measures.thinned(*roc)
            methods[name]["precision_recall"] = measures.thinned(*curve)
        result["left_out"] = left_out_figures(judged, weeks)
        result["found"] = team_rows(judged, weeks, at_rate)
    return result


def team_rows(judged: Judged, weeks: int, at_rate: np.ndarray) -> dict[str, list[dict[str, Any]]]:
    """Team by team, for those who want to know which: every paradox, and every false alarm of the score's own alert."""
    truth = judged.truth
    own, other = measures.delays(judged.alert, truth), measures.delays(at_rate, truth)
    positive = truth.positive(weeks) & judged.scored
    false = measures.alarm_starts(judged.alert) & truth.negative(weeks)
    return {
        "paradoxes": [
            {
                "team": truth.team_ids[team], "kind": truth.kinds[team], "onset": _round(truth.onset[team]),
                "delay_own": _round(own[team]), "delay_at_rate": _round(other[team]),
                "typical_risk": _round(np.quantile(judged.risk[team][positive[team]], 0.5))
                if positive[team].any()
                else None,
                "reasons": list(judged.reasons[team][:3]),
            }
            for team in np.flatnonzero(truth.is_paradox)
        ],
        "false_alarms": [
            {"team": truth.team_ids[team], "kind": truth.kinds[team], "week": int(week)}
            for team, week in np.argwhere(false)
        ],
    }  # fmt: skip


def _ranked(score: Floats) -> Floats:
    """A method that cannot say anything is quiet."""
    return np.where(np.isnan(score), -np.inf, score)


def method_figures(score: Floats, alarm: np.ndarray, judged: Judged, weeks: int, counts: np.ndarray) -> dict[str, Any]:
    """Order, false alarms, detection and delay: at the method's own alarm, and at five false alarms in 100 years."""
    truth, scored = judged.truth, judged.scored
    positive, negative = truth.positive(weeks) & scored, truth.negative(weeks) & scored
    used = positive | negative
    ranked, labels = _ranked(score)[used], positive[used]
    team = np.nonzero(used)[0]
    figures: dict[str, Any] = {
        "auc": _round(measures.auc(ranked, labels)),
        "auc_interval": _rounded(measures.auc_interval(ranked, labels, team, counts)),
        "average_precision": _round(measures.average_precision(ranked, labels)),
        "own": alarm_figures(alarm, judged, weeks, counts),
        "at_rate": alarm_figures(alarms_at_rate(score, scored, negative), judged, weeks, counts),
    }
    probability = as_probability(ranked, labels, team)
    if probability is not None:
        figures["brier_skill_fitted"] = _round(measures.brier_skill(probability, labels))
        figures["calibration_error_fitted"] = _round(measures.calibration_error(probability, labels))
    return figures


def alarms_at_rate(score: Floats, scored: np.ndarray, negative: np.ndarray) -> np.ndarray:
    """Alarms at the lowest threshold that gives at most five false ones per 100 team-years on the same weeks."""
    threshold = measures.threshold_for(np.where(scored, score, np.nan), negative, FALSE_ALARMS_AIMED_AT)
    with np.errstate(invalid="ignore"):
        return scored & (score >= threshold)


def as_probability(ranked: Floats, labels: np.ndarray, team: np.ndarray, folds: int = 5) -> Floats | None:
    """What a method would say as a probability, had it two fitted numbers as the score has.

    Fitted on four fifths of the teams and told for the others, in turn. So it knows the base rate of the very
    simulation, which the score does not.

    Args:
        ranked, labels, team: shape (rows,); `ranked` may be minus infinity.

    Returns:
        Shape (rows,), or None where there is nothing to fit.
    """
    finite = np.isfinite(ranked)
    if not finite.any() or ranked[finite].std() == 0:
        return None
    told = np.where(finite, ranked, ranked[finite].min())
    told = (told - told.mean()) / told.std()
    probability = np.full(len(told), np.nan)
    for fold in range(folds):
        test = team % folds == fold
        if not labels[~test].any() or labels[~test].all():
            return None
        intercept, slope = measures.fit_platt(told[~test], labels[~test], np.ones((~test).sum()))
        probability[test] = expit(intercept + slope * told[test])
    return probability


def alarm_figures(alarm: np.ndarray, judged: Judged, weeks: int, counts: np.ndarray) -> dict[str, Any]:
    """False alarms per 100 team-years, shares found, median delay and the curve of what is found by when."""
    truth = judged.truth
    negative = truth.negative(weeks) & judged.scored
    count, years = measures.false_alarms(alarm, negative)
    delay = measures.delays(alarm, truth)
    before = truth.is_paradox
    figures: dict[str, Any] = {
        "false_alarms": _round(measures.alarm_rate(alarm, negative)),
        "false_alarms_interval": _rounded(measures.ratio_interval(100.0 * count, years, counts)),
        "false_alarms_before_onset": _round(measures.alarm_rate(alarm[before], negative[before])),
        "median_delay": _round(measures.median_delay(delay, truth, weeks)),
    }
    for within in WINDOWS:
        counted = measures.followed(truth, weeks, within)
        hit = counted & (np.nan_to_num(delay, nan=np.inf) <= within)
        figures[f"found_{within}"] = _round(measures.share_found(delay, truth, weeks, within))
        figures[f"found_{within}_interval"] = _rounded(
            measures.ratio_interval(hit.astype(float), counted.astype(float), counts)
        )
        figures[f"teams_{within}"] = int(counted.sum())
    figures["found_by_week"] = [_round(share) for share in measures.found_curve(delay, truth, weeks)]
    return figures


def probability_figures(judged: Judged, positive: np.ndarray, used: np.ndarray) -> dict[str, Any]:
    """How far the risk is right as a probability: as it is, and moved to the base rate of the simulation."""
    labels = positive[used]
    said = judged.risk[used] / 100
    shifted = measures.shift_base_rate(said, load_calibration().base_rate, float(labels.mean()))
    return {
        name: {
            "brier": _round(measures.brier(probability, labels)),
            "brier_skill": _round(measures.brier_skill(probability, labels)),
            "calibration_error": _round(measures.calibration_error(probability, labels)),
            "reliability": [
                {"said": _round(row["said"]), "true": _round(row["true"]), "n": row["n"]}
                for row in measures.reliability(probability, labels)
            ],
        }
        for name, probability in (("shifted", shifted), ("unshifted", said))
    }


def kind_figures(judged: Judged, weeks: int, at_rate: np.ndarray) -> dict[str, dict[str, Any]]:
    """Per kind: AUC against all weeks of the other side; detection and delay, or false alarms."""
    truth, scored = judged.truth, judged.scored
    positive, negative = truth.positive(weeks) & scored, truth.negative(weeks) & scored
    found: dict[str, dict[str, Any]] = {}
    for kind in sorted(set(truth.kinds)):
        mine = truth.of_kind(kind)
        is_paradox = bool(truth.is_paradox[mine].any())
        ones, zeros = positive.copy(), negative.copy()
        (ones if is_paradox else zeros)[~mine] = False
        used = ones | zeros
        row: dict[str, Any] = {
            "is_paradox": is_paradox,
            "teams": int(mine.sum()),
            "auc": _round(measures.auc(judged.risk[used], ones[used])),
        }
        for name, alarm in (("own", judged.alert), ("at_rate", at_rate)):
            if is_paradox:
                delay = measures.delays(alarm, truth)
                part = _part(truth, mine)
                row[name] = {
                    "found_13": _round(measures.share_found(delay[mine], part, weeks, 13)),
                    "found_26": _round(measures.share_found(delay[mine], part, weeks, 26)),
                    "median_delay": _round(measures.median_delay(delay[mine], part, weeks)),
                }
            else:
                count, years = measures.false_alarms(alarm[mine], negative[mine])
                row[name] = {
                    "false_alarms": _round(100 * count.sum() / years.sum() if years.sum() else np.nan),
                    "count": int(count.sum()),
                    "team_years": _round(years.sum()),
                }
        found[kind] = row
    return found


def _part(truth: Truth, mine: np.ndarray) -> Truth:
    """Some of the teams."""
    at = np.flatnonzero(mine)
    return Truth(
        tuple(truth.team_ids[place] for place in at), tuple(truth.kinds[place] for place in at),
        truth.is_paradox[at], truth.onset[at], truth.ramp[at], tuple(truth.signals[place] for place in at),
        truth.shock[at],
    )  # fmt: skip


def reason_figures(judged: Judged) -> dict[str, Any]:
    """Whether the reasons named in the week of the alert are those that are true."""
    truth = judged.truth
    told = [
        (signals, reasons)
        for signals, reasons in zip(truth.signals, judged.reasons, strict=True)
        if reasons and signals and DIVERGENCE not in signals
    ]
    untraced = [
        reasons[0] in signals
        for signals, reasons in zip(truth.signals, judged.reasons, strict=True)
        if reasons and DIVERGENCE in signals
    ]
    confusion: dict[str, Counter[str]] = {}
    for kind, is_paradox, reasons in zip(truth.kinds, truth.is_paradox, judged.reasons, strict=True):
        if is_paradox and reasons:
            confusion.setdefault(kind, Counter())[reasons[0]] += 1
    # the first that names a way, where the first of all is only that output and outcome part
    named = [(signals, next((reason for reason in reasons if reason != DIVERGENCE), None)) for signals, reasons in told]
    return {
        "teams": len(told),
        "first_right": _share([reasons[0] in signals for signals, reasons in told]),
        "top_three_right": _share([bool(signals & set(reasons[:3])) for signals, reasons in told]),
        "first_mechanism_right": _share([reason in signals for signals, reason in named]),
        "untraced_teams": len(untraced),
        "untraced_right": _share(untraced),
        "confusion": {kind: dict(sorted(row.items())) for kind, row in sorted(confusion.items())},
    }


def _share(flags: list[bool]) -> float | None:
    return _round(np.mean(flags)) if flags else None


def shock_figures(judged: Judged, weeks: int, at_rate: np.ndarray) -> dict[str, Any]:
    """False alarms in the half year from the shared shock on, and in all other weeks."""
    truth = judged.truth
    negative, around = truth.negative(weeks) & judged.scored, truth.around_shock(weeks)
    return {
        name: {
            "around": _round(measures.alarm_rate(alarm, negative & around)),
            "elsewhere": _round(measures.alarm_rate(alarm, negative & ~around)),
        }
        for name, alarm in (("own", judged.alert), ("at_rate", at_rate))
    }


def left_out_figures(judged: Judged, weeks: int) -> dict[str, dict[str, Any]]:
    """Each kind judged by a calibration, and a threshold, that were got without it.

    Only these are fitted: two numbers of the calibration, and here the threshold of five false alarms. The stories
    and their evidence have no fitted number, so that the order of team-weeks can hardly change.
    """
    truth, scored = judged.truth, judged.scored
    positive, negative = truth.positive(weeks) & scored, truth.negative(weeks) & scored
    used = positive | negative

    def fitted(teams: np.ndarray) -> Floats:
        mine = used & teams[:, None]
        intercept, slope = measures.fit_platt(
            judged.log_odds[mine], positive[mine], np.ones(mine.sum()), judged.shift[mine]
        )
        return expit(intercept + judged.shift + slope * judged.log_odds)

    everyone = np.ones(len(truth), dtype=bool)
    with_all = fitted(everyone)
    found = {}
    for kind in sorted(set(truth.kinds)):
        mine = truth.of_kind(kind)
        without = fitted(~mine)
        is_paradox = bool(truth.is_paradox[mine].any())
        ones, zeros = positive.copy(), negative.copy()
        (ones if is_paradox else zeros)[~mine] = False
        both = ones | zeros
        row: dict[str, Any] = {"is_paradox": is_paradox}
        own = used & mine[:, None]
        for name, probability, fitted_on in (("with", with_all, everyone), ("without", without, ~mine)):
            alarm = alarms_at_rate(probability, scored, negative & fitted_on[:, None])
            row[name] = {
                "auc": _round(measures.auc(probability[both], ones[both])),
                "brier": _round(measures.brier(probability[own], positive[own])) if own.any() else None,
            }
            if is_paradox:
                delay = measures.delays(alarm, truth)[mine]
                row[name]["found_26"] = _round(measures.share_found(delay, _part(truth, mine), weeks, 26))
            else:
                row[name]["false_alarms"] = _round(measures.alarm_rate(alarm[mine], negative[mine]))
        row["auc_lost"] = _difference(row["with"]["auc"], row["without"]["auc"])
        found[kind] = row
    return found


def _difference(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else round(a - b, 4)


def _round(value: float) -> float | None:
    """Four decimals; None where there is no value, or where a delay has no end: JSON knows neither."""
    return round(float(value), 4) if np.isfinite(value) else None


def _rounded(values: tuple[float, float]) -> list[float | None]:
    return [_round(value) for value in values]


# --- what it was to reach ---


def targets(base: dict[str, Any]) -> list[dict[str, Any]]:
    """Each aim with what was reached and, where they can be asked for it, the best of the other methods."""
    score = base["methods"][SCORE]
    others = {name: figures for name, figures in base["methods"].items() if name != SCORE}
    own, at_rate, said = score["own"], score["at_rate"], base["probabilities"]["shifted"]
    benign = {kind: row for kind, row in base["kinds"].items() if not row["is_paradox"]}
    rates = {kind: row["own"]["false_alarms"] for kind, row in benign.items() if row["own"]["false_alarms"] is not None}
    worst = max(rates, key=rates.get, default=None)
    lost = [row["auc_lost"] for row in base.get("left_out", {}).values() if row["auc_lost"] is not None]

    def best(value: Callable[[dict[str, Any]], float | None], more: bool) -> dict[str, Any]:
        known = {name: value(figures) for name, figures in others.items() if value(figures) is not None}
        if not known:
            return {}
        name = (max if more else min)(known, key=known.get)
        return {"best_other": name, "best_other_value": known[name]}

    def aim(
        name: str, label: str, value: float | None, limit: float, more: bool, rival: Callable | None = None
    ) -> dict[str, Any]:
        row = {"name": name, "label": label, "value": value, "aim": limit, "more_is_better": more}
        row["reached"] = value is not None and (value >= limit if more else value <= limit)
        if rival:
            row |= best(rival, more)
            if "best_other_value" in row and value is not None:
                ahead = value > row["best_other_value"] if more else value < row["best_other_value"]
                row["ahead"] = bool(ahead)
        return row

    return [
        aim("auc", "AUC", score["auc"], 0.95, True, lambda m: m["auc"]),
        aim("found_26", "Found within 26 weeks, at 5 false alarms per 100 team-years", at_rate["found_26"], 0.75, True,
            lambda m: m["at_rate"]["found_26"]),
        aim("found_26_own", "Found within 26 weeks, by its own alert", own["found_26"], 0.75, True),
        aim("false_alarms_own", "False alarms per 100 team-years, by its own alert", own["false_alarms"], 5.0, False,
            lambda m: m["own"]["false_alarms"]),
        aim("worst_kind", f"False alarms per 100 team-years of the worst benign kind ({worst})",
            rates.get(worst) if worst else None, 10.0, False),
        aim("median_delay", "Median delay in weeks, at 5 false alarms per 100 team-years", at_rate["median_delay"],
            12.0, False, lambda m: m["at_rate"]["median_delay"]),
        aim("median_delay_own", "Median delay in weeks, by its own alert", own["median_delay"], 12.0, False),
        aim("brier_skill", "Brier skill", said["brier_skill"], 0.5, True, lambda m: m.get("brier_skill_fitted")),
        aim("calibration_error", "Calibration error", said["calibration_error"], 0.03, False,
            lambda m: m.get("calibration_error_fitted")),
        aim("first_reason", "First reason right", base["reasons"]["first_right"], 0.9, True),
        aim("left_out", "AUC lost on a kind left out of the fitting, at most", max(lost, default=None), 0.05, False),
    ]  # fmt: skip


# --- floors ---

# How far a floor lies under what was reached: room for another library's last digits, not for a worse score.
_ROOM = {"auc": 0.01, "found_26": 0.08, "found_26_own": 0.08, "false_alarms_own": 2.0, "brier_skill": 0.05,
         "calibration_error": 0.015, "first_reason": 0.08}  # fmt: skip
FLOORS = "floors.json"


def floors_of(result: dict[str, Any]) -> dict[str, float]:
    """Floors, and for what should be small ceilings, a little on the safe side of what was reached."""
    return {
        row["name"]: round(row["value"] - _ROOM[row["name"]] * (1 if row["more_is_better"] else -1), 4)
        for row in result["targets"]
        if row["name"] in _ROOM and row["value"] is not None
    }


def read_floors() -> dict[str, float]:
    """The floors of the short form, as kept in the package."""
    return json.loads((files("counterpoise.evaluation") / FLOORS).read_text("utf-8"))["floors"]


def below_floors(result: dict[str, Any], floors: dict[str, float]) -> list[str]:
    """A sentence for each figure that is worse than its floor, or that is gone."""
    rows = {row["name"]: row for row in result["targets"]}
    wrong = []
    for name, floor in floors.items():
        row = rows[name]
        value, word = row["value"], "floor" if row["more_is_better"] else "ceiling"
        if value is None:
            wrong.append(f"{row['label']}: there is no value; the {word} is {floor:g}.")
        elif (value < floor) if row["more_is_better"] else (value > floor):
            wrong.append(f"{row['label']}: {value:g}; the {word} is {floor:g}.")
    return wrong
