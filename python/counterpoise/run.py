"""The order of a run: check raw, build aside, check staging and marts, score, check scores, report, publish.

What stops it changes nothing that readers see.
"""

import json
import os
import shutil
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa

from counterpoise import __version__
from counterpoise.effects.marts import measure_effects
from counterpoise.errors import StopCheck
from counterpoise.guardrails import CheckReport, run_checks, write_docs, write_junit
from counterpoise.guardrails.history import keep_results
from counterpoise.inputs import load_event_log, load_folder
from counterpoise.report import build_report, check_out_dir
from counterpoise.scoring import score
from counterpoise.warehouse import Warehouse

Progress = Callable[[str, str], None]  # step, detail

SALT_VARIABLE = "COUNTERPOISE_SALT"
OWN_SUITES = "counterpoise_suites"  # folder in the dbt project


@dataclass
class Summary:
    """What a run did, for the screen and for machines.

    Attributes:
        bands: number of teams by band in their last week; `withheld` and `insufficient_data` beside the bands.
        new: sentences on what changed in the last week.
        problems: sentences on the data.
        demo_salt: ids of persons are hashed with the public salt of the demo.
    """

    run_id: str
    data_through: date | None = None
    teams: int = 0
    bands: dict[str, int] = field(default_factory=dict)
    new: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    demo_salt: bool = False
    report: str | None = None
    database: str | None = None

    def as_json(self) -> str:
        return json.dumps(asdict(self), default=str, indent=2)


@dataclass(frozen=True)
class Source:
    """Where raw data comes from: a folder of contract tables, or one event log with its mapping.

    With neither, the warehouse has it already.
    """

    folder: Path | None = None
    event_log: str | None = None
    mapping: Path | None = None

    def load(self, warehouse: Warehouse, progress: Callable[[str], None]) -> None:
        if self.folder is not None:
            warehouse.load(
                lambda connection: load_folder(connection, self.folder, schema=warehouse.raw_schema, progress=progress)
            )
        elif self.event_log is not None:
            log = self.event_log if self.event_log.startswith("table:") else Path(self.event_log)
            warehouse.load(
                lambda connection: load_event_log(
                    connection, log, self.mapping, schema=warehouse.raw_schema, progress=progress
                )
            )


def run(
    warehouse: Warehouse,
    source: Source,
    out: Path,
    progress: Progress,
    min_people: int = 5,
    full_refresh: bool = False,
    junit: Path | None = None,
) -> Summary:
    """The whole job. Readers see the new marts and report only when all of it went well.

    Args:
        warehouse: not yet entered; the run takes its lock.
        out: folder of the report, replaced whole at the end.
        full_refresh: dbt builds everything anew, also where nothing is new.
        junit: file for the results of the checks as JUnit XML, also of a run that a check held.

    Raises:
        StopCheck: a check of severity `stop` failed.
        CounterpoiseError: input refused, dbt failed, no space, another run at work.
    """
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
    check_out_dir(out)
    with warehouse:
        restore_folder(out)
        progress("load", "reading the raw data")
        source.load(warehouse, lambda detail: progress("load", detail))
        _write_salt(warehouse)
        progress("check raw", "is the raw data what it says it is?")
        gates = [check(warehouse, "raw", run_id)]
        _stop_if_held(gates, warehouse, junit)
        progress("build", "dbt builds the marts aside")
        # dbt's own tests of the data are for those who run dbt alone; here the gate checks the marts
        since = warehouse.build(lambda detail: progress("build", detail), tested=False, full_refresh=full_refresh)
        if since:
            progress("build", f"nothing new since {since}: dbt skipped")
        progress("check staging", "was all of it read, once and typed?")
        gates.append(check(warehouse, "staging", run_id))
        _stop_if_held(gates, warehouse, junit)
        progress("check marts", "do the marts hold together?")
        gates.append(check(warehouse, "marts", run_id, min_people))
        _stop_if_held(gates, warehouse, junit)
        score(warehouse, gates, min_people, lambda detail: progress("score", detail))
        measure_effects(warehouse, gates, min_people, lambda detail: progress("effects", detail))
        progress("check scores", "do the scores hold together?")
        gates.append(check(warehouse, "scores", run_id))
        _stop_if_held(gates, warehouse, junit)
        keep_results(warehouse, gates)
        if junit is not None:
            write_junit(gates, junit)
        summary = summarise(warehouse, run_id)
        record_run(warehouse, summary)
        aside = warehouse.work_folder() / "report"
        shutil.rmtree(aside, ignore_errors=True)
        progress("report", "writing the pages")
        build_report(
            warehouse.query,
            aside,
            marts_schema=warehouse.marts_schema,
            progress=lambda detail: progress("report", detail.removeprefix("Report: ")),
            min_people=min_people,
            marts=warehouse.tables(warehouse.marts_schema),
        )
        progress("publish", "swapping in the new marts and report")
        waiting = bring_beside(aside, out)
        warehouse.publish()
        swap_folders(waiting, out)
        summary.report, summary.database = str(out / "index.html"), warehouse.shown_as
        (warehouse.work_folder() / "run.json").write_text(summary.as_json(), encoding="utf-8")
    return summary


