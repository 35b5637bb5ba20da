"""The results for people: one page that opens from a file, and the same as a page of the docs.

Both are made from one list of blocks, so that they cannot say different things.
"""

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from counterpoise.evaluation.baselines import METHODS
from counterpoise.evaluation.measures import FOLLOWED_WEEKS
from counterpoise.evaluation.protocol import SCORE
from counterpoise.pages import page_environment

Point = tuple[float, float]

TITLE = "How well the score works"
NONE = "–"
NEVER = "not within a year"
SHOWN_OTHERS = 3


@dataclass(frozen=True)
class Heading:
    text: str


@dataclass(frozen=True)
class Words:
    text: str


@dataclass(frozen=True)
class Table:
    """Cells as people read them; the first column names the row."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chart:
    """Lines in one frame. The first one is the score's; `diagonal` draws what chance or perfection would be."""

    title: str
    x: str
    y: str
    lines: tuple[tuple[str, tuple[Point, ...]], ...]
    x_most: float = 1.0
    diagonal: bool = False


Block = Heading | Words | Table | Chart


def blocks(result: dict[str, Any]) -> list[Block]:
    """What there is to say about a result of `evaluate`, in order."""
    base = result["arms"]["base"]
    plan = result["plan"]
    found: list[Block] = [
        Words(
            f"{len(plan['seeds'])} simulated organisation{'s' if len(plan['seeds']) > 1 else ''} of {plan['teams']} "
            f"teams over {plan['weeks']} weeks, "
            f"{base['paradox_teams']} paradox teams among {base['teams']}; model {result['model_version']}. "
            "What is true of each team is known, because somebody made it so."
        ),
        Words(
            "Read this with care: the simulator is made by the makers of the score. It shows that the score does what "
            "it is meant to on behaviour that we could think of. It does not show that it is right about your teams."
        ),
        Words(_in_short(base)),
        Heading("What it was to reach"),
        _targets(result["targets"]),
        Words(
            "Brier skill and calibration error of the other methods are those that they would have with two numbers "
            "fitted to this very simulation, four fifths of the teams telling for the last fifth. The score brings its "
            "two numbers along, from other seeds, and is told only how common paradox weeks are."
        ),
        Heading("Beside usual methods"),
        Words(
            "All see the same weekly figures, and in each week only what was known by then. First each at the "
            "threshold that gives 5 false alarms per 100 team-years here, so that they can be compared; then each as "
            "it is usually set. Ranges are 95 %, from drawing whole teams again."
        ),
        _methods(base, "at_rate"),
        Words("At the usual setting, the score by its own alert:"),
        _methods(base, "own"),
    ]
    if result["methods_missing"]:
        names = ", ".join(METHODS[name].label for name in result["methods_missing"])
        found.append(Words(f"Left out, as their libraries are not installed (extra `evaluate`): {names}."))
    found += [*_curves(base), *_delays(base), *_probabilities(base)]
    if len(result["arms"]) > 1:
        found += [Heading("Weaker, smaller, dirtier"), _arms(result)]
    found += [*_kinds(base), *_reasons(base), *_shock(base), *_definitions()]
    return found


def _in_short(base: dict[str, Any]) -> str:
    own, score = base["methods"][SCORE]["own"], base["methods"][SCORE]
    delay = own["median_delay"]
    middle = f"half of the paradoxes in {delay:.0f} weeks" if delay is not None else "less than half of the paradoxes"
    return (
        f"In short: of two team-weeks, one with a paradox and one without, the score is higher for the right one in "
        f"{_percent(score['auc'])} of the cases. Its own alert finds {middle}, {_percent(own['found_26'])} in half a "
        f"year, and raises {_number(own['false_alarms'])} false alarms per 100 team-years."
    )


def _targets(rows: list[dict[str, Any]]) -> Table:
    def best(row: dict[str, Any]) -> str:
        if "best_other" not in row:
            return NONE
        word = "" if row.get("ahead") else ", ahead of the score" if row["value"] is not None else ""
        return f"{_figure(row, row['best_other_value'])} ({METHODS[row['best_other']].label}{word})"

    return Table(
        ("aim", "wanted", "reached", "", "best other method"),
        tuple(
            (
                row["label"],
                f"{'≥' if row['more_is_better'] else '≤'} {_figure(row, row['aim'])}",
                _figure(row, row["value"]),
                "reached" if row["reached"] else "not reached",
                best(row),
            )
            for row in rows
        ),
    )


