"""The command line. Every step of a run can be called alone; `counterpoise run` does them in order."""

import json
import os
import shlex
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
import yaml

from counterpoise import __version__
from counterpoise.console import Answer, Commands, Failure, Screen, answering, plain, program, progress_bar, styled
from counterpoise.errors import CounterpoiseError, UsageError
from counterpoise.init import TOOLS, WAREHOUSES, Choice, next_commands, planned
from counterpoise.project import find_project_dir

_DEMO_SALT = (
    "Ids of persons are hashed with the public demo salt. "
    "Outside a demo, set COUNTERPOISE_SALT to a long random text of your own."
)

# Below this many teams times weeks times scale, starting more processes takes longer than they save.
_TEAM_WEEKS_FOR_ONE_PROCESS = 15_000


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


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="counterpoise")
def main() -> None:
    """Tells an organisation when a number it is proud of is hurting it.

    \b
    Where to begin
      See it with data that is made up:
        counterpoise simulate --out demo/raw
        counterpoise run --raw demo/raw --db demo/demo.duckdb
        counterpoise explain Atlas --db demo/demo.duckdb
      With your own: `counterpoise init` asks which tools you have and says what comes next.
      Something is not right: `counterpoise doctor` says what, and what to do about it.

    \b
    More examples
      An event log:  counterpoise run --event-log log.csv --mapping log.yml --db log_marts.duckdb
      A warehouse:   counterpoise run --target prod --profiles-dir ~/.dbt --out report
      For machines:  counterpoise explain Atlas --db demo/demo.duckdb --json

    `counterpoise COMMAND --help` tells each command's options; docs/command-line.md has all of it on one page.

    Exit codes: 0 done (also with teams withheld), 1 failed, 2 wrong usage, 3 a `stop` check held the run.
    """


@main.command(short_help="The whole job: check, build, score, report, publish.")
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
@click.option(
    "--log", "log_format", type=click.Choice(["text", "json"]), default="text", show_default=True,
    envvar="COUNTERPOISE_LOG", show_envvar=True, help="Progress on stderr: words, or a line of JSON for each event.",
)
@_junit
@_full_refresh
@answering
def run(raw, event_log, mapping, out, min_people, log_format, junit, full_refresh, db, **where) -> Answer:
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
        # the last line of a log for machines says it
        error.failure = Failure(summary.as_dict(), is_told=log_format == "json")  # type: ignore[attr-defined]
        raise
    finally:
        screen.end()
    if summary.demo_salt and log_format == "text":
        click.echo(f"\n{_DEMO_SALT}", err=True)
    options = {"--db": db, **{f"--{name.replace('_', '-')}": where[name] for name in ("target", "profiles_dir")}}
    return Answer(summary.as_dict(), _summary_text(summary, options))


def _summary_text(summary: Any, options: dict[str, Any]) -> str:
    """What a run ends with: what is new, how the teams are, what is wrong with the data, where it all is."""

    def section(title: str, lines: list[str], nothing: str, most: int = 8) -> list[str]:
        more = [f"… and {len(lines) - most} more in the report"] if len(lines) > most else []
        return ["", styled(title, bold=True), *(f"  {plain(line)}" for line in [*(lines[:most] or [nothing]), *more])]

    teams = "1 team" if summary.teams == 1 else f"{summary.teams} teams"
    same = "".join(f" {option} {shlex.quote(str(value))}" for option, value in options.items() if value)
    bands = [f"{band.replace('_', ' '):18} {count}" for band, count in summary.bands.items()]
    return "\n".join([
        f"\ncounterpoise: data through {summary.data_through}, {teams}",
        *section("New this week", summary.new, "nothing moved"),
        *section("Teams by band", bands, "no team with data"),
        *section("Data problems", summary.problems, "none"),
        f"\nMarts:  {summary.database}\nReport: {summary.report}\nWhy:    {program()} explain TEAM{same}",
    ])  # fmt: skip


@main.command(short_help="Build the marts from the raw tables.")
@_warehouse_options
@click.option("--without-tests", is_flag=True, help="Leave out dbt's tests of the data, as `run` does.")
@_full_refresh
@answering
def build(without_tests, full_refresh, **where) -> Answer:
    """Build the marts from the raw tables already there. Nothing is scored or published.

    Where data, code and vars are those of the last build, dbt is left out.
    """
    screen = Screen()
    with _open(**where) as warehouse:
        since = warehouse.build(
            lambda detail: screen("build", detail), tested=not without_tests, full_refresh=full_refresh
        )
    screen.end()
    told = f"Nothing new since {since}: dbt skipped" if since else f"Built: {warehouse.shown_as}"
    return Answer({"database": warehouse.shown_as, "is_built": since is None, "nothing_new_since": since}, told)


