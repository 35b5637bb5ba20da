"""`python -m bench --sizes "1 10 100"`: simulate, measure each step, judge, and write docs/benchmark.md."""

import argparse
import json
import os
import shutil
import sys
from pathlib import Path

from bench.judge import result, verdicts
from bench.measure import Cost, measure

# Of 156 weeks, by million events; the weeks lie in the past.
TEAMS = {1: 20, 10: 202, 100: 2020}
WEEKS, SCALE, START = 156, 0.687, "2023-09-25"
CACHE = Path(".counterpoise") / "bench"
_ENVIRONMENT = {"COUNTERPOISE_SALT": "counterpoise-bench-salt"}
_STEPS = ("load", "full_build", "day_load", "day_build", "no_op_build", "check", "score", "report")


def _command(step: str, folder: Path) -> list[str]:
    own = [sys.executable, "-m", "bench.step"]
    counterpoise = [sys.executable, "-m", "counterpoise.cli"]
    database = ["--db", str(folder / "marts.duckdb")]
    return {
        "load": [*own, "load", str(folder)],
        "full_build": [*counterpoise, "build", "--without-tests", *database],
        "day_load": [*own, "load-day", str(folder)],
        "day_build": [*counterpoise, "build", "--without-tests", *database],
        "no_op_build": [*counterpoise, "build", "--without-tests", *database],
        "check": [*counterpoise, "check", "--stage", "raw", "--stage", "staging", "--stage", "marts", *database],
        "score": [*counterpoise, "score", *database],
        "report": [*counterpoise, "report", "--out", str(folder / "report"), *database],
        "floor": [*own, "floor", str(folder)],
    }[step]


def _make(folder: Path, teams: int) -> None:
    """The raw tables, once: what is there is used again."""
    if (folder / "day").is_dir() and not (folder / "raw").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    simulate = [
        sys.executable, "-m", "counterpoise.cli", "simulate", "--scenario", "evaluation", "--out", str(folder / "raw"),
        "--teams", str(teams), "--weeks", str(WEEKS), "--scale", str(SCALE), "--start", START,
    ]  # fmt: skip
    for command in (
        simulate,
        *([sys.executable, "-m", "bench.step", name, str(folder)] for name in ("split", "empty")),
    ):
        if measure(command, folder / "log.txt").exit_code:
            raise SystemExit(f"The raw tables could not be made; {folder / 'log.txt'} says why.")


def _forget_builds(folder: Path) -> None:
    for made in (folder, folder / "empty"):
        shutil.rmtree(made / ".marts.build", ignore_errors=True)
        shutil.rmtree(made / "report", ignore_errors=True)


def _measure(folder: Path, steps: tuple[str, ...]) -> dict[str, Cost]:
    costs: dict[str, Cost] = {}
    for step in steps:
        costs[step] = measure(_command(step, folder), folder / "log.txt", _ENVIRONMENT)
        code = f" (exit code {costs[step].exit_code})" if costs[step].exit_code else ""
        print(f"  {step}: {costs[step].seconds:.1f} s, {costs[step].peak_mb:,.0f} MB{code}", flush=True)
    return costs


def bench(size: int, folder: Path, teams: int) -> dict:
    """Measure one size; the dictionary of its JSON line."""
    print(f"{size} million events, {teams} teams: making the raw tables", flush=True)
    _make(folder, teams)
    _forget_builds(folder)
    others = os.getloadavg()[0]
    print(f"an empty warehouse; load average of the machine before: {others:.1f}", flush=True)
    fixed = _measure(folder / "empty", tuple(step for step in _STEPS if step not in ("day_load", "no_op_build")))
    print("full", flush=True)
    costs = _measure(folder, ("load", "floor", *_STEPS[1:]))
    if measure([sys.executable, "-m", "bench.step", "count", str(folder)], folder / "log.txt").exit_code:
        raise SystemExit(f"Nothing was loaded; {folder / 'log.txt'} says why.")
    # A step that failed on nothing did not do all that it does; its fixed cost is not known.
    found = result(
        size,
        json.loads((folder / "rows.json").read_text()),
        {step: cost.seconds for step, cost in costs.items()},
        {step: cost.peak_mb for step, cost in costs.items()},
        {step: cost.seconds for step, cost in fixed.items() if cost.exit_code in (0, 3)},
        [step for step, cost in costs.items() if cost.exit_code not in (0, 3)],
    )
    found["load_average_before"] = round(others, 1)
    (folder / "result.json").write_text(json.dumps(found), encoding="utf-8")
    _forget_builds(folder)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--sizes", default="1 10 100", help="million events: of 1, 10, 100")
    parser.add_argument("--docs", type=Path, help="folder for benchmark.md and benchmark.svg")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.replace(",", " ").split()]
    if unknown := sorted(set(sizes) - set(TEAMS)):
        parser.error(f"size {unknown[0]} is not known; choose of 1, 10, 100")
    results = [bench(size, CACHE.absolute() / str(size), TEAMS[size]) for size in sizes]
    for verdict in verdicts(results):
        print(verdict)
    if options.docs:
        # here, and in a process of its own: what draws charts is large
        kept = CACHE.absolute() / "results.json"
        kept.write_text(json.dumps(results), encoding="utf-8")
        command = [sys.executable, "-m", "bench.page", str(kept), str(options.docs)]
        if measure(command, CACHE.absolute() / "log.txt").exit_code:
            raise SystemExit(f"The page could not be written; {CACHE / 'log.txt'} says why.")
    for found in results:
        print(json.dumps(found))
    sys.exit(1 if any(found["failed"] for found in results) else 0)


if __name__ == "__main__":
    main()
