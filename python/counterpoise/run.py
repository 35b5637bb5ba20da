"""The order of a run: check raw, build aside, check staging and marts, score, check scores, report, publish.

What stops it changes nothing that readers see.
"""

import ctypes
import json
import os
import shutil
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from counterpoise import __version__
from counterpoise.effects.marts import measure_effects
from counterpoise.errors import CounterpoiseError, StopCheck, trouble_in_words
from counterpoise.guardrails import CheckReport, run_checks, write_docs, write_junit
from counterpoise.guardrails.history import keep_results
from counterpoise.inputs import load_event_log, load_folder
from counterpoise.report import build_report, check_out_dir
from counterpoise.scoring import score
from counterpoise.warehouse import Warehouse

Progress = Callable[[str, str], None]  # step, detail

SALT_VARIABLE = "COUNTERPOISE_SALT"
DEMO_SALT = "counterpoise-demo-salt"  # known to everybody; the same as in macros/registry/salt.sql
SUMMARY_FILE = "run.json"
OWN_SUITES = "counterpoise_suites"  # folder in the dbt project


def new_run_id() -> str:
    """A name for a run; by the same clock, later runs sort behind earlier ones."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"


def _now_as_text() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


@dataclass
class Summary:
    """What a run did, for the screen and for machines. docs/scheduled-runs.md explains each field to users.

    Attributes:
        exit_code: None until the run has ended; None for good where it was killed.
        ended_at, started_at: UTC.
        steps: name and seconds of each step that was begun, with rows where they were counted.
        failed_step: the step in which it failed; None before the first and where it did not fail.
        message: why it failed.
        remedy: what to do, where it is told apart from the message.
        held_by: the checks that held it: table, message, remedy.
        bands: number of teams by band in their last week; `withheld` and `insufficient_data` beside the bands.
        new: sentences on what changed in the last week.
        problems: sentences on the data.
        demo_salt: ids of persons are hashed with the public salt of the demo.
    """

    run_id: str = field(default_factory=new_run_id)
    exit_code: int | None = None
    started_at: str = field(default_factory=_now_as_text)
    ended_at: str | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)
    failed_step: str | None = None
    message: str | None = None
    remedy: str | None = None
    held_by: list[dict[str, str | None]] = field(default_factory=list)
    data_through: date | None = None
    teams: int = 0
    bands: dict[str, int] = field(default_factory=dict)
    new: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    demo_salt: bool = False
    report: str | None = None
    database: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def as_json(self) -> str:
        return json.dumps(self.as_dict(), default=str, indent=2)

    def end(self, error: BaseException | None = None) -> None:
        """Write down how the run ended, unless that stands there already."""
        if self.exit_code is not None:
            return
        self.ended_at, self.exit_code = _now_as_text(), 0
        if error is None:
            return
        self.exit_code = 1
        self.failed_step = self.steps[-1]["step"] if self.steps else None
        if isinstance(error, CounterpoiseError):
            self.exit_code, self.message, self.remedy = error.exit_code, error.what, error.remedy
        elif isinstance(error, OSError):
            self.message = trouble_in_words(error)
        elif isinstance(error, KeyboardInterrupt):
            self.message = "Stopped from the keyboard. What was published before still stands."
        else:  # its text may quote a row
            self.message = f"{type(error).__name__}: an error nobody expected. What it was stands in the error output."

    def write(self, folder: Path) -> None:
        """Put it in `folder` as run.json, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".{SUMMARY_FILE}.new"
        fresh.write_text(self.as_json(), encoding="utf-8")
        fresh.replace(folder / SUMMARY_FILE)


class _Steps:
    """Passes progress on, and writes down how long each step took."""

    def __init__(self, summary: Summary, progress: Progress) -> None:
        self._summary = summary
        self._progress = progress

    def __call__(self, step: str, detail: str) -> None:
        if not self._summary.steps or self._summary.steps[-1]["step"] != step:
            self.end()
            self._began = time.monotonic()
            self._summary.steps.append({"step": step, "seconds": None})
        self._progress(step, detail)

    def end(self) -> None:
        """The step at work, if any, has ended."""
        if self._summary.steps and self._summary.steps[-1]["seconds"] is None:
            self._summary.steps[-1]["seconds"] = round(time.monotonic() - self._began, 1)

    def count(self, rows: int) -> None:
        """Rows of the step at work."""
        self._summary.steps[-1]["rows"] = rows


