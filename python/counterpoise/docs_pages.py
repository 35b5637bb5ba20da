"""What repeats the registry in docs and semantic layer: written from the seeds, so that it is kept in one place.

A page holds its own words and, between `<!-- begin <block> -->` and `<!-- end <block> -->` (in YAML `# begin <block>`
and `# end <block>`), what the registry says. Run `python -m counterpoise.docs_pages` from a checkout after a change of
a registry; a test says when it was forgotten.
"""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

from counterpoise.project import find_project_dir

Row = dict[str, str]

ROOMS = {
    "output": ("Outputs", "What dashboards show. A *proxy* is good only if an outcome follows."),
    "outcome": ("Outcomes", "What the work is for, and what it costs."),
    "hidden_work": ("Hidden work", "Work that is done and not counted."),
    "unmeasured_work": ("Unmeasured work", "What is crowded out first. More of it is better."),
    "flow": ("Flow", "How full the queue is."),
    "ai": ("Work with AI", "What it costs, what it saves, and whether its use is declared and looked at."),
    "human": ("People", "Answers of people, for teams only, from five answers up."),
    "mechanism": ("Ways in which numbers bend", "Read by the signals. Nobody should have a target on one of these."),
}
DIRECTIONS = {"up": "more is better", "down": "less is better", "none": "neither is better"}


def registry(root: Path, name: str) -> list[Row]:
    """Rows of a seed in `seeds/registry`, in its order."""
    with (root / "seeds" / "registry" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def metrics(root: Path) -> str:
    """A table per room, a row per metric: what it counts, what it does to behaviour, what it decides, whose it is."""
    rows = registry(root, "metric_registry")
    head = (
        "| metric | unit, and what is better | counted of | behaviour it reinforces | decision it helps | owner |\n"
        "|---|---|---|---|---|---|"
    )
    chapters = []
    for room, (title, sentence) in ROOMS.items():
        entries = "\n".join(_metric(row) for row in rows if row["room"] == room)
        chapters.append(f"## {title}\n\n{sentence}\n\n{head}\n{entries}")
    return "\n\n".join(chapters)


def _metric(row: Row) -> str:
    marks = [f"{row['unit']}, {DIRECTIONS[row['good_direction']]}"]
    marks += ["proxy"] if row["is_proxy"] == "true" else []
    marks += [f"known {row['maturity_weeks']} weeks later"] if int(row["maturity_weeks"]) else []
    cells = [
        f"`{row['metric_id']}`<br>{row['label']}",
        "; ".join(marks),
        row["eligible_denominator"],
        row["behaviour_reinforced"] or "none: not a target",
        row["decision_helped"],
        f"{row['owner_role']}, {row['review_cadence']}; text {row['source_text']}",
    ]
    return f"| {' | '.join(cells)} |"


def pairs(root: Path) -> str:
    """Every pair with its lags and its reason."""
    labels = {row["metric_id"]: row["label"] for row in registry(root, "metric_registry")}
    lines = ["| pair | output | outcome | lag in weeks | why |", "|---|---|---|---|---|"]
    for row in registry(root, "pair_registry"):
        lags = "–".join(dict.fromkeys([row["lag_min_weeks"], row["lag_max_weeks"]]))
        after = f" After `{row['applies_after']}` only." if row["applies_after"] else ""
        output, outcome = labels[row["output_metric_id"]], labels[row["outcome_metric_id"]]
        lines.append(f"| `{row['pair_id']}` | {output} | {outcome} | {lags} | {row['why']}{after} |")
    return "\n".join(lines)


def signals(root: Path) -> str:
    """Every signal by the question it asks, in the order of the registry, which is no rank."""
    responses = {row["response_id"]: row["label"] for row in registry(root, "response_registry")}
    lines = ["| question | page | first thing to do | text |", "|---|---|---|---|"]
    for row in registry(root, "signal_registry"):
        page = f"[{row['label']}]({row['signal_id']}.md)"
        lines.append(f"| {row['asks']} | {page} | {responses[row['response_id']]} | {row['source_text']} |")
    return "\n".join(lines)


def responses(root: Path) -> str:
    """The playbook: first step, who, by when, and which signals lead there."""
    plays = registry(root, "signal_registry")
    lines = ["| response | first step | who | within | after the signals |", "|---|---|---|---|---|"]
    for row in registry(root, "response_registry"):
        after = [
            f"[{play['label']}](signals/{play['signal_id']}.md)"
            for play in plays
            if play["response_id"] == row["response_id"]
        ]
        what = f"{row['label']} (`{row['response_id']}`)"
        lines.append(
            f"| {what} | {row['first_step']} | {row['owner_role']} | {row['due_in_days']} days "
            f"| {'; '.join(after) or 'by choice'} |"
        )
    return "\n".join(lines)


def semantic_metrics(root: Path) -> str:
    """A metric of the semantic layer per metric: all that is counted over all that it is counted of."""
    return "\n".join(_semantic_metric(row) for row in registry(root, "metric_registry"))


def _semantic_metric(row: Row) -> str:
    later = int(row["maturity_weeks"])
    told = [
        f"{row['unit'].capitalize()}; {DIRECTIONS[row['good_direction']]}.",
        f"Counted of: {row['eligible_denominator']}.",
        *([f"Known {later} weeks later."] if later else []),
    ]
    return f"""\
  - name: counterpoise_{row["metric_id"]}
    label: {_quoted(f"{row['label']} (counterpoise)")}
    description: {_quoted(" ".join(told))}
    type: ratio
    type_params: {{numerator: counterpoise_numerator, denominator: counterpoise_denominator}}
    filter: {_quoted(f"{{{{ Dimension('counterpoise_metric_week__metric_id') }}}} = '{row['metric_id']}'")}"""


def _quoted(text: str) -> str:
    """A text as YAML; what JSON quotes YAML reads."""
    return json.dumps(text, ensure_ascii=False)


PAGES: dict[str, Callable[[Path], str]] = {
    "docs/metrics.md": metrics,
    "docs/pairs.md": pairs,
    "docs/responses.md": responses,
    "docs/signals/README.md": signals,
    "models/marts/semantic/_semantic.yml": semantic_metrics,
}


def rendered(root: Path, page: str) -> str:
    """The page with its block as the registry now has it.

    Raises:
        ValueError: the page has no such block.
    """
    block = PAGES[page].__name__
    text = (root / page).read_text(encoding="utf-8")
    begin, end = (rf" *(?:<!-- {edge} {block} -->|# {edge} {block}\b)" for edge in ("begin", "end"))
    pattern = re.compile(rf"({begin}\n).*?(\n{end})", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"{page} has no block between <!-- begin {block} --> and <!-- end {block} -->")
    return pattern.sub(lambda found: f"{found[1]}\n{PAGES[page](root)}\n{found[2]}", text)


def write(root: Path) -> None:
    """Bring every page up to date."""
    for page in PAGES:
        (root / page).write_text(rendered(root, page), encoding="utf-8")


if __name__ == "__main__":
    write(find_project_dir())
