"""What each page shows, worked out from the data: no HTML here, and no look-ups left for the templates."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from string import ascii_uppercase

from markupsafe import Markup

from counterpoise.report.charts import CARD, PAGE, Size, draw, panel
from counterpoise.report.data import (
    Mark,
    Pair,
    Reason,
    ReportData,
    Response,
    Score,
    Signal,
    Story,
    Team,
    Verdict,
    page_file,
    signal_file,
)
from counterpoise.report.words import (
    BANDS,
    OTHER_EXPLANATIONS,
    STATUS,
    VERDICTS,
    day,
    month,
    number,
    percent,
    quantity,
    say,
)

PAIRS_SHOWN = 5
# More cards than this make the overview slow to open (20 KB each); then only teams with news get one.
MAX_CARDS = 24
# News of more teams than this are folded, so that the rest of the overview is not far.
NEWS_SHOWN = 10
# A heat map of more rows than this joins neighbouring weeks of one colour.
MAX_FULL_ROWS = 24
# Above this many teams the weeks stand on pages of their own, one a part of the organisation and so many teams.
TEAMS_A_PAGE = 100
# Above this many teams, those in a low band have one pair drawn: a drawing takes 50 ms.
MANY_TEAMS = 150
HEAT_STEPS = 8

_BAND_ORDER = list(BANDS)
_FULL_BANDS = ("elevated", "high")
# Verdicts in which a better-looking number hides something; they come first and are news at start and end.
_WORRYING = ("paradox", "hollow_gain", "hidden_decline")


@dataclass(frozen=True)
class Cell:
    """A run of weeks in a heat row: its start and length in weeks; `step` is None for no score."""

    start: int
    length: int
    step: int | None
    title: str


@dataclass(frozen=True)
class HeatRow:
    """One team's weeks, with a summary for those who cannot see them."""

    team: Team
    cells: tuple[Cell, ...]
    weeks: int
    summary: str
    band: str | None
    now: str


@dataclass(frozen=True)
class MonthMark:
    """A label of the time axis, at 0 to 100 % of its width; minor ones may go on narrow screens."""

    at: float
    text: str
    is_minor: bool


@dataclass(frozen=True)
class News:
    """What is new about one team this week."""

    team: Team
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class TeamLine:
    """One team's newest state, for cards, lists and tables; `missing` says why there is no row at all.

    Where `is_withheld`, nothing that judges the team over time is shown.
    """

    team: Team
    score: Score | None
    story: Story | None
    missing: str
    is_withheld: bool

    @property
    def band(self) -> str | None:
        """The band, if the team has a score."""
        return self.score.band if self.score and self.score.is_scored else None

    @property
    def tale(self) -> str:
        """The story's sentence about this team; empty without a score."""
        return self.story.sentence.replace("{team}", self.team.name) if self.band and self.story else ""

    @property
    def label(self) -> str:
        """The band in words, else why there is none, in two or three words."""
        if self.band:
            return BANDS.get(self.band, self.band)
        return STATUS.get(self.score.status if self.score else "unscored", STATUS["unscored"])

    @property
    def reason(self) -> str:
        """Why there is no score; empty where there is one."""
        if self.band:
            return ""
        return self.score.reason if self.score else self.missing


@dataclass(frozen=True)
class PartPage:
    """Weeks of some teams that stand together in the organisation: all of a part, or so many of it.

    Attributes:
        counts: how many teams are in each band, from the highest down, with None for no score last.
    """

    title: str
    file: str
    lines: tuple[TeamLine, ...]
    counts: tuple[tuple[str | None, str, int], ...]


@dataclass(frozen=True)
class Group:
    """Teams that share a band, or the reason for having none, in the order of the organisation."""

    label: str
    band: str | None
    reason: str
    lines: tuple[TeamLine, ...]


@dataclass(frozen=True)
class Figure:
    """One pair of one team: its drawing, where it has one, and its verdict."""

    pair: Pair
    title: str
    verdict: Verdict | None
    verdict_label: str
    is_worrying: bool
    svg: Markup | None


@dataclass(frozen=True)
class Card:
    """A team's first pair on the overview, with the reason its score rests on most."""

    line: TeamLine
    figure: Figure
    reason: str


@dataclass(frozen=True)
class ReasonLine:
    """A reason with what the registries say about it."""

    reason: Reason
    signal: Signal | None
    response: Response | None
    due: date | None


