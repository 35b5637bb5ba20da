"""Output over outcome as one small SVG: two panels on one time axis, drawn when the report is built.

Written as SVG by hand: a page needs no script, and an organisation of 2,000 teams needs thousands of drawings, each of
which takes a library of charts 50 ms and more. Colours are plain marks that the style sheet replaces, which is how one
drawing serves light, dark and print.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from math import ceil, floor, log10

from markupsafe import Markup, escape

from counterpoise.report.data import Mark, Metric, Series
from counterpoise.report.limits import XmrLimits, baseline_limits
from counterpoise.report.words import month, number

# Kept in step with report.css, which maps each to a colour of the light and the dark theme.
OUTPUT, OUTPUT_BAND = "#1f5aa6", "#dfe9f5"
OUTCOME, OUTCOME_BAND = "#b4500a", "#f6e7db"
OUTSIDE, MARK, SINCE, TEXT = "#a50f15", "#3d4754", "#7a1fa2", "#46515e"


@dataclass(frozen=True)
class Size:
    """Width and height of one panel and size of the letters, in SVG units; the page scales it all."""

    width: int
    height: int
    font: int
    ticks: int


CARD = Size(width=232, height=62, font=10, ticks=3)
PAGE = Size(width=400, height=92, font=12, ticks=6)


@dataclass(frozen=True)
class Panel:
    """One metric's series with its limits, ready to draw and to put into words."""

    metric: Metric
    title: str
    series: Series
    limits: XmrLimits

    def is_outside(self, value: float) -> bool:
        """Whether a value lies outside the limits, uncut."""
        return not self.limits.lower <= value <= self.limits.upper

    @property
    def outside(self) -> int:
        """How many weeks lie outside the limits."""
        return sum(map(self.is_outside, self.series.values))

    @property
    def shown_limits(self) -> tuple[float, float]:
        """The limits cut at what the unit allows: a share lies within 0 and 1, nothing is below zero."""
        floor = 0.0 if self.metric.unit != "score" else self.limits.lower
        ceiling = 1.0 if self.metric.unit == "share" else self.limits.upper
        return max(self.limits.lower, floor), min(self.limits.upper, ceiling)


def panel(metric: Metric, title: str, series: Series) -> Panel:
    """The panel of a series of at least four weeks."""
    return Panel(metric, title, series, baseline_limits(series.values))


def draw(
    output: Panel,
    outcome: Panel,
    weeks: tuple[date, ...],
    *,
    size: Size,
    alternative: str,
    marks: dict[str, Mark],
    since: date | None = None,
    since_word: str = "",
) -> Markup:
    """The SVG of one pair, with `alternative` as its text for those who cannot see it.

    `marks` are the known changes by the letter drawn beside them; `since` is the week the trouble began.
    Text from data reaches the drawing as text only.
    """
    first, last = min(output.series.weeks[0], outcome.series.weeks[0]), weeks[-1]
    shown = [week for week in weeks if week >= first]
    left, right, head = 4 * size.font, size.font, size.font + 5
    panel_height = head + size.height + size.font // 2
    span = max((last - first).days, 1)

    def x(week: date) -> float:
        return round(left + size.width * (week - first).days / span, 1)

    frame = _Frame(left, x(last), size)
    parts = []
    for place, (drawn, colours) in enumerate(((output, (OUTPUT, OUTPUT_BAND)), (outcome, (OUTCOME, OUTCOME_BAND)))):
        top = place * panel_height
        parts.append(text(0, top + size.font, drawn.title, size=size.font))
        parts += _panel(drawn, shown, x, frame, top + head, colours)
        bottom = top + head + size.height
        for letter, mark in marks.items():
            if mark.week < first:
                continue
            parts.append(line(x(mark.week), top + head, x(mark.week), bottom, MARK, "4 3"))
            if place == 0:
                parts.append(
                    text(x(mark.week) + 3, top + head + size.font, letter, colour=MARK, size=size.font, bold=True)
                )
        if since:
            at = x(max(since, first))
            parts.append(line(at, top + head, at, bottom, SINCE, "1.5 2", 1.6))
            if place == 0:
                parts.append(text(at - 3, bottom - 2, since_word, "end", SINCE, size.font))
    bottom = panel_height + head + size.height
    parts.append(line(left, bottom, x(last), bottom, TEXT, width=0.8))
    for week in _months(first, last, size.ticks):
        parts.append(line(x(week), bottom, x(week), bottom + 3, TEXT, width=0.8))
        parts.append(text(x(week), bottom + size.font + 4, month(week), "middle", size=size.font))
    return picture(parts, left + size.width + right, bottom + size.font + 8, alternative)


