"""The worked examples of the docs, worked out anew from the numbers on the page; and the parts written from the registry."""

import math
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import ROOT
from counterpoise.docs_pages import PAGES, registry, rendered
from counterpoise.scoring.evidence import log_evidence

SURE = 1.645
METRICS = {row["metric_id"]: row for row in registry(ROOT, "metric_registry")}
SIGNALS = {row["signal_id"]: row for row in registry(ROOT, "signal_registry")}
RESPONSES = {row["response_id"]: row for row in registry(ROOT, "response_registry")}
CELLS = {
    ("better", "better"): "real_gain", ("better", "worse"): "paradox",
    ("flat", "better"): "quiet_gain", ("flat", "flat"): "steady", ("flat", "worse"): "hidden_decline",
    ("worse", "better"): "quality_first", ("worse", "flat"): "output_decline", ("worse", "worse"): "honest_decline",
}  # fmt: skip
SECTIONS = [
    "What it looks like", "How it is computed", "What else could explain it", "What to ask", "What to do", "Limits",
]  # fmt: skip


def _number(text: str) -> float:
    return float(text.replace(",", "").replace("− ", "-").replace("−", "-"))


def _counts(cell: str) -> tuple[float, float]:
    first, second = cell.split(" / ")
    return _number(first), _number(second)


def _contrast(
    metric: dict[str, str], recent: tuple[float, float], baseline: tuple[float, float]
) -> tuple[float, float]:
    """Effect (positive = better) and standard error, as in int_team_contrast with one kind of item."""
    (hits, size), (base_hits, base_size) = recent, baseline
    expected = size * (base_hits + 2 * (base_hits + 0.5) / (base_size + 1)) / (base_size + 2)
    if metric["kind"] == "binomial":
        rate = expected / size
        effect = math.log((hits + 0.5) / (size - hits + 0.5)) - math.log((expected + 0.5) / (size - expected + 0.5))
        leaning = size * size * rate * (1 - rate) / (base_size + 2)
        slope = (size + 1) / ((expected + 0.5) * (size - expected + 0.5))
        variance = 1 / (expected + 0.5) + 1 / (size - expected + 0.5) + leaning * slope**2
    else:
        assert metric["kind"] == "rate"
        effect = math.log((hits + 0.5) / (expected + 0.5))
        variance = 1 / (expected + 0.5) + 1 / (base_hits + 0.5)
    return (-effect if metric["good_direction"] == "down" else effect), math.sqrt(variance)


def _move(effect: float, error: float, margin: float) -> str:
    if effect - SURE * error > 0 and effect > margin / 2:
        return "better"
    if effect + SURE * error < 0 and effect < -margin / 2:
        return "worse"
    return "flat" if abs(effect) + SURE * error <= margin else "unclear"


def _verdict(output: dict[str, str], outcome: dict[str, str]) -> str:
    moves = output["move"], outcome["move"]
    if moves[1] in ("no data", "not mature"):
        return moves[1].replace(" ", "_")
    if "unclear" in moves:
        return "unclear"
    is_proxy = METRICS[output["metric"].strip("`")]["is_proxy"] == "true"
    return CELLS.get(moves, "hollow_gain" if is_proxy else "real_gain")


def _examples() -> dict[str, dict[str, dict[str, str]]]:
    """Sides of each worked example of docs/pairs.md, by its number."""
    examples: dict[str, dict[str, dict[str, str]]] = {}
    head: list[str] = []
    for line in (ROOT / "docs/pairs.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| # |"):
            head = cells
        elif head and cells[0].isdigit():
            examples.setdefault(cells[0], {})[cells[1]] = dict(zip(head, cells + [""], strict=False))
    return examples


EXAMPLES = _examples()


@pytest.mark.parametrize("number", EXAMPLES)
def test_example_of_a_pair_is_as_the_formulas_say(number: str) -> None:
    sides = EXAMPLES[number]
    for side in sides.values():
        metric = METRICS[side["metric"].strip("`")]
        assert float(side["margin"]) == float(metric["flat_margin"])
        if "/" not in side["recent"] or "/" not in side["baseline"]:
            assert side["move"] == {"never recorded": "no data"}.get(side["recent"], "not mature")
            continue
        effect, error = _contrast(metric, _counts(side["recent"]), _counts(side["baseline"]))
        low, high = (_number(end) for end in side["interval"].split(" to "))
        told = [_number(side["effect"]), _number(side["error"]), low, high]
        assert told == pytest.approx([effect, error, effect - SURE * error, effect + SURE * error], abs=0.00051)
        assert side["move"] == _move(effect, error, float(metric["flat_margin"]))
    assert sides["outcome"]["verdict"].strip("`") == _verdict(sides["output"], sides["outcome"])


def test_every_cell_and_every_other_verdict_has_an_example() -> None:
    told = {sides["outcome"]["verdict"].strip("`") for sides in EXAMPLES.values()}
    assert told == {*CELLS.values(), "hollow_gain", "unclear", "no_data", "not_mature"}


