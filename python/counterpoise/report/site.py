"""Renders the pages into a folder beside the report and puts it in the report's place."""

import base64
import hashlib
import shutil
from collections.abc import Callable, Set
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

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
    signal_file,
)
from counterpoise.report.limits import BASELINE_WEEKS
from counterpoise.report.signal_docs import signal_docs
from counterpoise.report.tables import PAGES, Tables, load_tables, signal_lines

TEAM_FOLDER, SIGNAL_FOLDER, PART_FOLDER = "teams", "signals", "parts"
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
    part: str | None = None,
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
        part: id or name of a part of the organisation; the report then holds its teams only.

    Raises:
        UsageError: `out_dir` holds something else than a report, `marts_schema` is not a plain name, or there is no
            such part.
        CounterpoiseError: a mart cannot be read, there is no week to show, or the folder cannot be written.
    """
    tell = progress or (lambda _: None)
    out_dir = out_dir.resolve()
    check_out_dir(out_dir)
    tell("Report: reading the marts")
    data = load(query, marts_schema, min_people, part=part)
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
    for name in (TEAM_FOLDER, SIGNAL_FOLDER, PART_FOLDER):
        (folder / name).mkdir(parents=True)
    environment = _environment(data)
    lines = views.team_lines(data)
    tell(f"Report: drawing {len(lines)} teams")
    new = views.news(data)
    parts = views.part_pages(lines)
    because = views.because(data, lines)
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
        news_shown=views.NEWS_SHOWN,
        any_scored=any(line.band for line in lines),
        heat_groups=[] if parts else views.heat_rows(data, lines),
        parts=parts,
        groups=views.band_groups(lines),
        cards=cards,
        cards_are_part=cards_are_part,
        failed=[check for check in data.shown_checks if check.status != "passed" and not check.is_report],
        coverage=views.coverage_range(lines),
    )
    page("checks.html", "checks.html", "")
    found = list(signal_lines(data))
    page("signals.html", "signals.html", "", signals=found)
    docs = signal_docs([signal.signal_id for signal, *_ in found])
    for signal, response, teams, clear, unknown in found:
        page(
            f"{SIGNAL_FOLDER}/{signal_file(signal.signal_id)}",
            "signal.html",
            "../",
            signal=signal,
            response=response,
            fired=[(team, *views.sign_of(data, team, signal.signal_id)) for team in teams],
            clear=clear,
            unknown=unknown,
            doc=docs.get(signal.signal_id),
        )
    # The one page with a script, of ours and named by its hash: it narrows a list that is whole without it.
    page("teams.html", "teams.html", "", because=because, policy=_with_script(environment))
    for place, part in enumerate(parts):
        page(
            f"{PART_FOLDER}/{part.file}",
            "part.html",
            "../",
            part=part,
            heat_groups=views.heat_rows(data, part.lines),
            because=because,
            previous=parts[place - 1] if place else None,
            following=parts[place + 1] if place + 1 < len(parts) else None,
        )
    for name, found in tables.pages.items():
        page(f"{name}.html", "tables.html", "", name=name, tables=found)
    for place, line in enumerate(lines):
        if place and place % _TELL_EVERY == 0:
            tell(f"Report: {place} of {len(lines)} teams")
        previous = lines[place - 1].team if place else None
        following = lines[place + 1].team if place + 1 < len(lines) else None
        team = views.team_page(data, line, tables.due, previous, following)
        own = tables.of_teams.get(line.team.team_id, ())
        page(f"{TEAM_FOLDER}/{line.team.file}", "team.html", "../", page=team, tables=own)
    (folder / _MARKER).write_text("A report of counterpoise. The next run replaces this folder.\n", encoding="utf-8")


def _with_script(environment: Environment) -> str:
    """The pages' policy, and the search may run."""
    digest = base64.b64encode(hashlib.sha256(environment.globals["search_script"].encode()).digest()).decode()
    return f"{environment.globals['policy']}; script-src 'sha256-{digest}'"


def _environment(data: ReportData) -> Environment:
    """Templates that escape everything from data, with the words and what every page needs."""
    environment = page_environment("counterpoise.report", ("counterpoise.report", "report.css"))
    environment.finalize = words.closed_up
    environment.globals.update(
        data=data,
        pages=("teams", "steps", "signals", *(name for name in PAGES if name != "steps")),
        team_folder=TEAM_FOLDER,
        signal_folder=SIGNAL_FOLDER,
        part_folder=PART_FOLDER,
        signal_file=signal_file,
        search_script=Markup((files("counterpoise.report") / "templates/search.js").read_text(encoding="utf-8")),
        month_marks=views.month_marks(data.weeks),
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
