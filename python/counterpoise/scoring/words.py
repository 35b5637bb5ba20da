"""The sentences of a score: plain, short, with the numbers in them. A signal's own words stand in its registry row."""

from datetime import date
from string import Formatter
from typing import Any

_UNSEEN = "The output looks better while an outcome gets worse."


def reason_sentence(fact: dict[str, Any]) -> str:
    """One sentence for a signal: its `sentence` of the registry, filled in; without numbers where there are none.

    Args:
        fact: a row of fct_signal_week with the registry's `label`, `unit` and `sentence`; empty where nothing is known.
    """
    if not fact:
        return _UNSEEN
    figures = {side: fact.get(side) for side in ("observed", "expected")}
    asked = {field for _, field, _, _ in Formatter().parse(fact["sentence"]) if field}
    if any(figures[name] is None for name in asked & figures.keys()):
        return fact["label"] + _since(fact.get("since_week")) + "."
    shown = {name: amount(value, fact["unit"]) for name, value in figures.items()}
    return fact["sentence"].format(**shown) + _since(fact.get("since_week")) + "."


def divergence_sentence(pair: dict[str, Any], metrics: dict[str, dict[str, Any]], since: date | None) -> str:
    """Which output looks better while which outcome gets worse."""
    output, outcome = metrics[pair["output_metric_id"]], metrics[pair["outcome_metric_id"]]
    observed, expected = (amount(pair[f"outcome_{side}"], outcome["unit"]) for side in ("value", "expected"))
    moved = "looks better" if (pair["output_effect"] or 0) > 0 else "looks no better"
    return f"{output['label']}: {moved}. {outcome['label']}: {observed}, {expected} expected{_since(since)}."


def amount(value: float | None, unit: str) -> str:
    """A figure in its unit, as people read it."""
    if value is None:
        return "not known"
    if unit == "share":
        return f"{value:z.1%}"
    if unit in ("hours", "weeks", "people", "items", "events"):
        return f"{value:z,.1f} {unit}"
    return f"{value:,.0f}" if unit == "count" and value == int(value) else f"{value:z,.2f}"


def _since(week: date | None) -> str:
    return f", since the week of {week.isoformat()}" if week else ""
