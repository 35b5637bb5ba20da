"""The report: what its pages say, that no data breaks out of them, and that a broken write loses nothing."""

import base64
import hashlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pyarrow as pa
import pytest

from counterpoise.errors import CounterpoiseError, UsageError
from counterpoise.report import build_report, site, tables, views
from counterpoise.report.ai import budget_picture, layer_picture, wilson
from counterpoise.report.charts import OUTCOME
from counterpoise.report.data import MIN_PEOPLE, page_file
from counterpoise.report.limits import baseline_limits, xmr_limits
from counterpoise.report.plots import Queue
from counterpoise.report.tables import PAGES, Cell, Table, with_said_once
from counterpoise.report.words import WORDS, closed_up, number
from report_fixture import (
    ALERT,
    HOSTILE,
    LAST_WEEK,
    NAMES,
    PARADOX_TEAM,
    SMALL_TEAM,
    YOUNG_TEAM,
    make_marts,
    reader,
    withhold_all,
)

CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
WHY_WITHHELD = (
    "All 7,551 items close in the last weeks of the log, so a trend over weeks would be an artefact."
)


class Page(HTMLParser):
    """What a page holds: tags in order, attributes, text, and links."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.html = path.read_text(encoding="utf-8")
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.links: list[str] = []
        self.pieces: list[str] = []
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.links += [value or "" for name, value in attrs if tag == "a" and name == "href"]

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.pieces).split())


def team_page(report: Path, team_id: str, name: str) -> Page:
    return Page(report / site.TEAM_FOLDER / page_file(team_id, name))


def built(connection, folder: Path) -> Path:
    return build_report(reader(connection), folder / "report").parent


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the painted organisation."""
    return built(make_marts(), tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def withheld_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    connection = make_marts()
    withhold_all(connection, WHY_WITHHELD)
    return built(connection, tmp_path_factory.mktemp("withheld"))


@pytest.fixture
def small_marts():
    """Few weeks, so that nothing needs drawing and the build takes no time."""
    return make_marts(teams=3, weeks=8)


# control limits


def test_xmr_limits_are_those_of_nist_6_3_2_2() -> None:
    limits = xmr_limits([49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1])
    assert limits.mean == pytest.approx(50.81, abs=5e-5)
    assert limits.moving_range == pytest.approx(1.8778, abs=5e-5)
    assert limits.upper == pytest.approx(55.8049, abs=5e-5)
    assert limits.lower == pytest.approx(45.8151, abs=5e-5)


def test_a_late_change_does_not_widen_its_own_limits() -> None:
    steady = [10.0, 11.0] * 26
    assert baseline_limits(steady) == baseline_limits(steady[:26] + [99.0] * 26)


def test_limits_of_one_value_are_refused() -> None:
    with pytest.raises(ValueError, match="at least two"):
        xmr_limits([1.0])


# the overview


def test_overview_opens_with_what_is_new(report: Path) -> None:
    page = Page(report / "index.html")
    headings = re.findall(r"<h2[^>]*>([^<]+)", page.html)
    assert headings[0] == "What is new this week"
    assert "Falcon Moved up from clear to watch." in page.text
    assert "Borealis First answer in time → Satisfaction turned from “Steady”" in page.text
    news = page.text.split("What is new this week")[1].split("Teams by week")[0]
    assert "Delta" not in news, "nothing changed for Delta this week"


def test_teams_stand_in_the_order_of_the_organisation_and_not_of_risk(report: Path) -> None:
    heatmap = re.search(
        r'<table class="heatmap">.*?</table>', (report / "index.html").read_text(), re.S
    ).group()
    shown = re.findall(r'<th scope="row"><a [^>]+>([^<]+)</a>', heatmap)
    order = {f"team_{i:02d}": (i * 5 + 3) % 12 for i in range(12)}
    assert shown == [NAMES[int(team[-2:])] for team in sorted(order, key=order.get)]
    assert shown.index("Delta") not in (0, 11), "the riskiest team stands where the organisation puts it"


def test_weeks_without_a_score_are_hatched_and_say_why(report: Path) -> None:
    html = (report / "index.html").read_text()
    assert html.count('class="hn"><title>') == 12, "one run of unscored weeks a team"
    assert "Fewer than 26 weeks to compare with.</title>" in html
    assert "Fewer than 5 people work in this team.</title>" in html


def test_heat_colours_go_from_light_to_dark_with_risk() -> None:
    steps = [views.heat_step(risk) for risk in (0, 5, 30, 50, 75, 99.9, 100)]
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (0, views.HEAT_STEPS - 1)


def test_failed_checks_of_the_last_run_come_with_their_remedy(report: Path) -> None:
    for name in ("index.html", "checks.html"):
        text = Page(report / name).text
        assert "17 items were resolved before they were created." in text
        assert "Look at the clocks" in text
        assert "An older run" not in text


def test_checks_page_tells_suites_and_what_was_before(report: Path) -> None:
    text = " ".join(Page(report / "checks.html").text.split())
    assert "since 2026-09-14; 5 of the last 11 runs did not pass; flapping ; rising" in text
    assert "first run" in text
    suites = re.search(r'<h2 id="suites">.*?</table>', (report / "checks.html").read_text(), re.S).group()
    assert re.findall(r'<a href="(#[^"]+)">([^<]+)</a></th><td>(\w+)</td><td>(\d)</td><td>(\d)</td>', suites) == [
        ("#suite-1", "metric_guardrails", "marts", "0", "1"),
        ("#suite-2", "teams", "raw", "1", "0"),
        ("#suite-3", "work_items", "raw", "0", "1"),
    ]


def test_a_threshold_missed_is_a_finding_and_no_failed_check(report: Path, tmp_path: Path) -> None:
    finding = "reopen_rate is 0.200 where at most 0.150 is asked for."
    assert finding in Page(report / "checks.html").text
    assert "1 passed, 1 did not." in Page(report / "checks.html").text
    assert finding not in Page(report / "index.html").text
    connection = make_marts(teams=12, weeks=40)
    connection.execute("update counterpoise.dim_team set active_people = 4 where team_id = 'team_03'")
    assert finding not in Page(built(connection, tmp_path) / "checks.html").text, "a small team is not named"


# team pages


def test_pages_say_why_there_is_an_alert_and_why_there_is_none_yet(report: Path, tmp_path: Path) -> None:
    delta = team_page(report, PARADOX_TEAM, "Delta")
    assert f"An alert is on. {ALERT} Please talk about it with the team." in delta.text
    overview = (report / "index.html").read_text()
    assert f"Week of 21 Sep 2026: High, score 80 (67 to 92). {ALERT}" in overview
    assert overview.count(ALERT) < overview.count("Week of "), "only weeks that have a reason tell one"
    connection = make_marts(teams=12, weeks=40)
    waiting = "Not yet an alert: this has not lasted 4 weeks."
    connection.execute("update counterpoise.team_risk set alert = false, alert_reason = null")
    connection.execute(
        "update counterpoise.team_risk set alert_reason = ? where team_id = ? and week_start = ?",
        [waiting, PARADOX_TEAM, LAST_WEEK],
    )
    page = team_page(built(connection, tmp_path), PARADOX_TEAM, "Delta")
    assert waiting in page.text and "An alert is on" not in page.text


def test_team_page_tells_story_reasons_and_next_step_before_details(report: Path) -> None:
    page = team_page(report, PARADOX_TEAM, "Delta")
    for words in (
        "Delta High",
        "Delta finishes more, and more of it comes back.",
        "Score 80 of 100, likely between 67 and 92",
        "31.4 points. Counted from 1,234 rows.",
        "Pair the metric.",
        "Who: team lead. Within 14 days.",
        "can also come from: A release that broke something",
        "B 16 Mar 2026: Bonus on first replies in time",
        "A score is a question to ask, not a verdict.",
    ):
        assert words in page.text
    assert page.text.index("comes back") < page.text.index("Score 80"), "the number comes last"


def test_at_most_five_pairs_are_drawn_worrying_ones_first(report: Path) -> None:
    assert team_page(report, PARADOX_TEAM, "Delta").html.count('<figure class="panel">') == 5
    borealis = team_page(report, "team_01", "Borealis")
    first = re.search(r"<figcaption><h3>([^<]+)", borealis.html).group(1)
    assert first == "First answer in time → Satisfaction", "its verdict is the worrying one"


def test_drawings_say_in_words_what_they_show(report: Path) -> None:
    label = re.search(
        r'class="chart" role="img" aria-label="([^"]+)"', team_page(report, "team_00", "Atlas").html
    )
    assert "Atlas: First answer in time over Same requester back within 28 days, 104 weeks" in label.group(1)
    assert "weeks outside" in label.group(1)


def test_evidence_is_counted_over_thirteen_weeks_and_ten_items_are_listed(report: Path) -> None:
    page = team_page(report, PARADOX_TEAM, "Delta")
    assert "Finished work comes back: 30 rows" in page.text
    assert page.html.count("<code>INC-") == 10


def test_a_very_small_team_shows_no_figures_and_no_items(report: Path) -> None:
    page = team_page(report, SMALL_TEAM, "Kestrel")
    assert f"Fewer than {MIN_PEOPLE} people work in this team" in page.text
    assert 'class="chart"' not in page.html
    assert "Evidence" not in page.text


def test_a_young_team_says_why_it_has_no_score_and_no_drawing(report: Path) -> None:
    page = team_page(report, YOUNG_TEAM, "Lumen")
    assert "There is no score for this team this week. Fewer than 26 weeks to compare with." in page.text
    assert "There are not yet 12 weeks" in page.text
    assert 'class="chart"' not in page.html
    assert 'class="interval' not in page.html


# no scores


def test_withheld_scores_are_explained_first_and_raise_no_alarm(withheld_report: Path) -> None:
    page = Page(withheld_report / "index.html")
    assert page.text.index(WHY_WITHHELD) < page.text.index("What is new this week")
    assert "No team was scored in the week of 21 Sep 2026, so nothing is called new." in page.text
    assert 'class="chart"' not in page.html, "a trend would be an artefact, so none is drawn"
    delta = team_page(withheld_report, PARADOX_TEAM, "Delta")
    assert "All items close in the last weeks." in delta.text
    for alarm in ("Output better, outcome worse", "fired", "An alert is on", "points"):
        assert alarm not in delta.text


def test_a_note_that_withholds_holds_for_teams_with_too_little_data_too(tmp_path: Path) -> None:
    connection = make_marts(teams=3, weeks=30)
    withhold_all(connection, WHY_WITHHELD)
    connection.execute(
        "update counterpoise.team_risk set status = 'insufficient_data' where team_id = 'team_01'"
    )
    folder = built(connection, tmp_path)
    assert WHY_WITHHELD in Page(folder / "index.html").text
    page = team_page(folder, "team_01", "Borealis")
    assert 'class="chart"' not in page.html
    assert "Nothing is drawn over time" in page.text


def test_marts_without_any_score_still_make_a_report(small_marts, tmp_path: Path) -> None:
    small_marts.execute("delete from counterpoise.team_risk")
    text = Page(built(small_marts, tmp_path) / "index.html").text
    assert "No scores have been computed yet." in text
    assert "8 weeks to the week of 21 Sep 2026" in text


def test_a_team_without_work_this_week_says_so_under_its_part_of_the_organisation(
    small_marts, tmp_path: Path
) -> None:
    small_marts.execute(
        "insert into counterpoise.dim_team values ('p', 'Support', null, 'support', 'UTC', -1, null, false, 5), "
        "('q', 'Quiet', 'p', 'support', 'UTC', 0, null, false, 5); "
        "update counterpoise.dim_team set parent_team_id = 'p' where team_id = 'team_01'"
    )
    folder = built(small_marts, tmp_path)
    assert "It had no work in this week" in team_page(folder, "q", "Quiet").text
    assert not list((folder / site.TEAM_FOLDER).glob("support-*")), "a parent without work has no page of its own"
    assert "Part of Support." in team_page(folder, "team_01", "Borealis").text
    assert '<th scope="rowgroup" colspan="3">Support</th>' in (folder / "index.html").read_text()


def test_many_withheld_teams_make_a_light_overview(tmp_path: Path) -> None:
    connection = make_marts(teams=views.TEAMS_A_PAGE + 10, weeks=14)
    withhold_all(connection, WHY_WITHHELD)
    connection.execute(
        "insert into counterpoise.dim_team values ('p', 'Support', null, 'support', 'UTC', -2, null, false, 5); "
        "update counterpoise.dim_team set parent_team_id = 'p', sort_order = -1 "
        "where team_id in ('team_07', 'team_08')"
    )
    folder = built(connection, tmp_path)
    assert (folder / "index.html").stat().st_size < 200_000
    assert len(list((folder / site.TEAM_FOLDER).iterdir())) == 110
    overview = Page(folder / "index.html")
    parts = [link for link in overview.links if link.startswith("parts/")]
    assert "Support 2" in overview.text, "a part with its number of teams"
    assert "No part of the organisation, 1 to 100" in overview.text
    assert len(parts) == len(set(parts)) == 3
    heats = [re.findall(r'<th scope="row"><a [^>]+>([^<]+)', (folder / part).read_text()) for part in parts]
    assert [len(teams) for teams in heats] == [2, 100, 8], "every team once, in the order of the organisation"
    assert len(set(sum(heats, []))) == 110
    assert "Next: No part of the organisation, 1 to 100" in Page(folder / parts[0]).text


def test_a_part_of_the_organisation_has_pages_of_its_own_that_name_no_other_team(tmp_path: Path) -> None:
    connection = make_marts(teams=12, weeks=20)
    connection.execute(
        "insert into counterpoise.dim_team values ('p', 'Support', null, 'support', 'UTC', -2, null, false, 5), "
        "('q', 'Desk', 'p', 'support', 'UTC', -1, null, false, 5); "
        "update counterpoise.dim_team set parent_team_id = 'q' where team_id in ('team_00', 'team_05')"
    )
    folder = build_report(reader(connection), tmp_path / "report", part="support").parent
    names = {page.name.split("-")[0] for page in (folder / site.TEAM_FOLDER).iterdir()}
    assert names == {"atlas", "falcon"}, "also those two levels below"
    assert "About Support only." in Page(folder / "index.html").text
    for page in folder.rglob("*.html"):
        for other in ("Delta", "Kestrel", "Borealis"):
            assert other not in Page(page).text, f"{page.name} names {other}"
    assert [p.name for p in build_report(reader(connection), tmp_path / "by_id", part="q").parent.glob("teams/*")]
    with pytest.raises(UsageError, match="no part 'Sales'.*Parts are: Desk"):
        build_report(reader(connection), tmp_path / "none", part="Sales")


# safety


@pytest.fixture(scope="module")
def hostile_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report in which every text from data tries to become markup, a script, a template or a path."""
    connection = make_marts(teams=3, weeks=30)
    hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}"
    ids = ["../../../etc/passwd", "a/b\\c:d", "\u202econ"]
    tables = [
        row[0]
        for row in connection.execute(
            "select table_name from information_schema.columns where column_name = 'team_id'"
        ).fetchall()
    ]
    for i, team_id in enumerate(ids):
        for table in tables:
            connection.execute(
                f"update counterpoise.{table} set team_id = ? where team_id = ?", [team_id, f"team_0{i}"]
            )
    for table, column in (
        ("dim_team", "team_name"),
        ("dim_metric", "label"),
        ("dim_pair", "why"),
        ("dim_signal", "label"),
        ("dim_signal", "benign_explanations"),
        ("story_registry", "sentence"),
        ("story_registry", "label"),
        ("team_risk", "status_reason"),
        ("team_risk", "alert_reason"),
        ("fct_data_health", "sentence"),
        ("check_results", "message"),
        ("check_results", "expectation"),
        ("dim_change_mark", "label"),
    ):
        connection.execute(f"update counterpoise.{table} set {column} = ?", [hostile])
    connection.execute(
        "insert into counterpoise.team_risk_reasons "
        "values (?, ?, 1, 'rework_loop', 3, 1, 2, 4, null, ?, null, null)",
        [ids[0], LAST_WEEK, hostile],
    )
    connection.execute(
        "insert into counterpoise.signal_evidence values ('rework_loop', ?, ?, ?, ?, 1, ?)",
        [ids[0], LAST_WEEK, hostile, hostile, hostile],
    )
    connection.execute(
        "insert into counterpoise.dim_change_mark values (null, ?, 'x', ?)", [LAST_WEEK, hostile]
    )
    connection.execute(
        "insert into counterpoise.fct_experiment_effect values (?, 'csat', 'outcome', 0.1, -0.1, 0.3, 4, 4, 'flat')",
        [hostile],
    )
    return built(connection, tmp_path_factory.mktemp("hostile"))


def test_nothing_from_data_becomes_markup_or_a_path(hostile_report: Path) -> None:
    pages = sorted(hostile_report.rglob("*.html"))
    assert len(pages) == 13 + 27
    drawn = 0
    for path in pages:
        assert re.fullmatch(r"[a-z0-9._-]+", path.name)
        page = Page(path)
        drawn += page.html.count('class="chart"')
        assert page.tags.count("script") == (path.name == "teams.html") and "img" not in page.tags
        assert not [name for name, _ in page.attributes if name.startswith("on") or name == "style"]
        assert "<script>alert(1)</script>" in page.text, "shown as the text it is"
        assert "{{ 7*7 }}" in page.text, "and not worked out"
    assert drawn, "labels were tried inside drawings too"
    assert {p.name for p in hostile_report.parent.iterdir()} == {"report"}


def test_tables_show_what_is_due_and_nothing_of_small_teams(report: Path) -> None:
    steps = Page(report / "steps.html").text
    assert HOSTILE in steps, "shown as the text it is"
    assert "Delta" in steps and "Kestrel" not in steps, "the small team's rows are those of a person"
    flow = Page(report / "flow.html").text
    assert "93%" in flow and "81%" in flow and "-22 h" in flow
    assert flow.count("Delta: wait against load. Load now 93%, its own ceiling 81%") == 1
    assert "Kestrel" not in flow
    assert "No experiment is recorded" in Page(report / "experiments.html").text
    assert "44.5" in Page(report / "ai.html").text, "what an outcome costs stands beside AI"
    metrics = Page(report / "metrics.html").text
    assert metrics.index("Satisfaction may go nobody has looked at it for 26 weeks") < metrics.index("Is it used?")
    assert "Resolved items" not in metrics.split("Is it used?")[0], "what drives action stays"
    signals = Page(report / "signals.html")
    assert signals.html.count("<section") == 27
    assert "Delta" in signals.text
    team = Page(next((report / "teams").glob("delta-*.html"))).text
    assert "Load and waiting" in team and "All figures of this team" in team


def test_a_text_that_fills_most_of_a_column_is_said_once_above_it() -> None:
    often, other = "nobody has looked at it for 26 weeks", "it is looked at"
    rows = [(Cell(f"metric {n}"), Cell(other if n in (2, 5) else often)) for n in range(9)]
    found = with_said_once(Table("used", ("Metric", "Reason"), tuple(rows)), [1])
    assert found.said_once == (f"Reason, in the 7 rows that say “as above”: {often}",)
    assert [row[1].text for row in found.rows] == [other if n in (2, 5) else "as above" for n in range(9)]
    assert [row[0] for row in found.rows] == [row[0] for row in rows]
    few = Table("used", ("Metric", "Reason"), tuple(rows[:6]))
    assert with_said_once(few, [1]) == few, "four rows of six are read quickly enough"
    short = Table("used", ("Metric", "Owner"), tuple((row[0], Cell("team lead")) for row in rows))
    assert with_said_once(short, [1]) == short, "who it is stands in its own row"
    half = Table("used", ("Metric", "Reason"), tuple(rows[:7]) + tuple((Cell("m"), Cell(str(n))) for n in range(9)))
    assert with_said_once(half, [1]) == half


def test_a_page_of_all_teams_holds_so_many_rows_and_each_team_all_of_its_own(
    small_marts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 2)
    small_marts.execute(
        "insert into counterpoise.next_steps select s.* replace ('team_01' as team_id, what || i as what) "
        "from counterpoise.next_steps s, range(3) t(i) where team_id = 'team_00'"
    )
    folder = built(small_marts, tmp_path)
    steps = Page(folder / "steps.html").text
    assert "And 2 more rows." in steps and "Watch downstream.1" not in steps
    own = team_page(folder, "team_01", "Borealis").text
    assert "more rows" not in own and "Watch downstream.0" in own and "Watch downstream.2" in own


def test_much_news_is_folded(report: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "more teams, in the order" not in Page(report / "index.html").text
    monkeypatch.setattr(views, "NEWS_SHOWN", 1)
    page = (built(make_marts(teams=12, weeks=40), tmp_path) / "index.html").read_text()
    folded = re.search(r"<details><summary>And at 1 more teams.*?</details>", page, re.S).group()
    assert folded.count("<li>") == 1


def test_texts_stand_in_one_place_for_translation() -> None:
    for template in (files("counterpoise.report") / "templates").iterdir():
        if template.name.endswith(".html"):
            text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
            assert not re.search(r"[A-Za-z]{2,}", re.sub(r"<[^>]*>", " ", text)), template.name


def test_every_word_of_the_tables_is_there() -> None:
    for select in {s.name: s for page in PAGES.values() for s in page}.values():
        for key in (f"table_{select.name}", f"help_{select.name}", f"empty_{select.name}"):
            assert WORDS[key]
        for title, _, _ in select.columns:
            assert WORDS[f"col_{title}"]


def test_pages_ask_no_host_for_anything_and_all_links_lead_somewhere(report: Path) -> None:
    for path in report.rglob("*.html"):
        page = Page(path)
        scripts = re.findall(r"<script>(.*?)</script>", page.html, re.S)
        assert len(scripts) == page.tags.count("script") == (path.name == "teams.html")
        for script in scripts:
            assert f"script-src 'sha256-{_sha256(script)}'" in page.html.replace("&#39;", "'")
        assert any(value.startswith("default-src 'none'; style-src 'sha256-") for _, value in page.attributes)
        assert not {"iframe", "object", "form", "base"} & set(page.tags)
        outside = [v for n, v in page.attributes if n in ("src", "href", "action") and "//" in v]
        assert not outside
        assert "url(" not in page.html and "@import" not in page.html
        for link in page.links:
            target, _, place = link.partition("#")
            assert not target or (path.parent / target).is_file(), f"{path.name}: {link}"
            there = (path.parent / target).read_text(encoding="utf-8") if target else page.html
            assert not place or f'id="{place}"' in there, f"{path.name}: {link}"


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_a_signal_has_a_page_with_its_doc_and_where_it_fired(report: Path) -> None:
    page = Page(report / "signals/rework_loop.html")
    assert "Delta , since the week of 27 Apr 2026. Reopened items rose with resolved items." in page.text
    assert "Evidence: 30 rows" in page.text
    assert "Where it shows this week" in page.text and "How it is computed" in page.text
    assert "It shows nowhere this week." in Page(report / "signals/stopped_clock.html").text
    assert "meta_work_explosion.html" in Page(report / "signals/proof_of_work.html").links or any(
        link.endswith("meta_work_explosion.html")
        for found in report.glob("signals/*.html")
        for link in Page(found).links
    ), "docs that speak of another signal lead to its page"


def test_a_signal_of_a_users_own_has_a_page_from_the_registry(tmp_path: Path, small_marts) -> None:
    small_marts.execute("update counterpoise.dim_signal set signal_id = '../Own' where signal_id = 'rework_loop'")
    folder = built(small_marts, tmp_path)
    [page] = folder.glob("signals/own-*.html")
    assert "What else it could be" in Page(page).text


def test_the_next_step_names_the_day_it_is_due(tmp_path: Path) -> None:
    """The day of the open step of the same response; without one the days of the registry."""
    connection = make_marts(teams=12, weeks=40)
    page = team_page(built(connection, tmp_path), PARADOX_TEAM, "Delta")
    assert "Within 14 days." in page.text
    connection.execute("update counterpoise.next_steps set response_id = 'pair_the_metric'")
    page = team_page(built(connection, tmp_path), PARADOX_TEAM, "Delta")
    assert "Who: team lead. Until 12 Oct 2026." in page.text
    connection.execute("update counterpoise.next_steps set due_on = date '2026-03-31'")
    page = team_page(built(connection, tmp_path), PARADOX_TEAM, "Delta")
    assert "It was due on 31 Mar 2026 and has no answer yet." in page.text


def test_a_score_never_stands_without_its_reason(report: Path) -> None:
    reason = "More first answers were in time, while more people came back with the same."
    overview, teams = Page(report / "index.html").text, Page(report / "teams.html").text
    assert f"Score 80, likely 67 to 92. {reason}" in overview
    assert f"{reason} 80 (67 to 92)" in teams
    assert len(re.findall(r"Score \d+, likely ", overview)) == 10, "ten teams have one"
    assert overview.count("No sign adds to the score this week.") == 9


def test_the_curve_of_waiting_is_that_of_the_marts() -> None:
    """Known values: M/M/1 waits rho / (1 - rho) services; the formula of Sakasegawa for 4 servers at 80 %."""
    assert Queue(1, 1, 1, 2.0, 0.5, 0.85).wait(0.75) == pytest.approx(6.0)
    assert Queue(1, 1, 4, 1.0, 0.5, 0.85).wait(0.8) == pytest.approx(0.8 ** (10**0.5 - 1) / 0.8)


def test_effects_of_an_experiment_are_drawn_with_their_intervals(small_marts, tmp_path: Path) -> None:
    small_marts.execute(
        "insert into counterpoise.fct_experiment_effect values "
        "('bonus', 'throughput', 'output', 0.2, 0.1, 0.3, 4, 4, 'better'), "
        "('bonus', 'csat', 'outcome', -0.4, -0.6, -0.2, 4, 4, 'worse'), "
        "('bonus', 'reopen_rate', 'outcome', null, null, null, 1, 1, 'no_data')"
    )
    html = (built(small_marts, tmp_path) / "experiments.html").read_text()
    drawn = re.search(r'<svg [^>]*class="chart".*?</svg>', html, re.S).group()
    assert "Satisfaction (outcome) -0.4 (-0.6 to -0.2), worse" in drawn
    lines = re.findall(r'<line x1="([\d.]+)" y1="[\d.]+" x2="([\d.]+)"[^>]* stroke-width="3"', drawn)
    assert len(lines) == 2, "an effect that is not known is not drawn"
    zero = 230.0
    (worst, bad), (low, high) = [(float(a), float(b)) for a, b in lines]
    assert zero < low < high and worst < bad < zero


@pytest.mark.parametrize("schema", ["counterpoise; drop table x", "a.b.c", "", "x y", 'a"b'])
def test_a_schema_that_is_not_a_name_is_refused(schema: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a schema name"):
        build_report(lambda sql: pa.table({}), tmp_path / "report", marts_schema=schema)


def test_a_missing_mart_is_named_with_the_remedy(small_marts, tmp_path: Path) -> None:
    small_marts.execute("drop table counterpoise.fct_pair_week")
    with pytest.raises(CounterpoiseError, match=r"fct_pair_week.*counterpoise build"):
        built(small_marts, tmp_path)
    assert not list(tmp_path.iterdir())


def test_not_one_week_is_a_clear_refusal(small_marts, tmp_path: Path) -> None:
    small_marts.execute("delete from counterpoise.team_risk; delete from counterpoise.fct_metric_week")
    with pytest.raises(CounterpoiseError, match="nothing to report"):
        built(small_marts, tmp_path)


# writing


def _last_good(folder: Path) -> str:
    return (folder / "report" / "index.html").read_text()


@pytest.mark.parametrize("problem", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_write_leaves_the_last_good_report(
    problem: BaseException, small_marts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(small_marts, tmp_path)
    before = _last_good(tmp_path)
    small_marts.execute("update counterpoise.dim_team set team_name = 'Changed'")
    write_text, written = Path.write_text, []

    def failing(self: Path, *args, **kwargs) -> int:
        written.append(self)
        if len(written) == 3:
            raise problem
        return write_text(self, *args, **kwargs)

    monkeypatch.setattr(Path, "write_text", failing)
    expected = CounterpoiseError if isinstance(problem, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        built(small_marts, tmp_path)
    monkeypatch.undo()
    assert _last_good(tmp_path) == before
    assert {p.name for p in tmp_path.iterdir()} == {"report"}, "nothing half-written is left"
    built(small_marts, tmp_path)
    assert "Changed" in _last_good(tmp_path)


def test_a_swap_that_fails_puts_the_last_report_back(
    small_marts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(small_marts, tmp_path)
    before = _last_good(tmp_path)
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name == ".report.new":
            raise OSError(16, "Device or resource busy")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(CounterpoiseError, match="busy"):
        built(small_marts, tmp_path)
    assert _last_good(tmp_path) == before


def test_a_run_killed_between_the_renames_is_mended_by_the_next(
    small_marts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(small_marts, tmp_path)
    before = _last_good(tmp_path)
    (tmp_path / "report").rename(tmp_path / ".report.old")  # as kill -9 would leave it
    (tmp_path / ".report.new").mkdir()
    monkeypatch.setattr(
        site, "_write", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    with pytest.raises(CounterpoiseError):
        built(small_marts, tmp_path)
    assert _last_good(tmp_path) == before


def test_a_folder_with_other_things_in_it_is_not_replaced(small_marts, tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="not a report of counterpoise"):
        built(small_marts, tmp_path)
    assert (tmp_path / "report" / "thesis.txt").read_text() == "years of work"


def test_the_same_marts_give_the_same_pages(tmp_path: Path) -> None:
    connection = make_marts(teams=3, weeks=30)
    one, two = built(connection, tmp_path / "one"), built(connection, tmp_path / "two")
    for path in one.rglob("*.html"):
        assert path.read_bytes() == (two / path.relative_to(one)).read_bytes()


# looks


def _themes() -> list[dict[str, str]]:
    """The style sheet's colours by name, light then dark."""
    css = files("counterpoise.report").joinpath("templates/report.css").read_text(encoding="utf-8")
    light, dark = (
        dict(re.findall(r"--([\w-]+):\s*(#\w+)", block))
        for block in re.findall(r":root \{(.*?)\}", css, re.S)
    )
    return [light, light | dark]


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", _themes(), ids=["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back"),
    [
        *((front, back) for front in ("text", "quiet", "link", "worry") for back in ("page", "card")),
        *(("on-soft", back) for back in ("h0", "h2", "h4")),
        ("on-high", "h7"),
        ("mark", "card"),
        ("since", "output-band"),
    ],
)  # fmt: skip
def test_contrast_is_enough_to_read(theme: dict[str, str], front: str, back: str) -> None:
    light, dark = sorted((_luminance(theme[front]), _luminance(theme[back])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize("theme", _themes(), ids=["light", "dark"])
def test_heat_ramp_steps_evenly_away_from_the_page(theme: dict[str, str]) -> None:
    away = [abs(_luminance(theme[f"h{i}"]) - _luminance(theme["card"])) for i in range(views.HEAT_STEPS)]
    assert away == sorted(away), "stronger risk stands out more, whatever colours an eye can tell apart"


@pytest.fixture(scope="module")
def browser() -> Iterator:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: the pages cannot be opened in a browser here")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=CHROMIUM_ARGS)
        yield chromium
        chromium.close()


@pytest.mark.parametrize("width", [1160, 380])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_open_in_a_browser_without_complaint(
    browser, report: Path, withheld_report: Path, scheme, width
) -> None:
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
    complaints, requests = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
    page.on("request", lambda request: requests.append(request.url))
    paths = [
        report / "index.html",
        report / "checks.html",
        report / site.TEAM_FOLDER / page_file(PARADOX_TEAM, "Delta"),
        withheld_report / "index.html",
    ]
    for path in paths:
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
            f"{path.name} scrolls sideways"
        )
    assert complaints == []
    assert requests == [path.as_uri() for path in paths], "nothing but the pages themselves was asked for"
    page.close()


def test_the_style_sheet_passes_the_policy_and_the_drawings_are_themed(browser, report: Path) -> None:
    page = browser.new_page(color_scheme="dark", viewport={"width": 1160, "height": 900})
    page.goto((report / "index.html").as_uri())
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 28)"
    line = page.evaluate("getComputedStyle(document.querySelector('.chart [stroke=\"#1f5aa6\"]')).stroke")
    assert line == "rgb(127, 178, 240)"
    page.close()


