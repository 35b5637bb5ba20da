"""Puts one team's week together: who it is, whether it may be shown, and what there is to say."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any

from counterpoise.errors import CounterpoiseError, UsageError
from counterpoise.explain import figures
from counterpoise.explain.figures import Figure, Ledger, MetricAt, rows_of
from counterpoise.inputs.words import did_you_mean, show, show_all
from counterpoise.report.data import MIN_PEOPLE_FLOOR
from counterpoise.report.words import BAND_SENTENCES, OTHER_EXPLANATIONS
from counterpoise.warehouse import Warehouse
from counterpoise.warehouse.base import Query

_SUGGESTIONS = 3
# The package's defaults of the settings of the same name, in macros/registry/settings.sql.
_RECENT_WEEKS, _BASELINE_WEEKS = (4, 8, 13), 104


@dataclass(frozen=True)
class Explanation:
    """All there is to say about one team's week.

    Attributes:
        status: scored, insufficient_data, withheld, not_shown (too few people) or no_score (no work in that week).
        why_not: why there is no score, where there is none.
        story: up to two sentences.
        figures: every select by name; empty where nothing may be shown.
        metric_id, metric_unit, metric_kind: the metric that was asked for, if any, and what the registry says of it.
        where: how the places of the marts and of what is behind them are named; None where it cannot be read now.
    """

    team_id: str
    name: str
    part_of: str | None
    week: date
    status: str
    why_not: str | None = None
    story: tuple[str, ...] = ()
    explanations: tuple[str, ...] = ()
    figures: Mapping[str, Figure] = field(default_factory=dict)
    metric_id: str | None = None
    metric_unit: str = ""
    metric_kind: str = ""
    where: Mapping[str, str | None] = field(default_factory=dict)

    def rows(self, name: str) -> tuple[dict[str, Any], ...]:
        """Rows of a figure; none where it was not asked for."""
        return self.figures[name].rows if name in self.figures else ()

    @property
    def score(self) -> dict[str, Any]:
        """The week's row of team_risk."""
        return next(iter(self.rows("score")), {})

    def metrics_of(self, signal_id: str) -> list[dict[str, Any]]:
        """The metrics a sign was judged by."""
        return [row for row in self.rows("judged by") if row["signal_id"] == signal_id]

    @property
    def document(self) -> dict[str, Any]:
        """For machines; docs/command-line.md explains each key to users."""
        score = self.score
        return {
            "team_id": self.team_id,
            "team_name": self.name,
            "part_of": self.part_of,
            "week": self.week,
            "status": self.status,
            "why_not": self.why_not,
            "story": list(self.story),
            **{key: score.get(key) for key in ("band", "risk", "risk_low", "risk_high", "coverage", "alert")},
            "alert_reason": score.get("alert_reason"),
            "reasons": [
                {
                    **{key: row[key] for key in ("rank", "signal_id", "label")},
                    **self.figures[f"reason {row['rank']}"].row,
                    "metrics": [metric["metric_id"] for metric in self.metrics_of(row["signal_id"])],
                }
                for row in self.rows("reasons")
            ],
            "pairs": list(self.rows("pairs")),
            "evidence": list(self.rows("evidence")),
            "next_steps": list(self.rows("next steps")),
            "what_else": list(self.explanations),
            "metric": self.metric_id,
            "where": dict(self.where),
            "figures": {
                name: {"what": one.what, "reads": one.reads, "sql": one.sql, "rows": list(one.rows)}
                for name, one in self.figures.items()
            },
        }


