"""docs/benchmark.md and its chart, from results: `python -m bench.page RESULTS.json FOLDER`."""

import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.judge import verdicts

_STEPS = {
    "load": "load", "full_build": "full build", "day_load": "load of one day", "day_build": "build after one day",
    "no_op_build": "build with nothing new", "check": "checks", "score": "score", "report": "report",
    "floor": "floor query",
}  # fmt: skip


_METHOD = """\
Simulated teams over 156 weeks (`counterpoise simulate --scenario evaluation`), loaded every night. Each step is a
process of its own. The full build is all models and seeds on all load days but the last, without dbt's tests of the
data, as `counterpoise run` builds; then the last day is loaded, and built. *Net* is without the seconds of the same
step on an empty warehouse. The floor query is DuckDB alone on the same raw events in the same run: a scan, one window
pass over the items, one group by."""


def machine() -> str:
    """Cores, memory and CPU model of this machine."""
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{os.cpu_count()} cores, {gigabytes:.0f} GB of memory, {models[0] if models else platform.processor()}"


def as_markdown(results: Sequence[Mapping[str, Any]], where: str) -> str:
    """The page. Net = without what the step takes on an empty warehouse."""
    lines = [
        "# Benchmark",
        "",
        "Written by `make bench`; not to be edited by hand.",
        "",
        f"Machine: {where}.",
        "",
        _METHOD,
        "",
        "![Seconds by size](benchmark.svg)",
        "",
    ]
    for found in results:
        lines += [
            f"## {found['size']} million events", "",
            f"{found['rows']['teams']:,} teams, {found['rows']['work_item_events']:,} events. "
            f"Load average of the machine before: {found.get('load_average_before', 'not known')}.", "",
            "| step | seconds | on an empty warehouse | net | net by floor | peak MB |", "|---|---|---|---|---|---|",
            *(_row(found, step) for step in _STEPS if step in found["seconds"]), "",
        ]  # fmt: skip
        if found["failed"]:
            lines += [f"Failed: {', '.join(_STEPS[step] for step in found['failed'])}.", ""]
    lines += ["## Targets", "", *(f"- {verdict}" for verdict in verdicts(results)), ""]
    return "\n".join(lines)


def _row(found: Mapping[str, Any], step: str) -> str:
    fixed, ratio = found["fixed_seconds"].get(step), found["ratios"].get(step)
    cells = (
        _STEPS[step], f"{found['seconds'][step]:.1f}", "" if fixed is None else f"{fixed:.1f}",
        f"{found['net_seconds'][step]:.1f}", "" if ratio is None else f"{ratio:.1f}", f"{found['peak_mb'][step]:,}",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def draw(results: Sequence[Mapping[str, Any]], file: Path) -> None:
    """Net seconds against events, both logarithmic, as SVG."""
    import altair as alt

    rows = [
        {"step": _STEPS[step], "events": found["rows"]["work_item_events"], "seconds": found["net_seconds"][step]}
        for found in results
        for step in ("full_build", "day_build", "floor", "score", "report")
        if found["net_seconds"].get(step)
    ]
    base = alt.Chart(alt.Data(values=rows), width=520, height=320).encode(
        x=alt.X("events:Q", scale=alt.Scale(type="log"), title="events", axis=alt.Axis(format="~s")),
        y=alt.Y("seconds:Q", scale=alt.Scale(type="log"), title="seconds, net of the empty warehouse"),
        color=alt.Color("step:N", title=None),
    )
    (base.mark_line() + base.mark_point(filled=True, size=50)).save(str(file))


def main() -> None:
    results = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    folder = Path(sys.argv[2])
    (folder / "benchmark.md").write_text(as_markdown(results, machine()), encoding="utf-8")
    draw(results, folder / "benchmark.svg")


if __name__ == "__main__":
    main()