@dataclass(frozen=True)
class _Frame:
    """From where to where a panel goes, and how large it is."""

    left: float
    right: float
    size: Size


def _panel(
    drawn: Panel, weeks: list[date], x: Callable[[date], float], frame: _Frame, top: float, colours: tuple[str, str]
) -> Iterator[str]:
    """Limits, mean, the line with its holes (no data is not zero), and what lies outside."""
    colour, band = colours
    low, high = drawn.shown_limits
    least, most = min(low, *drawn.series.values), max(high, *drawn.series.values)
    reach = (most - least) or 1.0

    def y(value: float) -> float:
        # 4 units of room above and below, for marks that lie at the edge
        return round(top + 4 + (frame.size.height - 8) * (most - value) / reach, 1)

    yield (
        f'<rect x="{frame.left}" y="{y(high)}" width="{round(frame.right - frame.left, 1)}" '
        f'height="{round(y(low) - y(high), 1)}" fill="{band}"/>'
    )
    yield line(frame.left, y(drawn.limits.mean), frame.right, y(drawn.limits.mean), colour, "1 3", 0.7)
    found = ticks(least, most)
    digits = 0 if all(tick == round(tick, 2) for tick in found) else 1
    for tick in found:
        label = f"{tick:.{digits}%}" if drawn.metric.unit == "share" else number(tick)
        yield text(frame.left - 4, y(tick) + frame.size.font * 0.35, label, "end", size=frame.size.font)
    by_week = dict(zip(drawn.series.weeks, drawn.series.values, strict=True))
    for has_value, run in groupby(weeks, key=by_week.__contains__):
        points = [(x(week), y(by_week[week])) for week in run] if has_value else []
        if len(points) == 1:  # a line needs two neighbours
            yield f'<circle cx="{points[0][0]}" cy="{points[0][1]}" r="1.6" fill="{colour}"/>'
        elif points:
            path = " ".join(f"{at},{height}" for at, height in points)
            yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.3"/>'
    r = frame.size.font * 0.33
    for week, value in by_week.items():
        if drawn.is_outside(value):
            at, height = x(week), y(value)
            yield (
                f'<path d="M{at} {height - r:.1f}L{at + r:.1f} {height}L{at} {height + r:.1f}L{at - r:.1f} {height}Z" '
                f'fill="{OUTSIDE}"/>'
            )


def ticks(low: float, high: float) -> list[float]:
    """One to four round numbers between `low` and `high`."""
    raw = max(high - low, 1e-9) / 3
    size = 10 ** floor(log10(raw))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= raw)
    return [round(step * k, 10) for k in range(ceil(low / step), floor(high / step) + 1)]


def _months(first: date, last: date, most: int) -> list[date]:
    """At most so many firsts of months between two days, evenly apart."""
    months = [
        date(year, start, 1)
        for year in range(first.year, last.year + 1)
        for start in range(1, 13)
        if first <= date(year, start, 1) <= last
    ]
    for every in (1, 3, 6, 12):
        chosen = [day for day in months if (day.month - 1) % every == 0]
        if len(chosen) <= most:
            return chosen
    return chosen[-most:]


def picture(parts: Iterable[str], width: float, height: float, alternative: str) -> Markup:
    """An SVG as wide as its place: one picture with one text for a screen reader."""
    said = escape(alternative)
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" class="chart" role="img" '
        f'aria-label="{said}"><title>{said}</title>{"".join(parts)}</svg>'
    )


def line(x1: float, y1: float, x2: float, y2: float, colour: str, dash: str = "", width: float = 1.1) -> str:
    """A straight line, dashed where a pattern is given."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" stroke-width="{width}"{dashed}/>'


def text(
    x: float, y: float, words: str, side: str = "start", colour: str = TEXT, size: float = 11, bold: bool = False
) -> str:
    """Words at a place, escaped; `side` says which side of them is there: start, middle or end."""
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{round(x, 1)}" y="{round(y, 1)}" text-anchor="{side}" font-size="{size}" fill="{colour}"{weight}>'
        f"{escape(words)}</text>"
    )
