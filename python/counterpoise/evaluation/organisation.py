"""Simulated organisations with their marts, built once and kept where wished.

Only the models that the score and the methods beside it read are built.
"""

import csv
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np

from counterpoise.errors import CounterpoiseError
from counterpoise.evaluation.measures import Truth, week_index
from counterpoise.inputs import load_folder
from counterpoise.inputs.words import quote_text
from counterpoise.project import find_project_dir
from counterpoise.scoring.contrasts import Contrasts, read_contrasts
from counterpoise.scoring.evidence import Floats
from counterpoise.scoring.score import read_story_weights
from counterpoise.simulation import simulate
from counterpoise.warehouse import DuckDBFile, Warehouse
from counterpoise.warehouse.dbt import DbtProject
from counterpoise.warehouse.duckdb_file import quoted
from counterpoise.weeks import week_of

Progress = Callable[[str], None]

START = date(2024, 9, 30)
# What the score reads, with all before it, and the weekly figures that the other methods read.
_BUILT = (
    "+int_contrast", "+int_team_weeks", "+fct_signal_week", "+team_exposure", "+dim_signal", "+dim_pair",
    "+story_registry", "+fct_metric_week",
)  # fmt: skip
_PRIVATE_READ = ("int_contrast", "int_team_weeks")
# What the marts depend on beside the arguments; a change of any of it makes kept marts stale.
_SOURCES = (
    "models",
    "macros",
    "seeds",
    "dbt_project.yml",
    "python/counterpoise/simulation",
    "python/counterpoise/inputs",
)


@dataclass(frozen=True)
class Setting:
    """How an organisation is simulated; see `counterpoise simulate`.

    `effect` is a factor on how strong every behaviour is, `dirt` the share of rows with something wrong.
    """

    seed: int
    teams: int = 60
    weeks: int = 117
    scale: float = 1.0
    effect: float = 1.0
    dirt: float = 0.0

    @property
    def name(self) -> str:
        """A short name for a folder."""
        return "-".join(f"{key}{value:g}" for key, value in asdict(self).items())


@dataclass(frozen=True)
class Weekly:
    """Weekly figures as somebody who looks at a dashboard sees them.

    Attributes:
        metrics: ids, shape (metrics,); is_output: which of them are outputs.
        pairs: places of output and outcome of each pair.
        good: value by team, metric and week, turned so that up is good; shape (teams, metrics, weeks). In column t
            stands the newest value known when week t is over; NaN = none.
    """

    metrics: tuple[str, ...]
    is_output: np.ndarray
    pairs: tuple[tuple[int, int], ...]
    good: Floats


@dataclass(frozen=True)
class Organisation:
    """All that a method may know of a simulated organisation, and, apart from it, the truth."""

    setting: Setting
    contrasts: Contrasts
    priors: dict[str, float]
    weekly: Weekly
    truth: Truth

    @property
    def rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Team and week index of each row of the contrasts, so that rows can be laid out as a grid."""
        place = {team: index for index, team in enumerate(self.truth.team_ids)}
        first = week_of(START)
        return np.array([place[team] for team in self.contrasts.team_ids]), self.contrasts.weeks - first

    def grid(self, values: np.ndarray, empty: float | bool) -> np.ndarray:
        """Values of the contrasts' rows as shape (teams, weeks), with `empty` where there is no row."""
        teams, weeks = self.rows
        laid_out = np.full((len(self.truth), self.setting.weeks), empty)
        laid_out[teams, weeks] = values
        return laid_out