@dataclass(frozen=True)
class Source:
    """Where raw data comes from: a folder of contract tables, or one event log with its mapping.

    With neither, the warehouse has it already.
    """

    folder: Path | None = None
    event_log: str | None = None
    mapping: Path | None = None

    def load(self, warehouse: Warehouse, progress: Callable[[str], None]) -> int | None:
        """Rows that were loaded; None where the warehouse has them already."""
        loaded = None
        if self.folder is not None:
            loaded = warehouse.load(
                lambda connection: load_folder(connection, self.folder, schema=warehouse.raw_schema, progress=progress)
            )
        elif self.event_log is not None:
            log = self.event_log if self.event_log.startswith("table:") else Path(self.event_log)
            loaded = warehouse.load(
                lambda connection: load_event_log(
                    connection, log, self.mapping, schema=warehouse.raw_schema, progress=progress
                )
            )
        return sum(loaded.tables.values()) if loaded else None


def run(
    warehouse: Warehouse,
    source: Source,
    out: Path,
    progress: Progress,
    min_people: int = 5,
    full_refresh: bool = False,
    junit: Path | None = None,
    summary: Summary | None = None,
) -> Summary:
    """The whole job. Readers see the new marts and report only when all of it went well.

    Args:
        warehouse: not yet entered; the run takes its lock.
        out: folder of the report, replaced whole at the end.
        full_refresh: dbt builds everything anew, also where nothing is new.
        junit: file for the results of the checks as JUnit XML, also of a run that a check held.
        summary: filled in on the way, so that whoever gave it can tell how far a run came that failed. From when the
            lock is taken, it is in the work folder as run.json too.

    Raises:
        StopCheck: a check of severity `stop` failed.
        CounterpoiseError: input refused, dbt failed, no space, another run at work.
    """
    summary = summary or Summary()
    steps = _Steps(summary, progress)
    try:
        check_out_dir(out)
        with warehouse:
            try:
                summary.write(warehouse.work_folder())
                _run(warehouse, source, out, steps, min_people, full_refresh, junit, summary)
            except Exception as error:
                told = warehouse.explained(error)
                steps.end()
                summary.end(told)
                _write_if_possible(summary, warehouse)
                if told is error:
                    raise
                raise told from error
            steps.end()
            summary.end()
            _write_if_possible(summary, warehouse)
    except BaseException as error:
        steps.end()
        summary.end(error)
        raise
    return summary


def _write_if_possible(summary: Summary, warehouse: Warehouse) -> None:
    try:
        summary.write(warehouse.work_folder())
    except OSError:  # a full disk: what began the run still says that it has not ended well
        pass


