"""Waiting against load, and effects with their intervals, drawn from the same pieces as `charts`."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from markupsafe import Markup

from counterpoise.report.charts import MARK, OUTCOME, OUTPUT, OUTPUT_BAND, SINCE, TEXT, line, picture, text, ticks
from counterpoise.report.words import number

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 460, 210, 52, 20, 18, 36
# The picture reaches at least this many service times of waiting, and all that was observed.
_LEAST_SERVICES = 2.0


@dataclass(frozen=True)
class FlowWeek:
    """A team's queue in one week, as in fct_flow_week; waits in hours, observed ones on the clock."""

    load: float
    wait_expected: float | None
    wait_observed: float | None


@dataclass(frozen=True)
class Queue:
    """What the team's own curve is made of, as in the newest week of fct_flow_week."""

    arrival_cv2: float
    service_cv2: float
    servers: float
    service_hours: float
    ceiling: float
    reference: float

    def wait(self, load: float) -> float:
        """Expected wait in working hours at a load below 1 (Sakasegawa; for one server Kingman)."""
        power = sqrt(2 * (self.servers + 1)) - 1
        spread = (self.arrival_cv2 + self.service_cv2) / 2
        return spread * load**power / (self.servers * (1 - load)) * self.service_hours


@dataclass(frozen=True)
class Effect:
    """One effect with its interval, as it is written beside the drawing."""

    label: str
    shown: str
    value: float
    low: float
    high: float


def draw_queue(queue: Queue, weeks: Sequence[FlowWeek], alternative: str, words: dict[str, str]) -> Markup:
    """Waiting against load: the team's curve, its ceiling, the reference line and where its weeks lay.

    Args:
        weeks: oldest first; the last is drawn as a ring. A dot lies where wait was observed; the ring, where it was
            not, lies on the curve.
        words: what is written at `ceiling`, `reference`, `x` and `y`.
    """
    seen = [w.wait_observed for w in weeks if w.wait_observed is not None]
    # with room above, where the words of the lines stand
    top = max([queue.service_hours * _LEAST_SERVICES, *seen]) * 1.3 or 1.0
    right = max(1.0, *(w.load for w in weeks)) if weeks else 1.0
    inner_x, inner_y = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def x(load: float) -> float:
        return round(_LEFT + inner_x * load / right, 1)

    def y(wait: float) -> float:
        return round(_TOP + inner_y * (1 - min(wait / top, 1)), 1)

    curve = [(load / 200, queue.wait(load / 200)) for load in range(200)]
    path = " ".join(f"{x(load)},{y(wait)}" for load, wait in curve if wait <= top)
    parts = []
    parts.append(
        f'<rect x="{_LEFT}" y="{_TOP}" width="{round(x(queue.ceiling) - _LEFT, 1)}" height="{inner_y}" '
        f'fill="{OUTPUT_BAND}"/>'
    )
    for share in (0, 0.25, 0.5, 0.75, 1):
        parts.append(text(x(share), _HEIGHT - 20, f"{share:.0%}", "middle"))
    for tick in ticks(0, top):
        parts.append(text(_LEFT - 6, y(tick) + 4, number(tick), "end"))
    parts.append(line(_LEFT, y(0), _WIDTH - _RIGHT, y(0), TEXT))
    for at, colour, dash, word, row in (
        (queue.ceiling, SINCE, "", words["ceiling"], 1),
        (queue.reference, MARK, "4 3", words["reference"], 2),
    ):
        parts.append(line(x(at), _TOP, x(at), y(0), colour, dash))
        # both words left of both lines, one below the other, so that they never meet
        nearer = min(x(queue.ceiling), x(queue.reference))
        side, place = ("end", nearer - 5) if nearer > 120 else ("start", x(max(queue.ceiling, queue.reference)) + 5)
        parts.append(text(place, _TOP + 12 * row, word, side, colour))
    parts.append(f'<polyline points="{path}" fill="none" stroke="{OUTPUT}" stroke-width="1.8"/>')
    for week in weeks[:-1]:
        if week.wait_observed is not None:
            parts.append(f'<circle cx="{x(week.load)}" cy="{y(week.wait_observed)}" r="2.5" fill="{OUTCOME}"/>')
    if weeks:
        now = weeks[-1]
        wait = now.wait_observed if now.wait_observed is not None else now.wait_expected
        ring = f'fill="none" stroke="{OUTCOME}" stroke-width="2.5"'
        parts.append(f'<circle cx="{x(now.load)}" cy="{y(top if wait is None else wait)}" r="6" {ring}/>')
    parts.append(text(_LEFT + inner_x / 2, _HEIGHT - 4, words["x"], "middle"))
    parts.append(text(4, 11, words["y"], "start"))
    return picture(parts, _WIDTH, _HEIGHT, alternative)


def draw_effects(effects: Sequence[Effect], alternative: str) -> Markup:
    """Effects below each other with their intervals, a line at 0; right of it is better."""
    step, middle, left, right = 40, 16, 8, 452
    reach = max((abs(v) for e in effects for v in (e.low, e.high)), default=1.0) or 1.0
    height = step * len(effects) + 8

    def x(value: float) -> float:
        return round((left + right) / 2 + value / reach * (right - left) / 2, 1)

    parts = [line(x(0), 0, x(0), height, TEXT, "3 3")]
    for place, effect in enumerate(effects):
        y = place * step + middle + 16
        parts.append(text(left, y - 14, effect.label, "start"))
        parts.append(text(right, y - 14, effect.shown, "end"))
        parts.append(line(x(effect.low), y, x(effect.high), y, OUTPUT, width=3))
        parts.append(f'<circle cx="{x(effect.value)}" cy="{y}" r="5" fill="{OUTPUT}"/>')
    return picture(parts, _WIDTH, height, alternative)