def explain(
    warehouse: Warehouse, team: str, week: date | None = None, metric_id: str | None = None, min_people: int = 5
) -> Explanation:
    """Explain a team's week from the published marts. Takes no lock, so that it works while a run does.

    Args:
        warehouse: not entered.
        team: id or name of the team, upper and lower case of the name the same.
        week: a Monday; the newest scored week without it.
        metric_id: a metric to go into as well.
        min_people: teams with fewer people are not shown; never below 3, nor below what the marts were built with.

    Raises:
        UsageError: there is no such team, week or metric.
        CounterpoiseError: the marts cannot be read, or hold no score.
    """
    with ExitStack() as opened:
        published = opened.enter_context(warehouse.published())
        private = opened.enter_context(warehouse.private())
        schemas = warehouse.marts_schema, warehouse.private_schema
        found = _find_team(rows_of(published, _teams(warehouse.marts_schema)), team)
        chosen = _choose_week(published, warehouse, found["team_id"], week)
        ledger = Ledger(published, private, schemas, warehouse.literal, found["team_id"], chosen)
        who = {
            "team_id": found["team_id"], "name": found["team_name"] or found["team_id"],
            "part_of": found["parent_name"], "week": chosen,
            "where": {"marts": warehouse.shown_as, "private": warehouse.private_shown_as if private else None},
        }  # fmt: skip
        people = max(min_people, MIN_PEOPLE_FLOOR, found["shown_from_people"] or 0)
        if found["is_small"] or (found["active_people"] is not None and found["active_people"] < people):
            why = f"Fewer than {people} people work in this team, so nothing is shown: it could be read as figures "
            return Explanation(**who, status="not_shown", why_not=f"{why}about a person.")
        score = figures.score(ledger).row
        if score.get("status") != "scored":
            asked = _go_into(ledger, warehouse, metric_id) if score.get("status") != "withheld" else {}
            why = score.get("status_reason") or "It had no work in this week, or only gathers the work of other teams."
            return Explanation(
                **who, **asked, status=score.get("status") or "no_score", why_not=why, figures=ledger.figures
            )
        _gather(ledger, warehouse, warehouse.published_tables(published))
        asked = _go_into(ledger, warehouse, metric_id)
        return Explanation(
            **who, **asked, status="scored", story=_story(ledger, score, who["name"]),
            explanations=_explanations(ledger), figures=ledger.figures,
        )  # fmt: skip


def _teams(marts: str) -> str:
    return (
        "select t.team_id, t.team_name, p.team_name as parent_name, t.active_people, t.is_small, t.shown_from_people "
        f"from {marts}.dim_team as t left join {marts}.dim_team as p on t.parent_team_id = p.team_id "
        "order by t.sort_order, t.team_id"
    )


def _find_team(teams: tuple[dict[str, Any], ...], wanted: str) -> dict[str, Any]:
    by_id = [row for row in teams if row["team_id"] == wanted]
    by_name = [row for row in teams if (row["team_name"] or "").casefold() == wanted.casefold()]
    found = by_id or by_name
    if len(found) == 1:
        return found[0]
    if found:
        ids = show_all([row["team_id"] for row in found])
        raise UsageError(f"{len(found)} teams are called {show(wanted)}. Name one by its id: {ids}.")
    known = {name.casefold(): name for row in teams for name in (row["team_id"], row["team_name"]) if name}
    near = get_close_matches(wanted.casefold(), known, n=_SUGGESTIONS)
    near += [name for name in known if wanted.casefold() in name and name not in near][: _SUGGESTIONS - len(near)]
    hint = f"Did you mean {show_all([known[name] for name in near])}?" if near else ""
    names = [row["team_name"] or row["team_id"] for row in teams]
    hint = hint or f"Teams are {show_all(names, most=8)}."
    raise UsageError(f"There is no team {show(wanted)}. {hint}")


def _choose_week(published: Query, warehouse: Warehouse, team_id: str, week: date | None) -> date:
    """The week that is told: the one asked for, where the team (or, if it has none, any) has it, else the newest."""
    first = last = None
    for where in (f"where team_id = {warehouse.literal(team_id)}", ""):
        [span] = rows_of(
            published,
            "select min(week_start) as first_week, max(week_start) as last_week "
            f"from {warehouse.marts_schema}.team_risk {where}",
        )
        first, last = span["first_week"], span["last_week"]
        if last is not None:
            break
    if last is None:
        raise CounterpoiseError("There is no score yet.", "Run `counterpoise run`, or `counterpoise score`, first.")
    if week is not None and (week.weekday() != 0 or not first <= week <= last):
        raise UsageError(f"There is no week of {week}. Name a Monday from {first} to {last}.")
    return week or last