def _run(
    warehouse: Warehouse,
    source: Source,
    out: Path,
    steps: _Steps,
    min_people: int,
    full_refresh: bool,
    junit: Path | None,
    summary: Summary,
) -> None:
    restore_folder(out)
    steps("load", "reading the raw data")
    rows = source.load(warehouse, lambda detail: steps("load", detail))
    if rows is not None:
        steps.count(rows)
    _write_salt(warehouse)
    clock = Clock(warehouse)
    gates: list[CheckReport] = []

    def look(stage: str, question: str) -> None:
        steps(f"check {stage}", question)
        gates.append(check(warehouse, stage, summary.run_id, min_people, clock.now()))
        _stop_if_held(gates, warehouse, summary, junit)

    look("raw", "is the raw data what it says it is?")
    steps("build", "dbt builds the marts aside")
    # dbt's own tests of the data are for those who run dbt alone; here the gate checks the marts
    since = warehouse.build(lambda detail: steps("build", detail), tested=False, full_refresh=full_refresh)
    if since:
        steps("build", f"nothing new since {since}: dbt skipped")
    look("staging", "was all of it read, once and typed?")
    look("marts", "do the marts hold together?")
    score(warehouse, gates, min_people, lambda detail: steps("score", detail))
    measure_effects(warehouse, gates, min_people, lambda detail: steps("effects", detail))
    look("scores", "do the scores hold together?")
    keep_results(warehouse, gates)
    if junit is not None:
        write_junit(gates, junit)
    summarise(warehouse, summary)
    summary.problems += clock.problems()
    record_run(warehouse, summary, clock.now())
    aside = warehouse.work_folder() / "report"
    shutil.rmtree(aside, ignore_errors=True)
    steps("report", "writing the pages")
    build_report(
        warehouse.query,
        aside,
        marts_schema=warehouse.marts_schema,
        progress=lambda detail: steps("report", detail.removeprefix("Report: ")),
        min_people=min_people,
        marts=warehouse.tables(warehouse.marts_schema),
    )
    steps("publish", "swapping in the new marts and report")
    waiting = bring_beside(aside, out)
    warehouse.publish()
    swap_folders(waiting, out)
    summary.report, summary.database = str(out / "index.html"), warehouse.shown_as