def _tab_to(page, wanted: str) -> None:
    """Presses Tab until the focus lies on what a selector names."""
    for _ in range(300):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", wanted):
            return
    raise AssertionError(f"the keyboard never reaches {wanted}")


def test_from_the_overview_to_the_doc_of_a_signal_by_keyboard_alone(browser, report: Path) -> None:
    page = browser.new_page(viewport={"width": 1160, "height": 900})
    page.goto((report / "index.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    _tab_to(page, "table.heatmap a[href*=delta-]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/teams/delta-*")
    _tab_to(page, "#evidence + .panel summary")
    page.keyboard.press("Enter")
    assert page.is_visible("text=INC-0000"), "the items are there"
    _tab_to(page, "details a[href$='rework_loop.html']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/signals/rework_loop.html")
    assert page.text_content("h1") == "Finished work comes back"
    _tab_to(page, "nav a[href$='index.html']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/index.html")
    page.close()


def test_the_search_narrows_the_list_of_teams(browser, report: Path) -> None:
    page = browser.new_page()
    page.goto((report / "teams.html").as_uri())
    page.keyboard.press("Tab")
    _tab_to(page, "#find")
    page.keyboard.type("High DELT")
    assert page.locator("tbody tr:visible th").all_text_contents() == ["Delta"]
    assert page.text_content("#found") == "1 teams shown"
    page.close()


def test_hostile_texts_run_nothing_in_a_browser(browser, hostile_report: Path) -> None:
    page = browser.new_page()
    seen: list[str] = []
    page.on("dialog", lambda dialog: (seen.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("console", lambda message: seen.append(message.text))
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("request", lambda request: request.url.startswith("file:") or seen.append(request.url))
    kinds = ["*.html", "teams/*.html", "signals/rework_loop.html"]
    for path in [path for kind in kinds for path in hostile_report.glob(kind)]:
        page.goto(path.as_uri())
        assert page.evaluate("document.images.length") == 0
    assert seen == []
    page.close()


@pytest.mark.parametrize(
    ("scheme", "names"),
    [
        ("dark", ["index.html"]),
        ("light", ["teams.html", "flow.html", "signals/rework_loop.html", "teams/delta-*.html"]),
        pytest.param("light", ["*.html", "teams/lumen-*.html", "teams/kestrel-*.html"], marks=pytest.mark.slow),
    ],
    ids=["dark", "light", "all"],
)
def test_axe_finds_nothing_that_keeps_people_out(browser, report: Path, scheme: str, names: list[str]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    page = browser.new_page(color_scheme=scheme, viewport={"width": 1160, "height": 900})
    for path in [path for name in names for path in report.glob(name)]:
        page.goto(path.as_uri())
        results = axe.run(page)
        assert results.violations_count == 0, f"{path.name}: {results.generate_report()}"
    page.close()


def test_ranges_of_shares_are_those_of_wilson() -> None:
    # NIST/SEMATECH 7.2.4.1: 4 defectives in 20 at 95 %
    assert wilson(4, 20) == (pytest.approx(0.08066, abs=5e-5), pytest.approx(0.41602, abs=5e-5))
    assert wilson(0, 10)[0] == 0 and wilson(10, 10)[1] == 1


def test_a_layer_counts_only_on_what_holds_below_it() -> None:
    rows = [
        dict(layer=layer, layer_order=order, practices=3, practices_in_place=n, counts=counts)
        for layer, order, n, counts in (("boundaries", 3, 3, False), ("permission", 1, 3, True), ("definition", 2, 1, False))
    ]  # fmt: skip
    svg = layer_picture("<b>", rows)
    assert "Next to agree on: definition." in svg
    assert svg.count("stroke-dasharray") == 2, "boundaries are agreed, and stand on nothing"
    assert "&lt;b&gt;: permission 3 of 3, definition 1 of 3, boundaries 3 of 3." in svg and "<b>" not in svg


def test_meta_work_beyond_its_budget_is_seen() -> None:
    weeks = [dict(meta_work_hours=hours, meta_work_budget_hours=32.0) for hours in (30.0, 32.0, 40.0)]
    svg = budget_picture("Delta", weeks)
    assert "40 h of meta-work in the newest week, budget 32 h." in svg
    assert svg.count(f'fill="{OUTCOME}"') == 1, "one week of three is beyond it"
    assert "nobody has set a budget" in budget_picture("Delta", [dict(meta_work_hours=0.0, meta_work_budget_hours=None)])


def test_the_ai_page_sets_work_with_ai_beside_work_without(report: Path) -> None:
    page = Page(report / "ai.html")
    assert "Delta: opened again (lower is better)" in page.text
    # 20 of 50 and 5 of 50: the newest week had no time to show
    assert "hard, with AI: 50 items" in page.text and "40% (28% to 54%)" in page.text and "10% (4.3% to 21%)" in page.text
    assert "Kestrel" not in page.text, "the small team's rows are those of a person"
    own = team_page(report, PARADOX_TEAM, "Delta").text
    assert "Next to agree on: permission." in own and "40 h of meta-work in the newest week, budget 32 h." in own


def test_the_next_step_stands_with_the_story_with_who(report: Path) -> None:
    lead = team_page(report, PARADOX_TEAM, "Delta").text.split("Output over outcome")[0]
    assert re.search(r"Next step: Pair the metric ?\. Who: team lead\.", lead), lead[-600:]


def test_changes_of_what_is_counted_are_told_apart(report: Path) -> None:
    page = team_page(report, PARADOX_TEAM, "Delta")
    assert "what is counted changed, Reopens within 28 days count, before it was 14" in page.text
    assert ": Bonus on first replies in time" in page.text


def test_numbers_have_one_style(report: Path) -> None:
    assert number(-0.0) == "0" and number(-0.04) == "-0.04"
    assert closed_up("from 25.9 % to 9 % of all") == "from 25.9% to 9% of all"
    for path in report.rglob("*.html"):
        assert not re.search(r"\d %", re.sub(r"<style>.*?</style>", "", path.read_text(), flags=re.S)), path.name