@main.command(short_help="Run the quality gate where the data lies.")
@_warehouse_options
@click.option("--stage", type=click.Choice(_STAGES), multiple=True, help="Default: all four.")
@click.option("--page", type=click.Path(path_type=Path), help="Also write the results as a page for each stage.")
@click.option("--min-people", type=click.IntRange(min=3), default=5, show_default=True, help="Smaller are not named.")
@_junit
@answering
def check(stage, page, min_people, junit, **where) -> Answer:
    """Run the quality gate where the data lies. Exits 3 when a check of severity `stop` fails."""
    from counterpoise.guardrails import write_docs, write_junit
    from counterpoise.run import check as check_stage

    gates, lines, stages = [], [], []
    run_id = f"check-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    screen = Screen()
    with _open(**where) as warehouse:
        for name in stage or _STAGES:
            screen("check", name)
            gate = check_stage(warehouse, name, run_id, min_people)
            gates.append(gate)
            passed = sum(result.status == "passed" for result in gate.results)
            told = [result for result in gate.results if result.status != "passed"]
            failed, skipped = sum(result.severity != "report" for result in told), len(gate.skipped)
            lines.append(f"{name}: {passed} checks passed, {failed} did not, {skipped} had nothing to look at")
            for result in told:
                line = f"  {result.severity}: {result.table_name}: {result.message} {result.remedy or ''}"
                lines.append(plain(line.rstrip()))
            stages.append({
                "stage": name, "passed": passed, "not_passed": failed, "skipped": skipped,
                "results": [result.as_row() for result in told],
            })  # fmt: skip
            if page:
                write_docs(gate, page.with_name(f"{page.stem}-{name}{page.suffix or '.html'}"))
    screen.end()
    if junit:
        write_junit(gates, junit)
    exit_code = 3 if any(gate.stops for gate in gates) else 0
    return Answer({"run_id": run_id, "stages": stages}, "\n".join(lines), exit_code)


@main.command(short_help="Score teams and measure effects of changes.")
@_warehouse_options
@click.option("--min-people", type=click.IntRange(min=3), default=5, show_default=True)
@answering
def score(min_people, **where) -> Answer:
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
    told = f"Scored: {scored} teams have a score in their last week."
    return Answer({"database": warehouse.shown_as, "scored_teams": scored}, told)


@main.command(short_help="Write the pages from the marts.")
@_warehouse_options
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder of the report.")
@click.option("--part", help="Id or name of a part of the organisation: pages of its teams only.")
@answering
def report(out, part, **where) -> Answer:
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
    return Answer({"report": str(page)}, f"Report: {page}")


@main.command(short_help="What a change did, in any panel or trial of yours.")
@click.option("--panel", type=click.Path(path_type=Path), required=True, help="CSV, CSV.gz or Parquet file.")
@click.option("--mapping", type=click.Path(path_type=Path), required=True, help="YAML file that says what is what.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for effects.json, effects.csv and effects.html.")
@answering
def effects(panel, mapping, out) -> Answer:
    """Measure what a change did to outputs and outcomes, in any panel of units and periods or any randomised trial."""
    from counterpoise.effects import output
    from counterpoise.effects.analyse import analyse

    if out and out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file. Name a folder.")
    found = analyse(panel, mapping)
    written = output.write(found, out) if out else []
    told = f"\n\nWritten: {', '.join(map(str, written))}" if written else ""
    document = {**json.loads(output.as_json(found)), "written": list(map(str, written))}
    return Answer(document, output.as_text(found) + told)


@main.command(short_help="Make up an organisation to try it on.")
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
@answering
def simulate(out, labels, teams, weeks, seed, scenario, scale, effect, dirt, start, file_format, processes) -> Answer:
    """Make an organisation that does not exist, item by item: honest teams and teams whose numbers mislead."""
    from counterpoise.simulation import simulate as make

    much = teams * weeks * scale > _TEAM_WEEKS_FOR_ONE_PROCESS
    with progress_bar("simulate") as progress:
        summary = make(
            out, teams=teams, weeks=weeks, seed=seed, scenario=scenario, scale=scale, effect=effect, dirt=dirt,
            start=date(start.year, start.month, start.day), file_format=file_format, labels_path=labels,
            processes=processes or (os.cpu_count() or 1 if much else 1), progress=progress,
        )  # fmt: skip
    told = f"Simulated: {summary.rows['work_items']:,} items of {summary.teams} teams in {summary.weeks} weeks: {out}"
    return Answer(asdict(summary), told)