def _gather(ledger: Ledger, warehouse: Warehouse, there: set[str]) -> None:
    figures.history(ledger)
    for row in figures.reasons(ledger).rows:
        figures.reason(ledger, row["rank"], row["signal_id"])
    judged = figures.signal_metrics(ledger).rows
    figures.pairs(ledger)
    figures.evidence(ledger)
    if "next_steps" in there:  # areas may be switched off
        figures.next_steps(ledger)
    figures.metrics(ledger)
    for name, (mart, _, _) in figures.OF_THE_WEEK.items():
        if mart in there:
            figures.of_the_week(ledger, name)
    for mart, figure in (
        ("team_reward_eligibility", figures.reward_periods),
        ("fct_ai_outcome_week", figures.ai_outcomes),
        ("fct_narrative_due", figures.stories_asked_for),
    ):
        if mart in there:
            figure(ledger)
    told = {row["signal_id"] for row in ledger.figures["reasons"].rows}
    for row in judged:
        if row["signal_id"] in told:
            _behind(ledger, warehouse, MetricAt.judged_by(row))


def _behind(ledger: Ledger, warehouse: Warehouse, metric: MetricAt) -> None:
    """The sums behind a metric's comparison and, where they may be read, its steps."""
    if f"sums of {metric.name}" in ledger.figures:  # several signs read it
        return
    recent = max(_setting(warehouse, "recent_weeks", _RECENT_WEEKS))
    baseline = _setting(warehouse, "baseline_weeks", _BASELINE_WEEKS)
    spans = figures.sums(ledger, metric, recent, baseline).rows
    # what is hidden in the marts is not told by what is behind them
    if ledger.reads_private and spans and not any(row["hidden_weeks"] for row in spans):
        figures.steps(ledger, metric, recent)


def _go_into(ledger: Ledger, warehouse: Warehouse, metric_id: str | None) -> dict[str, str]:
    """One metric week by week, with the range that charts shade; what the registry says of it."""
    if metric_id is None:
        return {}
    known = rows_of(ledger.published, f"select metric_id, unit, kind, maturity_weeks from {ledger.marts}.dim_metric")
    found = next((row for row in known if row["metric_id"] == metric_id), None)
    if found is None:
        hint = did_you_mean(metric_id, [row["metric_id"] for row in known])
        raise UsageError(f"There is no metric {show(metric_id)}.{hint} docs/metrics.md lists all.")
    figures.series(ledger, metric_id)
    figures.usual_range(ledger, metric_id, found["unit"])
    _behind(ledger, warehouse, MetricAt(metric_id, found["maturity_weeks"]))
    return {"metric_id": metric_id, "metric_unit": found["unit"], "metric_kind": found["kind"]}


def _setting(warehouse: Warehouse, name: str, default: Any) -> Any:
    """A setting of the package as the marts were built with it, as far as vars say."""
    own = warehouse.project.settings.get("vars") or {}
    variables = {**own, **(own.get("counterpoise") or {}), **warehouse.project.variables}
    return variables.get(f"counterpoise_{name}", default)


def _story(ledger: Ledger, score: dict[str, Any], name: str) -> tuple[str, ...]:
    """Two sentences: what the band asks for, and what it looks like."""
    stories = rows_of(ledger.published, f"select story_id, sentence from {ledger.marts}.story_registry")
    sentence = next((row["sentence"] for row in stories if row["story_id"] == score["story"]), None)
    band = BAND_SENTENCES.get(score["band"])
    return tuple(text for text in (band, sentence and sentence.replace("{team}", name)) if text)


def _explanations(ledger: Ledger) -> tuple[str, ...]:
    """What else could explain it: what the signs' own registry says, then what is worth asking always."""
    own = [row["benign_explanations"] for row in ledger.figures["reasons"].rows if row["benign_explanations"]]
    return (*dict.fromkeys(own), *OTHER_EXPLANATIONS) if own else ()
