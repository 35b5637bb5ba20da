"""The generator's one entry: work systems whose behaviour is known, as tables of the input contract."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa

from counterpoise.errors import UsageError
from counterpoise.simulation.dirt import make_dirty
from counterpoise.simulation.files import (
    FILE_FORMATS,
    TableWriter,
    folder_aside,
    write_one,
)
from counterpoise.simulation.tables import parent_tables, team_tables
from counterpoise.simulation.world import EVALUATION, FUNCTIONS, SCENARIOS, Team, World, draw_team

_LABEL_TYPES = pa.schema(
    [
        ("team_id", pa.string()),
        ("kind", pa.string()),
        ("is_paradox", pa.bool_()),
        ("onset_week", pa.date32()),
        ("strength", pa.float64()),
        ("signal_id", pa.string()),
        ("is_twin", pa.bool_()),
        ("ramp_weeks", pa.float64()),
        ("expected_signals", pa.string()),
        ("shock_week", pa.date32()),
        ("shock_weeks", pa.int32()),
    ]
)
_MOST_TEAMS = 9_999  # team ids have four digits


@dataclass(frozen=True)
class SimulationSummary:
    """What was written. `rows` counts rows by table; `end` is the Monday all timestamps lie before."""

    out_dir: Path
    labels_path: Path | None
    teams: int
    weeks: int
    start: date
    end: date
    rows: dict[str, int] = field(default_factory=dict)


def simulate(
    out_dir: Path,
    *,
    teams: int = 12,
    weeks: int = 104,
    seed: int = 7,
    scenario: str = "demo",
    scale: float = 1.0,
    effect: float = 1.0,
    dirt: float = 0.0,
    start: date = date(2024, 9, 30),
    file_format: str = "parquet",
    labels_path: Path | None = None,
    processes: int = 1,
    progress: Callable[[str, float], None] | None = None,
) -> SimulationSummary:
    """Write the contract tables of a made-up organisation into `out_dir`, one file a table.

    The same arguments give the same bytes, whatever `processes` is. Adding a team changes no row of the others.
    Tables are written while they are made, so that memory does not grow with teams.

    Args:
        teams: teams with items; they are spread over three functions, each with a parent team without items.
            The catalogue is always whole: there the number is not looked at.
        scenario: `demo` (a fixed kind for each of twelve teams), `evaluation` (every kind a score is judged by, in
            an order of the seed) or `catalogue` (for every signal a team that shows it and a twin that only looks
            alike, all tables of the contract).
        scale: factor on the number of items; 1 is some 35 to 60 a team and week.
        effect: factor on how strong all kinds of the evaluation are; no strength gets above 1.
        dirt: share of the rows of items, events and outcomes that are missing, doubled, late, off or unknown.
        start: a Monday; everything happens from here on, and before `start` plus `weeks`.
        file_format: `parquet` or `csv`.
        labels_path: where the truth goes (team, kind, whether it is a paradox, onset, strength, which signal
            it shows or is a twin of): a .csv or .parquet file outside `out_dir`. Nothing that scores reads it.
        processes: how many make teams side by side; with more than one, call from a program that can be imported.
        progress: called with what is being done and the share done, 0 to 1.

    Raises:
        UsageError: an argument cannot work; nothing is written.
    """
    out_dir = Path(out_dir)
    labels_path = Path(labels_path) if labels_path is not None else None
    _check(out_dir, teams, weeks, seed, scenario, scale, start, file_format, labels_path)
    _check_extent(scenario, effect, dirt, processes)
    world = World(seed, weeks, start, scenario, scale, effect)
    teams = world.team_count or teams
    drawn: list[Team] = []
    with folder_aside(out_dir) as folder:
        writers: dict[str, TableWriter] = {}

        def add(tables: dict[str, pa.Table]) -> None:
            for name, table in tables.items():
                if name not in writers:
                    writers[name] = TableWriter(folder / f"{name}.{file_format}")
                writers[name].add(table)

        add(parent_tables(world, sorted(FUNCTIONS[:teams])))
        for index, tables in enumerate(_made(world, teams, dirt, processes)):
            add(tables)
            drawn.append(draw_team(world, index))
            if progress is not None:
                progress("teams", (index + 1) / teams)
        for writer in writers.values():
            writer.close()
    if labels_path is not None:
        write_one(labels(world, drawn), labels_path)
    rows = {name: writer.rows for name, writer in sorted(writers.items())}
    return SimulationSummary(out_dir, labels_path, teams, weeks, start, world.end, rows)


def _made(world: World, teams: int, dirt: float, processes: int) -> Iterator[dict[str, pa.Table]]:
    """The tables of each team, in the order of the teams; only a few are under way at a time."""
    if processes == 1:
        for index in range(teams):
            yield _make(world, index, dirt)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        under_way: deque[Future] = deque()
        for index in range(teams):
            under_way.append(pool.submit(_make, world, index, dirt))
            if len(under_way) > 2 * processes:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _make(world: World, index: int, dirt: float) -> dict[str, pa.Table]:
    team = draw_team(world, index)
    tables = team_tables(world, team)
    return make_dirty(world, team, tables, dirt) if dirt else tables


def labels(world: World, teams: list[Team]) -> pa.Table:
    """The truth about each team. `onset_week` is null where nothing begins.

    `signal_id` is the signal the team's kind is an example of, or, where `is_twin`, only looks like;
    `expected_signals` are those any of which rightly explains the team, `;` between, "" where there is nothing to
    explain. `shock_week` and `shock_weeks` (the same in each row) are when something hit all teams at once.
    """

    first, after = world.shock_weeks

    def onset(team: Team) -> date | None:
        begins = team.strength > 0 and team.kind.has_onset and team.onset < world.weeks
        return world.start + timedelta(weeks=int(team.onset)) if begins else None

    return pa.table(
        {
            "team_id": [team.team_id for team in teams],
            "kind": [team.kind.name for team in teams],
            "is_paradox": [team.kind.is_paradox for team in teams],
            "onset_week": [onset(team) for team in teams],
            "strength": [round(team.strength, 4) for team in teams],
            "signal_id": [team.kind.signal_id for team in teams],
            "is_twin": [team.kind.is_twin for team in teams],
            "ramp_weeks": [team.ramp for team in teams],
            "expected_signals": [";".join(team.kind.expected_signals) for team in teams],
            "shock_week": [world.start + timedelta(weeks=first)] * len(teams),
            "shock_weeks": [after - first] * len(teams),
        },
        schema=_LABEL_TYPES,
    )


def _check_extent(scenario: str, effect: float, dirt: float, processes: int) -> None:
    if not 0 <= effect <= 100:
        raise UsageError(f"effect is {effect}. Give a number from 0 to 100; 1 is the usual strength.")
    if effect != 1 and scenario != EVALUATION:
        raise UsageError(f"effect is {effect}, and only scenario {EVALUATION} has one. Leave it out, or choose that.")
    if not 0 <= dirt <= 1:
        raise UsageError(f"dirt is {dirt}. Give a share from 0 to 1.")
    if processes < 1:
        raise UsageError(f"processes is {processes}. Give at least 1.")


def _check(
    out_dir: Path,
    teams: int,
    weeks: int,
    seed: int,
    scenario: str,
    scale: float,
    start: date,
    file_format: str,
    labels_path: Path | None,
) -> None:
    if not 1 <= teams <= _MOST_TEAMS:
        raise UsageError(f"teams is {teams}. Give a number from 1 to {_MOST_TEAMS}.")
    if weeks < 1:
        raise UsageError(f"weeks is {weeks}. Give at least 1; a score needs 40 or more.")
    if seed < 0:
        raise UsageError(f"seed is {seed}. Give 0 or more.")
    if scenario not in SCENARIOS:
        raise UsageError(f"scenario {scenario!r} is not known. Choose one of: {', '.join(SCENARIOS)}.")
    if not 0 < scale < 1000:
        raise UsageError(f"scale is {scale}. Give a number above 0 and below 1000; 1 is the usual volume.")
    if start.weekday() != 0:
        monday = start - timedelta(days=start.weekday())
        raise UsageError(f"start {start} is not a Monday. The Monday of that week is {monday}.")
    if file_format not in FILE_FORMATS:
        raise UsageError(f"file format {file_format!r} is not known. Choose one of: {', '.join(FILE_FORMATS)}.")
    if out_dir.exists() and not out_dir.is_dir():
        raise UsageError(f"{out_dir} is a file. Name a folder for the tables.")
    if labels_path is None:
        return
    if labels_path.suffix not in {f".{name}" for name in FILE_FORMATS}:
        raise UsageError(f"{labels_path} ends neither in .csv nor in .parquet. Rename the file for the labels.")
    if labels_path.resolve().is_relative_to(out_dir.resolve()):
        raise UsageError(f"{labels_path} lies in {out_dir}, beside the data. Put the labels in another folder.")
