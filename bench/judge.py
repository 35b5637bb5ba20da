"""Figures made of measurements, and whether they are what was aimed at. Nothing here measures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

BUILD_TIMES_FLOOR = 4.0
DAY_SHARE_OF_FULL = 0.10
GROWTH_OVER_ROWS = 1.15
PEAK_MB = 16 * 1024
FIXED_SECONDS = 25.0
NO_OP_SECONDS = 2.0


@dataclass(frozen=True)
class Verdict:
    """One target: what was aimed at, what was found. `found` is null where it was not measured."""

    target: str
    aim: float
    found: float | None

    @property
    def word(self) -> str:
        if self.found is None:
            return "not measured"
        return "met" if self.found <= self.aim else "missed"

    def __str__(self) -> str:
        found = "" if self.found is None else f"{self.found:.3g}, "
        return f"{self.target}: {found}wanted at most {self.aim:g}: {self.word}"


def net(seconds: Mapping[str, float], fixed: Mapping[str, float]) -> dict[str, float]:
    """Seconds without those that the same step takes on an empty warehouse; never below zero."""
    return {step: max(0.0, value - fixed.get(step, 0.0)) for step, value in seconds.items()}


def result(
    size: int,
    rows: Mapping[str, int],
    seconds: Mapping[str, float],
    peaks: Mapping[str, float],
    fixed: Mapping[str, float],
    failed: Sequence[str] = (),
) -> dict[str, Any]:
    """The JSON line of one size. `seconds` has a step `floor`; ratios are net seconds by the floor's."""
    costs = net(seconds, fixed)
    floor = seconds["floor"]
    return {
        "size": size,
        "rows": dict(rows),
        "seconds": _rounded(seconds),
        "peak_mb": {step: round(value) for step, value in peaks.items()},
        "fixed_seconds": _rounded(fixed),
        "net_seconds": _rounded(costs),
        "floor_seconds": round(floor, 2),
        "ratios": {step: round(value / floor, 2) for step, value in costs.items() if step != "floor"},
        "failed": list(failed),
    }


def verdicts(results: Sequence[Mapping[str, Any]]) -> list[Verdict]:
    """The targets that can be judged from these sizes, and those that would need others."""
    by_size = {found["size"]: found for found in results}
    made = [
        Verdict(f"full build by the floor query at {size} M events", BUILD_TIMES_FLOOR, _ratio(by_size.get(size)))
        for size in (10, 100)
    ]
    top, middle = by_size.get(100), by_size.get(10)
    made += [
        Verdict("one-day increment by full build at 100 M events", DAY_SHARE_OF_FULL, _day_share(top)),
        Verdict("growth of time over growth of rows, 10 to 100 M", GROWTH_OVER_ROWS, _growth(middle, top)),
        Verdict("peak megabytes at 100 M events", PEAK_MB, max(top["peak_mb"].values()) if top else None),
    ]
    for size, found in sorted(by_size.items()):
        made += [
            Verdict(f"seconds of a build of an empty warehouse ({size})", FIXED_SECONDS,
                    found["fixed_seconds"].get("full_build")),
            Verdict(f"seconds of a build with nothing new ({size})", NO_OP_SECONDS,
                    found["seconds"].get("no_op_build")),
        ]  # fmt: skip
    return made


def _ratio(found: Mapping[str, Any] | None) -> float | None:
    return found["ratios"].get("full_build") if found else None


def _day_share(found: Mapping[str, Any] | None) -> float | None:
    if not found or not found["net_seconds"].get("full_build") or "day_build" not in found["net_seconds"]:
        return None
    return found["net_seconds"]["day_build"] / found["net_seconds"]["full_build"]


def _growth(small: Mapping[str, Any] | None, large: Mapping[str, Any] | None) -> float | None:
    if not small or not large or not small["net_seconds"].get("full_build"):
        return None
    if "full_build" not in large["net_seconds"]:
        return None
    times = large["net_seconds"]["full_build"] / small["net_seconds"]["full_build"]
    return times / (large["rows"]["work_item_events"] / small["rows"]["work_item_events"])


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in values.items()}