def check(warehouse: Warehouse, stage: str, run_id: str, min_people: int = 5) -> CheckReport:
    """Run the suites of one stage where the data lies."""
    return run_checks(
        warehouse.check_target(),
        stage,
        run_id,
        raw_schema=warehouse.raw_schema,
        private_schema=warehouse.private_schema,
        marts_schema=warehouse.marts_schema,
        connectors=warehouse.layout.connectors,
        min_people=min_people,
        own_suites=warehouse.project.project_dir / OWN_SUITES,
    )


def record_run(warehouse: Warehouse, summary: Summary) -> None:
    """Add this run to `published_runs`, so that readers know which one they see."""
    version = warehouse.query(f"select max(model_version) as version from {warehouse.marts_schema}.team_risk")
    warehouse.append_rows("published_runs", pa.table({
        "run_id": [summary.run_id],
        "published_at": pa.array([datetime.now(UTC).replace(tzinfo=None)], pa.timestamp("us")),
        "data_through": pa.array([summary.data_through], pa.date32()),
        "teams": pa.array([summary.teams], pa.int32()),
        "scored_teams": pa.array(
            [sum(n for band, n in summary.bands.items() if band not in ("withheld", "insufficient_data"))], pa.int32()
        ),
        "withheld_teams": pa.array([summary.bands.get("withheld", 0)], pa.int32()),
        "model_version": version["version"],
        "package_version": [__version__],
    }))  # fmt: skip


def summarise(warehouse: Warehouse, run_id: str) -> Summary:
    """What is new this week, teams by band, data problems: read from the marts."""
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
    return Summary(
        run_id=run_id,
        data_through=max((row["data_through"] for row in now.values()), default=None),
        teams=len(now),
        bands={band: counted[band] for band in (*order, "withheld", "insufficient_data") if counted[band]},
        new=new,
        problems=problems,
        demo_salt=not has_salt(warehouse),
    )


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
    """Put `waiting` in the place of `target` by renames; the old one stands until then."""
    leaving = _leaving(target)
    shutil.rmtree(leaving, ignore_errors=True)
    if target.exists():
        target.replace(leaving)
    waiting.replace(target)
    shutil.rmtree(leaving, ignore_errors=True)


def restore_folder(target: Path) -> None:
    """Put the old folder back where a run was killed between the two renames of a swap."""
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


def _stop_if_held(gates: list[CheckReport], warehouse: Warehouse, junit: Path | None) -> None:
    gate = gates[-1]
    if not gate.stops:
        return
    if warehouse.has(warehouse.marts_schema, "check_results"):
        keep_results(warehouse, gates)
    if junit is not None:
        write_junit(gates, junit)
    page = warehouse.work_folder() / "checks.html"
    write_docs(gate, page)
    lines = [f"  {result.table_name}: {result.message} {result.remedy or ''}".rstrip() for result in gate.stops[:5]]
    more = f"\n  … and {len(gate.stops) - 5} more" if len(gate.stops) > 5 else ""
    raise StopCheck(
        "A check held the run; what was published before still stands.\n"
        + "\n".join(lines)
        + more
        + f"\nAll checks: {page}"
    )
