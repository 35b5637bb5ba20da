"""What `counterpoise effects` writes: JSON, CSV, a page, and a table on the screen."""

import csv
import io
import json
from pathlib import Path

from markupsafe import Markup

from counterpoise.effects import words
from counterpoise.effects.analyse import Effects, Report, Row
from counterpoise.effects.plot import Point, draw
from counterpoise.effects.study import PRE_TREND_FROM
from counterpoise.pages import page_environment

_METHODS = {
    "imputation": "Imputation estimator (Borusyak, Jaravel, Spiess 2024), {treated} treated and {control} never "
    "treated units; errors clustered by unit.",
    "segmented": "Segmented regression: a change of level and slope, Newey-West errors; {treated} treated units.",
    "randomised": "Regression on the arm, {treated} treated and {control} control items.",
}
_COLUMNS = (
    "room", "measure", "better", "method", "since", "first", "last", "effect", "low", "high", "scale", "shown",
    "interval", "reads_as", "treated_units", "rows", "pre_trend_p", "median_before", "median_after", "median_why",
    "assumes",
)  # fmt: skip


def method_sentence(found: Effects) -> str:
    """How it was measured, in one sentence."""
    return _METHODS[found.method].format(treated=f"{found.treated_units:,}", control=f"{found.control_units:,}")


def check_sentence(found: Effects) -> str:
    """What the check before the start says."""
    if found.method == "randomised":
        return "Arms were drawn by chance, so there is no time before the start to check."
    if found.pre_trend_p is None:
        return "Before the start: could not be checked."
    said = f"Before the start ({len(found.leads)} leads together): p = {found.pre_trend_p:.3f}; "
    if found.pre_trend_p < PRE_TREND_FROM:
        return said + "treated units moved away already, so the effect may be partly theirs."
    return said + "no sign that treated units moved away already."


def as_rows(report: Report) -> list[dict]:
    """One dictionary an effect, leads included (with `first` below 0), as they stand in the CSV."""
    rows = []
    for found in report.effects:
        every = report.every or ""
        leads = [
            Row(f"{every} -{lead.before}", -lead.before, -lead.before, lead.estimate, None)
            for lead in reversed(found.leads)
        ]
        for row in (*leads, *found.rows):
            measure, estimate = found.measure, row.estimate
            rows.append(dict(zip(_COLUMNS, (
                measure.room, measure.name, measure.better, found.method, row.label, row.first, row.last,
                estimate.effect if estimate else None, estimate.low if estimate else None,
                estimate.high if estimate else None, measure.transform,
                words.shown(measure, estimate.effect) if estimate else None,
                words.interval(measure.transform, estimate) or None,
                words.verdict(measure.better, estimate) if row.first >= 0 else None,
                estimate.units if estimate else 0, estimate.rows if estimate else 0, found.pre_trend_p,
                row.plain.before if row.plain else None, row.plain.after if row.plain else None,
                row.plain.why if row.plain else None, found.assumes,
            ), strict=True)))  # fmt: skip
    return rows


def as_json(report: Report) -> str:
    """All of it for machines; effects on the scale they were fitted on."""
    return json.dumps(
        {
            "panel": report.title,
            "design": report.design,
            "every": report.every,
            "notes": list(report.notes),
            "forecasts": [{"name": f.name, "share": f.share, "rows": f.rows} for f in report.forecasts],
            "measures": [
                {"measure": f.measure.name, "method": method_sentence(f), "check": check_sentence(f), "notes": f.notes}
                for f in report.effects
            ],
            "effects": as_rows(report),
        },
        indent=2,
        ensure_ascii=False,
    )


def as_text(report: Report) -> str:
    """Tables for a screen, with the plain medians and why they mislead."""
    lines = [f"counterpoise effects: {report.title}", *report.notes]
    for found in report.forecasts:
        lines.append(f"{found.name}: {100 * found.share:+.0f} % ({found.rows} rows)")
    for found in report.effects:
        measure = found.measure
        lines += ["", f"{measure.room}: {measure.name} ({'higher' if measure.better == 'up' else 'lower'} is better)"]
        for row in found.rows:
            effect = words.shown(measure, row.estimate.effect) if row.estimate else "no data"
            medians = f"medians {row.plain.before:,.4g} → {row.plain.after:,.4g}" if row.plain else ""
            reads = words.verdict(measure.better, row.estimate)
            told = f"  {row.label:9} {effect:>13}   {words.interval(measure.transform, row.estimate):26} {reads:8}"
            lines.append(f"{told} {medians}".rstrip())
            if row.plain and row.plain.why:
                lines.append(f"            {row.plain.why}")
        lines += [f"  {method_sentence(found)}", f"  {check_sentence(found)}", f"  What must hold: {found.assumes}"]
        lines += [f"  {note}" for note in found.notes]
    return "\n".join(lines)


def as_page(report: Report) -> str:
    """A page that opens from a file and loads nothing; everything from data is escaped."""
    environment = page_environment("counterpoise.effects", ("counterpoise.effects", "effects.css"))
    return environment.get_template("effects.html").render(
        report=report,
        picture=_picture,
        method=method_sentence,
        check=check_sentence,
        shown=words.shown,
        interval=words.interval,
        verdict=words.verdict,
        percent=lambda share: f"{100 * share:+.0f} %",
    )


def _picture(found: Effects) -> Markup:
    def point(label: str, row_estimate, is_before: bool = False) -> Point:
        scale = found.measure.transform
        ends = [
            None if end is None else words.on_shown_scale(scale, end) for end in (row_estimate.low, row_estimate.high)
        ]
        return Point(label, words.on_shown_scale(scale, row_estimate.effect), *ends, is_before)

    points = [point(f"-{lead.before}", lead.estimate, True) for lead in reversed(found.leads)]
    points += [point("all" if row.last is None else str(row.first), row.estimate) for row in found.rows if row.estimate]
    told = "; ".join(
        f"{row.label} {words.shown(found.measure, row.estimate.effect)}" for row in found.rows if row.estimate
    )
    return draw(points, f"{found.measure.name}: {told}", "" if found.measure.transform == "none" else " %")


def write(report: Report, folder: Path) -> list[Path]:
    """Write effects.json, effects.csv and effects.html into a folder; they replace files of these names."""
    folder.mkdir(parents=True, exist_ok=True)
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, _COLUMNS)
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in as_rows(report))
    contents = {"effects.json": as_json(report), "effects.csv": table.getvalue(), "effects.html": as_page(report)}
    for name, content in contents.items():
        fresh = folder / f".{name}.new"
        fresh.write_text(content, encoding="utf-8", newline="")
        fresh.replace(folder / name)
    return [folder / name for name in contents]


def _cell(value: object) -> object:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    is_formula = isinstance(value, str) and value[:1] in ("=", "@", "+", "-") and not value[1:2].isdigit()
    return f"'{value}" if is_formula else value
