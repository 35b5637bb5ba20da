"""Pages and team sections that are plain tables of one mart each: what is selected, and how each column is said."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

from markupsafe import Markup

from counterpoise.effects.plot import Point
from counterpoise.effects.plot import draw as draw_effects
from counterpoise.report.ai import budget_picture, layer_picture, outcome_pictures
from counterpoise.report.data import Marts, ReportData, Team
from counterpoise.report.plots import Effect, FlowWeek, Queue, draw_queue
from counterpoise.report.plots import draw_effects as draw_experiment
from counterpoise.report.words import VALUES, count, day, number, percent, quantity, say


@dataclass(frozen=True)
class Cell:
    """One cell: its words, and the page they link to (a file name in the teams' folder), if any."""

    text: str
    team_file: str | None = None


@dataclass(frozen=True)
class Table:
    """A titled table. Title, help and the words for an empty one stand in `words` under the table's name.

    Attributes:
        pictures: drawings above it, each with its title.
        left_out: rows beyond those that one page holds.
        said_once: what stands in most rows of a column, so that it is read above them and not in each.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    pictures: tuple[tuple[str, Markup], ...] = ()
    left_out: int = 0
    said_once: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Select:
    """How a table is read: a select from the marts, and (column of the page, column of the select, kind of value).

    Kinds: text, team, metric, signal, share, number, hours, date, flag, quantity (in the unit of the row's metric), and
    word (looked up in the words for values). A select with a team_id shows no team that is small or withheld.
    """

    name: str
    sql: str
    columns: tuple[tuple[str, str, str], ...]


# A select's dates are filled in when it is read: the newest week, and 13 weeks, half a year and a year before it.
_THIS_WEEK, _RECENT, _LAST_YEAR = "date '{week}'", "date '{recent}'", "date '{year}'"
_HALF_YEAR = "date '{half_year}'"
_RECENT_WEEKS = 13
# A page of all teams shows so many rows of a table; each team's own rows stand on its own page.
MOST_ROWS = 200
# A text of so many letters that stands in so many rows, and in most of them, is said above the table.
LONG, OFTEN = 30, 6
# More curves than this make the page of all teams heavy; each stands on its team's page anyway.
MOST_CURVES = 24
# Marts of areas that cannot be switched off: one that is missing is an error.
_ALWAYS = frozenset({
    "dim_team", "dim_metric", "dim_pair", "dim_signal", "fct_metric_week", "fct_signal_week", "fct_pair_week",
    "fct_flow_week", "team_risk", "fct_intervention_effect",
})  # fmt: skip


def _of_teams(mart: str, where: str, order: str, columns: str = "f.*", join: str = "") -> str:
    """Rows of a mart in the order of the organisation, never of a score."""
    return (
        f"select {columns}, t.sort_order from {{{{marts}}}}.{mart} as f "
        f"inner join {{{{marts}}}}.dim_team as t on f.team_id = t.team_id {join} "
        f"where {where} order by t.sort_order, {order}"
    )


_STEPS = _Select(
    "steps",
    _of_teams(
        "next_steps", f"f.asked_until = {_THIS_WEEK} or f.answered_on > {_RECENT}", "f.due_on, f.step_id"
    ),
    (("team", "team_id", "team"), ("what", "what", "text"), ("why", "why", "text"), ("owner", "owner_role", "text"),
     ("due", "due_on", "date"), ("state", "state", "word")),
)  # fmt: skip
_NARRATIVE = _Select(
    "narrative",
    _of_teams(
        "fct_narrative_due", f"not f.is_explained and f.week_start > {_RECENT}", "f.week_start desc, f.metric_id"
    ),
    (("team", "team_id", "team"), ("metric", "metric_id", "metric"), ("week", "week_start", "date"),
     ("direction", "direction", "word"), ("tier", "tier", "word"), ("owner", "owner_role", "text"),
     ("due", "due_on", "date")),
)  # fmt: skip
_RETIRE = _Select(
    "retire",
    "select h.metric_id, h.verdict, h.reason, m.decision_helped, m.owner_role from {{marts}}.fct_metric_health as h "
    "inner join {{marts}}.dim_metric as m on h.metric_id = m.metric_id "
    "where h.verdict in ('retire', 'ornamental', 'redundant_with') "
    "order by case h.verdict when 'retire' then 0 when 'redundant_with' then 1 else 2 end, h.metric_id",
    (("metric", "metric_id", "metric"), ("health", "verdict", "word"), ("reason", "reason", "text"),
     ("decision", "decision_helped", "text"), ("owner", "owner_role", "text")),
)  # fmt: skip
_USED = _Select(
    "used",
    "select m.metric_id, h.verdict, h.reason, coalesce(w.teams, 0) as teams from {{marts}}.dim_metric as m "
    "left join {{marts}}.fct_metric_health as h on m.metric_id = h.metric_id "
    "left join (select metric_id, count(distinct team_id) as teams from {{marts}}.fct_metric_week "
    "where value is not null group by metric_id) as w on m.metric_id = w.metric_id order by m.room, m.metric_id",
    (("metric", "metric_id", "metric"), ("health", "verdict", "word"), ("reason", "reason", "text"),
     ("teams_with_data", "teams", "number")),
)  # fmt: skip
_METRICS = _Select(
    "metrics",
    "select * from {{marts}}.dim_metric order by room, metric_id",
    (("metric", "metric_id", "metric"), ("room", "room", "word"), ("counts", "eligible_denominator", "text"),
     ("owner", "owner_role", "text"), ("decision", "decision_helped", "text"),
     ("behaviour", "behaviour_reinforced", "text")),
)  # fmt: skip
_GUARDRAILS = _Select(
    "guardrails",
    _of_teams(
        "fct_guardrail_week",
        f"f.status in ('breached', 'approaching') and f.week_start = {_THIS_WEEK}",
        "f.guardrail_id",
    ),
    (("team", "team_id", "team"), ("metric", "metric_id", "metric"), ("observed", "observed", "quantity"),
     ("allowed", "threshold", "quantity"), ("guardrail", "status", "word"), ("n", "n", "number")),
)  # fmt: skip
_ELIGIBILITY = _Select(
    "eligibility",
    _of_teams("team_reward_eligibility", f"f.period_end > {_LAST_YEAR}", "f.period_start"),
    (("team", "team_id", "team"), ("period", "period_start", "date"), ("eligible", "status", "word"),
     ("met", "met", "number"), ("breached", "breached", "number"), ("unknown", "no_data", "number"),
     ("reason", "reason", "text")),
)  # fmt: skip
_BALANCE = _Select(
    "balance",
    _of_teams("fct_target_balance", f"f.week_start = {_THIS_WEEK} and f.targets > 0", "f.team_id"),
    (("team", "team_id", "team"), ("targets", "targets", "number"), ("rewarded", "rewarded_targets", "number"),
     ("balance", "verdict", "word"), ("missing", "missing", "text")),
)  # fmt: skip
_FRICTION = _Select(
    "friction",
    _of_teams(
        "fct_friction",
        f"f.status = 'present' and f.week_start = {_THIS_WEEK}",
        "f.friction_id",
        "f.team_id, f.since_week, f.what, r.label",
        "inner join {{marts}}.friction_registry as r on f.friction_id = r.friction_id",
    ),
    (("team", "team_id", "team"), ("condition", "label", "text"), ("since", "since_week", "date"),
     ("what", "what", "text")),
)  # fmt: skip
_FLOW = _Select(
    "flow",
    _of_teams("fct_flow_week", f"f.week_start = {_THIS_WEEK} and f.load is not null", "f.team_id"),
    (("team", "team_id", "team"), ("load", "load", "share"), ("ceiling", "load_ceiling", "share"),
     ("reference", "load_reference", "share"), ("headroom", "headroom_hours", "hours"),
     ("wait_expected", "wait_expected_hours", "hours"), ("wait_observed", "wait_observed_hours", "hours"),
     ("assumed", "is_capacity_assumed", "flag")),
)  # fmt: skip
_EFFICIENCY = _Select(
    "efficiency",
    _of_teams("fct_true_efficiency", f"f.week_start = {_THIS_WEEK}", "f.team_id"),
    (("team", "team_id", "team"), ("efficiency", "verdict", "word"),
     ("cost_per_outcome", "cost_per_outcome", "number"), ("end_to_end", "end_to_end_hours", "hours"),
     ("rework", "rework_share", "share"), ("utilisation", "utilisation", "share"),
     ("people", "active_people", "number")),
)  # fmt: skip
_EFFECTIVE = _Select(
    "effective",
    _of_teams("fct_effective_work", f"f.week_start = {_THIS_WEEK}", "f.aspect"),
    (("team", "team_id", "team"), ("aspect", "aspect", "word"), ("share", "share", "share"), ("n", "n", "number")),
)  # fmt: skip
_READINESS = _Select(
    "readiness",
    _of_teams("fct_ai_readiness", f"f.week_start = {_THIS_WEEK}", "f.layer_order"),
    (("team", "team_id", "team"), ("layer", "layer", "word"), ("practices", "practices_in_place", "number"),
     ("of", "practices", "number"), ("holds", "holds", "flag"), ("counts_too", "counts", "flag")),
)  # fmt: skip
_AI = _Select(
    "ai",
    _of_teams(
        "fct_ai_week",
        f"f.week_start = {_THIS_WEEK} and coalesce(f.ai_assisted_share, f.meta_work_overhead) is not null",
        "f.team_id",
    ),
    (("team", "team_id", "team"), ("ai_share", "ai_assisted_share", "share"),
     ("ai_unreviewed", "ai_unreviewed_share", "share"), ("ai_undeclared", "ai_undeclared_share", "share"),
     ("overhead", "meta_work_overhead", "share"), ("overhead_reference", "reference_overhead", "share"),
     ("unbudgeted", "unbudgeted_hours", "hours"), ("saved", "net_hours_saved", "hours")),
)  # fmt: skip
_AI_COST = _Select(
    "ai_cost",
    _of_teams(
        "fct_ai_week",
        f"f.week_start = {_THIS_WEEK} and coalesce(e.cost_per_outcome, f.hours_per_resolved) is not null",
        "f.team_id",
        "f.team_id, f.ai_assisted_share, f.hours_per_resolved, f.hours_per_resolved_expected, e.cost_per_resolved, "
        "e.cost_per_outcome",
        "left join {{marts}}.fct_true_efficiency as e on f.team_id = e.team_id and f.week_start = e.week_start",
    ),
    (("team", "team_id", "team"), ("ai_share", "ai_assisted_share", "share"),
     ("cost_per_outcome", "cost_per_outcome", "number"), ("cost_per_resolved", "cost_per_resolved", "number"),
     ("hours_per_resolved", "hours_per_resolved", "hours"),
     ("hours_expected", "hours_per_resolved_expected", "hours")),
)  # fmt: skip
_AI_OUTCOME = _Select(
    "ai_outcome",
    "select f.team_id, t.sort_order, f.is_ai_assisted, f.difficulty, sum(f.items) as items, "
    "sum(f.csat_sum) as csat_sum, sum(f.csat_answers) as csat_answers, "
    "sum(f.csat_sum) / nullif(sum(f.csat_answers), 0) as csat, "
    # only weeks whose items had time to come back
    "sum(case when f.reopen_rate is not null then f.reopened_items end) as reopened_items, "
    "sum(case when f.reopen_rate is not null then f.items end) as mature_items, "
    "sum(case when f.reopen_rate is not null then f.reopened_items end) * 1.0 "
    "/ nullif(sum(case when f.reopen_rate is not null then f.items end), 0) as reopen_rate "
    "from {{marts}}.fct_ai_outcome_week as f "
    "inner join {{marts}}.dim_team as t on f.team_id = t.team_id where f.week_start > " + _RECENT + " "
    "group by f.team_id, t.sort_order, f.is_ai_assisted, f.difficulty "
    "order by t.sort_order, f.is_ai_assisted, f.difficulty",
    (("team", "team_id", "team"), ("ai_assisted", "is_ai_assisted", "flag"), ("difficulty", "difficulty", "word"),
     ("items", "items", "number"), ("csat", "csat", "share"), ("reopened", "reopen_rate", "share")),
)  # fmt: skip
_EXPERIMENTS = _Select(
    "experiments",
    "select * from {{marts}}.fct_experiment_effect order by experiment_id, room, metric_id",
    (("experiment", "experiment_id", "text"), ("metric", "metric_id", "metric"), ("room", "room", "word"),
     ("effect", "effect", "number"), ("low", "effect_low", "number"), ("high", "effect_high", "number"),
     ("treated", "treated_teams", "number"), ("control", "control_teams", "number"),
     ("effect_verdict", "verdict", "word")),
)  # fmt: skip
_INTERVENTIONS = _Select(
    "interventions",
    "select * from {{marts}}.fct_intervention_effect order by cause_type, cause, room, metric_id, team_id, week_from, "
    "week_to desc",
    (("cause", "cause", "word"), ("team", "team_id", "team"), ("metric", "metric_id", "metric"),
     ("room", "room", "word"), ("weeks_since", "since_start", "text"), ("effect_range", "shown", "text"),
     ("effect_verdict", "verdict", "word"), ("treated", "treated_teams", "number"),
     ("control", "control_teams", "number"), ("pre_trend", "pre_trend_p", "number"), ("method", "method", "word")),
)  # fmt: skip
_TEAM_METRICS = _Select(
    "team_metrics",
    "select v.team_id, v.metric_id, v.week_start, v.value, v.n, m.room from ("
    "select team_id, metric_id, week_start, value, n, row_number() over (partition by team_id, metric_id "
    "order by week_start desc) as newest_first from {{marts}}.fct_metric_week "
    "where value is not null and week_start > " + _RECENT + ") as v "
    "inner join {{marts}}.dim_metric as m on v.metric_id = m.metric_id where v.newest_first = 1 "
    "order by v.team_id, m.room, v.metric_id",
    (("metric", "metric_id", "metric"), ("room", "room", "word"), ("value", "value", "quantity"), ("n", "n", "number"),
     ("week", "week_start", "date")),
)  # fmt: skip

# What a team's curve of waiting is drawn from: the last half year, of teams whose ceiling is known now.
_CURVES = (
    "select f.team_id, f.week_start, f.load, f.load_ceiling, f.load_reference, f.arrival_cv2, f.service_cv2, "
    "f.servers, f.service_hours, f.wait_expected_hours, f.wait_observed_hours from {{marts}}.fct_flow_week as f "
    f"where f.load is not null and f.week_start > {_HALF_YEAR} and f.week_start <= {_THIS_WEEK} "
    "order by f.team_id, f.week_start"
)
# What is drawn of a team's meta-work: the last half year.
_META_WORK = (
    "select team_id, meta_work_hours, meta_work_budget_hours from {{marts}}.fct_ai_week where meta_work_hours is not "
    f"null and week_start > {_HALF_YEAR} and week_start <= {_THIS_WEEK} order by team_id, week_start"
)

# Pages by file name (without .html), in the order of the navigation; their titles stand in `words` under nav_<name>.
PAGES: dict[str, tuple[_Select, ...]] = {
    "steps": (_STEPS, _NARRATIVE),
    "metrics": (_RETIRE, _USED, _METRICS),
    "governance": (_GUARDRAILS, _ELIGIBILITY, _BALANCE, _FRICTION),
    "flow": (_FLOW, _EFFICIENCY, _EFFECTIVE),
    "ai": (_READINESS, _AI, _AI_COST, _AI_OUTCOME),
    "experiments": (_EXPERIMENTS, _INTERVENTIONS),
}
# What a team's own page repeats of them, without the column that names the team.
_ON_TEAM_PAGE = (
    _STEPS, _NARRATIVE, _GUARDRAILS, _ELIGIBILITY, _BALANCE, _FRICTION, _FLOW, _EFFICIENCY, _EFFECTIVE, _READINESS, _AI,
    _AI_COST, _AI_OUTCOME, _TEAM_METRICS,
)  # fmt: skip


@dataclass(frozen=True)
class Tables:
    """All tables: by page, and by team id for the teams' own pages; when open steps are due, by team and response."""

    pages: dict[str, tuple[Table, ...]]
    of_teams: dict[str, tuple[Table, ...]]
    due: dict[tuple[str, str], date]


def load_tables(marts: Marts, data: ReportData) -> Tables:
    """Read every mart that is shown as a table.

    Raises:
        CounterpoiseError: a mart is missing or unreadable.
    """
    shown = {team.team_id: team for team in data.teams if not team.is_small and not data.is_withheld(team)}
    labels = {metric.metric_id: metric for metric in data.metrics}
    there = marts.names()
    read = {
        select.name: [
            row
            for row in (marts.rows(_at(select.sql, data.week)) if _needed(select) <= there else ())
            if row.get("team_id") is None or row["team_id"] in shown
        ]
        for select in {s.name: s for s in (*_ON_TEAM_PAGE, *(s for page in PAGES.values() for s in page))}.values()
    }

    def table(select: _Select, rows: list[dict], *, named: bool = True) -> Table:
        columns = [column for column in select.columns if named or column[2] != "team"]
        held = rows[:MOST_ROWS] if named and select in _ON_TEAM_PAGE else rows
        titles = tuple(say(f"col_{title}") for title, _, _ in columns)
        cells = tuple(tuple(_cell(row, name, kind, shown, labels) for _, name, kind in columns) for row in held)
        of_text = [place for place, (_, _, kind) in enumerate(columns) if kind == "text"]
        return with_said_once(Table(select.name, titles, cells, left_out=len(rows) - len(held)), of_text)

    effects = read[_INTERVENTIONS.name]
    pictures = effect_pictures(effects, {metric_id: metric.label for metric_id, metric in labels.items()})
    read[_INTERVENTIONS.name] = [row for row in effects if row["since_start"] == "all"]
    pages = {page: tuple(table(select, read[select.name]) for select in selects) for page, selects in PAGES.items()}
    pages["experiments"] = _with_pictures(pages["experiments"], _INTERVENTIONS, pictures)
    curves = queue_pictures(marts.rows(_at(_CURVES, data.week)), shown, data.week)
    few = curves if len(shown) <= MOST_CURVES else {}
    pages["flow"] = _with_pictures(pages["flow"], _FLOW, tuple(few.values()))
    tried = experiment_pictures(read[_EXPERIMENTS.name], labels)
    pages["experiments"] = _with_pictures(pages["experiments"], _EXPERIMENTS, tried)
    by_team = [(select, _rows_by_team(read[select.name])) for select in _ON_TEAM_PAGE]
    of_teams = {
        team: tuple(table(select, rows[team], named=False) for select, rows in by_team if team in rows)
        for team in shown
    }
    drawn = {_FLOW: {team: (curve,) for team, curve in curves.items()}}
    meta_work = marts.rows(_at(_META_WORK, data.week)) if "fct_ai_week" in there else []
    drawn |= _ai_pictures(read, meta_work, shown)
    for select, of_team in drawn.items():
        if select is not _FLOW and len(shown) <= MOST_CURVES:
            pages["ai"] = _with_pictures(pages["ai"], select, tuple(chain.from_iterable(of_team.values())))
        for team, pictures in of_team.items():
            of_teams[team] = _with_pictures(of_teams[team], select, pictures)
    due = {(row["team_id"], row["response_id"]): row["due_on"] for row in read[_STEPS.name] if row["state"] == "open"}
    return Tables(pages, of_teams, due)


def with_said_once(table: Table, places: list[int]) -> Table:
    """The table with a long text that fills most of one of the columns `places` said above it, and not in each row."""
    for place in places:
        texts = Counter(row[place].text for row in table.rows if len(row[place].text) >= LONG)
        text, n = texts.most_common(1)[0] if texts else ("", 0)
        if n >= OFTEN and 2 * n > len(table.rows):
            above = Cell(say("said_above"))
            rows = tuple(
                (*row[:place], above, *row[place + 1 :]) if row[place].text == text else row for row in table.rows
            )
            sentence = say("said_once", column=table.columns[place], text=text, n=n)
            table = replace(table, rows=rows, said_once=(*table.said_once, sentence))
    return table


def _with_pictures(
    tables: tuple[Table, ...], select: _Select, pictures: tuple[tuple[str, Markup], ...]
) -> tuple[Table, ...]:
    """The tables with drawings above the one that is named."""
    return tuple(replace(found, pictures=pictures) if found.name == select.name else found for found in tables)


def _ai_pictures(
    read: dict[str, list[dict]], meta_work: list[dict], teams: dict[str, Team]
) -> dict[_Select, dict[str, tuple[tuple[str, Markup], ...]]]:
    """What is drawn of AI, by the table it stands above and by team, in the order of the organisation."""
    layers = {
        team: rows
        for team, rows in _rows_by_team(read[_READINESS.name]).items()
        if all(row["counts"] is not None for row in rows)
    }
    found = {
        _READINESS: {
            team: ((teams[team].name, layer_picture(teams[team].name, rows)),) for team, rows in layers.items()
        },
        _AI: {
            team: ((teams[team].name, budget_picture(teams[team].name, weeks)),)
            for team, weeks in _rows_by_team(meta_work).items()
            if team in teams
        },
        _AI_OUTCOME: {
            team: tuple(outcome_pictures(teams[team].name, rows))
            for team, rows in _rows_by_team(read[_AI_OUTCOME.name]).items()
        },
    }
    return {select: {team: of_team[team] for team in teams if team in of_team} for select, of_team in found.items()}


def queue_pictures(rows: list[dict], teams: dict[str, Team], week: date) -> dict[str, tuple[str, Markup]]:
    """Waiting against load of each team shown whose ceiling is known in `week`, in the order of the organisation."""
    by_team = _rows_by_team(rows)
    found = {}
    for team in teams.values():
        own = by_team.get(team.team_id, [])
        if not own or _SAID["date"](own[-1]["week_start"]) != day(week) or own[-1]["load_ceiling"] is None:
            continue
        now = own[-1]
        queue = Queue(
            now["arrival_cv2"], now["service_cv2"], now["servers"], now["service_hours"] or 0.0,
            now["load_ceiling"], now["load_reference"],
        )  # fmt: skip
        weeks = [FlowWeek(r["load"], r["wait_expected_hours"], r["wait_observed_hours"]) for r in own]
        figures = {name: percent(now[name]) for name in ("load", "load_ceiling", "load_reference")}
        waits = {name: quantity(now[name], "hours") for name in ("wait_expected_hours", "wait_observed_hours")}
        words = {"x": say("curve_x"), "y": say("curve_y"), "ceiling": say("curve_ceiling", **figures),
                 "reference": say("curve_reference", **figures)}  # fmt: skip
        told = say("curve_text", team=team.name, weeks=len(own), **figures, **waits)
        found[team.team_id] = (team.name, draw_queue(queue, weeks, told, words))
    return found


def experiment_pictures(rows: list[dict], labels: dict) -> tuple[tuple[str, Markup], ...]:
    """The effects of each experiment with their intervals, outcomes and outputs beside each other."""
    tried: dict[str, list[Effect]] = {}
    for row in rows:
        if row["effect"] is None:
            continue
        metric = labels[row["metric_id"]].label if row["metric_id"] in labels else row["metric_id"]
        figures = {name: number(row[column]) for name, column in
                   (("effect", "effect"), ("low", "effect_low"), ("high", "effect_high"))}  # fmt: skip
        verdict = _SAID["word"](row["verdict"])
        tried.setdefault(row["experiment_id"], []).append(
            Effect(
                say("experiment_metric", metric=metric, room=_SAID["word"](row["room"])),
                say("experiment_effect", verdict=verdict, **figures),
                row["effect"],
                row["effect_low"],
                row["effect_high"],
            )  # fmt: skip
        )
    return tuple(
        (name, draw_experiment(effects, say("experiment_text", name=name, effects="; ".join(
            f"{effect.label} {effect.shown}" for effect in effects))))
        for name, effects in tried.items()
    )  # fmt: skip


def _needed(select: _Select) -> set[str]:
    """Marts of areas that may be switched off and that a select reads; without them its table is empty."""
    return set(re.findall(r"{marts}\.(\w+)", _at(select.sql, date(2000, 1, 3)))) - _ALWAYS


def effect_pictures(rows: list[dict], labels: dict[str, str]) -> tuple[tuple[str, Markup], ...]:
    """Effects by four weeks of every change and metric that moved over all weeks, in the order of the table."""
    series: dict[tuple, list[dict]] = {}
    for row in rows:
        series.setdefault((row["cause"], row["team_id"], row["metric_id"]), []).append(row)
    found = []
    for (cause, _, metric), own in series.items():
        whole = next((row for row in own if row["since_start"] == "all"), None)
        if whole is None or whole["verdict"] not in ("better", "worse"):
            continue
        points = [
            Point(str(row["week_from"]), row["effect"], row["effect_low"], row["effect_high"])
            for row in own
            if row is not whole and row["effect"] is not None
        ]
        words = {"cause": _SAID["word"](cause), "metric": labels.get(metric, metric)}
        title = say("effect_picture", **words, room=_SAID["word"](whole["room"]))
        told = say("effect_picture_text", **words, shown=whole["shown"], verdict=whole["verdict"])
        found.append((title, draw_effects(points, told, "")))
    return tuple(found)


def _rows_by_team(rows: list[dict]) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for row in rows:
        found.setdefault(row["team_id"], []).append(row)
    return found


def _at(sql: str, week: date) -> str:
    """The select with its dates filled in; they are dates of ours, never text from data."""
    recent = date.fromordinal(week.toordinal() - 7 * _RECENT_WEEKS)
    year = date.fromordinal(week.toordinal() - 364)
    half = date.fromordinal(week.toordinal() - 7 * 26)
    return sql.format(
        week=week.isoformat(), recent=recent.isoformat(), half_year=half.isoformat(), year=year.isoformat()
    )


def _cell(row: dict, name: str, kind: str, teams: dict[str, Team], metrics: dict) -> Cell:
    value = row.get(name)
    if kind == "team" and value is None:
        return Cell(say("teams_together"))
    if kind == "team":
        return Cell(teams[value].name, teams[value].file)
    if value is None:
        return Cell(say("none"))
    if kind == "metric":
        return Cell(metrics[value].label if value in metrics else value)
    if kind == "quantity":
        metric = metrics.get(row["metric_id"])
        return Cell(quantity(float(value), metric.unit if metric else ""))
    return Cell(_SAID[kind](value))


def _hours(value: float) -> str:
    return quantity(float(value), "hours")


def _flag(value: bool) -> str:
    return say("yes") if value else say("no")


_SAID: dict[str, Callable] = {
    "text": str,
    "share": lambda value: percent(float(value)),
    "number": lambda value: number(float(value)),
    "hours": _hours,
    "date": day,
    "flag": _flag,
    "word": lambda value: VALUES.get(value, str(value).replace("_", " ")),
}


def signal_lines(data: ReportData) -> Iterator[tuple]:
    """Every signal with the teams at which it fires this week, in the order of the organisation, and how many are
    clear or without data: (signal, response label, teams, clear, no data)."""
    shown = [team for team in data.teams if not data.is_withheld(team)]
    states = {
        (team.team_id, found.signal_id): found.status
        for team in shown
        for found in data.signal_weeks.get(team.team_id, [])
    }
    for signal in data.signals.values():
        of_signal = [(team, states.get((team.team_id, signal.signal_id), "no_data")) for team in shown]
        response = data.responses.get(signal.response_id)
        yield (
            signal,
            response,
            [team for team, status in of_signal if status == "fired"],
            count("band_count", sum(status == "clear" for _, status in of_signal)),
            count("band_count", sum(status == "no_data" for _, status in of_signal)),
        )
