"""Reads the marts once, into typed structures. Plain SQL only, so that every warehouse answers the same."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

import pyarrow as pa

from counterpoise.errors import CounterpoiseError, UsageError

# All the report needs of a warehouse: run one select, give back its rows.
Query = Callable[[str], pa.Table]

SHOWN_WEEKS = 104
EVIDENCE_WEEKS = 13
EVIDENCE_ITEMS = 10
# A chart of fewer weeks than this says more about noise than about the team.
MIN_CHART_WEEKS = 12
# In a team of fewer people its figures and items are those of a person: the default, and the floor.
MIN_PEOPLE = 5
MIN_PEOPLE_FLOOR = 3

_WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Team:
    """One team.

    Attributes:
        file: its page's name, made of safe letters and a hash, never of the raw id.
        is_small: known to have too few people to show figures or items of its own.
    """

    team_id: str
    name: str
    parent_name: str | None
    file: str
    is_small: bool
    parent_id: str | None = None


@dataclass(frozen=True)
class Score:
    """One row of team_risk. Risk and its limits are 0 to 100, coverage 0 to 1; all are None unless scored.

    `reason` says why there is no score, `alert_reason` why there is an alert or none yet; empty = nothing to say.
    """

    week: date
    risk: float | None
    low: float | None
    high: float | None
    band: str | None
    status: str
    is_alert: bool
    alert_reason: str
    coverage: float | None
    story: str | None
    reason: str
    model: str
    data_through: date | None

    @property
    def is_scored(self) -> bool:
        """Whether there is a number, and so a band and reasons."""
        return self.status == "scored" and self.risk is not None


@dataclass(frozen=True)
class Reason:
    """Why a team has its score, most points first."""

    signal_id: str
    points: float | None
    n: int | None
    since: date | None
    sentence: str
    response_id: str | None


@dataclass(frozen=True)
class SignalWeek:
    """What one signal said about one team in the newest week."""

    signal_id: str
    status: str
    since: date | None


@dataclass(frozen=True)
class Evidence:
    """How many rows speak for a signal in the last weeks, and the keys of the first (never people)."""

    signal_id: str
    total: int
    items: tuple[tuple[str, str, str], ...]  # key type, key, what


@dataclass(frozen=True)
class Verdict:
    """A pair's newest judged week: its verdict, since when, and the one it replaced that week, if any."""

    pair_id: str
    week: date
    verdict: str
    since: date
    turned_from: str | None


