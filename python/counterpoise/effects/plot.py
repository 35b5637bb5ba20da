"""A drawing of effects with their intervals, as plain SVG that needs no script and no style of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

from markupsafe import Markup, escape

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 460, 150, 56, 26, 10, 8
_INK, _LINE, _BEFORE = "#46515e", "#1f5aa6", "#8a94a0"


@dataclass(frozen=True)
class Point:
    """One effect on the scale people read; low and high None = no interval."""

    label: str
    value: float
    low: float | None
    high: float | None
    is_before: bool = False


def draw(points: Sequence[Point], alternative: str, unit: str) -> Markup:
    """Points in order from left to right, whiskers for intervals, a line at 0. Text is escaped.

    Args:
        alternative: what the drawing says, for those who cannot see it.
        unit: written after each number of the scale.
    """
    seen = [0.0, *(v for p in points for v in (p.value, p.low, p.high) if v is not None and isfinite(v))]
    ticks = _ticks(min(seen), max(seen))
    low, high = min(ticks[0], min(seen)), max(ticks[-1], max(seen))
    inner, step = _HEIGHT - _TOP - _BOTTOM, (_WIDTH - _LEFT - _RIGHT) / max(len(points), 1)

    def y(value: float) -> float:
        return round(_TOP + inner * (high - value) / (high - low), 1)

    text = escape(alternative)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart effects" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        'font-family="system-ui, sans-serif" '
        f'aria-label="{text}"><title>{text}</title>'
    ]
    for tick in ticks:
        bold = ' stroke-width="1.2"' if tick == 0 else ' stroke-width="0.5" stroke-dasharray="1 3"'
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(tick)}" y2="{y(tick)}" stroke="{_INK}"{bold}/>')
        number = f"{tick:g}{escape(unit)}"
        parts.append(
            f'<text x="{_LEFT - 6}" y="{y(tick) + 4}" text-anchor="end" font-size="11" fill="{_INK}">{number}</text>'
        )
    every = ceil(len(points) / 14) if points else 1
    for place, point in enumerate(points):
        x = round(_LEFT + step * (place + 0.5), 1)
        colour = _BEFORE if point.is_before else _LINE
        if point.low is not None and point.high is not None:
            parts.append(
                f'<line x1="{x}" x2="{x}" y1="{y(point.low)}" y2="{y(point.high)}" stroke="{colour}" stroke-width="2"/>'
            )
        parts.append(f'<circle cx="{x}" cy="{y(point.value)}" r="3.5" fill="{colour}"/>')
        if place % every == 0:
            parts.append(
                f'<text x="{x}" y="{_HEIGHT - 8}" text-anchor="middle" font-size="11" fill="{_INK}">'
                f"{escape(point.label)}</text>"
            )
    return Markup("".join(parts) + "</svg>")


def _ticks(low: float, high: float) -> list[float]:
    """Three to six round numbers around the range, 0 among them."""
    span = max(high - low, 1e-9)
    raw = span / 4
    size = 10 ** floor(log10(raw))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= raw)
    return [round(step * k, 10) for k in range(floor(low / step), ceil(high / step) + 1)]
