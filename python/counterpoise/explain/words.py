"""An explanation as people read it on a terminal; every word of it stands here or in the report's words."""

from collections.abc import Iterator
from datetime import date
from textwrap import fill, indent
from typing import Any

from counterpoise.console import plain, styled
from counterpoise.explain.explain import Explanation
from counterpoise.explain.figures import Figure, MetricAt
from counterpoise.report.data import EVIDENCE_WEEKS
from counterpoise.report.words import BANDS, STATUS, VERDICTS, day, number, percent, quantity

_WIDTH = 100
_WORRYING = ("paradox", "hollow_gain", "hidden_decline")


def as_text(found: Explanation) -> str:
    """The whole of it, with the SQL behind each number under it."""
    return "\n".join(_lines(found))


def _lines(found: Explanation) -> Iterator[str]:
    score = found.score
    label = BANDS.get(score.get("band") or "", "") or STATUS.get(found.status, STATUS["unscored"])
    part = f", part of {plain(found.part_of)}" if found.part_of else ""
    yield styled(f"{plain(found.name)} ({plain(found.team_id)}{part}), week of {day(found.week)}: {label}", bold=True)
    yield from _paragraph(" ".join(found.story) or found.why_not or "")
    if found.status == "scored":
        yield from _score(found, score)
        yield from _reasons(found)
        yield from _pairs(found)
        yield from _evidence(found)
        yield from _next_steps(found)
        if found.explanations:
            yield from _title("What else could explain it")
            for text in found.explanations:
                yield from _paragraph(text, "- ", "  ")
    elif "score" in found.figures:
        yield from _sql(found.figures["score"])
    if found.metric_id and f"series of {found.metric_id}" in found.figures:
        yield from _metric(found, found.metric_id)
    yield from _where(found)


def _title(text: str) -> Iterator[str]:
    yield ""
    yield styled(text, bold=True)


def _paragraph(text: str, first: str = "", rest: str = "") -> Iterator[str]:
    yield fill(plain(text), _WIDTH, initial_indent=first, subsequent_indent=rest)


def _sql(figure: Figure, spaces: int = 4) -> Iterator[str]:
    yield styled(indent(f"{figure.sql};", " " * spaces), dim=True)


def _score(found: Explanation, score: dict[str, Any]) -> Iterator[str]:
    if score["alert"]:
        yield from _paragraph(f"An alert is on. {score['alert_reason'] or ''}")
    elif score["alert_reason"]:
        yield from _paragraph(score["alert_reason"])
    yield (
        f"Score {number(score['risk'])} of 100, likely between {number(score['risk_low'])} and "
        f"{number(score['risk_high'])}; {percent(score['coverage'])} of the evidence was there. "
        "It is a question to ask, not a verdict."
    )
    yield from _sql(found.figures["score"])


def _reasons(found: Explanation) -> Iterator[str]:
    yield from _title("Why")
    if not found.rows("reasons"):
        yield "No sign adds to the score this week."
    for row in found.rows("reasons"):
        figure = found.figures[f"reason {row['rank']}"]
        reason = figure.row
        since = f", since the week of {day(_date(reason['since_week']))}" if reason["since_week"] else ""
        told = f"{reason['sentence']} {number(reason['contribution'])} points."
        yield from _paragraph(told, f"{row['rank']}. ", "   ")
        if reason["n"] is not None:
            yield (
                f"   Observed {number(reason['observed'])}, expected {number(reason['expected'])}, "
                f"from {reason['n']:,} rows{since}."
            )
        yield from _sql(figure)
        for metric in found.metrics_of(row["signal_id"]):
            yield from _metric_behind(found, metric)


def _metric_behind(found: Explanation, metric: dict[str, Any]) -> Iterator[str]:
    """What stands behind a metric's part in a sign."""
    yield from _paragraph(f"{metric['label']} ({metric['metric_id']}). {metric['what']}.", "   Judged by ", "   ")
    yield from _sums(found, MetricAt.judged_by(metric).name, metric["unit"], metric["kind"])