@dataclass(frozen=True)
class EvidenceLine:
    """A signal's evidence in words: how many rows, and the first of them as (kind, key, what)."""

    label: str
    signal_file: str | None
    total: int
    shown: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class TeamPage:
    """Everything on one team's page."""

    line: TeamLine
    heat: HeatRow
    figures: tuple[Figure, ...]
    other_pairs: tuple[Figure, ...]
    marks: dict[str, Mark]
    reasons: tuple[ReasonLine, ...]
    responses: tuple[tuple[Response, date | None], ...]
    explanations: tuple[str, ...]
    evidence: tuple[EvidenceLine, ...]
    signals: tuple[tuple[Signal, str, date | None], ...]
    previous: Team | None
    next: Team | None


def team_lines(data: ReportData) -> list[TeamLine]:
    """Every team with its newest state, in the order of the organisation."""
    lines = []
    missing = say("no_work" if data.scores else "no_scores_yet")
    for team in data.teams:
        score = data.score(team)
        story = data.stories.get(score.story or "") if score else None
        lines.append(TeamLine(team, score, story, missing, data.is_withheld(team)))
    return lines


def news(data: ReportData) -> list[News]:
    """Teams whose band moved, alert began or pair turned this week, in the order of the organisation."""
    pairs = {pair.pair_id: pair for pair in data.pairs}
    found = []
    for team in data.teams:
        now = data.score(team)
        if now is None or not now.is_scored:
            continue  # nothing is news about data that could not be judged
        sentences = [*band_news(now, data.score(team, weeks_ago=1))]
        for verdict in data.verdicts.get(team.team_id, {}).values():
            turned = verdict.turned_from
            if turned is None or verdict.pair_id not in pairs or {turned, verdict.verdict}.isdisjoint(_WORRYING):
                continue
            pair = pairs[verdict.pair_id]
            sentences.append(
                say(
                    "new_turned",
                    output=pair.output.label,
                    outcome=pair.outcome.label,
                    before=VERDICTS.get(turned, turned),
                    now=VERDICTS.get(verdict.verdict, verdict.verdict),
                    week=day(verdict.week),
                )
            )
        if sentences:
            found.append(News(team, tuple(sentences)))
    return found


def band_news(now: Score, before: Score | None) -> Iterator[str]:
    """Sentences on a scored week after the week before: a band that moved, an alert that began."""
    rank = _BAND_ORDER.index(now.band) if now.band in _BAND_ORDER else 0
    if before is not None and before.is_scored and before.band in _BAND_ORDER:
        rank_before = _BAND_ORDER.index(before.band)
        words = {"before": BANDS[before.band].lower(), "now": BANDS.get(now.band, now.band).lower()}
        if rank > rank_before:
            yield say("new_rose", **words)
        elif rank < rank_before:
            yield say("new_eased", **words)
    elif rank >= _BAND_ORDER.index("elevated"):
        yield say("new_first", now=BANDS[now.band].lower())
    if now.is_alert and not (before and before.is_alert):
        yield say("new_alert", reason=now.alert_reason)


def heat_step(risk: float) -> int:
    """The colour of a risk of 0 to 100: 0 (lightest) to HEAT_STEPS - 1."""
    return min(max(int(risk * HEAT_STEPS / 100), 0), HEAT_STEPS - 1)


def heat_row(data: ReportData, line: TeamLine, *, joined: bool = False) -> HeatRow:
    """One team's weeks. Those without a score join by reason; `joined` also joins those of one colour."""
    scores = data.scores.get(line.team.team_id, {})
    numbered = list(enumerate(scores.get(week) for week in data.weeks))

    def kind(item: tuple[int, Score | None]) -> tuple:
        place, score = item
        if score is None or not score.is_scored:
            return None, score.reason if score else ""
        return (heat_step(score.risk), "") if joined else (heat_step(score.risk), place)

    cells = []
    for (step, _), run in groupby(numbered, key=kind):
        places, members = zip(*run, strict=True)
        title = _cell_title(data.weeks[places[0]], data.weeks[places[-1]], members)
        cells.append(Cell(places[0], len(places), step, title))
    summary = say(
        "heat_row",
        team=line.team.name,
        weeks=len(data.weeks),
        counts=", ".join(_band_counts(score for _, score in numbered)),
        now=line.label.lower(),
    )
    return HeatRow(line.team, tuple(cells), len(data.weeks), summary, line.band, line.label)