class Clock:
    """The present, and never before what earlier runs have written: the newest row stays the newest."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._last: datetime | None = None
        if warehouse.has(warehouse.marts_schema, "published_runs"):
            found = warehouse.query(f"select max(published_at) as at from {warehouse.marts_schema}.published_runs")
            self._last = found["at"].to_pylist()[0]

    def now(self) -> datetime:
        """UTC, without a zone."""
        now = datetime.now(UTC).replace(tzinfo=None)
        return now if self._last is None or now > self._last else self._last + timedelta(milliseconds=1)

    def problems(self) -> list[str]:
        """A sentence, where the clock has been put back since the last run."""
        now = datetime.now(UTC).replace(tzinfo=None)
        if self._last is None or now > self._last:
            return []
        return [
            f"The clock of this machine says {now:%Y-%m-%d %H:%M} UTC, and the last run was published at "
            f"{self._last:%Y-%m-%d %H:%M} UTC. Set the clock; this run counts as the later one all the same."
        ]


def check(
    warehouse: Warehouse, stage: str, run_id: str, min_people: int = 5, now: datetime | None = None
) -> CheckReport:
    """Run the suites of one stage where the data lies. `now` is UTC; the present by default."""
    return run_checks(
        warehouse.check_target(stage),
        stage,
        run_id,
        read_only=True,
        now=now,
        raw_schema=warehouse.raw_schema,
        private_schema=warehouse.private_schema,
        marts_schema=warehouse.marts_schema,
        connectors=warehouse.layout.connectors,
        min_people=min_people,
        own_suites=warehouse.project.project_dir / OWN_SUITES,
    )


def record_run(warehouse: Warehouse, summary: Summary, now: datetime) -> None:
    """Add this run to `published_runs`, so that readers know which one they see."""
    version = warehouse.query(f"select max(model_version) as version from {warehouse.marts_schema}.team_risk")
    warehouse.append_rows("published_runs", pa.table({
        "run_id": [summary.run_id],
        "published_at": pa.array([now], pa.timestamp("us")),
        "data_through": pa.array([summary.data_through], pa.date32()),
        "teams": pa.array([summary.teams], pa.int32()),
        "scored_teams": pa.array(
            [sum(n for band, n in summary.bands.items() if band not in ("withheld", "insufficient_data"))], pa.int32()
        ),
        "withheld_teams": pa.array([summary.bands.get("withheld", 0)], pa.int32()),
        "model_version": version["version"],
        "package_version": [__version__],
    }))  # fmt: skip


def summarise(warehouse: Warehouse, summary: Summary) -> None:
    """Put into the summary what is new this week, teams by band, data problems: read from the marts."""
    marts = warehouse.marts_schema
    latest = warehouse.query(
        "select r.team_id, coalesce(t.team_name, r.team_id) as team_name, r.data_through, r.band, r.status, r.alert, "
        "r.place from (select *, row_number() over (partition by team_id order by week_start desc) as place "
        f"from {marts}.team_risk) as r left join {marts}.dim_team as t on r.team_id = t.team_id where r.place <= 2 "
        "order by t.sort_order, r.place"
    ).to_pylist()
    now = {row["team_id"]: row for row in latest if row["place"] == 1}
    before = {row["team_id"]: row for row in latest if row["place"] == 2}
    order = ("clear", "watch", "elevated", "high")
    new = []
    for team, row in now.items():
        earlier = before.get(team)
        if row["status"] != "scored" or not earlier or earlier["status"] != "scored":
            continue
        if row["alert"] and not earlier["alert"]:
            new.append(f"{row['team_name']}: new alert.")
        elif order.index(row["band"]) > order.index(earlier["band"]):
            new.append(f"{row['team_name']}: from {earlier['band']} to {row['band']}.")
    problems = warehouse.query(
        f"select sentence from {marts}.fct_data_health where severity <> 'info' order by severity, note_id, sentence"
    )["sentence"].to_pylist()
    counted = Counter(row["band"] if row["status"] == "scored" else row["status"] for row in now.values())
    summary.data_through = max((row["data_through"] for row in now.values()), default=None)
    summary.teams = len(now)
    summary.bands = {band: counted[band] for band in (*order, "withheld", "insufficient_data") if counted[band]}
    summary.new = new
    summary.problems = problems
    summary.demo_salt = os.environ.get(SALT_VARIABLE) == DEMO_SALT or not has_salt(warehouse)


def bring_beside(fresh: Path, target: Path) -> Path:
    """Move `fresh` to the file system of `target`: lack of space stops the run here, before anything is published."""
    waiting = target.with_name(f".{target.name}.new")
    waiting.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(waiting, ignore_errors=True)
    try:
        return Path(shutil.move(fresh, waiting))
    except OSError:
        shutil.rmtree(waiting, ignore_errors=True)
        raise


def swap_folders(waiting: Path, target: Path) -> None:
    """Put `waiting` in the place of `target`. Where the system can do it, one of them stands there at every moment."""
    leaving = _leaving(target)
    shutil.rmtree(leaving, ignore_errors=True)
    if target.exists() and _exchange(waiting, target):
        shutil.rmtree(waiting, ignore_errors=True)
        return
    if target.exists():
        target.replace(leaving)
    waiting.replace(target)
    shutil.rmtree(leaving, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places at once, as Linux can do it on most of its file systems; whether they did."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    return rename is not None and rename(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0


def restore_folder(target: Path) -> None:
    """Put the old folder back where a run was killed between the two renames of a swap that could not be one."""
    if not target.exists() and _leaving(target).exists():
        _leaving(target).replace(target)


def _leaving(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")


def has_salt(warehouse: Warehouse) -> bool:
    """Whether the warehouse has a salt of its own for the hashes of persons."""
    return warehouse.has(warehouse.private_schema, "person_salt")


def _write_salt(warehouse: Warehouse) -> None:
    salt = os.environ.get(SALT_VARIABLE)
    if salt:
        warehouse.write_salt(salt)


def _stop_if_held(gates: list[CheckReport], warehouse: Warehouse, summary: Summary, junit: Path | None) -> None:
    gate = gates[-1]
    if not gate.stops:
        return
    if warehouse.has(warehouse.marts_schema, "check_results"):
        keep_results(warehouse, gates)
    if junit is not None:
        write_junit(gates, junit)
    page = warehouse.work_folder() / "checks.html"
    write_docs(gate, page)
    summary.held_by = [
        {"table": result.table_name, "message": result.message, "remedy": result.remedy} for result in gate.stops
    ]
    lines = [f"  {result.table_name}: {result.message} {result.remedy or ''}".rstrip() for result in gate.stops[:5]]
    more = f"\n  … and {len(gate.stops) - 5} more" if len(gate.stops) > 5 else ""
    raise StopCheck(
        "A check held the run; what was published before still stands.\n"
        + "\n".join(lines)
        + more
        + f"\nAll checks: {page}"
    )
