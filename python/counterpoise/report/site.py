"""Renders the pages into a folder beside the report and puts it in the report's place."""

import shutil
from collections.abc import Callable, Set
from pathlib import Path

from jinja2 import Environment

from counterpoise.errors import CounterpoiseError, UsageError
from counterpoise.pages import page_environment
from counterpoise.report import views, words
from counterpoise.report.data import (
    EVIDENCE_WEEKS,
    MIN_CHART_WEEKS,
    MIN_PEOPLE,
    Marts,
    Query,
    ReportData,
    load,
)
from counterpoise.report.limits import BASELINE_WEEKS
from counterpoise.report.tables import PAGES, Tables, load_tables, signal_lines

TEAM_FOLDER = "teams"
# Says that a folder is a report and may be replaced as a whole.
_MARKER = ".counterpoise-report"
# Drawing is what takes time, so progress is told by teams.
_TELL_EVERY = 25


def build_report(
    query: Query,
    out_dir: Path,
    *,
    marts_schema: str = "counterpoise",
    min_people: int = MIN_PEOPLE,
    progress: Callable[[str], None] | None = None,
    marts: Set[str] | None = None,
) -> Path:
    """Writes the static report from the marts and returns the path of its index.html.

    The report is written beside `out_dir` and swapped in when complete, so whatever stops it leaves the last
    good report where it was.

    Args:
        query: runs one plain SQL select and returns its rows as an Arrow table.
        out_dir: folder of the report; made if absent, replaced as a whole if it is a report already.
        marts_schema: schema that holds the marts.
        min_people: teams known to have fewer people show no figures or items of their own (never below 3).
        progress: told in a few words what is being done.
        marts: names of the marts that are there; asked of `information_schema` where they are not given.

    Raises:
        UsageError: `out_dir` holds something else than a report, or `marts_schema` is not a plain name.
        CounterpoiseError: a mart cannot be read, there is no week to show, or the folder cannot be written.
    """
    tell = progress or (lambda _: None)
    out_dir = out_dir.resolve()
    check_out_dir(out_dir)
    tell("Report: reading the marts")
    data = load(query, marts_schema, min_people)
    tables = load_tables(Marts(query, marts_schema, marts), data)
    fresh = out_dir.with_name(f".{out_dir.name}.new")
    try:
        _restore(out_dir)
        _remove(fresh)
        _write(data, tables, fresh, tell)
        _swap(fresh, out_dir)
    except OSError as problem:
        raise CounterpoiseError(
            f"The report could not be written to {out_dir}: {problem}. Free some space or choose another "
            "folder with --out; the last report, if there was one, is still there."
        ) from problem
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return out_dir / "index.html"


def check_out_dir(out_dir: Path) -> None:
    """Refuses a folder that the report would overwrite although it is not a report; cheap, so call it first.

    Raises:
        UsageError: `out_dir` is a file, or a folder with other things in it.
    """
    if not out_dir.exists():
        return
    if not out_dir.is_dir():
        raise UsageError(f"--out {out_dir} is a file. Name a folder for the report.")
    if any(out_dir.iterdir()) and not (out_dir / _MARKER).exists():
        raise UsageError(
            f"--out {out_dir} holds files that are not a report of counterpoise, and the report replaces its "
            "folder as a whole. Name a new or an empty folder."
        )


def _write(data: ReportData, tables: Tables, folder: Path, tell: Callable[[str], None]) -> None:
    """All pages into a new folder."""
    (folder / TEAM_FOLDER).mkdir(parents=True)
    environment = _environment(data)
    lines = views.team_lines(data)
    tell(f"Report: drawing {len(lines)} teams")
    new = views.news(data)
    heat_groups, left_out = views.heat_rows(data, lines)
    cards, cards_are_part = views.cards(data, lines, new)

    def page(path: str, template: str, root: str, **context: object) -> None:
        html = environment.get_template(template).render(root=root, lines=lines, **context)
        (folder / path).write_text(html, encoding="utf-8")

    page(
        "index.html",
        "index.html",
        "",
        banner=views.banner(data, lines),
        news=new,
        any_scored=any(line.band for line in lines),
        heat_groups=heat_groups,
        left_out=left_out,
        month_marks=views.month_marks(data.weeks),
        groups=views.band_groups(lines),
        cards=cards,
        cards_are_part=cards_are_part,
        failed=[check for check in data.checks if check.status != "passed" and not check.is_report],
        coverage=views.coverage_range(lines),
    )
    page("checks.html", "checks.html", "")
    page("signals.html", "signals.html", "", signals=list(signal_lines(data)))
    for name, found in tables.pages.items():
        page(f"{name}.html", "tables.html", "", name=name, tables=found)
    for place, line in enumerate(lines):
        if place and place % _TELL_EVERY == 0:
            tell(f"Report: {place} of {len(lines)} teams")
        previous = lines[place - 1].team if place else None
        following = lines[place + 1].team if place + 1 < len(lines) else None
        team = views.team_page(data, line, previous, following)
        own = tables.of_teams.get(line.team.team_id, ())
        page(f"{TEAM_FOLDER}/{line.team.file}", "team.html", "../", page=team, tables=own)
    (folder / _MARKER).write_text("A report of counterpoise. The next run replaces this folder.\n", encoding="utf-8")


def _environment(data: ReportData) -> Environment:
    """Templates that escape everything from data, with the words and what every page needs."""
    environment = page_environment("counterpoise.report", ("counterpoise.report", "report.css"))
    environment.globals.update(
        data=data,
        pages=("steps", "signals", *(name for name in PAGES if name != "steps")),
        team_folder=TEAM_FOLDER,
        say=words.say,
        count=words.count,
        day=words.day,
        number=words.number,
        percent=words.percent,
        score_words=views.score_words,
        bands=words.BANDS,
        band_sentences=words.BAND_SENTENCES,
        heat_steps=views.HEAT_STEPS,
        baseline_weeks=BASELINE_WEEKS,
        chart_weeks=MIN_CHART_WEEKS,
        evidence_weeks=EVIDENCE_WEEKS,
    )
    return environment


def _old(out_dir: Path) -> Path:
    return out_dir.with_name(f".{out_dir.name}.old")


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _restore(out_dir: Path) -> None:
    """Puts the last report back if an earlier run was stopped between the two renames of a swap."""
    old = _old(out_dir)
    if old.exists() and not out_dir.exists():
        old.rename(out_dir)


def _swap(fresh: Path, out_dir: Path) -> None:
    """Puts `fresh` in the place of `out_dir`; a full folder cannot be renamed over, so it steps aside."""
    old = _old(out_dir)
    _remove(old)
    if out_dir.exists():
        out_dir.rename(old)
    try:
        fresh.rename(out_dir)
    except OSError:
        _restore(out_dir)
        raise
    shutil.rmtree(old, ignore_errors=True)