def _cell_title(first: date, last: date, scores: tuple[Score | None, ...]) -> str:
    score = scores[0]
    if score is None or not score.is_scored:
        reason = score.reason if score else ""
        return say("heat_cell_none", first=day(first), last=day(last), reason=reason).strip()
    if len(scores) > 1:
        return say("heat_cell_run", first=day(first), last=day(last), risk=number(round(score.risk)))
    words = say("heat_cell", week=day(first), band=BANDS.get(score.band, score.band), **score_words(score))
    return say("heat_cell_alert", cell=words, reason=score.alert_reason) if score.alert_reason else words


def _band_counts(scores: Iterable[Score | None]) -> Iterator[str]:
    counts: dict[str, int] = defaultdict(int)
    for score in scores:
        counts[score.band if score and score.is_scored else "unscored"] += 1
    for band in reversed(_BAND_ORDER):
        if counts[band]:
            yield f"{BANDS[band].lower()} {counts[band]}"
    if counts["unscored"]:
        yield f"{STATUS['unscored'].lower()} {counts['unscored']}"


def score_words(score: Score) -> dict[str, str]:
    """Risk and its likely range as whole numbers."""
    return {
        "risk": f"{score.risk:.0f}",
        "low": number(None if score.low is None else round(score.low)),
        "high": number(None if score.high is None else round(score.high)),
    }


def heat_rows(data: ReportData, lines: Sequence[TeamLine]) -> list[tuple[str | None, list[HeatRow]]]:
    """Rows under their part of the organisation."""
    joined = len(lines) > MAX_FULL_ROWS
    return [
        (parent, [heat_row(data, line, joined=joined) for line in members])
        for parent, members in groupby(lines, key=lambda line: line.team.parent_name)
    ]


def part_pages(lines: list[TeamLine]) -> list[PartPage]:
    """The pages of weeks of an organisation with more teams than one page should hold, in its order; else none."""
    if len(lines) <= TEAMS_A_PAGE:
        return []
    pages = []
    for parent_id, members in groupby(lines, key=lambda line: line.team.parent_id):
        members = list(members)
        name = members[0].team.parent_name or say("parts_none")
        for start in range(0, len(members), TEAMS_A_PAGE):
            shown = tuple(members[start : start + TEAMS_A_PAGE])
            title = name
            if len(members) > TEAMS_A_PAGE:
                title = say("parts_piece", part=name, first=start + 1, last=start + len(shown))
            # the place keeps apart what has no part of its own, here and there in the order
            pages.append(PartPage(title, page_file(f"{parent_id} {len(pages)}", name), shown, tuple(_counts(shown))))
    return pages


def _counts(lines: Sequence[TeamLine]) -> Iterator[tuple[str | None, str, int]]:
    for band in (*reversed(_BAND_ORDER), None):
        label = STATUS["unscored"] if band is None else BANDS[band]
        yield band, label, sum(line.band == band for line in lines)


def month_marks(weeks: tuple[date, ...]) -> list[MonthMark]:
    """Labels at the first week of every third month; every week-long label would overlap its neighbour."""
    starts = [i for i, week in enumerate(weeks) if week.day <= 7 and week.month % 3 == 1 and i < len(weeks) - 3]
    return [MonthMark(100 * i / len(weeks), month(weeks[i]), bool(place % 3)) for place, i in enumerate(starts)]


def band_groups(lines: list[TeamLine]) -> list[Group]:
    """Teams by band, highest first, then those without a score by reason."""
    groups = []
    if any(line.band for line in lines):
        groups = [
            Group(BANDS[band], band, "", tuple(line for line in lines if line.band == band))
            for band in reversed(_BAND_ORDER)
        ]
    unscored: dict[tuple[str, str], list[TeamLine]] = defaultdict(list)
    for line in lines:
        if not line.band:
            unscored[line.label, line.reason].append(line)
    return groups + [Group(label, None, reason, tuple(members)) for (label, reason), members in unscored.items()]