def _sums(found: Explanation, name: str, unit: str, kind: str) -> Iterator[str]:
    sums, steps = found.figures.get(f"sums of {name}"), found.figures.get(f"steps of {name}")
    if sums is not None and sums.rows:
        for row in sums.rows:
            span = "newest" if row["span"] == "recent" else "baseline"
            yield (
                f"   {span:8} {day(_date(row['first_week']))} to {day(_date(row['last_week']))}, {row['weeks']} weeks "
                f"with a value: {number(row['numerator'])} / {number(row['denominator'])} = "
                f"{quantity(row['value'], unit)}, n {number(row['n'])}"
            )
        if kind == "log_duration":
            yield "   (plain means; compared are geometric means, which a few long waits do not move)"
        yield from _sql(sums)
    if steps is not None and steps.rows:
        yield "   The comparison as it was known then, step by step:"
        for row in steps.rows:
            yield f"   {row['step_number']:5} {plain(row['step']):36} {number(row['amount'])}"
        yield from _sql(steps)


def _pairs(found: Explanation) -> Iterator[str]:
    yield from _title("Output over outcome")
    if not found.rows("pairs"):
        yield "No pair could be judged yet."
        return
    rows = sorted(found.rows("pairs"), key=lambda row: row["verdict"] not in _WORRYING)
    for row in rows:
        verdict = VERDICTS.get(row["verdict"], row["verdict"])
        yield from _paragraph(
            f"{row['output']} {quantity(row['output_value'], row['output_unit'])} → {row['outcome']} "
            f"{quantity(row['outcome_value'], row['outcome_unit'])}, "
            f"{quantity(row['outcome_expected'], row['outcome_unit'])} expected, from {number(row['outcome_n'])} rows: "
            f"{verdict} (judged for the week of {day(_date(row['week_start']))})",
            "- ", "  ",
        )  # fmt: skip
    yield from _sql(found.figures["pairs"])


def _evidence(found: Explanation) -> Iterator[str]:
    rows = [row for row in found.rows("evidence") if row["key_type"] != "metric"]
    if not rows:
        return
    yield from _title("Evidence")
    for row in rows:
        if row is next(one for one in rows if one["signal_id"] == row["signal_id"]):
            label = row["label"] or row["signal_id"]
            yield from _paragraph(f"{label}: {row['total']:,} rows in the last {EVIDENCE_WEEKS} weeks, among them")
        kind = row["key_type"].replace("_", " ")
        yield from _paragraph(f"{kind} {row['evidence_key']} {row['what'] or ''}", "- ", "  ")
    yield from _sql(found.figures["evidence"])


def _next_steps(found: Explanation) -> Iterator[str]:
    if "next steps" not in found.figures:
        return
    yield from _title("Next step")
    if not found.rows("next steps"):
        yield "Nothing to do now. Keep looking at output and outcome together."
    for row in found.rows("next steps"):
        yield from _paragraph(
            f"{row['what']} Who: {row['owner_role'] or 'nobody yet'}. Until {day(_date(row['due_on']))} "
            f"({(row['state'] or 'open').replace('_', ' ')}).",
            "- ", "  ",
        )  # fmt: skip
    yield from _sql(found.figures["next steps"])


def _metric(found: Explanation, metric_id: str) -> Iterator[str]:
    series, usual = found.figures[f"series of {metric_id}"], found.figures[f"usual range of {metric_id}"]
    yield from _title(f"{metric_id} week by week")
    unit, kind = found.metric_unit, found.metric_kind
    for row in series.rows[-13:]:
        value = quantity(row["value"], unit)
        if row["is_suppressed"]:
            value = "not shown: too few people or answers"
        elif not row["is_mature"]:
            value = "too early to say"
        told = f"{number(row['numerator'])} / {number(row['denominator'])}, n {number(row['n'])}"
        yield f"  {day(_date(row['week_start'])):12} {value:>12}   {told}"
    yield from _sql(series)
    low, high = usual.row.get("usual_low"), usual.row.get("usual_high")
    if low is not None:
        yield (
            f"Usual range {quantity(low, unit)} to {quantity(high, unit)}; {usual.row['weeks_outside']} of "
            f"{usual.row['weeks']} weeks lie outside it."
        )
        yield from _sql(usual)
    yield from _sums(found, metric_id, unit, kind)


def _where(found: Explanation) -> Iterator[str]:
    if not found.figures:
        return
    yield ""
    yield f"The SQL above reads {plain(found.where['marts'] or '')}."
    if any(figure.reads == "private" for figure in found.figures.values()):
        yield f"What reads a schema that ends in _private: {plain(found.where['private'] or '')}."
    elif found.where["private"] is None:
        yield "What lies behind the marts cannot be read now (a run is at work, it is not there, or you may not): the"
        yield "steps of comparisons are left out."


def _date(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))
