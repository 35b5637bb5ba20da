"""The command line. Every step of a run can be called alone; `counterpoise run` does them in order."""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click
import yaml

from counterpoise import __version__
from counterpoise.errors import CounterpoiseError, UsageError, trouble_in_words
from counterpoise.project import find_project_dir

_DEMO_SALT = (
    "Ids of persons are hashed with the public demo salt. "
    "Outside a demo, set COUNTERPOISE_SALT to a long random text of your own."
)

# Below this many teams times weeks times scale, starting more processes takes longer than they save.
_TEAM_WEEKS_FOR_ONE_PROCESS = 15_000


class Screen:
    """Progress for people: one line that changes on a terminal, one line a step elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._step = ""
        self._began = time.monotonic()

    def __call__(self, step: str, detail: str) -> None:
        text = f"[{time.monotonic() - self._began:5.1f} s] {step}: {detail}"
        if self._live:
            click.echo(f"\r\x1b[2K{text[:118]}", nl=False, err=True)
        elif step != self._step:
            click.echo(text, err=True)
        self._step = step

    def end(self) -> None:
        if self._live:
            click.echo("\r\x1b[2K", nl=False, err=True)


@contextmanager
def _progress_bar(step: str) -> Iterator[Callable[[str, float], None]]:
    """Takes what is done and the share done: a bar on a terminal, a line every tenth elsewhere."""
    if sys.stderr.isatty():
        with click.progressbar(length=1000, label=step, file=sys.stderr) as bar:
            yield lambda what, share: bar.update(round(1000 * share) - bar.pos)
        return
    began, tenths = time.monotonic(), 0

    def tell(what: str, share: float) -> None:
        nonlocal tenths
        if int(10 * share) > tenths:
            tenths = int(10 * share)
            click.echo(f"[{time.monotonic() - began:5.1f} s] {step}: {what} {share:.0%}", err=True)

    yield tell


def _refusals(function: Callable[..., Any]) -> Callable[..., Any]:
    """Turns a refusal into its message and exit code."""

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except CounterpoiseError as refusal:
            click.echo(f"\ncounterpoise: {refusal}", err=True)
            sys.exit(refusal.exit_code)
        except OSError as trouble:
            click.echo(f"\ncounterpoise: {trouble_in_words(trouble)}", err=True)
            sys.exit(1)

    return wrapper


def _warehouse_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed((
        click.option("--db", type=click.Path(path_type=Path), help="DuckDB file to publish (DuckDB targets)."),
        click.option("--target", help="dbt target; the profile's default if not given."),
        click.option("--vars", "variables", default="{}", help="dbt vars as YAML; best the same from run to run."),
        click.option("--profiles-dir", type=click.Path(path_type=Path), help="Folder of your own profiles.yml."),
        click.option("--project-dir", type=click.Path(path_type=Path), help="Folder of another dbt project."),
        click.option(
            "--connectors", type=click.Path(path_type=Path, exists=True, dir_okay=False),
            help="DuckDB file that connectors fill, read only (DuckDB targets).",
        ),
    )):  # fmt: skip
        function = option(function)
    return function


def _open(
    db: Path | None,
    target: str | None,
    variables: str,
    profiles_dir: Path | None,
    project_dir: Path | None,
    connectors: Path | None,
    loads_raw: bool = False,
) -> Any:
    from counterpoise.warehouse import open_warehouse
    from counterpoise.warehouse.dbt import DbtProject

    try:
        parsed = yaml.safe_load(variables) or {}
    except yaml.YAMLError as error:
        raise UsageError(f"--vars is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(parsed, dict):
        raise UsageError("--vars must be a YAML mapping, like '{counterpoise_schema: people_analytics}'.")
    project = DbtProject(
        project_dir=(project_dir or find_project_dir()).resolve(),
        work_folder=(db.absolute().parent / f".{db.stem}.build") if db else Path.cwd() / ".counterpoise",
        profiles_dir=profiles_dir,
        target=target,
        variables={**_attached(connectors, loads_raw), **parsed},
        environment={"COUNTERPOISE_CONNECTORS_FILE": str(connectors.absolute())} if connectors else {},
    )
    return open_warehouse(project, db)


def _attached(connectors: Path | None, loads_raw: bool) -> dict[str, str]:
    """Vars that make dbt read the attached file: tools' tables, and the contract's unless files are loaded."""
    if connectors is None:
        return {}
    contract = {} if loads_raw else {"work_system_database": "connectors"}
    return {"counterpoise_connectors_database": "connectors", **contract}


_full_refresh = click.option(
    "--full-refresh", is_flag=True, help="Build everything anew, also where nothing is new (dbt's --full-refresh)."
)

_junit = click.option("--junit", type=click.Path(path_type=Path), help="File to write the checks to as JUnit XML.")

_STAGES = ("raw", "staging", "marts", "scores")  # those of guardrails.suite, which takes long to import


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="counterpoise")
def main() -> None:
    """Tells an organisation when a number it is proud of is hurting it.

    \b
    Try it:        counterpoise simulate --out demo/raw
                   counterpoise run --raw demo/raw --db demo/demo.duckdb --out demo/report
    An event log:  counterpoise run --event-log log.csv --mapping log.yml --db log_marts.duckdb --out report
    A warehouse:   counterpoise run --target prod --profiles-dir ~/.dbt --out report

    Exit codes: 0 done (also with teams withheld), 1 failed, 2 wrong usage, 3 a `stop` check held the run.
    """


@main.command()
@_warehouse_options
@click.option(
    "--raw",
    type=click.Path(path_type=Path),
    help="Folder of contract tables (Parquet or CSV).",
)
@click.option("--event-log", help="One event log (CSV, CSV.gz, Parquet, XES, or table:schema.name).")
@click.option("--mapping", type=click.Path(path_type=Path), help="YAML file that says what the event log means.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder of the report. Default: report, beside the database.",
)
@click.option(
    "--min-people",
    type=click.IntRange(min=3),
    default=5,
    show_default=True,
    help="Smaller teams are not scored.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON, also of a run that failed.")
@click.option(
    "--log", "log_format", type=click.Choice(["text", "json"]), default="text", show_default=True,
    envvar="COUNTERPOISE_LOG", show_envvar=True, help="Progress on stderr: words, or a line of JSON for each event.",
)
@_junit
@_full_refresh
@_refusals
def run(raw, event_log, mapping, out, min_people, as_json, log_format, junit, full_refresh, db, **where) -> None:
    """Check raw data, build the marts, check, score, report, publish.

    Whatever stops it leaves the last good state standing.
    """
    from counterpoise.run import Source, Summary
    from counterpoise.run import run as whole_run
    from counterpoise.run_log import JsonLines

    summary = Summary()
    screen = JsonLines(summary) if log_format == "json" else Screen()
    try:
        if raw and event_log:
            raise UsageError("Give --raw or --event-log, not both.")
        if bool(event_log) != bool(mapping):
            raise UsageError("--event-log and --mapping go together.")
        warehouse = _open(db=db, loads_raw=bool(raw or event_log), **where)
        out = (out or (db.parent if db else Path.cwd()) / "report").absolute()
        whole_run(
            warehouse, Source(raw, event_log, mapping), out, screen, min_people, full_refresh, junit, summary
        )
    except BaseException as error:
        summary.end(error)
        if as_json:
            click.echo(summary.as_json())
        if log_format == "json" and isinstance(error, CounterpoiseError | OSError):
            sys.exit(summary.exit_code)  # the last line of the log says it
        raise
    finally:
        screen.end()
    if as_json:
        click.echo(summary.as_json())
    else:
        _show(summary)
    if summary.demo_salt and log_format == "text":
        click.echo(f"\n{_DEMO_SALT}", err=True)


def _show(summary: Any) -> None:
    def section(title: str, lines: list[str], nothing: str, most: int = 8) -> None:
        click.echo(f"\n{title}")
        for line in lines[:most] or [nothing]:
            click.echo(f"  {line}")
        if len(lines) > most:
            click.echo(f"  … and {len(lines) - most} more in the report")

    teams = "1 team" if summary.teams == 1 else f"{summary.teams} teams"
    click.echo(f"\ncounterpoise: data through {summary.data_through}, {teams}")
    section("New this week", summary.new, "nothing moved")
    section(
        "Teams by band",
        [f"{band.replace('_', ' '):18} {count}" for band, count in summary.bands.items()],
        "no team with data",
    )
    section("Data problems", summary.problems, "none")
    click.echo(f"\nMarts:  {summary.database}\nReport: {summary.report}")


@main.command()
@_warehouse_options
@click.option("--without-tests", is_flag=True, help="Leave out dbt's tests of the data, as `run` does.")
@_full_refresh
@_refusals
def build(without_tests, full_refresh, **where) -> None:
    """Build the marts from the raw tables already there. Nothing is scored or published.

    Where data, code and vars are those of the last build, dbt is left out.
    """
    screen = Screen()
    with _open(**where) as warehouse:
        since = warehouse.build(
            lambda detail: screen("build", detail), tested=not without_tests, full_refresh=full_refresh
        )
    screen.end()
    click.echo(f"Nothing new since {since}: dbt skipped" if since else f"Built: {warehouse.shown_as}")


@main.command()
@_warehouse_options
@click.option("--stage", type=click.Choice(_STAGES), multiple=True, help="Default: all four.")
@click.option("--page", type=click.Path(path_type=Path), help="Also write the results as a page for each stage.")
@click.option("--min-people", type=click.IntRange(min=3), default=5, show_default=True, help="Smaller are not named.")
@_junit
@_refusals
def check(stage, page, min_people, junit, **where) -> None:
    """Run the quality gate where the data lies. Exits 3 when a check of severity `stop` fails."""
    from counterpoise.guardrails import write_docs, write_junit
    from counterpoise.run import check as check_stage

    gates = []
    run_id = f"check-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    with _open(**where) as warehouse:
        for name in stage or _STAGES:
            gate = check_stage(warehouse, name, run_id, min_people)
            gates.append(gate)
            passed = sum(result.status == "passed" for result in gate.results)
            told = [result for result in gate.results if result.status != "passed"]
            failed, skipped = sum(result.severity != "report" for result in told), len(gate.skipped)
            click.echo(f"{name}: {passed} checks passed, {failed} did not, {skipped} had nothing to look at")
            for result in told:
                click.echo(f"  {result.severity}: {result.table_name}: {result.message} {result.remedy or ''}".rstrip())
            if page:
                write_docs(gate, page.with_name(f"{page.stem}-{name}{page.suffix or '.html'}"))
    if junit:
        write_junit(gates, junit)
    sys.exit(3 if any(gate.stops for gate in gates) else 0)


@main.command()
@_warehouse_options
@click.option("--min-people", type=click.IntRange(min=3), default=5, show_default=True)
@_refusals
def score(min_people, **where) -> None:
    """Score all teams and weeks and measure effects of changes from the marts already built, behind the gate."""
    from counterpoise.effects.marts import measure_effects
    from counterpoise.run import check as check_stage
    from counterpoise.scoring import score as score_all

    screen = Screen()
    with _open(**where) as warehouse:
        gates = [check_stage(warehouse, stage, "score") for stage in ("raw", "staging", "marts")]
        scored = score_all(warehouse, gates, min_people, lambda detail: screen("score", detail))
        measure_effects(warehouse, gates, min_people, lambda detail: screen("effects", detail))
    screen.end()
    click.echo(f"Scored: {scored} teams have a score in their last week.")


@main.command()
@_warehouse_options
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder of the report.")
@click.option("--part", help="Id or name of a part of the organisation: pages of its teams only.")
@_refusals
def report(out, part, **where) -> None:
    """Write the pages from the marts already built."""
    from counterpoise.report import build_report

    screen = Screen()
    with _open(**where) as warehouse:
        page = build_report(
            warehouse.query,
            out,
            marts_schema=warehouse.marts_schema,
            progress=lambda detail: screen("report", detail),
            marts=warehouse.tables(warehouse.marts_schema),
            part=part,
        )
    screen.end()
    click.echo(f"Report: {page}")


@main.command()
@click.option("--panel", type=click.Path(path_type=Path), required=True, help="CSV, CSV.gz or Parquet file.")
@click.option("--mapping", type=click.Path(path_type=Path), required=True, help="YAML file that says what is what.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for effects.json, effects.csv and effects.html.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@_refusals
def effects(panel, mapping, out, as_json) -> None:
    """Measure what a change did to outputs and outcomes, in any panel of units and periods or any randomised trial."""
    from counterpoise.effects import output
    from counterpoise.effects.analyse import analyse

    if out and out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file. Name a folder.")
    found = analyse(panel, mapping)
    click.echo(output.as_json(found) if as_json else output.as_text(found))
    if out:
        written = output.write(found, out)
        click.echo(f"\nWritten: {', '.join(map(str, written))}", err=as_json)


@main.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the contract tables.")
@click.option("--labels", type=click.Path(path_type=Path), help="Where the truth about each team goes; outside --out.")
@click.option("--teams", type=click.IntRange(1), default=12, show_default=True)
@click.option("--weeks", type=click.IntRange(4), default=104, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True)
@click.option("--scenario", default="demo", show_default=True, help="demo, evaluation or catalogue.")
@click.option("--scale", type=float, default=1.0, show_default=True, help="Volume of items.")
@click.option("--effect", type=float, default=1.0, show_default=True, help="Factor on all strengths (evaluation).")
@click.option("--dirt", type=float, default=0.0, show_default=True, help="Share of rows missing, doubled, late or off.")
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), default="2024-09-30", show_default=True, help="A Monday.")
@click.option("--format", "file_format", type=click.Choice(["parquet", "csv"]), default="parquet", show_default=True)
@click.option("--processes", type=click.IntRange(1), help="Side by side; as many as cores where there is much to make.")
@_refusals
def simulate(out, labels, teams, weeks, seed, scenario, scale, effect, dirt, start, file_format, processes) -> None:
    """Make an organisation that does not exist, item by item: honest teams and teams whose numbers mislead."""
    from counterpoise.simulation import simulate as make

    much = teams * weeks * scale > _TEAM_WEEKS_FOR_ONE_PROCESS
    with _progress_bar("simulate") as progress:
        summary = make(
            out, teams=teams, weeks=weeks, seed=seed, scenario=scenario, scale=scale, effect=effect, dirt=dirt,
            start=date(start.year, start.month, start.day), file_format=file_format, labels_path=labels,
            processes=processes or (os.cpu_count() or 1 if much else 1), progress=progress,
        )  # fmt: skip
    click.echo(
        f"Simulated: {summary.rows['work_items']:,} items of {summary.teams} teams in {summary.weeks} weeks: {out}"
    )


@main.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the page and the JSON.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder for the organisations, to be used again.")
@click.option("--short", is_flag=True, help="Two seeds, fewer teams, one arm. Exits 1 below the floors.")
@click.option("--seed", "seeds", type=click.IntRange(min=0), multiple=True, help="A seed, again for more. Default: 1-5")
@click.option("--arm", "arms", multiple=True, help="base, weak, small or dirty; again for more. Default: all.")
@click.option("--teams", type=click.IntRange(10), help="Teams of an organisation. Default: 60.")
@click.option("--weeks", type=click.IntRange(80), help="Weeks of an organisation. Default: 117.")
@click.option("--scale", type=float, help="Volume of items. Default: 1.")
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Organisations side by side.")
@click.option("--docs", type=click.Path(path_type=Path), help="Markdown file to write as well.")
@click.option("--write-floors", type=click.Path(path_type=Path), help="Where to write new floors, a little lower.")
@_refusals
def evaluate(out, keep, short, seeds, arms, teams, weeks, scale, jobs, docs, write_floors) -> None:
    """How well the score works: simulated organisations whose truth is known, beside the usual methods.

    For those who maintain counterpoise. Takes the best part of an hour; --short some minutes.
    """
    from dataclasses import replace

    from counterpoise.evaluation import page, protocol

    unknown = sorted(set(arms) - set(protocol.ARMS))
    if unknown:
        raise UsageError(f"--arm {unknown[0]} is not known. Choose of: {', '.join(protocol.ARMS)}.")
    if arms and "base" not in arms:
        raise UsageError("--arm base is missing: the page is about that one first.")
    given = {"seeds": seeds, "arms": arms, "teams": teams, "weeks": weeks, "scale": scale}
    plan = replace(
        protocol.SHORT if short else protocol.Plan(), **{name: value for name, value in given.items() if value}
    )
    screen = Screen()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".organisations-", dir=out) as temporary:
        result = protocol.evaluate(plan, keep or Path(temporary), screen, jobs)
    screen.end()
    (out / "evaluation.json").write_text(json.dumps(result, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    (out / "evaluation.html").write_text(page.as_html(result), encoding="utf-8")
    if docs:
        docs.write_text(page.as_markdown(result), encoding="utf-8")
    for row in result["targets"]:
        value = "no value" if row["value"] is None else f"{row['value']:g}"
        wanted = f"{'at least' if row['more_is_better'] else 'at most'} {row['aim']:g}"
        click.echo(f"  {row['label']}: {value}, wanted {wanted}: {'reached' if row['reached'] else 'not reached'}")
    click.echo(f"\nPage: {out / 'evaluation.html'}")
    if write_floors:
        content = {"made_by": "counterpoise evaluate --short --write-floors", "floors": protocol.floors_of(result)}
        write_floors.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    elif short:
        wrong = protocol.below_floors(result, protocol.read_floors())
        for line in wrong:
            click.echo(f"Below the floor: {line}", err=True)
        sys.exit(1 if wrong else 0)


@main.command()
@_warehouse_options
@click.option("--raw", type=click.Path(path_type=Path), help="Folder of raw tables that `run --raw` reads.")
@click.option("--file", "answers_file", type=click.Path(path_type=Path), help="CSV with the columns of annotations.")
@click.option("--team", help="Id of the team.")
@click.option("--week", help="Monday of the week it is about, like 2026-09-14.")
@click.option("--signal", help="Id of the signal it answers.")
@click.option("--response", help="Id of the response it answers.")
@click.option("--metric", help="Id of the metric it explains.")
@click.option("--state", help="explained, accepted, done or declined.")
@click.option("--due", help="Day by which it will be done, like 2026-10-12.")
@click.option("--note", help="A short remark, without names of people.")
@_refusals
def answer(
    raw, answers_file, team, week, signal, response, metric, state, due, note, db, target, **where,
) -> None:  # fmt: skip
    """Write down what became of a signal or a next step, for the next run to read.

    With --raw into annotations.csv of that folder, else into the raw table annotations of the warehouse. The same
    answer given twice is one row.
    """
    from counterpoise.answers import (
        is_loaded_from_a_folder,
        read_answer,
        read_file,
        write_to_folder,
        write_to_warehouse,
    )

    one = {
        "team_id": team, "week_start": week, "signal_id": signal, "response_id": response, "metric_id": metric,
        "state": state, "due_on": due, "note": note,
    }  # fmt: skip
    if answers_file and any(one.values()):
        raise UsageError("Give --file, or one answer by --team, --week and so on, not both.")
    if raw and (db or target):
        raise UsageError("Give --raw, or a warehouse by --db or --target, not both.")
    if not (raw or db or target):
        raise UsageError("Say where the answer goes: --raw FOLDER, --db FILE or --target NAME.")
    if answers_file:
        answers = read_file(answers_file)
    else:
        names = {"team_id": "--team", "week_start": "--week", "state": "--state"}
        missing = [option for name, option in names.items() if not one[name]]
        if missing:
            raise UsageError(f"{' and '.join(missing)} {'are' if len(missing) > 1 else 'is'} missing.")
        answers = [read_answer(one)]
    if raw:
        added = write_to_folder(raw, answers)
        place = f"{raw / 'annotations.csv'}"
    else:
        if db and not db.exists():
            raise UsageError(f"{db} does not exist. Name the file that `counterpoise run --db` published.")
        with _open(db=db, target=target, **where) as warehouse:
            added = write_to_warehouse(warehouse, answers)
            place = f"annotations of {warehouse.shown_as}"
            if is_loaded_from_a_folder(warehouse):
                click.echo(
                    "This warehouse was filled from files, and the next run with --raw or --event-log replaces what is "
                    "in it. For a folder, answer with --raw FOLDER.",
                    err=True,
                )
    told = len(answers) - added
    already = f", {told} stood there already" if told else ""
    click.echo(f"Answered: {added} {'row' if added == 1 else 'rows'} into {place}{already}. The next run reads them.")


@main.command()
@_warehouse_options
@click.option("--pool", help="Metrics to draw from, with commas between.")
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), help="First day of the first period.")
@click.option("--period", type=click.Choice(["month", "quarter"]), default="month", show_default=True)
@click.option("--periods", type=click.IntRange(1, 400), default=24, show_default=True, help="How many there will be.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Reveal periods begun by this day. Default: today.")
@click.option("--team", "teams", multiple=True, help="A team; again for more. Default: all teams of the warehouse.")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), help="File to write, or to verify.")
@click.option("--verify", is_flag=True, help="Check what was published. Exits 1 when something does not fit.")
@_refusals
def rotate(pool, start, period, periods, as_of, teams, csv_file, verify, db, target, **where) -> None:
    """Let the metric that counts change by a schedule nobody can foresee and everybody can check.

    The schedule is made from a secret of yours in COUNTERPOISE_ROTATION_SECRET. Publish its anchor before the first
    day: call it then, and the anchor is all there is to show.
    """
    from counterpoise import rotation

    if db and not db.exists():
        raise UsageError(f"{db} does not exist. Name the file that `counterpoise run --db` published.")
    if verify:
        if csv_file:
            rows = rotation.read_csv(csv_file)
        elif db or target:
            with _open(db=db, target=target, **where) as warehouse:
                rows = rotation.published(warehouse)
        else:
            raise UsageError("Say what to verify: --csv FILE, --db FILE or --target NAME.")
        wrong = rotation.problems(rows)
        for line in wrong:
            click.echo(line)
        fits = f"{len(rows)} draws fit their keys, and the keys fit their anchor." if rows else "There is no draw yet."
        click.echo(f"{len(wrong)} {'thing does' if len(wrong) == 1 else 'things do'} not fit." if wrong else fits)
        sys.exit(1 if wrong else 0)
    if not pool or not start:
        raise UsageError("--pool and --start are missing: which metrics, and from which day?")
    if not (db or target or (csv_file and teams)):
        raise UsageError("Say where the draws go: --db FILE or --target NAME, or --csv FILE with each --team.")
    today = datetime.now(UTC).date()
    day = as_of.date() if as_of else today
    if day > today:
        raise UsageError(f"--as-of {day} lies ahead: a period is revealed when it begins, not before.")
    plan = rotation.Plan(tuple(part.strip() for part in pool.split(",")), start.date(), period, periods)
    secret = os.environ.get(rotation.SECRET_VARIABLE, "")
    if db or target:
        with _open(db=db, target=target, **where) as warehouse:
            found = rotation.draws(plan, rotation.known_teams(warehouse, teams, plan), secret, day)
            added = rotation.keep(warehouse, found)
    else:
        found = rotation.draws(plan, teams, secret, day)
        added = len(found)
    if csv_file:
        rotation.write_csv(csv_file, found)
    click.echo(f"Anchor: {rotation.anchor_of(plan, secret)}")
    click.echo(f"Revealed: {plan.revealed(day)} of {periods} periods, {added} new draws.")


@main.command()
@_warehouse_options
@click.option("--week", type=click.DateTime(["%Y-%m-%d"]), help="Monday of the week. Default: the last scored week.")
@click.option("--routes", type=click.Path(path_type=Path), help="YAML file that says who gets which part, by Apprise.")
@click.option("--out", type=click.Path(path_type=Path), help="FILE.md, or a folder for every form of it.")
@click.option("--again", is_flag=True, help="Send also what was sent before.")
@click.option("--min-people", type=click.IntRange(min=3), default=5, show_default=True, help="Smaller teams stay out.")
@click.option("--json", "as_json", is_flag=True, help="Print the digest and what became of it as JSON.")
@_refusals
def digest(week, routes, out, again, min_people, as_json, db, **where) -> None:
    """What shifted in a week, who owns it, what to ask, what was answered: printed, or sent where work happens.

    Quiet when nothing moved. Exits 1 when an address did not take it; the others got it all the same.
    """
    from counterpoise.digest.run import digest as make_and_send
    from counterpoise.digest.run import write
    from counterpoise.digest.words import say
    from counterpoise.report.words import day

    if db and not db.exists():
        raise UsageError(f"{db} does not exist. Name the file that `counterpoise run --db` published.")
    told = make_and_send(_open(db=db, **where), week.date() if week else None, routes, again, min_people)
    moved = told.digest.has_moved
    written = write(told, out) if out and moved else []
    if as_json:
        click.echo(json.dumps(told.as_dict(), indent=2))
    elif not moved:
        click.echo(say("quiet", week=day(told.digest.week)))
    elif not (routes or out):
        click.echo(told.markdown, nl=False)
    for path in written:
        click.echo(f"Written: {path}", err=as_json)
    failed = [one for one in told.deliveries if one.status == "failed"]
    for one in told.deliveries:
        said = {"quiet": "nothing moved, nothing sent", "already": "sent before"}.get(one.status, one.status)
        line = f"{one.route}, address {one.address}: {said}{f'. {one.reason}' if one.reason else ''}"
        click.echo(line, err=as_json or one.status == "failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