def _figure(row: dict[str, Any], value: float | None) -> str:
    """A figure in the form that fits its size: shares and skills with three decimals, rates and weeks with one."""
    if value is None:
        return NEVER if "delay" in row["name"] else NONE
    return f"{value:.3f}" if row["aim"] < 1 else f"{value:.1f}"


def _methods(base: dict[str, Any], setting: str) -> Table:
    rows = []
    for name, figures in base["methods"].items():
        alarms = figures[setting]
        rows.append((
            "The score" if name == SCORE else METHODS[name].label,
            _with_range(figures["auc"], figures["auc_interval"], _three),
            _percent(alarms["found_13"]),
            _with_range(alarms["found_26"], alarms["found_26_interval"], _percent),
            _weeks(alarms["median_delay"]),
            _with_range(alarms["false_alarms"], alarms["false_alarms_interval"], _number),
        ))  # fmt: skip
    head = ("method", "AUC", "found in 13 weeks", "in 26 weeks", "median delay", "false alarms per 100 team-years")
    return Table(head, tuple(rows))


def _best_others(base: dict[str, Any]) -> list[str]:
    others = [name for name in base["methods"] if name != SCORE]
    return sorted(others, key=lambda name: -(base["methods"][name]["auc"] or 0))[:SHOWN_OTHERS]


def _lines(base: dict[str, Any], curve: str) -> tuple[tuple[str, tuple[Point, ...]], ...]:
    return tuple(
        ("The score" if name == SCORE else METHODS[name].label, tuple(map(tuple, base["methods"][name][curve])))
        for name in (SCORE, *_best_others(base))
    )


def _curves(base: dict[str, Any]) -> list[Block]:
    return [
        Heading("Order: who is above whom"),
        Words("The score and the three other methods that order best, team-week by team-week."),
        Chart("ROC curve", "share of negative weeks flagged", "share of positive weeks flagged", _lines(base, "roc"),
              diagonal=True),
        Chart("Precision and recall", "share of positive weeks flagged", "share of flagged weeks that are right",
              _lines(base, "precision_recall")),
    ]  # fmt: skip


def _delays(base: dict[str, Any]) -> list[Block]:
    def line(name: str, setting: str) -> tuple[Point, ...]:
        curve = base["methods"][name][setting]["found_by_week"]
        return tuple((float(week), share) for week, share in enumerate(curve))

    lines = [("The score, own alert", line(SCORE, "own")), ("The score, at 5 false alarms", line(SCORE, "at_rate"))]
    lines += [(METHODS[name].label, line(name, "at_rate")) for name in _best_others(base)[:2]]
    title = "Found by week after the onset"
    return [
        Heading("How soon"),
        Words(
            "Share of the paradox teams found by each week; a team whose data ends sooner counts as long as it lasts."
        ),
        Chart(title, "weeks after the onset", "share of teams found", tuple(lines), x_most=float(FOLLOWED_WEEKS)),
    ]


def _probabilities(base: dict[str, Any]) -> list[Block]:
    said = base["probabilities"]
    table = Table(
        ("", "Brier score", "Brier skill", "calibration error"),
        tuple(
            (label, *(_three(said[name][figure]) for figure in ("brier", "brier_skill", "calibration_error")))
            for name, label in (("shifted", "moved to the base rate here"), ("unshifted", "as the score shows it"))
        ),
    )  # fmt: skip
    bins = said["shifted"]["reliability"]
    return [
        Heading("Is 30 % really 30 %?"),
        Words(
            f"The score is shown for a base rate of its own; here {_percent(base['base_rate'])} of the team-weeks "
            "judged are paradox weeks. Team-weeks in ten groups of the same size, from low to high risk:"
        ),
        table,
        Chart("Calibration", "risk the score says", "share that is a paradox",
              (("The score", tuple((row["said"], row["true"]) for row in bins)),), diagonal=True),
        Table(
            ("team-weeks", "risk said", "paradox in truth"),
            tuple((f"{row['n']:,}", _percent(row["said"]), _percent(row["true"])) for row in bins),
        ),
        Words(
            "How often the likely range holds the true risk is not measured: of a team-week only yes or no is known, "
            "never a true risk."
        ),
    ]  # fmt: skip


def _arms(result: dict[str, Any]) -> Table:
    rows = []
    for arm, base in result["arms"].items():
        score = base["methods"][SCORE]
        best = max((row["auc"] or 0 for name, row in base["methods"].items() if name != SCORE), default=None)
        rows.append((
            result["plan"]["arms"][arm],
            _with_range(score["auc"], score["auc_interval"], _three), _three(best),
            _percent(score["own"]["found_26"]), _number(score["own"]["false_alarms"]),
            _weeks(score["own"]["median_delay"]),
            _percent(score["at_rate"]["found_26"]), _three(base["probabilities"]["shifted"]["brier_skill"]),
            _three(base["probabilities"]["shifted"]["calibration_error"]), _percent(base["reasons"]["first_right"]),
        ))  # fmt: skip
    return Table(
        (
            "arm", "AUC", "best other AUC", "own alert: found in 26 weeks", "false alarms", "median delay",
            "at 5 false alarms: found in 26 weeks", "Brier skill", "calibration error", "first reason right",
        ),
        tuple(rows),
    )  # fmt: skip


