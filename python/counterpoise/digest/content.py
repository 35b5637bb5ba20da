"""What a digest of one week says, as data: nothing about how it looks or where it goes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from counterpoise.digest.words import say
from counterpoise.report.data import Marts, ReportData, Score, Team
from counterpoise.report.views import band_news
from counterpoise.report.words import BANDS, VALUES, day, number, percent, quantity
from counterpoise.report.words import say as report_says

_WEEK = timedelta(weeks=1)
_LAST_DAY = timedelta(days=6)


@dataclass(frozen=True)
class Item:
    """One thing to say, with details that belong to it, and the role that owns it (None: the team's own)."""

    text: str
    details: tuple[str, ...] = ()
    owner: str | None = None


@dataclass(frozen=True)
class TeamNews:
    """One team's week.

    Attributes:
        part: name of the part of the organisation it belongs to, if any.
        within: ids of the team and of every part above it.
        standing: band, score with range and first reason; or why there is no score.
        shifted: what moved; `asks`: steps asked for since this week; `answered`: in this week.
        overdue: steps whose day was in this week, `waiting`: other steps still asked for.
    """

    team_id: str
    name: str
    part: str | None
    within: frozenset[str]
    standing: tuple[str, ...]
    shifted: tuple[Item, ...] = ()
    asks: tuple[Item, ...] = ()
    answered: tuple[Item, ...] = ()
    overdue: tuple[Item, ...] = ()
    waiting: tuple[Item, ...] = ()

    @property
    def has_moved(self) -> bool:
        """Whether there is something that was not so a week ago."""
        return bool(self.shifted or self.asks or self.answered or self.overdue)

    @property
    def owners(self) -> frozenset[str]:
        """Roles that own something of it."""
        items = (*self.shifted, *self.asks, *self.answered, *self.overdue, *self.waiting)
        return frozenset(item.owner for item in items if item.owner)

    def of_owner(self, owner: str) -> "TeamNews":
        """What concerns one role: what shifted without an owner of its own, and what the role owns."""

        def theirs(items: tuple[Item, ...]) -> tuple[Item, ...]:
            return tuple(item for item in items if item.owner == owner)

        return replace(
            self,
            shifted=tuple(item for item in self.shifted if item.owner in (None, owner)),
            asks=theirs(self.asks),
            answered=theirs(self.answered),
            overdue=theirs(self.overdue),
            waiting=theirs(self.waiting),
        )


@dataclass(frozen=True)
class Digest:
    """A week (its Monday), teams in the order of the organisation, and new problems of all the data."""

    week: date
    teams: tuple[TeamNews, ...]
    problems: tuple[Item, ...] = ()

    @property
    def has_moved(self) -> bool:
        """Whether anything moved; where not, nothing is to be sent."""
        return bool(self.problems) or any(team.has_moved for team in self.teams)

    def of_owner(self, owner: str) -> "Digest":
        """Teams in which the role owns something, with what concerns it."""
        return replace(self, teams=tuple(team.of_owner(owner) for team in self.teams if owner in team.owners))

    def of_part(self, part_id: str) -> "Digest":
        """Teams below a part of the organisation; or one team."""
        return replace(self, teams=tuple(team for team in self.teams if part_id in team.within))


def make_digest(data: ReportData, marts: Marts) -> Digest:
    """The digest of `data.week`. Small teams are left out; of a team that is held back it says no more than that.

    Raises:
        CounterpoiseError: a mart is missing or unreadable.
    """
    names = marts.names()
    parents = {row["team_id"]: row["parent_team_id"] for row in marts.rows(_PARENTS)}
    problems, held = _problems(data, marts) if names >= {"check_results", "published_runs"} else ((), {})
    breaches = _breaches(data, marts) if "fct_guardrail_week" in names else {}
    steps = _steps(data, marts) if "next_steps" in names else {}
    teams = []
    for team in data.teams:
        if team.is_small:
            continue
        about = TeamNews(team.team_id, team.name, team.parent_name, _within(team.team_id, parents), ())
        if data.is_withheld(team):
            about = replace(about, shifted=tuple(held.get(team.team_id, ())))
        else:
            about = replace(
                about,
                standing=_standing(data, team),
                shifted=(
                    *_moves(data.score(team), data.score(team, weeks_ago=1)),
                    *breaches.get(team.team_id, ()),
                ),
                **{kind: tuple(items) for kind, items in steps.get(team.team_id, {}).items()},
            )
        if about.has_moved or about.waiting:
            teams.append(about)
    return Digest(data.week, tuple(teams), problems)


_PARENTS = "select team_id, parent_team_id from {marts}.dim_team"


def _within(team_id: str, parents: Mapping[str, str | None]) -> frozenset[str]:
    found: set[str] = set()
    above: str | None = team_id
    while above is not None and above not in found:  # a circle of parents ends where it began
        found.add(above)
        above = parents.get(above)
    return frozenset(found)


def _standing(data: ReportData, team: Team) -> tuple[str, ...]:
    score = data.score(team)
    if score is None:
        return ()
    if not score.is_scored:
        return (report_says("score_none", reason=score.reason),)
    line = report_says(
        "score_line",
        risk=number(round(score.risk)),
        low=number(round(score.low)),
        high=number(round(score.high)),
        coverage=percent(score.coverage),
    )
    reasons = data.reasons.get(team.team_id)
    why = say("why", reason=reasons[0].sentence) if reasons else report_says("reasons_none")
    return say("band", band=BANDS.get(score.band, score.band), score=line), why


def _moves(now: Score | None, before: Score | None) -> Iterator[Item]:
    """A band that moved, an alert that began or is over: what data that could be judged says."""
    if now is None or not now.is_scored:
        return
    yield from (Item(sentence) for sentence in band_news(now, before))
    if before is not None and before.is_alert and not now.is_alert:
        yield Item(say("alert_ended"))


def _problems(data: ReportData, marts: Marts) -> tuple[tuple[Item, ...], dict[str, list[Item]]]:
    """What the newest run holds back and no run of an earlier week did: for all teams, and by team."""
    runs = marts.rows("select run_id, data_through from {marts}.published_runs order by published_at desc, run_id desc")
    last_day = data.week + _LAST_DAY
    through = {r["run_id"]: _as_date(r["data_through"]) for r in runs if r["data_through"] is not None}
    run = next((run_id for run_id, day_ in through.items() if last_day <= day_ < last_day + _WEEK), None)
    before = next((run_id for run_id, day_ in through.items() if day_ < last_day), None)
    failed: dict[str, dict[tuple, dict[str, Any]]] = defaultdict(dict)
    for row in marts.rows(
        "select run_id, check_id, affects, affected_id, message, remedy from {marts}.check_results "
        "where severity = 'withhold' and status <> 'passed' order by check_id, affected_id"
    ):
        failed[row["run_id"]][row["check_id"], row["affects"], row["affected_id"]] = row
    for_all, by_team = [], defaultdict(list)
    for key, row in failed.get(run, {}).items():
        if key in failed.get(before, {}):
            continue
        words = {"message": row["message"] or "", "remedy": row["remedy"] or ""}
        if row["affects"] == "team" and row["affected_id"] is not None:
            by_team[row["affected_id"]].append(Item(say("withheld", **words)))
        else:
            for_all.append(Item(say("problem", **words)))
    return tuple(for_all), by_team


def _breaches(data: ReportData, marts: Marts) -> dict[str, list[Item]]:
    """Minimum quality missed this week and not the week before, by team."""
    rows = marts.rows(
        "select g.team_id, g.guardrail_id, g.week_start, g.metric_id, g.observed, g.threshold, g.n, g.status, "
        "m.owner_role from {marts}.fct_guardrail_week as g "
        "inner join {marts}.dim_metric as m on g.metric_id = m.metric_id "
        f"where g.status = 'breached' and g.week_start between date '{data.week - _WEEK}' and date '{data.week}' "
        "order by g.team_id, g.guardrail_id"
    )
    metrics = {metric.metric_id: metric for metric in data.metrics}
    already = {(r["team_id"], r["guardrail_id"]) for r in rows if _as_date(r["week_start"]) < data.week}
    found: dict[str, list[Item]] = defaultdict(list)
    for r in rows:
        if _as_date(r["week_start"]) < data.week or (r["team_id"], r["guardrail_id"]) in already:
            continue
        metric = metrics[r["metric_id"]]
        sentence = say(
            "breach",
            metric=metric.label,
            observed=_figure(r["observed"], metric.unit),
            threshold=_figure(r["threshold"], metric.unit),
            n=number(r["n"]),
            owner=r["owner_role"],
        )
        found[r["team_id"]].append(Item(sentence, owner=r["owner_role"]))
    return found


def _figure(value: float, unit: str) -> str:
    """With a decimal more than usual where it is a share: 15.2% misses 15.0%."""
    return f"{value:.1%}" if unit == "share" else quantity(value, unit)


def _steps(data: ReportData, marts: Marts) -> dict[str, dict[str, list[Item]]]:
    """Next steps as they stood at the end of the week, by team and by what happened to them."""
    week, last_day = data.week, data.week + _LAST_DAY
    found: dict[str, dict[str, list[Item]]] = defaultdict(lambda: defaultdict(list))
    for r in marts.rows(
        "select team_id, step_id, week_start, response_id, signal_id, what, why, owner_role, asked_until, due_on, "
        f"state, answered_on from {{marts}}.next_steps where week_start <= date '{week}' and "
        f"(asked_until >= date '{week}' or answered_on >= date '{week}' or due_on >= date '{week}') "
        "order by team_id, due_on, step_id"
    ):
        due, answered, asked_until = (_as_date(r[name]) for name in ("due_on", "answered_on", "asked_until"))
        # an answer given after the week is that of a later digest
        state = r["state"] if answered is None or answered <= last_day else "open"
        words = {"what": r["what"], "owner": r["owner_role"], "due": day(due)}
        response = data.responses.get(r["response_id"])
        short = {**words, "what": f"{response.label}." if response else r["what"]}
        kind, text, details = None, say("step", **words), ()
        if state != "open" and answered is not None and answered >= week:
            kind = "answered"
            text = say("step_answered", state=VALUES.get(state, state.replace("_", " ")), **short)
        elif _as_date(r["week_start"]) == week and state == "open":
            kind, details = "asks", _details(data, r)
        elif state in ("open", "accepted") and week <= due <= last_day:
            kind, text = "overdue", say("step_overdue", **short)
        elif state in ("open", "accepted") and asked_until >= week:
            kind = "waiting"
            text = say("step_overdue" if due < week else "step", **short)
        if kind:
            found[r["team_id"]][kind].append(Item(text, details, r["owner_role"]))
    return found


def _details(data: ReportData, row: dict[str, Any]) -> tuple[str, ...]:
    why = say("step_why", why=row["why"]) if row["why"] else None
    signal = data.signals.get(row["signal_id"])
    if signal is None:
        return (why,) if why else ()
    ask = say("step_ask", question=signal.asks)
    other = report_says("else_signal", signal=signal.label, explanation=signal.benign) if signal.benign else None
    return tuple(part for part in (why, ask, other) if part)


def _as_date(value: date | datetime | None) -> date | None:
    """Engines give a date as one or as midnight of it."""
    return value.date() if isinstance(value, datetime) else value