@main.command(short_help="How well the score works (for maintainers).")
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
@answering
def evaluate(out, keep, short, seeds, arms, teams, weeks, scale, jobs, docs, write_floors) -> Answer:
    """How well the score works: simulated organisations whose truth is known, beside the usual methods.

    For those who maintain counterpoise. Takes the best part of an hour; --short some minutes.
    """
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
    lines = []
    for row in result["targets"]:
        value = "no value" if row["value"] is None else f"{row['value']:g}"
        wanted = f"{'at least' if row['more_is_better'] else 'at most'} {row['aim']:g}"
        lines.append(f"  {row['label']}: {value}, wanted {wanted}: {'reached' if row['reached'] else 'not reached'}")
    lines.append(f"\nPage: {out / 'evaluation.html'}")
    wrong = []
    if write_floors:
        content = {"made_by": "counterpoise evaluate --short --write-floors", "floors": protocol.floors_of(result)}
        write_floors.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    elif short:
        wrong = protocol.below_floors(result, protocol.read_floors())
        for line in wrong:
            click.echo(f"Below the floor: {line}", err=True)
    document = {"page": str(out / "evaluation.html"), "targets": result["targets"], "below_floors": wrong}
    return Answer(document, "\n".join(lines), 1 if wrong else 0)


@main.command(short_help="Write down what became of a sign or a step.")
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
@answering
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
    return Answer(
        {"added": added, "already_there": told, "place": place},
        f"Answered: {added} {'row' if added == 1 else 'rows'} into {place}{already}. The next run reads them.",
    )


@main.command(short_help="Let the metric that counts change by a fair schedule.")
@_warehouse_options
@click.option("--pool", help="Metrics to draw from, with commas between.")
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), help="First day of the first period.")
@click.option("--period", type=click.Choice(["month", "quarter"]), default="month", show_default=True)
@click.option("--periods", type=click.IntRange(1, 400), default=24, show_default=True, help="How many there will be.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Reveal periods begun by this day. Default: today.")
@click.option("--team", "teams", multiple=True, help="A team; again for more. Default: all teams of the warehouse.")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), help="File to write, or to verify.")
@click.option("--verify", is_flag=True, help="Check what was published. Exits 1 when something does not fit.")
@answering
def rotate(pool, start, period, periods, as_of, teams, csv_file, verify, db, target, **where) -> Answer:
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
        fits = f"{len(rows)} draws fit their keys, and the keys fit their anchor." if rows else "There is no draw yet."
        told = f"{len(wrong)} {'thing does' if len(wrong) == 1 else 'things do'} not fit." if wrong else fits
        lines = "\n".join(map(plain, [*wrong, told]))
        return Answer({"draws": len(rows), "problems": wrong}, lines, 1 if wrong else 0)
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
    anchor, revealed = rotation.anchor_of(plan, secret), plan.revealed(day)
    return Answer(
        {"anchor": anchor, "revealed": revealed, "periods": periods, "new_draws": added},
        f"Anchor: {anchor}\nRevealed: {revealed} of {periods} periods, {added} new draws.",
    )


@main.command(short_help="What moved in a week, printed or sent.")
@_warehouse_options
@click.option("--week", type=click.DateTime(["%Y-%m-%d"]), help="Monday of the week. Default: the last scored week.")
@click.option("--routes", type=click.Path(path_type=Path), help="YAML file that says who gets which part, by Apprise.")
@click.option("--out", type=click.Path(path_type=Path), help="FILE.md, or a folder for every form of it.")
@click.option("--again", is_flag=True, help="Send also what was sent before.")
@click.option("--min-people", type=click.IntRange(min=3), default=5, show_default=True, help="Smaller teams stay out.")
@answering
def digest(week, routes, out, again, min_people, db, **where) -> Answer:
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
    lines = []
    if not moved:
        lines.append(say("quiet", week=day(told.digest.week)))
    elif not (routes or out):
        lines.append(told.markdown.rstrip("\n"))
    lines += [f"Written: {path}" for path in written]
    failed = [one for one in told.deliveries if one.status == "failed"]
    for one in told.deliveries:
        said = {"quiet": "nothing moved, nothing sent", "already": "sent before"}.get(one.status, one.status)
        line = f"{one.route}, address {one.address}: {said}{f'. {one.reason}' if one.reason else ''}"
        if one.status == "failed":
            click.echo(line, err=True)
        else:
            lines.append(line)
    return Answer({**told.as_dict(), "written": list(map(str, written))}, "\n".join(lines), 1 if failed else 0)