def banner(data: ReportData, lines: list[TeamLine]) -> tuple[str, list[str]] | None:
    """Title and sentences to put first when not one team could be scored."""
    if any(line.band for line in lines):
        return None
    reasons = list(dict.fromkeys(line.reason for line in lines if line.score and line.reason))
    if not any(line.is_withheld for line in lines):
        return say("banner_insufficient"), reasons[:3] or [say("no_scores_yet")]
    notes = [note.sentence for note in data.health if note.severity == "withhold"]
    failed = [c.message for c in data.checks if c.status != "passed" and c.severity == "withhold"]
    return say("banner_withheld"), [*dict.fromkeys(notes or failed or reasons[:3]), say("banner_rest")]


def _worry(verdict: Verdict | None) -> int:
    if verdict is None or verdict.verdict not in _WORRYING:
        return len(_WORRYING)
    return _WORRYING.index(verdict.verdict)


def ordered_pairs(data: ReportData, team: Team) -> list[Pair]:
    """The team's pairs that were judged or can be drawn: worrying ones first, then as in the registry."""
    if team.is_small or data.is_withheld(team):
        return []  # a line would be the line of a person, or of an artefact
    verdicts = data.verdicts.get(team.team_id, {})
    pairs = [p for p in data.pairs if p.pair_id in verdicts or can_draw(data, team, p)]
    return sorted(pairs, key=lambda p: _worry(verdicts.get(p.pair_id)))


def can_draw(data: ReportData, team: Team, pair: Pair) -> bool:
    """Enough weeks of both sides; shorter series were never read."""
    return all((team.team_id, m.metric_id) in data.series for m in (pair.output, pair.outcome))


def since_when(data: ReportData, team: Team) -> date | None:
    """The first week of what the team's foremost reason speaks of, when that reason knows it."""
    reasons = data.reasons.get(team.team_id, [])
    score = data.score(team)
    if not reasons or score is None or score.band in (None, "clear"):
        return None
    return reasons[0].since


def figure(data: ReportData, team: Team, pair: Pair, size: Size | None) -> Figure:
    """One pair of one team, drawn if a size is given."""
    verdict = data.verdicts.get(team.team_id, {}).get(pair.pair_id)
    return Figure(
        pair=pair,
        title=say("pair_name", output=pair.output.label, outcome=pair.outcome.label),
        verdict=verdict,
        verdict_label=VERDICTS.get(verdict.verdict, verdict.verdict) if verdict else "",
        is_worrying=_worry(verdict) < len(_WORRYING),
        svg=_drawing(data, team, pair, verdict, size) if size else None,
    )


def _drawing(data: ReportData, team: Team, pair: Pair, verdict: Verdict | None, size: Size) -> Markup:
    panels, latest = [], {}
    for side, metric in (("output", pair.output), ("outcome", pair.outcome)):
        direction = metric.good_direction
        better = say(f"better_{direction}") if direction in ("up", "down") else ""
        words = say("panel" if size is CARD else f"panel_{side}", label=metric.label, direction=better)
        drawn = panel(metric, words, data.series[team.team_id, metric.metric_id])
        low, high = drawn.shown_limits
        latest[f"{side}_last"] = say(
            "chart_last",
            label=metric.label,
            value=quantity(drawn.series.values[-1], metric.unit),
            week=day(drawn.series.weeks[-1]),
            low=quantity(low, metric.unit),
            high=quantity(high, metric.unit),
            outside=drawn.outside,
            n=len(drawn.series.values),
        )
        panels.append(drawn)
    alternative = say(
        "chart_text",
        team=team.name,
        output=pair.output.label,
        outcome=pair.outcome.label,
        weeks=len(data.weeks),
        week=day(data.week),
        **latest,
    )
    return draw(
        *panels,
        data.weeks,
        size=size,
        alternative=alternative,
        marks=lettered_marks(data, team),
        since=since_when(data, team) if _worry(verdict) < len(_WORRYING) else None,
        since_word=say("since_mark"),
    )


def lettered_marks(data: ReportData, team: Team) -> dict[str, Mark]:
    """The newest changes by letter, oldest first: letters tell them apart where dates would overlap."""
    return dict(zip(ascii_uppercase, data.marks_of(team)[-len(ascii_uppercase) :], strict=False))


def cards(data: ReportData, lines: list[TeamLine], new: list[News]) -> tuple[list[Card], bool]:
    """A card for each team with a pair to draw; with very many, only for the first of those with news (then True)."""
    able = []
    for line in lines:
        pair = next((p for p in ordered_pairs(data, line.team) if can_draw(data, line.team, p)), None)
        if pair is not None:
            able.append((line, pair))
    is_part = len(able) > MAX_CARDS
    if is_part:
        with_news = {item.team.team_id for item in new}
        able = [(line, pair) for line, pair in able if line.team.team_id in with_news][:MAX_CARDS]
    return [Card(line, figure(data, line.team, pair, CARD), _first_reason(data, line)) for line, pair in able], is_part