def test_the_step_by_step_example_is_that_of_the_table() -> None:
    page = re.sub(r"\s+", " ", (ROOT / "docs/pairs.md").read_text(encoding="utf-8"))
    steps = page.split("**One cell in steps: `paradox`.**")[1].split("All cells.")[0]
    sides = next(sides for sides in EXAMPLES.values() if "paradox" in sides["outcome"]["verdict"])
    for side in sides.values():
        low, high = side["interval"].split(" to ")
        assert all(told in steps for told in (side["effect"], side["error"], low, high)), side
        assert f"**{side['move']}**" in steps


@pytest.mark.parametrize("page", PAGES)
def test_what_repeats_the_registry_is_up_to_date(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert text == rendered(ROOT, page), f"{page} is older than the registry: run `python -m counterpoise.docs_pages`"


def test_the_page_of_metrics_names_each_with_its_label_and_denominator() -> None:
    lines = (ROOT / "docs/metrics.md").read_text(encoding="utf-8").splitlines()
    for metric_id, row in METRICS.items():
        found = [line for line in lines if line.startswith(f"| `{metric_id}`<br>")]
        assert len(found) == 1, metric_id
        assert row["label"] in found[0] and row["eligible_denominator"] in found[0]


@pytest.mark.parametrize("signal_id", SIGNALS)
def test_every_signal_has_its_page(signal_id: str) -> None:
    row, page = SIGNALS[signal_id], ROOT / "docs" / "signals" / f"{signal_id}.md"
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {row['label']}\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert f"../../models/marts/signals/signal_{signal_id}.sql" in text
    response = RESPONSES[row["response_id"]]
    to_do = re.sub(r"\s+", " ", text.split("## What to do\n")[1].split("\n## ")[0])
    assert f"**{response['label']}.**" in to_do
    assert row["owner_role"] in to_do.lower() and f"{response['due_in_days']} days" in to_do


def test_links_between_pages_lead_somewhere() -> None:
    pages = [
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    ]
    broken = []
    for page in pages:
        for target in re.findall(r"\]\(([^)#\s]+)?(#[^)\s]+)?\)", page.read_text(encoding="utf-8")):
            broken += _broken(page, *target)
    assert len(pages) > 30 and not broken, "\n".join(broken)


def _broken(page: Path, target: str, anchor: str) -> list[str]:
    if target.startswith(("http:", "https:", "mailto:")):
        return []
    file = (page.parent / target).resolve() if target else page
    if not file.exists():
        return [f"{page.relative_to(ROOT)}: {target} is not there"]
    if anchor and file.suffix == ".md" and anchor[1:] not in _anchors(file.read_text(encoding="utf-8")):
        return [f"{page.relative_to(ROOT)}: {target}{anchor} is not a heading"]
    return []


def _anchors(text: str) -> set[str]:
    """Anchors of a page's headings, by GitHub's rule."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


# The arithmetic of the signals


def _counted(k: float, usual: float) -> float:
    """Poisson against a rate drawn from an exponential with three times the usual mean."""
    drawn = k * math.log(3 * usual) - (k + 1) * math.log(1 + 3 * usual)
    return _kept(drawn - k * math.log(usual) + usual + math.lgamma(k + 1))


def _share(k: float, n: float, usual: float) -> float:
    effect = math.log((k + 0.5) / (n - k + 0.5)) - _logit(usual)
    return _evidence(effect, math.sqrt(1 / ((n + 1) * usual * (1 - usual))), 1.0)


def _evidence(effect: float, error: float, scale: float) -> float:
    return float(log_evidence(effect, error, scale))


def _logit(share: float) -> float:
    return math.log(share / (1 - share))


def _kept(evidence: float) -> float:
    return max(-3.0, min(6.0, evidence))


FORMULAS: dict[str, Callable[..., float]] = {
    "log_evidence": _evidence,
    "counted_evidence": _counted,
    "share_evidence": _share,
    "odds": lambda before, after: _logit(after) - _logit(before),
    "ratio": lambda before, after: math.log(after / before),
    "least": min,
    "mean_e": lambda *several: math.log(sum(map(math.exp, several)) / len(several)),
    "less": lambda evidence, explained: max(-3.0, evidence - max(0.0, explained)),
}
WORKED = re.compile(rf"`({'|'.join(FORMULAS)})\(([^`)]*)\) = ([−\d.]+)`")
SIGNAL_PAGES = sorted((ROOT / "docs" / "signals").glob("*.md"))


@pytest.mark.parametrize("page", SIGNAL_PAGES, ids=lambda page: page.stem)
def test_arithmetic_of_a_signal_page_is_right(page: Path) -> None:
    text = re.sub(r"\s+", " ", page.read_text(encoding="utf-8"))
    for name, arguments, told in WORKED.findall(text):
        worked = FORMULAS[name](*map(_number, arguments.split(",")))
        assert _number(told) == pytest.approx(worked, abs=0.0051), f"{name}({arguments})"
    assert "*Example.*" in text or page.stem == "README"


def test_most_signal_pages_work_their_example_with_the_formulas() -> None:
    counts = [len(WORKED.findall(page.read_text(encoding="utf-8"))) for page in SIGNAL_PAGES]
    assert sum(counts) > 100