@main.command(short_help="One team's story, and the SQL behind each number.")
@click.argument("team")
@_warehouse_options
@click.option("--week", type=click.DateTime(["%Y-%m-%d"]), help="Monday of the week. Default: the last scored week.")
@click.option("--metric", "metric_id", help="Id of a metric to go into as well, week by week.")
@click.option("--min-people", type=click.IntRange(min=3), default=5, show_default=True, help="Smaller are not shown.")
@answering
def explain(team, week, metric_id, min_people, **where) -> Answer:
    """One team's story, the reasons, the numbers behind them, and the SQL that gives each number.

    TEAM is the id or the name of a team. Every number comes from the SQL that stands under it, which you can paste into
    any client. Nothing is changed, and no lock is taken.

    \b
    Examples: counterpoise explain Atlas --db demo/demo.duckdb
              counterpoise explain team-0005 --db demo/demo.duckdb --week 2026-05-18 --metric reopen_rate
              counterpoise explain Atlas --target prod --profiles-dir ~/.dbt --json
    """
    from counterpoise.explain import as_text
    from counterpoise.explain import explain as look

    found = look(_open(**where), team, week.date() if week else None, metric_id, min_people)
    return Answer(found.document, as_text(found))


@main.command(short_help="Is all there that a run needs, and what is to mend?")
@_warehouse_options
@answering
def doctor(**where) -> Answer:
    """Is all there that a run needs? Versions, connection, rights, tables, freshness, settings, lock, disk.

    Each finding comes with what to do about it. Nothing is changed and no secret is told. Exits 1 when something has to
    be mended first.
    """
    from counterpoise.doctor import as_text, examine

    is_named = bool(where["db"] or where["target"] or where["profiles_dir"])
    findings = examine((lambda: _open(**where)) if is_named else None)
    has_problem = any(found.is_problem for found in findings)
    document = {"healthy": not has_problem, "findings": [asdict(found) for found in findings]}
    return Answer(document, as_text(findings), 1 if has_problem else 0)


@main.command(short_help="Say which tools you have; get vars and a profile.")
@click.option("--tool", "tools", type=click.Choice(TOOLS), multiple=True, help="A tool you have; again for more.")
@click.option("--warehouse", type=click.Choice(WAREHOUSES), help="Where the data is to lie.")
@click.option("--raw-schema", default="work_system", show_default=True, help="Schema of tables of your own.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=".", help="Folder. Default: here.")
@click.option("--force", is_flag=True, help="Write over files that are there, without asking.")
@answering
def init(tools, warehouse, raw_schema, out, force) -> Answer:
    """Ask which tools and which warehouse you have, and write what a first run needs.

    Writes counterpoise_vars.yml and profiles.yml (and a mapping.yml for an event log), and says the next command.
    Asks nothing where --tool and --warehouse say it.

    \b
    Example: counterpoise init --tool jira --tool zendesk --warehouse postgres --out ~/counterpoise
    """
    is_asked = sys.stdin.isatty()
    if not (tools and warehouse) and not is_asked:
        raise UsageError("Nobody is there to be asked. Say --tool (again for more) and --warehouse.")

    def several(told: str) -> tuple[str, ...]:
        """What was typed, with commas between; asked again where a word is not known."""
        return tuple(click.Choice(TOOLS)(part.strip().lower()) for part in told.split(",") if part.strip())

    question = f"Which of these do you have? Commas between.\n  {', '.join(TOOLS)}\n"
    tools = tools or click.prompt(question, default="own-tables", value_proc=several, err=True)
    warehouse = warehouse or click.prompt(
        "Where is the data to lie?", default="duckdb", type=click.Choice(WAREHOUSES), err=True
    )
    choice = Choice(tuple(dict.fromkeys(tools)), warehouse, raw_schema)
    if not raw_schema.isidentifier():
        raise UsageError(f"--raw-schema {plain(raw_schema)} is not a plain name. Use letters, digits and _.")
    files = planned(choice, out)
    there = [path for path in files if path.exists()]
    if there and not force:
        told = f"{', '.join(map(str, there))} {'is' if len(there) == 1 else 'are'} there already."
        if not is_asked:
            raise UsageError(f"{told} --force writes over it.")
        if not click.confirm(f"{told} Write over it?", err=True):
            raise CounterpoiseError("Nothing was written.")
    out.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    commands = next_commands(choice, out)
    lines = [*(f"Written: {path}" for path in files), "", "Next:", *(f"  {command}" for command in commands)]
    document = {"written": list(map(str, files)), "next": commands}
    return Answer(document, "\n".join(lines))


if __name__ == "__main__":
    main()