def _first_reason(data: ReportData, line: TeamLine) -> str:
    """What a score rests on most, in words; empty without a score, and for a team too small to show figures."""
    if not line.band or line.team.is_small:
        return ""
    reasons = data.reasons.get(line.team.team_id, [])
    return reasons[0].sentence if reasons else say("reasons_none")


def because(data: ReportData, lines: list[TeamLine]) -> dict[str, str]:
    """By team id, the foremost reason of its score, or why there is none."""
    return {line.team.team_id: _first_reason(data, line) or line.reason for line in lines}


def team_page(
    data: ReportData,
    line: TeamLine,
    due: dict[tuple[str, str], date],
    previous: Team | None,
    following: Team | None,
) -> TeamPage:
    """All that one team's page shows; `due` are the dates of open steps by team and response."""
    team = line.team
    pairs = ordered_pairs(data, team)
    most = 1 if len(data.teams) > MANY_TEAMS and line.band not in _FULL_BANDS else PAIRS_SHOWN
    drawn = [pair for pair in pairs if can_draw(data, team, pair)][:most]
    reasons = [
        ReasonLine(
            r,
            data.signals.get(r.signal_id),
            data.responses.get(r.response_id or ""),
            due.get((team.team_id, r.response_id or "")),
        )
        for r in data.reasons.get(team.team_id, [])
    ]
    if line.band is None:
        reasons = []  # reasons without a score would be a verdict without its number
    specific = [
        say("else_signal", signal=r.signal.label, explanation=r.signal.benign)
        for r in reasons
        if r.signal and r.signal.benign
    ]
    responses = list(dict.fromkeys((r.response, r.due) for r in reasons if r.response))
    return TeamPage(
        line=line,
        heat=heat_row(data, line),
        figures=tuple(figure(data, team, pair, PAGE) for pair in drawn),
        other_pairs=tuple(figure(data, team, pair, None) for pair in pairs if pair not in drawn),
        marks=lettered_marks(data, team),
        reasons=tuple(reasons),
        responses=tuple(responses),
        explanations=(*dict.fromkeys(specific), *OTHER_EXPLANATIONS) if reasons else (),
        evidence=tuple(_evidence(data, team)),
        signals=tuple(
            (data.signals[s.signal_id], s.status, s.since)
            for s in data.signal_weeks.get(team.team_id, [])
            if s.signal_id in data.signals and not line.is_withheld
        ),
        previous=previous,
        next=following,
    )


def _evidence(data: ReportData, team: Team) -> Iterator[EvidenceLine]:
    pairs = {pair.pair_id: pair for pair in data.pairs}
    for found in data.evidence.get(team.team_id, []):
        signal = data.signals.get(found.signal_id)
        shown = []
        for kind, key, what in found.items:
            if kind == "pair" and key in pairs:
                key = say("pair_name", output=pairs[key].output.label, outcome=pairs[key].outcome.label)
            shown.append((kind.replace("_", " "), key, what))
        label, file = (signal.label, signal_file(found.signal_id)) if signal else (found.signal_id, None)
        yield EvidenceLine(label, file, found.total, tuple(shown))


def sign_of(data: ReportData, team: Team, signal_id: str) -> tuple[date | None, Reason | None, int]:
    """Since when a signal fires at a team, the reason of its score that it is, and how many rows speak for it."""
    since = next((s.since for s in data.signal_weeks.get(team.team_id, []) if s.signal_id == signal_id), None)
    if team.is_small:
        return since, None, 0
    score = data.score(team)
    reasons = data.reasons.get(team.team_id, []) if score and score.is_scored else []
    reason = next((r for r in reasons if r.signal_id == signal_id), None)
    evidence = data.evidence.get(team.team_id, [])
    return since, reason, next((found.total for found in evidence if found.signal_id == signal_id), 0)


def coverage_range(lines: list[TeamLine]) -> tuple[str, str] | None:
    """Lowest and highest coverage among scored teams, in words."""
    known = [line.score.coverage for line in lines if line.band and line.score.coverage is not None]
    return (percent(min(known)), percent(max(known))) if known else None