def fingerprint(root: Path) -> str:
    """A hash of everything the marts depend on beside the arguments of the simulation."""
    digest = hashlib.sha256()
    for source in _SOURCES:
        path = root / source
        if not path.exists():  # installed, the Python part lies elsewhere
            path = Path(__file__).parent.parent / Path(source).name
        for file in sorted([path] if path.is_file() else path.rglob("*")):
            if file.suffix in {".sql", ".csv", ".yml", ".py"}:
                digest.update(str(file.relative_to(path)).encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def organisation_of(setting: Setting, kept: Path, work: Path, progress: Progress | None = None) -> Organisation:
    """The organisation of a setting; simulated and built where `kept` does not hold it yet.

    Args:
        kept: folder in which a folder per setting is kept.
        work: folder to build in. The same from call to call, or dbt parses everything anew.

    Raises:
        CounterpoiseError: simulation or dbt failed.
    """
    tell = progress or (lambda _: None)
    root = find_project_dir()
    folder = kept / setting.name
    made_by = {"setting": asdict(setting), "fingerprint": fingerprint(root)}
    note = folder / "made_by.json"
    if not note.exists() or json.loads(note.read_text(encoding="utf-8")) != made_by:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _make(setting, folder, work, root, tell)
        note.write_text(json.dumps(made_by, indent=2), encoding="utf-8")
    tell("reading")
    truth = read_truth(folder / "labels.csv")
    with DuckDBFile(folder / "marts.duckdb", DbtProject(root, folder / ".marts.build")) as warehouse:
        contrasts, priors = read_contrasts(warehouse), read_story_weights(warehouse)
        weekly = _read_weekly(warehouse, contrasts, truth, setting.weeks)
    return Organisation(setting, contrasts, priors, weekly, truth)


def _make(setting: Setting, folder: Path, work: Path, root: Path, tell: Progress) -> None:
    """Simulate, load, build, and keep of it what is read."""
    work.mkdir(parents=True, exist_ok=True)
    raw = work / "raw"
    shutil.rmtree(raw, ignore_errors=True)
    tell("simulating")
    simulate(
        raw, teams=setting.teams, weeks=setting.weeks, seed=setting.seed, scenario="evaluation", scale=setting.scale,
        start=START, labels_path=folder / "labels.csv", effect=setting.effect, dirt=setting.dirt,
    )  # fmt: skip
    project = DbtProject(root, work / ".work.build")
    warehouse = DuckDBFile(work / "work.duckdb", project)
    warehouse.build_folder.mkdir(parents=True, exist_ok=True)
    warehouse.build_file.unlink(missing_ok=True)
    with warehouse:
        tell("loading")
        warehouse.load(lambda connection: load_folder(connection, raw))
        warehouse.release()
        shutil.rmtree(raw)
        project.invoke(
            ["build", "--exclude-resource-types", "unit_test", "test", "--select", *_BUILT],
            lambda detail: tell(f"building {detail}"),
        )
        tell("keeping")
        _keep_what_is_read(warehouse, folder / ".marts.build")
    warehouse.build_file.unlink(missing_ok=True)


def _keep_what_is_read(warehouse: DuckDBFile, build_folder: Path) -> None:
    """Copy the marts and the few private tables that the score reads to the place where they are looked for."""
    build_folder.mkdir()
    connection = warehouse.connect()
    connection.execute(f"attach {quote_text(str(build_folder / 'work.duckdb'))} as kept")
    found = connection.execute(
        "select table_schema, table_name from information_schema.tables where table_catalog = current_database() "
        "and table_type = 'BASE TABLE'"
    ).fetchall()
    for schema in (warehouse.marts_schema, warehouse.private_schema):
        connection.execute(f"create schema kept.{quoted(schema)}")
    for schema, name in found:
        if schema == warehouse.marts_schema or (schema == warehouse.private_schema and name in _PRIVATE_READ):
            relation = f"{quoted(schema)}.{quoted(name)}"
            connection.execute(f"create table kept.{relation} as from {relation}")
    connection.execute("detach kept")


def read_truth(labels: Path) -> Truth:
    """The labels of a simulated organisation.

    Raises:
        CounterpoiseError: no team stands in it.
    """
    with labels.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        raise CounterpoiseError(f"{labels} holds no team.")

    def weeks_until(row: dict[str, str], column: str) -> float:
        return float(week_index(date.fromisoformat(row[column]), START)) if row[column] else np.nan

    is_paradox = np.array([row["is_paradox"] == "true" for row in rows])
    return Truth(
        tuple(row["team_id"] for row in rows),
        tuple(row["kind"] for row in rows),
        is_paradox,
        np.array([weeks_until(row, "onset_week") for row in rows]),
        np.array([float(row["ramp_weeks"] or 0) for row in rows]),
        tuple(frozenset(filter(None, row["expected_signals"].split(";"))) for row in rows),
        np.array([weeks_until(row, "shock_week") for row in rows]),
    )


def _read_weekly(warehouse: Warehouse, contrasts: Contrasts, truth: Truth, weeks: int) -> Weekly:
    """Mature weekly values of the metrics the score looks at, moved to the week in which they are known."""
    marts = warehouse.marts_schema
    registry = {
        row["metric_id"]: row
        for row in warehouse.query(
            f"select metric_id, good_direction, maturity_weeks from {marts}.dim_metric"
        ).to_pylist()
    }
    told = contrasts.is_output | contrasts.is_outcome
    metrics = tuple(metric for metric, is_told in zip(contrasts.metrics, told, strict=True) if is_told)
    place_of = {metric: place for place, metric in enumerate(metrics)}
    team_of = {team: place for place, team in enumerate(truth.team_ids)}
    found = warehouse.query(
        f"select team_id, metric_id, week_start, value from {marts}.fct_metric_week "
        "where is_mature and value is not null"
    ).to_pydict()
    good = np.full((len(truth), len(metrics), weeks), np.nan)
    teams = np.array([team_of.get(team, -1) for team in found["team_id"]], dtype=int)
    places = np.array([place_of.get(metric, -1) for metric in found["metric_id"]], dtype=int)
    known = np.array([
        week_index(start, START) + int(registry[metric]["maturity_weeks"])
        for start, metric in zip(found["week_start"], found["metric_id"], strict=True)
    ], dtype=int)  # fmt: skip
    values = np.array(found["value"], dtype=float)
    usable = (teams >= 0) & (places >= 0) & (known >= 0) & (known < weeks)
    good[teams[usable], places[usable], known[usable]] = values[usable]
    sign = np.array([-1.0 if registry[metric]["good_direction"] == "down" else 1.0 for metric in metrics])
    pairs = warehouse.query(f"select output_metric_id, outcome_metric_id from {marts}.dim_pair order by pair_id")
    return Weekly(
        metrics,
        contrasts.is_output[told],
        tuple(
            (place_of[output], place_of[outcome])
            for output, outcome in zip(*(pairs[name].to_pylist() for name in pairs.column_names), strict=True)
            if output in place_of and outcome in place_of
        ),
        good * sign[None, :, None],
    )
