"""The four courses that the texts tell, run as seeds: docs/courses.md says what comes out, and this reads it there."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pytest

from conftest import ROOT, Bench
from counterpoise.warehouse.dbt import DbtProject

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs" / "courses.md"
COURSES = {
    "course-first-response": "course_first_response",
    "course-enablement-desk": "course_enablement_desk",
    "course-ai-assistant": "course_klarna",
    "course-first-contact": "course_first_contact",
}
TURNS = {team: date(2025, 1, 27) for team in COURSES} | {"course-ai-assistant": date(2024, 12, 30)}
RETURN = date(2025, 6, 30)
FROM_THE_FIGURES_ON = "int_metric_rows+,+fct_signal_week"
WITHOUT_TESTS = ["--exclude-resource-types", "unit_test", "test"]
HALVES = {"paradox", "hollow_gain"}

# A course has weekly figures and no items, so nothing says which weeks its team was there: the figures do.
TEAM_WEEKS = """
    insert into counterpoise_private.int_team_weeks
        (team_id, week, first_week, last_complete_week, is_complete, active_people, exposure)
    select team_id, week, min(week) over (), max(week) over (), true, 12, 1
    from (
        select distinct team_id, cast(date_diff('day', date '1970-01-05', week_start) / 7 as integer) as week
        from counterpoise.{seed}
    ) as weeks
"""
RAW = """
    create schema if not exists work_system;
    create table work_system.teams as
    select unnest(['course-first-response', 'course-enablement-desk', 'course-ai-assistant', 'course-first-contact']) as team_id,
           team_id as team_name, timestamp '2024-01-01 00:00:00' as _loaded_at;
    create table work_system.interventions as
    select 'assistant' as intervention_id, 'course-ai-assistant' as team_id, 'ai_rollout' as kind,
           timestamp '2024-12-30 00:00:00' as started_at, timestamp '2024-12-30 00:00:00' as _loaded_at
"""


class CourseBench(Bench):
    """A project that reads the courses as a user's own metric models."""

    def __init__(self, folder) -> None:
        super().__init__(folder)
        variables = {"counterpoise_courses": True, "counterpoise_own_metric_models": list(COURSES.values())}
        project = DbtProject(ROOT, self.warehouse.build_folder, variables=variables)
        project.environment = self.warehouse.project.environment
        self.warehouse.project = project


@pytest.fixture(scope="module")
def courses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    warehouse = CourseBench(tmp_path_factory.mktemp("courses")).warehouse
    warehouse.build_folder.mkdir(parents=True, exist_ok=True)
    warehouse.connect().execute(RAW)
    warehouse.release()
    before = ["--select", "+fct_signal_week", "path:seeds/courses", "--exclude", "int_metric_rows+"]
    warehouse.project.invoke(["build", *before, *WITHOUT_TESTS])
    connection = warehouse.connect()
    for seed in COURSES.values():
        connection.execute(TEAM_WEEKS.format(seed=seed))
    warehouse.release()
    warehouse.project.invoke(["run", "--select", FROM_THE_FIGURES_ON])
    warehouse.project.invoke(["test", "--select", "path:seeds/courses"])
    yield warehouse.connect()
    warehouse.release()


def _rows_of_page(heading: str) -> list[tuple[str, list[str]]]:
    """Rows of the page's tables that begin with `heading`, each with the team of its chapter."""
    rows, team, reading = [], "", False
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if found := re.search(r"`(course-[a-z-]+)`", line):
            team = found[1]
        cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            reading = False
        elif cells[0] == heading:
            reading = True
        elif reading and not set(cells[0]) <= set("-: "):
            rows.append((team, cells))
    return rows


def _weeks(connection: duckdb.DuckDBPyConnection, query: str, team: str, thing: str, cells: list[str]) -> list[str]:
    first, last = date.fromisoformat(cells[1]), date.fromisoformat(cells[2])
    found = [row[0] for row in connection.execute(query, [team, thing, first, last]).fetchall()]
    assert len(found) == (last - first).days // 7 + 1, f"{team}, {thing}: weeks are missing between {first} and {last}"
    return found


def test_the_page_speaks_of_every_course() -> None:
    told = [_rows_of_page(heading) for heading in ("figure", "pair", "signal")]
    assert {team for team, _ in told[0]} == {team for team, _ in told[1]} == set(COURSES)
    assert len(told[1]) >= 12 and len(told[2]) >= 6


def test_verdicts_are_those_the_page_tells(courses: duckdb.DuckDBPyConnection) -> None:
    query = "select verdict from counterpoise.fct_pair_week where team_id = ? and pair_id = ? and week_start between ? and ?"
    for team, cells in _rows_of_page("pair"):
        assert set(_weeks(courses, query, team, cells[0], cells)) == {cells[3]}, (team, cells)


def test_signals_fire_when_the_page_says(courses: duckdb.DuckDBPyConnection) -> None:
    query = "select status from counterpoise.fct_signal_week where team_id = ? and signal_id = ? and week_start between ? and ?"
    for team, cells in _rows_of_page("signal"):
        assert set(_weeks(courses, query, team, cells[0], cells)) == {"fired"}, (team, cells)


def test_no_verdict_of_harm_comes_before_the_turn(courses: duckdb.DuckDBPyConnection) -> None:
    for team, turn in TURNS.items():
        query = "select distinct verdict from counterpoise.fct_pair_week where team_id = ? and week_start < ?"
        verdicts = {row[0] for row in courses.execute(query, [team, turn]).fetchall()}
        assert "steady" in verdicts and not verdicts & HALVES, team


def test_the_team_that_asks_for_first_contact_is_never_accused(courses: duckdb.DuckDBPyConnection) -> None:
    query = "select distinct verdict from counterpoise.fct_pair_week where team_id = 'course-first-contact'"
    verdicts = {row[0] for row in courses.execute(query).fetchall()}
    assert {"quality_first", "quiet_gain"} <= verdicts and not verdicts & HALVES
    fired = (
        "select count(*) from counterpoise.fct_signal_week where team_id = 'course-first-contact' and status = 'fired'"
    )
    assert courses.execute(fired).fetchone() == (0,)


def test_figures_are_those_of_the_seeds(courses: duckdb.DuckDBPyConnection) -> None:
    """Before: the 52 weeks before the turn. After: the last 13 weeks, or the last 13 before people came back."""
    for team, cells in _rows_of_page("figure"):
        turn, last = (
            TURNS[team],
            courses.execute(f"select max(week_start) from counterpoise.{COURSES[team]}").fetchone()[0],
        )
        spans = [(turn - timedelta(weeks=52), turn), (last - timedelta(weeks=12), last + timedelta(weeks=1))]
        if team == "course-ai-assistant":
            spans.insert(1, (RETURN - timedelta(weeks=13), RETURN))
        assert len(cells) == len(spans) + 1, (team, cells)
        for told, (first, end) in zip(cells[1:], spans, strict=True):
            query = f"""
                select sum(numerator) / sum(denominator), exp(sum(link_sum) / sum(link_weight)), max(unit)
                from counterpoise.{COURSES[team]} as figures
                inner join counterpoise.metric_registry using (metric_id)
                where metric_id = ? and week_start >= ? and week_start < ?
            """
            value, typical, unit = courses.execute(query, [cells[0], first, end]).fetchone()
            assert told == _shown(value, typical, unit), (team, cells[0], first)


def _shown(value: float, typical: float, unit: str) -> str:
    if unit == "share":
        return f"{100 * value:.0f} %"
    if unit == "hours":
        return f"{typical:.1f} h"
    return f"{value:.0f}" if unit == "items" else f"{value:.2f}"
