"""Small drawings of what is agreed on AI, what it takes, and what comes of it."""

from math import sqrt

from markupsafe import Markup

from counterpoise.report.charts import MARK, OUTCOME, OUTPUT, OUTPUT_BAND, line, picture, text
from counterpoise.report.words import VALUES, percent, quantity, say

_WIDTH, _LABEL, _ROW, _HEIGHT = 460, 120, 22, 80
_STEP = 40
# z of a 95 % range
_SURE = 1.96


def layer_picture(team: str, rows: list[dict]) -> Markup:
    """One team's layers of `fct_ai_readiness`, the lowest at the bottom; what to agree on next in words below.

    A full bar has all its practices; it is dark where the layer counts, that is, holds with all below it.
    """
    layers = sorted(rows, key=lambda row: row["layer_order"])
    missing = next((row for row in layers if not row["counts"]), None)
    note = say("layers_next", layer=VALUES.get(missing["layer"], missing["layer"])) if missing else say("layers_all")
    parts, told = [], []
    for place, row in enumerate(reversed(layers)):
        top, width = place * _ROW, _WIDTH - _LABEL - 50
        done = width * row["practices_in_place"] / row["practices"] if row["practices"] else 0
        of = say("layer_of", n=row["practices_in_place"], all=row["practices"])
        fill = f'fill="{OUTPUT}"' if row["counts"] else f'fill="{OUTPUT_BAND}" stroke="{OUTPUT}" stroke-dasharray="3 2"'
        label = VALUES.get(row["layer"], row["layer"])
        told.append(say("layer_told", layer=label, of=of))
        parts += [
            text(0, top + 16, label),
            f'<rect x="{_LABEL}" y="{top + 4}" width="{width}" height="{_ROW - 8}" fill="{OUTPUT_BAND}"/>',
            f'<rect x="{_LABEL}" y="{top + 4}" width="{done:.1f}" height="{_ROW - 8}" {fill}/>',
            text(_WIDTH, top + 16, of, "end"),
        ]
    parts.append(text(0, _ROW * len(layers) + 14, note, bold=True))
    alternative = say("told", name=team, what=f"{', '.join(reversed(told))}. {note}")
    return picture(parts, _WIDTH, _ROW * len(layers) + 20, alternative)


def budget_picture(team: str, weeks: list[dict]) -> Markup:
    """Hours of meta-work week by week with the budget as a line; the newest week in words below.

    Args:
        weeks: rows of `fct_ai_week` whose meta_work_hours are known, oldest first.
    """
    most = max(1.0, *(row[c] or 0 for row in weeks for c in ("meta_work_hours", "meta_work_budget_hours")))
    step = _WIDTH / len(weeks)
    parts = []
    for place, row in enumerate(weeks):
        hours, budget = row["meta_work_hours"], row["meta_work_budget_hours"]
        is_over = budget is not None and hours > budget
        height = (_HEIGHT - 4) * hours / most
        parts.append(
            f'<rect x="{place * step + 1:.1f}" y="{_HEIGHT - height:.1f}" width="{max(step - 2, 1):.1f}" '
            f'height="{height:.1f}" fill="{OUTCOME if is_over else OUTPUT}"/>'
        )
        if budget is not None:
            y = round(_HEIGHT - (_HEIGHT - 4) * budget / most, 1)
            parts.append(line(round(place * step, 1), y, round((place + 1) * step, 1), y, MARK, width=1.5))
    now = weeks[-1]
    hours, budget = quantity(now["meta_work_hours"], "hours"), now["meta_work_budget_hours"]
    note = (
        say("meta_none", hours=hours) if budget is None else say("meta", hours=hours, budget=quantity(budget, "hours"))
    )
    parts.append(text(0, _HEIGHT + 16, note, bold=budget is not None and now["meta_work_hours"] > budget))
    return picture(parts, _WIDTH, _HEIGHT + 22, say("meta_told", team=team, note=note, weeks=len(weeks)))


def wilson(good: float, n: int) -> tuple[float, float]:
    """Range of 95 % of a share of `good` out of `n`; a little too wide where answers are graded, never too narrow.

    Source: NIST/SEMATECH e-Handbook, 7.2.4.1.
    """
    share, square = good / n, _SURE**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = _SURE * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def outcome_pictures(team: str, rows: list[dict]) -> list[tuple[str, Markup]]:
    """Items opened again and satisfaction, with AI beside without, easy and hard work apart, each with its range.

    Args:
        rows: sums of `fct_ai_outcome_week` by AI and difficulty over weeks that had time to show.
    """
    found = []
    for name, good, of in (("reopened", "reopened_items", "mature_items"), ("csat", "csat_sum", "csat_answers")):
        known = sorted((r for r in rows if r[of]), key=lambda r: (r["difficulty"], not r["is_ai_assisted"]))
        if not known:
            continue
        parts, told = [line(8, 0, 8, _STEP * len(known), MARK, "3 3")], []
        for place, row in enumerate(known):
            share, (low, high) = float(row[good]) / int(row[of]), wilson(float(row[good]), int(row[of]))
            label = say(
                "ai_items" if name == "reopened" else "ai_answers",
                ai=say("with_ai" if row["is_ai_assisted"] else "without_ai"),
                difficulty=VALUES.get(row["difficulty"], row["difficulty"]),
                n=int(row[of]),
            )
            shown = say("share_range", share=percent(share), low=percent(low), high=percent(high))
            told.append(f"{label}: {shown}")
            y, colour = place * _STEP + 30, OUTPUT if row["is_ai_assisted"] else MARK
            ends = [round(8 + (_WIDTH - 16) * end, 1) for end in (low, share, high)]
            parts += [
                text(12, y - 14, label),
                text(_WIDTH - 8, y - 14, shown, "end"),
                line(ends[0], y, ends[2], y, colour, width=3),
                f'<circle cx="{ends[1]}" cy="{y}" r="5" fill="{colour}"/>',
            ]
        title = say(f"ai_{name}", team=team)
        found.append(
            (title, picture(parts, _WIDTH, _STEP * len(known) + 6, say("told", name=title, what="; ".join(told))))
        )
    return found