def _kinds(base: dict[str, Any]) -> list[Block]:
    left_out = base.get("left_out", {})
    paradox, benign = [], []
    for kind, row in base["kinds"].items():
        out = left_out.get(kind)
        name = kind.replace("_", " ")
        if row["is_paradox"]:
            paradox.append((
                name, str(row["teams"]), _three(row["auc"]), _three(out["without"]["auc"]) if out else NONE,
                _percent(row["own"]["found_26"]), _weeks(row["own"]["median_delay"]),
                _percent(row["at_rate"]["found_26"]), _percent(out["without"]["found_26"]) if out else NONE,
            ))  # fmt: skip
        else:
            benign.append((
                name, str(row["teams"]), _number(row["own"]["team_years"]), _three(row["auc"]),
                _three(out["without"]["auc"]) if out else NONE,
                f"{_number(row['own']['false_alarms'])} ({row['own']['count']})",
                f"{_number(row['at_rate']['false_alarms'])} ({row['at_rate']['count']})",
                _number(out["without"]["false_alarms"]) if out else NONE,
            ))  # fmt: skip
    return [
        Heading("Kind by kind"),
        Words(
            "Paradoxes. *Left out*: calibration and threshold got without this kind. Nothing else of the score is "
            "fitted, so the order can hardly change; what can is who is above the threshold."
        ),
        Table(
            (
                "kind", "teams", "AUC", "AUC left out", "own alert: found in 26 weeks", "median delay",
                "at 5 false alarms: found in 26 weeks", "the same, left out",
            ),
            tuple(paradox),
        ),
        Words("Harmless kinds: false alarms per 100 team-years, and how many that were."),
        Table(
            (
                "kind", "teams", "team-years", "AUC", "AUC left out", "own alert", "at 5 false alarms",
                "the same, left out",
            ),
            tuple(benign),
        ),
    ]  # fmt: skip


def _reasons(base: dict[str, Any]) -> list[Block]:
    reasons = base["reasons"]
    names = sorted({signal for row in reasons["confusion"].values() for signal in row})
    return [
        Heading("Is the reason right?"),
        Words(
            f"In the week of the first alert, of {reasons['teams']} teams that were found and whose way leaves a "
            f"trace: first reason right {_percent(reasons['first_right'])}, among the first three "
            f"{_percent(reasons['top_three_right'])}. Of the reasons that name a way, the first is right in "
            f"{_percent(reasons['first_mechanism_right'])}. Of {reasons['untraced_teams']} found teams whose way leaves"
            f" no trace, {_percent(reasons['untraced_right'])} are rightly told so. Kind and first reason, in teams:"
        ),
        Table(
            ("kind", *(name.replace("_", " ") for name in names)),
            tuple(
                (kind.replace("_", " "), *(str(row.get(name, "")) for name in names))
                for kind, row in reasons["confusion"].items()
            ),
        ),
    ]


def _shock(base: dict[str, Any]) -> list[Block]:
    rows = (("own alert", "own"), ("at 5 false alarms", "at_rate"))
    before = base["methods"][SCORE]
    return [
        Heading("A shock that hits all, and weeks before the onset"),
        Words("False alarms per 100 team-years of teams without a paradox at the time."),
        Table(
            ("alarm", "half a year from the shock on", "all other weeks", "paradox teams before their onset"),
            tuple(
                (label, _number(base["shock"][name]["around"]), _number(base["shock"][name]["elsewhere"]),
                 _number(before[name]["false_alarms_before_onset"]))
                for label, name in rows
            ),
        ),
    ]  # fmt: skip