@dataclass(frozen=True)
class Series:
    """Weekly values of one metric of one team in order of time; weeks without a value are left out."""

    weeks: tuple[date, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Metric:
    """One row of the metric registry, as far as it is shown."""

    metric_id: str
    label: str
    unit: str
    good_direction: str


@dataclass(frozen=True)
class Pair:
    """An output and the outcome that shows what it cost."""

    pair_id: str
    output: Metric
    outcome: Metric
    why: str


@dataclass(frozen=True)
class Signal:
    """`benign` names harmless things that look the same, to be ruled out first."""

    signal_id: str
    label: str
    asks: str
    benign: str
    response_id: str


@dataclass(frozen=True)
class Response:
    """A next step. The owner is a role, never a person."""

    label: str
    first_step: str
    owner_role: str
    due_in_days: int | None


@dataclass(frozen=True)
class Story:
    """`sentence` may name the team as {team}."""

    label: str
    sentence: str


@dataclass(frozen=True)
class HealthNote:
    """Something about the input that a reader should know: info, warn or withhold."""

    severity: str
    sentence: str


@dataclass(frozen=True)
class Mark:
    """A known change (an intervention, a changed definition) in the life of one team or of all."""

    team_id: str | None
    week: date
    kind: str
    label: str

    @property
    def is_definition(self) -> bool:
        """Whether what a metric counts changed: such a mark is of a kind `metric: what changed`."""
        return ":" in self.kind


@dataclass(frozen=True)
class Check:
    """One result of the quality gate, and how its check fared in the runs before.

    Attributes:
        since: first run from which it has passed, or not, without a break.
        runs: newest runs looked at; of these it did not pass `not_passed_runs`.
        trend: up, down or level: what was found, beside the runs before; empty = cannot be told.
    """

    run_id: str
    checked_at: datetime | None
    stage: str
    suite: str
    expectation: str
    table_name: str
    column_name: str
    severity: str
    status: str
    observed: str
    threshold: str
    message: str
    remedy: str
    check_id: str
    affected_id: str
    trend: str
    since: datetime | None
    runs: int
    not_passed_runs: int
    is_flapping: bool

    @property
    def is_report(self) -> bool:
        """Whether it speaks of the work, not of the data."""
        return self.severity == "report"


@dataclass(frozen=True)
class ReportData:
    """Everything the pages show. Teams in the order of the organisation; weeks are Mondays, oldest first.

    Attributes:
        part_name: part of the organisation that this is about; None = all of it.
        other_ids: teams outside that part, of which nothing may be shown.
    """

    teams: tuple[Team, ...]
    part_name: str | None
    other_ids: frozenset[str]
    min_people: int
    weeks: tuple[date, ...]
    scores: dict[str, dict[date, Score]]
    reasons: dict[str, list[Reason]]
    signal_weeks: dict[str, list[SignalWeek]]
    evidence: dict[str, list[Evidence]]
    verdicts: dict[str, dict[str, Verdict]]
    series: dict[tuple[str, str], Series]
    metrics: tuple[Metric, ...]
    pairs: tuple[Pair, ...]
    signals: dict[str, Signal]
    responses: dict[str, Response]
    stories: dict[str, Story]
    health: tuple[HealthNote, ...]
    marks: tuple[Mark, ...]
    checks: tuple[Check, ...]

    @property
    def week(self) -> date:
        """The newest week, which the report is about."""
        return self.weeks[-1]

    def score(self, team: Team, weeks_ago: int = 0) -> Score | None:
        """The team's row of team_risk that many weeks before the newest week, if there is one."""
        return self.scores.get(team.team_id, {}).get(self.week - weeks_ago * _WEEK)

    def is_withheld(self, team: Team) -> bool:
        """Its data, or all data, failed a check: then nothing may be read over time, whatever its status."""
        score = self.score(team)
        return self.is_withheld_for_all or (score is not None and score.status == "withheld")

    @cached_property
    def shown_checks(self) -> tuple[Check, ...]:
        """The checks of the newest run, without findings about teams that are small, withheld or of another part."""
        hidden = {team.team_id for team in self.teams if team.is_small or self.is_withheld(team)}
        return tuple(
            check
            for check in self.checks
            if not (check.is_report and check.affected_id in hidden) and check.affected_id not in self.other_ids
        )

    @cached_property
    def is_withheld_for_all(self) -> bool:
        """A note on the input holds back scores, and not one team has a score."""
        newest = (self.score(team) for team in self.teams)
        return any(n.severity == "withhold" for n in self.health) and not any(s and s.is_scored for s in newest)

    def marks_of(self, team: Team) -> list[Mark]:
        """Changes of this team and of all teams in the weeks shown, oldest first."""
        return [m for m in self.marks if m.team_id in (None, team.team_id)]


class Marts:
    """Selects from the marts' schema and turns what goes wrong into a message with a remedy."""

    def __init__(self, query: Query, schema: str, names: Set[str] | None = None) -> None:
        """`names` are the marts that are there, for engines that have no `information_schema` to tell them."""
        # The name goes into SQL as it is, so nothing but a plain (or catalog-qualified) name may pass.
        if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?", schema):
            raise UsageError(f"{schema!r} is not a schema name. Use letters, digits and _, as in counterpoise.")
        self._query = query
        self._schema = schema
        self._names = names

    def table(self, sql: str) -> pa.Table:
        """Rows of a select; `{marts}` in it stands for the schema."""
        try:
            return self._query(sql.replace("{marts}", self._schema))
        except CounterpoiseError:
            raise
        except Exception as problem:  # each driver has errors of its own
            first_line = str(problem).partition("\n")[0].rstrip(".")
            raise CounterpoiseError(
                f"The report could not read the marts in schema {self._schema}: {first_line}. Run "
                "`counterpoise build` (or a whole `counterpoise run`) first, with the same target."
            ) from problem

    def names(self) -> Set[str]:
        """Names of the marts that are there: an area that is switched off has none."""
        if self._names is not None:
            return self._names
        schema = self._schema.rpartition(".")[2]
        found = self.table(f"select table_name from information_schema.tables where table_schema = '{schema}'")
        return set(found["table_name"].to_pylist())

    def rows(self, sql: str) -> list[dict]:
        """The same as dictionaries by column."""
        return self.table(sql).to_pylist()


def _float(value: object) -> float | None:
    """A double or decimal cell; null and NaN are both no value."""
    return None if value is None or value != value else float(value)  # type: ignore[arg-type]


def _int(value: object) -> int | None:
    number = _float(value)
    return None if number is None else int(number)


def _date(value: object) -> date | None:
    return value.date() if isinstance(value, datetime) else value  # type: ignore[return-value]


def _text(value: object) -> str:
    return "" if value is None else str(value)


def page_file(team_id: str, team_name: str) -> str:
    """A file name for a team's page: readable where the name allows it, safe by a hash of the id."""
    slug = re.sub(r"[^a-z0-9]+", "-", team_name.lower()).strip("-")[:40]
    return f"{slug or 'team'}-{hashlib.sha256(team_id.encode()).hexdigest()[:10]}.html"


def signal_file(signal_id: str) -> str:
    """A file name for a signal's page; signals of a user's own may have any id."""
    if re.fullmatch(r"[a-z0-9_]{1,80}", signal_id):
        return f"{signal_id}.html"
    return page_file(signal_id, signal_id)


def load(
    query: Query,
    marts_schema: str,
    min_people: int = MIN_PEOPLE,
    week: date | None = None,
    part: str | None = None,
) -> ReportData:
    """Reads all marts the report shows.

    Args:
        week: a Monday that is to be the newest week; weeks after it are left out.
        part: id or name of a team that gathers others; only teams under it, and it, are shown.

    Raises:
        UsageError: `marts_schema` is not a plain schema name, or there is nothing about `week` or `part`.
        CounterpoiseError: a mart is missing or unreadable, or there is not one week to show.
    """
    marts = Marts(query, marts_schema)
    [shown] = marts.rows("select max(shown_from_people) as people from {marts}.dim_team")
    min_people = max(min_people, MIN_PEOPLE_FLOOR, shown["people"] or 0)
    weeks = _weeks(marts, week)
    metrics = _metrics(marts)
    teams, part_name, other_ids = _of_part(_teams(marts, min_people), _parents(marts), part)
    return ReportData(
        teams=teams,
        part_name=part_name,
        other_ids=other_ids,
        min_people=min_people,
        weeks=weeks,
        scores=_scores(marts, weeks[0]),
        reasons=_reasons(marts, weeks[-1]),
        signal_weeks=_signal_weeks(marts, weeks[-1]),
        evidence=_evidence(marts, weeks[-1]),
        verdicts=_verdicts(marts, weeks[0], weeks[-1]),
        series=_series(marts, weeks[0], weeks[-1]),
        metrics=tuple(metrics.values()),
        pairs=_pairs(marts, metrics),
        signals=_signals(marts),
        responses=_responses(marts),
        stories=_stories(marts),
        health=_health(marts),
        marks=_marks(marts, weeks),
        checks=_checks(marts),
    )


def _weeks(marts: Marts, newest: date | None) -> tuple[date, ...]:
    """At most SHOWN_WEEKS weeks up to `newest`; without it, up to the last one scored (else the last complete one)."""
    for source in ("team_risk", "fct_metric_week where is_complete"):
        row = marts.rows(f"select min(week_start) as first_week, max(week_start) as last_week from {{marts}}.{source}")[
            0
        ]
        first, last = _date(row["first_week"]), _date(row["last_week"])
        if last is not None:
            if newest is not None:
                if newest.weekday() != 0 or not first <= newest <= last:
                    raise UsageError(f"There is no week of {newest}. Name a Monday from {first} to {last}.")
                last = newest
            n = min((last - first) // _WEEK + 1, SHOWN_WEEKS)
            return tuple(last - i * _WEEK for i in reversed(range(n)))
    raise CounterpoiseError(
        "There is nothing to report: neither team_risk nor fct_metric_week holds one complete week. "
        "Check that the input holds items with a created or resolved time, then run again."
    )


def _teams(marts: Marts, min_people: int) -> tuple[Team, ...]:
    rows = marts.rows(
        "select team_id, team_name, parent_team_id, active_people, is_small from {marts}.dim_team "
        "order by sort_order, team_name, team_id"
    )
    names = {r["team_id"]: _text(r["team_name"]) or r["team_id"] for r in rows}
    at_work = {r["team_id"] for r in marts.rows("select distinct team_id from {marts}.fct_metric_week")}
    # a part of the organisation that only gathers teams has no page of its own: its name stands over theirs
    gathers_only = {r["parent_team_id"] for r in rows} - at_work
    return tuple(
        Team(
            r["team_id"],
            names[r["team_id"]],
            names.get(r["parent_team_id"]),
            page_file(r["team_id"], names[r["team_id"]]),
            r["is_small"] or (r["active_people"] is not None and r["active_people"] < min_people),
            r["parent_team_id"],
        )
        for r in rows
        if r["team_id"] not in gathers_only
    )


def _parents(marts: Marts) -> dict[str, tuple[str, str | None]]:
    """Name and parent of every team, also of those that only gather others."""
    return {
        r["team_id"]: (_text(r["team_name"]) or r["team_id"], r["parent_team_id"])
        for r in marts.rows("select team_id, team_name, parent_team_id from {marts}.dim_team")
    }


def _of_part(
    teams: tuple[Team, ...], parents: dict[str, tuple[str, str | None]], part: str | None
) -> tuple[tuple[Team, ...], str | None, frozenset[str]]:
    """The teams of a part (by id, else by name), its name, and the ids of all other teams."""
    if part is None:
        return teams, None, frozenset()
    wanted = (
        [part] if part in parents else [i for i, (name, _) in parents.items() if name.casefold() == part.casefold()]
    )
    if len(wanted) > 1:
        raise UsageError(f"{len(wanted)} teams are called {part!r}. Name its id instead: {', '.join(wanted[:5])}.")
    under = {team_id for team_id in parents if wanted and wanted[0] in _upwards(team_id, parents)}
    shown = tuple(team for team in teams if team.team_id in under)
    if not shown:
        tops = sorted({parents[t.parent_id][0] for t in teams if t.parent_id in parents})
        known = f" Parts are: {', '.join(tops[:10])}{', …' if len(tops) > 10 else ''}." if tops else ""
        raise UsageError(f"There is no part {part!r} of the organisation with a team in it.{known}")
    return shown, parents[wanted[0]][0], frozenset(parents.keys() - under)


def _upwards(team_id: str, parents: dict[str, tuple[str, str | None]]) -> list[str]:
    """A team and all that it belongs to; stops where an id comes twice."""
    path: list[str] = []
    at: str | None = team_id
    while at in parents and at not in path:
        path.append(at)
        at = parents[at][1]
    return path


def _metrics(marts: Marts) -> dict[str, Metric]:
    return {
        r["metric_id"]: Metric(r["metric_id"], _text(r["label"]), _text(r["unit"]), _text(r["good_direction"]))
        for r in marts.rows("select metric_id, label, unit, good_direction from {marts}.dim_metric order by metric_id")
    }


def _pairs(marts: Marts, metrics: dict[str, Metric]) -> tuple[Pair, ...]:
    return tuple(
        Pair(r["pair_id"], metrics[r["output_metric_id"]], metrics[r["outcome_metric_id"]], _text(r["why"]))
        for r in marts.rows("select pair_id, output_metric_id, outcome_metric_id, why from {marts}.dim_pair")
        if r["output_metric_id"] in metrics and r["outcome_metric_id"] in metrics
    )


def _signals(marts: Marts) -> dict[str, Signal]:
    return {
        r["signal_id"]: Signal(
            r["signal_id"],
            _text(r["label"]),
            _text(r["asks"]),
            _text(r["benign_explanations"]),
            _text(r["response_id"]),
        )
        for r in marts.rows(
            "select signal_id, label, asks, benign_explanations, response_id from {marts}.dim_signal order by signal_id"
        )
    }


def _responses(marts: Marts) -> dict[str, Response]:
    return {
        r["response_id"]: Response(
            _text(r["label"]), _text(r["first_step"]), _text(r["owner_role"]), _int(r["due_in_days"])
        )
        for r in marts.rows("select response_id, label, first_step, owner_role, due_in_days from {marts}.dim_response")
    }


def _stories(marts: Marts) -> dict[str, Story]:
    return {
        r["story_id"]: Story(_text(r["label"]), _text(r["sentence"]))
        for r in marts.rows("select story_id, label, sentence from {marts}.story_registry")
    }


def _scores(marts: Marts, first: date) -> dict[str, dict[date, Score]]:
    scores: dict[str, dict[date, Score]] = defaultdict(dict)
    for r in marts.rows(
        "select team_id, week_start, risk, risk_low, risk_high, band, status, alert, alert_reason, coverage, "
        "story, status_reason, model_version, data_through "
        f"from {{marts}}.team_risk where week_start >= date '{first}'"
    ):
        week = _date(r["week_start"])
        scores[r["team_id"]][week] = Score(
            week,
            _float(r["risk"]),
            _float(r["risk_low"]),
            _float(r["risk_high"]),
            r["band"],
            _text(r["status"]),
            bool(r["alert"]),
            _text(r["alert_reason"]),
            _float(r["coverage"]),
            r["story"],
            _text(r["status_reason"]),
            _text(r["model_version"]),
            _date(r["data_through"]),
        )
    return dict(scores)


def _reasons(marts: Marts, week: date) -> dict[str, list[Reason]]:
    reasons: dict[str, list[Reason]] = defaultdict(list)
    for r in marts.rows(
        "select team_id, signal_id, contribution, n, since_week, sentence, response_id "
        f"from {{marts}}.team_risk_reasons where week_start = date '{week}' order by team_id, rank"
    ):
        reasons[r["team_id"]].append(
            Reason(
                _text(r["signal_id"]),
                _float(r["contribution"]),
                _int(r["n"]),
                _date(r["since_week"]),
                _text(r["sentence"]),
                r["response_id"],
            )
        )
    return dict(reasons)


def _signal_weeks(marts: Marts, week: date) -> dict[str, list[SignalWeek]]:
    signals: dict[str, list[SignalWeek]] = defaultdict(list)
    for r in marts.rows(
        "select team_id, signal_id, status, since_week from {marts}.fct_signal_week "
        f"where week_start = date '{week}' order by team_id, signal_id"
    ):
        signals[r["team_id"]].append(SignalWeek(r["signal_id"], _text(r["status"]), _date(r["since_week"])))
    return dict(signals)


def _evidence(marts: Marts, week: date) -> dict[str, list[Evidence]]:
    """Counts of distinct rows over the last weeks, and the first keys by week and rank."""
    first = week - (EVIDENCE_WEEKS - 1) * _WEEK
    rows = marts.rows(
        f"""
        with found as (
            select team_id, signal_id, key_type, evidence_key,
                max(week_start) as newest_week, min(rank) as best_rank, max(what) as what
            from {{marts}}.signal_evidence
            where week_start between date '{first}' and date '{week}'
            group by team_id, signal_id, key_type, evidence_key
        ),
        ranked as (
            select team_id, signal_id, key_type, evidence_key, what,
                count(*) over (partition by team_id, signal_id) as total,
                row_number() over (
                    partition by team_id, signal_id
                    order by newest_week desc, best_rank, key_type, evidence_key
                ) as place
            from found
        )
        select * from ranked where place <= {EVIDENCE_ITEMS} order by team_id, signal_id, place
        """
    )
    grouped: dict[tuple[str, str], list[dict]] = defaultdict(list)
    for r in rows:
        grouped[r["team_id"], r["signal_id"]].append(r)
    evidence: dict[str, list[Evidence]] = defaultdict(list)
    for (team_id, signal_id), found in grouped.items():
        items = tuple((_text(r["key_type"]), _text(r["evidence_key"]), _text(r["what"])) for r in found)
        evidence[team_id].append(Evidence(signal_id, int(found[0]["total"]), items))
    return dict(evidence)


def _verdicts(marts: Marts, first: date, last: date) -> dict[str, dict[str, Verdict]]:
    """Per team and pair the newest judged verdict. Weeks that could not be judged are passed over."""
    rows = marts.rows(
        f"select team_id, pair_id, week_start, verdict from {{marts}}.fct_pair_week "
        f"where week_start between date '{first}' and date '{last}' and verdict not in ('no_data', 'not_mature') "
        "order by team_id, pair_id, week_start"
    )
    history: dict[tuple[str, str], list[tuple[date, str]]] = defaultdict(list)
    newest: dict[str, date] = {}
    for r in rows:
        week = _date(r["week_start"])
        history[r["team_id"], r["pair_id"]].append((week, r["verdict"]))
        newest[r["pair_id"]] = max(week, newest.get(r["pair_id"], week))
    verdicts: dict[str, dict[str, Verdict]] = defaultdict(dict)
    for (team_id, pair_id), judged in history.items():
        week, verdict = judged[-1]
        since, before = week, None
        for earlier, other in reversed(judged[:-1]):
            if other != verdict:
                before = other
                break
            since = earlier
        # Turned means turned now: in the newest week that the pair was judged for anybody.
        turned_from = before if since == week == newest[pair_id] else None
        verdicts[team_id][pair_id] = Verdict(pair_id, week, verdict, since, turned_from)
    return dict(verdicts)


def _series(marts: Marts, first: date, last: date) -> dict[tuple[str, str], Series]:
    """Weekly values of the pairs' metrics by (team_id, metric_id), where there are weeks enough to draw."""
    table = marts.table(
        f"""
        with counted as (
            select team_id, metric_id, week_start, value,
                count(*) over (partition by team_id, metric_id) as weeks
            from {{marts}}.fct_metric_week
            where value is not null and is_complete and week_start between date '{first}' and date '{last}'
                and metric_id in (
                    select output_metric_id from {{marts}}.dim_pair
                    union
                    select outcome_metric_id from {{marts}}.dim_pair
                )
        )
        select team_id, metric_id, week_start, value from counted
        where weeks >= {MIN_CHART_WEEKS} order by team_id, metric_id, week_start
        """
    )
    weeks, values = [_date(w) for w in table["week_start"].to_pylist()], table["value"].to_pylist()
    grouped: dict[tuple[str, str], list[tuple[date, float]]] = defaultdict(list)
    for i, key in enumerate(zip(table["team_id"].to_pylist(), table["metric_id"].to_pylist(), strict=True)):
        grouped[key].append((weeks[i], float(values[i])))
    return {key: Series(*map(tuple, zip(*points, strict=True))) for key, points in grouped.items()}


def _marks(marts: Marts, weeks: tuple[date, ...]) -> tuple[Mark, ...]:
    return tuple(
        Mark(r["team_id"], _date(r["week_start"]), _text(r["kind"]), _text(r["label"]))
        for r in marts.rows(
            "select team_id, week_start, kind, label from {marts}.dim_change_mark "
            f"where week_start between date '{weeks[0]}' and date '{weeks[-1]}' "
            "order by week_start, kind, label"
        )
    )


def _health(marts: Marts) -> tuple[HealthNote, ...]:
    """Notes on the input, those that withhold scores first."""
    order = {"withhold": 0, "warn": 1, "info": 2}
    notes = [
        HealthNote(_text(r["severity"]), _text(r["sentence"]))
        for r in marts.rows("select severity, sentence from {marts}.fct_data_health order by note_id, sentence")
    ]
    return tuple(sorted(notes, key=lambda note: order.get(note.severity, 3)))


def _checks(marts: Marts) -> tuple[Check, ...]:
    """The checks of the newest run, those that did not pass first."""
    kept = ["run_id", "checked_at", "stage", "suite", "expectation", "table_name", "column_name", "severity", "status",
            "observed", "threshold", "message", "remedy", "check_id", "affected_id"]  # fmt: skip
    rows = marts.rows(
        f"select {', '.join(f'r.{column}' for column in kept)}, h.trend, h.since, h.runs, h.not_passed_runs, "
        "h.is_flapping from {marts}.check_results as r "
        "left join {marts}.fct_check_history as h on r.check_id = h.check_id where r.run_id in ("
        "select run_id from {marts}.check_results "
        "where checked_at = (select max(checked_at) from {marts}.check_results)"
        ") order by r.stage, r.suite, r.table_name, r.column_name, r.check_id, r.message"
    )
    checks = [
        Check(
            _text(r["run_id"]), r["checked_at"], *(_text(r[c]) for c in [*kept[2:], "trend"]),
            r["since"], _int(r["runs"]) or 0, _int(r["not_passed_runs"]) or 0, bool(r["is_flapping"]),
        )
        for r in rows
    ]  # fmt: skip
    return tuple(sorted(checks, key=lambda check: check.status == "passed"))
