"""The sentences of a score: plain, short, with the numbers in them."""

from datetime import date
from typing import Any

_SIGNALS = {
    "rework_loop": "More is finished and more of it comes back: {observed:.1%}, {expected:.1%} expected",
    "stopped_clock": "The clock stands still for {observed:.0%} of the requester's wait, {expected:.0%} expected",
    "threshold_bunching": "More items end just inside the target than a smooth curve allows: index {observed:.2f}, "
    "{expected:.2f} expected",
    "outcome_divergence": "The output looks better while an outcome gets worse",
}


def reason_sentence(signal: str, fact: dict[str, Any]) -> str:
    """One sentence for a signal; without numbers where there are none."""
    if fact.get("observed") is None or fact.get("expected") is None:
        return _SIGNALS["outcome_divergence"] + "."
    return _SIGNALS[signal].format(**fact) + _counted(fact.get("n")) + _since(fact.get("since_week")) + "."


def divergence_sentence(pair: dict[str, Any], metrics: dict[str, dict[str, Any]], since: date | None) -> str:
    """Which output looks better while which outcome gets worse."""
    output, outcome = metrics[pair["output_metric_id"]], metrics[pair["outcome_metric_id"]]
    observed, expected = (_amount(pair[f"outcome_{side}"], outcome["unit"]) for side in ("value", "expected"))
    moved = "looks better" if (pair["output_effect"] or 0) > 0 else "looks no better"
    return f"{output['label']}: {moved}. {outcome['label']}: {observed}, {expected} expected{_since(since)}."


def _amount(value: float | None, unit: str) -> str:
    if value is None:
        return "not known"
    if unit == "share":
        return f"{value:.1%}"
    return f"{value:,.1f} hours" if unit == "hours" else f"{value:,.2f}"


def _counted(n: int | None) -> str:
    return f" ({n:,} items)" if n else ""


def _since(week: date | None) -> str:
    return f", since the week of {week.isoformat()}" if week else ""
