"""Output over outcome as one small SVG: two panels on one time axis, drawn when the report is built.

Altair describes the chart once for each size and pair of units; only data and titles change from team to
team. vl-convert turns it into SVG, so a page needs no script. Colours are plain marks that the style sheet
replaces, which is how one drawing serves light, dark and print.
"""

import json
import re
from dataclasses import dataclass
from datetime import date
from functools import cache

import altair as alt
import vl_convert as vlc
from markupsafe import Markup, escape

from counterpoise.report.data import Mark, Metric, Series
from counterpoise.report.limits import XmrLimits, baseline_limits

# Kept in step with report.css, which maps each to a colour of the light and the dark theme.
OUTPUT, OUTPUT_BAND = "#1f5aa6", "#dfe9f5"
OUTCOME, OUTCOME_BAND = "#b4500a", "#f6e7db"
OUTSIDE, MARK, SINCE, TEXT = "#a50f15", "#3d4754", "#7a1fa2", "#46515e"

_PERCENT, _PLAIN = ".0%", ",.3~r"


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


@cache
def _template(output_is_share: bool, outcome_is_share: bool, size: Size) -> str:
    """The chart without data and titles, as JSON."""
    panels = alt.vconcat(
        _panel_template("output", OUTPUT, OUTPUT_BAND, output_is_share, size),
        _panel_template("outcome", OUTCOME, OUTCOME_BAND, outcome_is_share, size),
        spacing=size.font // 2,
    )
    chart = (
        panels.configure(background="transparent", font="system-ui, sans-serif", padding=2)
        .configure_view(stroke=None)
        .configure_axis(domainColor=TEXT, tickColor=TEXT, labelColor=TEXT, labelFontSize=size.font, tickSize=3)
        .configure_axisY(domain=False)
        .configure_title(
            color=TEXT,
            fontSize=size.font,
            fontWeight="normal",
            anchor="start",
            frame="bounds",
            offset=4,
            limit=size.width + 4 * size.font,
        )
    )
    return json.dumps(chart.to_dict())


def _panel_template(name: str, colour: str, band: str, is_share: bool, size: Size) -> alt.LayerChart:
    """Limits, known changes, since when, the line and what lies outside; dates and letters only once."""
    is_upper = name == "output"
    x_axis = alt.Axis(
        title=None, format="%b %y", tickCount=size.ticks, grid=False, labels=not is_upper, ticks=not is_upper
    )
    y_axis = alt.Axis(
        title=None, tickCount=3, format=_PERCENT if is_share else _PLAIN, grid=False, minExtent=4 * size.font
    )

    def x(column: str) -> alt.X:
        # In UTC, so that the same data gives the same drawing whatever the machine's time zone.
        return alt.X(f"{column}:T", axis=x_axis, scale=alt.Scale(type="utc"))

    def y(column: str) -> alt.Y:
        return alt.Y(f"{column}:Q", axis=y_axis, scale=alt.Scale(zero=False, nice=False, padding=4))

    limits, series, marks, since = (alt.Chart(alt.NamedData(data)) for data in ("limits", "series", "marks", "since"))
    layers = [
        limits.mark_rect(color=band).encode(x=x("start"), x2="end:T", y=y(f"{name}_low"), y2=f"{name}_high:Q"),
        limits.mark_rule(color=colour, strokeWidth=0.7, strokeDash=[1, 3]).encode(
            x=x("start"), x2="end:T", y=y(f"{name}_mean")
        ),
        marks.mark_rule(color=MARK, strokeDash=[4, 3], strokeWidth=1.1).encode(x=x("week")),
        since.mark_rule(color=SINCE, strokeDash=[1.5, 2], strokeWidth=1.6).encode(x=x("week")),
        series.mark_line(color=colour, strokeWidth=1.3).encode(x=x("week"), y=y(name)),
        series.transform_filter(f"datum.{name}_alone")  # a line needs two neighbours
        .mark_circle(color=colour, size=size.font, opacity=1)
        .encode(x=x("week"), y=y(name)),
        series.transform_filter(f"datum.{name}_outside")
        .mark_point(shape="diamond", filled=True, color=OUTSIDE, size=4 * size.font, opacity=1)
        .encode(x=x("week"), y=y(name)),
    ]
    if is_upper:
        layers += [
            marks.mark_text(
                color=MARK, align="left", dx=3, baseline="top", fontWeight="bold", fontSize=size.font
            ).encode(x=x("week"), y=alt.value(0), text="letter:N"),
            since.mark_text(color=SINCE, align="right", dx=-3, baseline="bottom", fontSize=size.font).encode(
                x=x("week"), y=alt.value(size.height), text="word:N"
            ),
        ]
    return alt.layer(*layers).properties(width=size.width, height=size.height, title=name)


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
    Text from data reaches the drawing as text only: vl-convert writes it escaped.
    """
    spec = json.loads(_template(output.metric.unit == "share", outcome.metric.unit == "share", size))
    first, last = min(output.series.weeks[0], outcome.series.weeks[0]), weeks[-1]
    shown = [week for week in weeks if week >= first]
    rows: list[dict] = [{"week": week.isoformat()} for week in shown]
    limits: dict = {"start": first.isoformat(), "end": last.isoformat()}
    for name, drawn in (("output", output), ("outcome", outcome)):
        by_week = dict(zip(drawn.series.weeks, drawn.series.values, strict=True))
        values = [by_week.get(week) for week in shown]  # a null breaks the line: no data is not zero
        for row, before, value, after in zip(rows, [None, *values], values, [*values[1:], None], strict=False):
            row[name] = value
            row[f"{name}_alone"] = value is not None and before is None and after is None
            row[f"{name}_outside"] = value is not None and drawn.is_outside(value)
        limits[f"{name}_low"], limits[f"{name}_high"] = drawn.shown_limits
        limits[f"{name}_mean"] = drawn.limits.mean
    spec["datasets"] = {
        "series": rows,
        "limits": [limits],
        "marks": [{"week": m.week.isoformat(), "letter": letter} for letter, m in marks.items() if m.week >= first],
        "since": [{"week": max(since, first).isoformat(), "word": since_word}] if since else [],
    }
    for view, drawn in zip(spec["vconcat"], (output, outcome), strict=True):
        view["title"] = drawn.title
    return _page_svg(vlc.vegalite_to_svg(json.dumps(spec), allowed_base_urls=[]), alternative)


def _page_svg(svg: str, alternative: str) -> Markup:
    """`svg` for use inside a page: as wide as its place, one picture with one text for a screen reader."""
    svg = re.sub(r' (?:role|aria-\w+|pointer-events)="[^"]*"', "", svg)
    head, rest = svg.split(">", 1)
    head = re.sub(r' (?:xmlns:xlink|version|class|width|height)="[^"]*"', "", head)
    text = escape(alternative)
    return Markup(f'{head} class="chart" role="img" aria-label="{text}"><title>{text}</title>{rest}')