def _definitions() -> list[Block]:
    measured = (
        ("Positive weeks", "weeks of a paradox team from onset + ramp + 4 weeks to onset + 52 weeks. Weeks between are "
         "neither one nor the other."),
        ("Negative weeks", "all weeks of harmless teams, and those of paradox teams before the onset."),
        ("AUC", "share of pairs of a positive and a negative week in which the positive one has the higher score; 0.5 "
         "is chance. Weeks without a score are left out; where another method cannot say anything it counts as quiet."),
        ("Alarm", "the first week of an alert after 8 weeks without one. An alert that already stood at the onset "
         "finds nothing as long as it lasts."),
        ("False alarms per 100 team-years", "alarms in negative weeks, by the years these weeks make up."),
        ("Found within 13 or 26 weeks", "share of the paradox teams with an alarm so soon after the onset, of those "
         "whose data goes on for so long."),
        ("Median delay", "weeks from onset to alarm that half of these teams need at most; not found counts as "
         "infinite."),
        ("Brier score", "mean squared difference of risk and truth; its skill is 1 less its share of what always "
         "saying the base rate would give."),
        ("Calibration error", "mean distance of what is said and what is true over ten groups of as many team-weeks."),
        ("First reason right", "the first reason of the alert is a signal that the kind is known to leave."),
        ("Not part of this", "the quality gate, which withholds scores of bad data, does not run here: the dirty arm "
         "shows the score without its guard."),
    )  # fmt: skip
    return [
        Heading("What each figure means"),
        Table(("figure", "meaning"), measured),
        Heading("The other methods"),
        Table(("method", "what it does"), tuple((method.label, method.words) for method in METHODS.values())),
    ]


def _with_range(value: float | None, ends: list[float | None], show: Any) -> str:
    if value is None or None in ends:
        return show(value)
    return f"{show(value)} ({show(ends[0])} to {show(ends[1])})"


def _percent(value: float | None) -> str:
    return NONE if value is None else f"{100 * value:.0f} %" if value >= 0.1 or value == 0 else f"{100 * value:.1f} %"


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.1f}"


def _three(value: float | None) -> str:
    return NONE if value is None else f"{value:.3f}"


def _weeks(value: float | None) -> str:
    return NEVER if value is None else f"{value:.0f}"


# --- as Markdown and as HTML ---


def as_markdown(result: dict[str, Any]) -> str:
    """The page of the docs; curves are left to the HTML page."""
    parts = [
        f"# {TITLE}",
        "Written by `counterpoise evaluate`; change nothing here by hand. Its HTML page also has the curves.",
    ]
    for block in blocks(result):
        match block:
            case Heading(text):
                parts.append(f"## {text}")
            case Words(text):
                parts.append(text)
            case Table(head, rows):
                lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
                lines += [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
                parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def as_html(result: dict[str, Any]) -> str:
    """One page without script, which asks no other computer for anything."""
    environment = page_environment(
        "counterpoise.evaluation", ("counterpoise.report", "report.css"), ("counterpoise.evaluation", "evaluation.css")
    )
    return environment.get_template("evaluation.html").render(
        title=TITLE, blocks=[(type(block).__name__.lower(), block) for block in blocks(result)], draw=draw,
    )  # fmt: skip


_LEFT, _TOP, _WIDTH, _HEIGHT = 46, 12, 340, 220


def draw(chart: Chart) -> Markup:
    """Lines in a frame as SVG; colours are the style sheet's."""

    def x(value: float) -> float:
        return round(_LEFT + _WIDTH * value / chart.x_most, 1)

    def y(value: float) -> float:
        return round(_TOP + _HEIGHT * (1 - value), 1)

    told = "; ".join(label for label, _ in chart.lines)
    parts = [
        f'<svg class="curves" role="img" viewBox="0 0 {_LEFT + _WIDTH + 14} {_TOP + _HEIGHT + 42}" '
        f'aria-label="{escape(chart.title)}: {escape(told)}">'
    ]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        across = share * chart.x_most
        shown = f"{across:.0f}" if chart.x_most > 1 else f"{share:.0%}"
        parts.append(f'<path class="grid" d="M{_LEFT} {y(share)}h{_WIDTH}M{x(across)} {_TOP}v{_HEIGHT}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y(share) + 4}" text-anchor="end">{share:.0%}</text>')
        parts.append(f'<text x="{x(across)}" y="{_TOP + _HEIGHT + 16}" text-anchor="middle">{shown}</text>')
    if chart.diagonal:
        parts.append(f'<path class="chance" d="M{x(0)} {y(0)}L{x(chart.x_most)} {y(1)}"/>')
    for place, (_, points) in reversed(list(enumerate(chart.lines))):
        line = "L".join(f"{x(across)} {y(up)}" for across, up in points)
        parts.append(f'<path class="line line-{place}" d="M{line}"/>' if points else "")
    middle, bottom = _LEFT + _WIDTH / 2, _TOP + _HEIGHT + 34
    parts.append(f'<text x="{middle}" y="{bottom}" text-anchor="middle">{escape(chart.x)}</text></svg>')
    return Markup("".join(parts))
