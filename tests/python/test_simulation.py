"""The generator: same in, same out; nothing impossible happens; each kind does what its name says."""

import csv
import hashlib
import math
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml

from counterpoise.contract import load_contract
from counterpoise.errors import UsageError
from counterpoise.inputs import load_folder
from counterpoise.project import find_project_dir
from counterpoise.simulation import KINDS, simulate
from counterpoise.simulation.clock import WorkCalendar
from counterpoise.simulation.columns import ARROW_TYPES
from counterpoise.simulation.tables import team_tables
from counterpoise.simulation.world import World, draw_team

START = date(2024, 9, 30)
SMALL = {"teams": 6, "weeks": 30, "scale": 0.3}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small organisation, with its labels beside the folder."""
    folder = tmp_path_factory.mktemp("simulated")
    simulate(folder / "data", labels_path=folder / "labels.csv", **SMALL)
    return folder


@pytest.fixture(scope="module")
def database(made: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for file in (made / "data").iterdir():
        connection.execute(f"create table {file.stem} as from read_parquet('{file}')")
    return connection


def _hashes(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def _count(database: duckdb.DuckDBPyConnection, query: str) -> int:
    return database.execute(f"select count(*) from ({query})").fetchone()[0]


def test_same_arguments_same_bytes(made: Path, tmp_path: Path) -> None:
    simulate(tmp_path / "again", labels_path=tmp_path / "labels.csv", **SMALL)
    simulate(tmp_path / "other", seed=8, **SMALL)
    assert _hashes(tmp_path / "again") == _hashes(made / "data")
    assert (tmp_path / "labels.csv").read_bytes() == (made / "labels.csv").read_bytes()
    same = _hashes(tmp_path / "other").items() & _hashes(made / "data").items()
    assert {name for name, _ in same} <= {"targets.parquet", "teams.parquet"}


def test_rows_are_the_contract_s(made: Path) -> None:
    contract = load_contract()
    files = {file.stem: file for file in (made / "data").iterdir()}
    assert files.keys() >= {name for name, table in contract.items() if table.required}
    assert "time_entries" not in files
    for name, file in files.items():
        columns = {column.name: column for column in contract[name].columns}
        table = pq.read_table(file)
        assert {c.name for c in columns.values() if c.required} <= set(table.column_names) <= set(columns), (
            name
        )
        for field in table.schema:
            assert field.type == ARROW_TYPES[columns[field.name].data_type], f"{name}.{field.name}"
            assert table[field.name].null_count == 0 or not columns[field.name].required, (
                f"{name}.{field.name}"
            )


def test_words_are_the_contract_s(database: duckdb.DuckDBPyConnection) -> None:
    path = find_project_dir() / "models/staging/work_system/_work_system.yml"
    source = next(s for s in yaml.safe_load(path.read_text("utf-8"))["sources"] if s["name"] == "work_system")
    there = set(database.execute("select table_name, column_name from information_schema.columns").fetchall())
    checked = 0
    for table in source["tables"]:
        for column in table["columns"]:
            allowed = column.get("config", {}).get("meta", {}).get("allowed_values")
            if not allowed or (table["name"], column["name"]) not in there:
                continue
            found = database.execute(f"select distinct {column['name']} from {table['name']}").fetchall()
            assert {word for (word,) in found if word is not None} <= set(allowed)
            checked += 1
    assert checked >= 12


def test_keys_are_unique(database: duckdb.DuckDBPyConnection) -> None:
    tables = {name for (name,) in database.execute("show tables").fetchall()}
    for name in tables:
        key = ", ".join(load_contract()[name].primary_key)
        assert not _count(database, f"select {key} from {name} group by {key} having count(*) > 1"), name


@pytest.mark.parametrize(
    ("table", "column", "target"),
    [
        ("work_item_events", "work_item_id", "work_items"),
        ("work_items", "parent_item_id", "work_items.work_item_id"),
        ("work_item_links", "from_item_id", "work_items.work_item_id"),
        ("work_item_links", "to_item_id", "work_items.work_item_id"),
        ("outcomes", "work_item_id", "work_items"),
        *[
            (table, "team_id", "teams")
            for table in ("work_items", "work_item_events", "outcomes", "team_members", "capacity",
                          "team_hours", "survey_answers", "targets", "interventions", "metric_changes")
        ],
        ("teams", "parent_team_id", "teams.team_id"),
    ],
)  # fmt: skip
def test_references_hold(database: duckdb.DuckDBPyConnection, table: str, column: str, target: str) -> None:
    other, _, key = target.partition(".")
    key = key or column
    orphans = (
        f"select 1 from {table} t where {column} is not null and {column} not in (select {key} from {other})"
    )
    assert not _count(database, orphans)


def test_nothing_happens_outside_the_run(database: duckdb.DuckDBPyConnection) -> None:
    end = START + timedelta(weeks=SMALL["weeks"])
    columns = database.execute(
        "select table_name, column_name, data_type from information_schema.columns"
        " where data_type in ('TIMESTAMP', 'DATE')"
    ).fetchall()
    assert len(columns) > 15
    for table, column, _ in columns:
        first, last = database.execute(f"select min({column}), max({column}) from {table}").fetchone()
        if last is None:
            continue
        beyond = datetime(end.year, end.month, end.day) if isinstance(last, datetime) else end
        if column != "first_response_due_at":  # a promise may point beyond the end
            assert last < beyond, f"{table}.{column}"
        begin = datetime(START.year, START.month, START.day) if isinstance(first, datetime) else START
        if (table, column) != ("team_members", "valid_from"):
            assert first >= begin, f"{table}.{column}"


def test_causes_come_before_effects(database: duckdb.DuckDBPyConnection) -> None:
    before = "lag(occurred_at) over (partition by work_item_id order by event_seq) as before"
    events = f"select *, {before} from work_item_events"
    assert not _count(database, f"from ({events}) where occurred_at < before")
    assert not _count(
        database, "from work_item_events where recorded_at < occurred_at or _loaded_at < recorded_at"
    )
    assert not _count(database, "from work_item_events where event_seq = 1 and event_type <> 'created'")
    # Between two resolutions stands a reopening, and nothing is reopened that was not resolved.
    turns = (
        "select event_type, lag(event_type) over (partition by work_item_id order by event_seq) as last"
        " from work_item_events where event_type in ('resolved', 'reopened') and work_item_id not in"
        " (select work_item_id from work_item_events where recorded_at > occurred_at + interval 1 day)"
    )
    assert not _count(
        database, f"from ({turns}) where event_type = last or (event_type = 'reopened' and last is null)"
    )
    # A pause ends before the next begins.
    pauses = turns.replace("'resolved', 'reopened'", "'paused', 'resumed'")
    assert not _count(
        database, f"from ({pauses}) where event_type = last or (event_type = 'resumed' and last is null)"
    )
    assert not _count(
        database,
        "select o.* from outcomes o join (select work_item_id, min(occurred_at) as done from work_item_events"
        " where event_type = 'resolved' group by 1) using (work_item_id) where o.occurred_at < done",
    )


def test_items_say_what_their_events_say(database: duckdb.DuckDBPyConnection) -> None:
    told = """
        select work_item_id,
            max(occurred_at) filter (event_type = 'created') as created_at,
            min(occurred_at) filter (event_type = 'first_response') as first_response_at,
            max(occurred_at) filter (event_type = 'closed') as closed_at,
            max_by(if(event_type = 'resolved', occurred_at, null), event_seq)
                filter (event_type in ('resolved', 'reopened')) as resolved_at,
            max_by(team_id, event_seq) as team_id
        from work_item_events group by 1
    """
    for column in ("created_at", "first_response_at", "closed_at"):
        different = f"i.{column} is distinct from e.{column}"
        assert not _count(
            database, f"select 1 from work_items i join ({told}) e using (work_item_id) where {different}"
        )
    # max_by skips nulls, so an item that was reopened and is still open is told by its null alone.
    assert not _count(
        database,
        f"select 1 from work_items i join ({told}) e using (work_item_id)"
        " where i.resolved_at is not null and i.resolved_at <> e.resolved_at",
    )
    assert not _count(
        database,
        "from work_items where (status = 'resolved') and (resolved_at is null or closed_at is not null)",
    )
    assert _count(database, "from work_items where status = 'open'") > 0
    assert _count(database, "from work_items where resolution in ('withdrawn', 'duplicate')") > 0


def test_a_few_events_are_recorded_late(database: duckdb.DuckDBPyConnection) -> None:
    late = _count(database, "from work_item_events where recorded_at >= occurred_at + interval 1 day")
    assert 0.002 < late / _count(database, "from work_item_events") < 0.01


def test_each_team_answers_the_pulse(database: duckdb.DuckDBPyConnection) -> None:
    least, surveys = database.execute(
        "select min(n), count(*) from"
        " (select count(*) as n from survey_answers group by team_id, survey_id, construct)"
    ).fetchone()
    assert least >= 6
    assert surveys == 2 * SMALL["teams"] * 4


def test_another_team_changes_nothing_for_the_others(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    simulate(tmp_path / "more", **SMALL | {"teams": SMALL["teams"] + 1})
    new = f"team-{SMALL['teams'] + 1:04d}"
    for (name,) in database.execute("show tables").fetchall():
        more = f"from read_parquet('{tmp_path}/more/{name}.parquet')"
        # Rows of the new team: its items by their id, since it hands some of them to an earlier team.
        column = {"work_item_links": "from_item_id", "outcomes": "work_item_id"}.get(
            name, "work_item_id" if name.startswith("work_item") else "team_id"
        )
        rest = f"{more} where {column} is null or {column} not like '{new}%'"
        assert not _count(database, f"({rest}) except all (from {name})"), name
        assert not _count(database, f"(from {name}) except all ({rest})"), name


def test_csv_holds_the_same_rows(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    simulate(tmp_path / "data", **SMALL)
    (tmp_path / "data" / "notes.txt").write_text("mine")
    summary = simulate(tmp_path / "data", file_format="csv", **SMALL)
    assert {file.suffix for file in (tmp_path / "data").iterdir()} == {".csv", ".txt"}
    for name, rows in summary.rows.items():
        assert _count(database, f"from {name}") == rows
        read = database.execute(f"select count(*) from read_csv('{tmp_path}/data/{name}.csv')").fetchone()[0]
        assert read == rows, name


def test_labels_stand_apart(made: Path, tmp_path: Path) -> None:
    assert not [file for file in (made / "data").iterdir() if "label" in file.name]
    for folder in (made / "data").iterdir():
        assert (
            not {"kind", "is_paradox", "strength"} & set(pq.read_schema(folder).names)
            or folder.stem == "interventions"
        )
    rows = duckdb.execute(f"select * from read_csv('{made}/labels.csv') order by team_id").fetchall()
    assert [row[1] for row in rows] == [
        "early_close",
        "noise",
        "real_improvement",
        "season",
        "splitting",
        "stopped_clock",
    ]
    assert [row[2] for row in rows] == [True, False, False, False, True, True]
    assert all(row[3] is None or (row[3].weekday() == 0 and row[3] > START) for row in rows)
    with pytest.raises(UsageError, match="beside the data"):
        simulate(tmp_path / "data", labels_path=tmp_path / "data" / "deeper" / "labels.csv")
    assert not (tmp_path / "data").exists()


def test_a_failed_run_leaves_what_was_there(made: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "teams.parquet").write_bytes(b"as it was")

    def fail(what: str, share: float) -> None:
        if share == 1.0:
            raise RuntimeError(what)

    with pytest.raises(RuntimeError):
        simulate(tmp_path / "data", progress=fail, **SMALL)
    assert [file.name for file in tmp_path.iterdir()] == ["data"]
    assert (tmp_path / "data" / "teams.parquet").read_bytes() == b"as it was"


@pytest.mark.parametrize(
    "wrong",
    [
        {"teams": 0},
        {"weeks": 0},
        {"seed": -1},
        {"scenario": "other"},
        {"scale": 0.0},
        {"start": date(2024, 10, 1)},
        {"file_format": "xlsx"},
    ],
)
def test_wrong_arguments_are_refused(wrong: dict, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        simulate(tmp_path / "data", **wrong)
    assert not (tmp_path / "data").exists()


def test_the_smallest_runs_work(tmp_path: Path) -> None:
    for number, few in enumerate(({"teams": 1, "weeks": 1}, {"teams": 4, "weeks": 3, "scale": 0.001})):
        summary = simulate(tmp_path / str(number), **few)
        assert summary.rows["capacity"] == few["teams"] * few["weeks"]


def test_evaluation_draws_paradox_and_benign_teams() -> None:
    world = World(seed=1, weeks=104, start=START, scenario="evaluation", scale=1.0)
    teams = [draw_team(world, index) for index in range(400)]
    assert {team.kind.name for team in teams} == set(KINDS)
    assert 0.3 < np.mean([team.kind.is_paradox for team in teams]) < 0.5
    assert all(0.4 <= team.strength <= 1.0 for team in teams if team.kind.name != "noise")


@pytest.mark.parametrize("calendar", [WorkCalendar(7, 14, 7), WorkCalendar(8, 10, 5), WorkCalendar(0, 24, 7)])
def test_working_time_and_back(calendar: WorkCalendar) -> None:
    local = np.random.default_rng(1).uniform(168.0, 1680.0, 2000)
    opening = calendar.to_local(calendar.to_work(local))
    assert np.all(opening >= local - 1e-9)
    assert np.allclose(calendar.to_work(opening), calendar.to_work(local))
    last = calendar.last_open(local)
    assert np.all(last <= local)
    assert np.allclose(calendar.to_work(last), calendar.to_work(local))
    assert math.isclose(calendar.to_work(np.array([1680.0]))[0], 1680.0 / calendar.stretch)


# --- what each kind does: three teams at full strength against the same teams left alone ---

_RECOUNT = """
with done as (
    select work_item_id,
        min(occurred_at) filter (event_type = 'resolved') as first_resolved,
        max(occurred_at) filter (event_type = 'resolved') as last_resolved,
        min(occurred_at) filter (event_type = 'reopened') as reopened,
        count(*) filter (event_type = 'resolved') as resolved_events
    from work_item_events group by 1
),
pauses as (
    select p.work_item_id, sum(epoch(least(p.until, d.first_resolved) - p.occurred_at)) / 3600 as hours
    from (select *, lead(occurred_at) over (partition by work_item_id order by event_seq) as until
          from work_item_events where event_type in ('paused', 'resumed')) p
    join done d using (work_item_id)
    where event_type = 'paused' and p.occurred_at < d.first_resolved group by 1
),
asked as (select work_item_id, avg(value) as csat from outcomes where outcome_type = 'csat' group by 1),
hurt as (select work_item_id, bool_or(outcome_type = 'complaint') as complaint,
                bool_or(outcome_type = 'escaped_defect') as defect from outcomes group by 1),
items as (
    select i.*, d.*, t.threshold, csat, complaint, defect,
        epoch(first_resolved - i.created_at) / 3600 - coalesce(hours, 0) as clock,
        epoch(last_resolved - i.created_at) / 3600 as end_to_end
    from work_items i join done d using (work_item_id) left join pauses using (work_item_id)
    left join asked using (work_item_id) left join hurt using (work_item_id)
    join targets t on t.metric_id = 'resolution_hours' and t.team_id = i.team_id
    where first_resolved >= $since and first_resolved < $until
)
select sum(resolved_events)::double as throughput,
    avg((reopened is not null)::int) as reopened,
    avg(exists(select 1 from work_items j
        where j.requester_id = items.requester_id and j.category = items.category
        and j.created_at > first_resolved and j.created_at <= first_resolved + interval 28 day)::int)
        filter (requester_id is not null) as back_again,
    avg(csat) as csat,
    avg(coalesce(complaint, false)::int) as complaints,
    avg(coalesce(defect, false)::int) as defects,
    avg((clock <= threshold)::int) as in_target,
    avg((first_response_at <= first_response_due_at)::int) filter (origin = 'customer') as answered_in_target,
    exp(avg(ln(clock))) as clock,
    exp(avg(ln(end_to_end))) as end_to_end,
    avg((category in ('change', 'fault'))::int) as hard
from items
"""
_WEEKS, _ONSET, _TEAMS = 34, 4, 3


def _recount(kind: str, strength: float) -> dict[str, float]:
    """Geometric mean over three teams of each metric, weeks after the onset and before the last four."""
    logs: list[dict[str, float]] = []
    world = World(seed=5, weeks=_WEEKS, start=START, scenario="evaluation", scale=1.4)
    for index in range(_TEAMS):
        team = draw_team(world, index, kind, _ONSET, strength)
        connection = duckdb.connect()
        for name, table in team_tables(world, team).items():
            connection.register(name, table)
        span = [world.start + timedelta(weeks=w) for w in (_ONSET + math.ceil(team.ramp), _WEEKS - 4)]
        row = connection.execute(_RECOUNT, {"since": span[0], "until": span[1]})
        names = [column[0] for column in row.description]
        logs.append({n: math.log(v) for n, v in zip(names, row.fetchone(), strict=True) if v})
    return {name: float(np.mean([row[name] for row in logs if name in row])) for name in set().union(*logs)}


@pytest.fixture(scope="module")
def left_alone() -> dict[str, float]:
    return _recount("noise", 0.0)


UP, MUCH_UP, DOWN, MUCH_DOWN, STEADY = (0.04, 9.0), (0.2, 9.0), (-9.0, -0.02), (-9.0, -0.2), (-0.25, 0.25)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("early_close", {"in_target": UP, "clock": MUCH_DOWN, "reopened": MUCH_UP, "back_again": MUCH_UP,
                         "csat": DOWN, "complaints": MUCH_UP, "throughput": UP}),
        ("stopped_clock", {"in_target": UP, "end_to_end": UP, "csat": DOWN, "reopened": STEADY}),
        ("acknowledge_only", {"answered_in_target": UP, "end_to_end": UP, "csat": DOWN,
                              "back_again": MUCH_UP}),
        ("threshold_push", {"in_target": UP, "reopened": MUCH_UP, "back_again": UP, "csat": DOWN}),
        ("splitting", {"throughput": MUCH_UP, "clock": MUCH_DOWN, "reopened": MUCH_UP, "defects": MUCH_UP}),
        ("noise", dict.fromkeys(("throughput", "reopened", "csat"), (0.0, 0.0))),
        ("real_improvement", {"clock": MUCH_DOWN, "reopened": MUCH_DOWN, "csat": UP, "in_target": UP}),
        ("season", {"reopened": STEADY, "csat": (-0.05, 0.05), "clock": STEADY}),
        ("demand_spike", {"throughput": UP, "end_to_end": UP, "reopened": STEADY}),
        ("mix_shift", {"hard": MUCH_UP, "reopened": UP, "throughput": (-0.1, 0.1)}),
        ("headcount_growth", {"throughput": MUCH_UP, "end_to_end": (-0.1, 0.1), "reopened": STEADY}),
        ("harmless_bunching", {"in_target": UP, "reopened": DOWN, "csat": (0.005, 9.0)}),
        ("understaffing", {"throughput": DOWN, "in_target": DOWN, "end_to_end": UP, "csat": DOWN,
                           "reopened": MUCH_UP}),
    ],
)  # fmt: skip
def test_each_kind_does_what_its_name_says(
    kind: str, expected: dict[str, tuple[float, float]], left_alone: dict[str, float]
) -> None:
    found = _recount(kind, 1.0)
    changes = {name: found[name] - left_alone[name] for name in expected}
    wrong = {
        name: round(changes[name], 3)
        for name, (low, high) in expected.items()
        if not low <= changes[name] <= high
    }
    assert not wrong, changes


def test_every_kind_is_tested() -> None:
    marks = test_each_kind_does_what_its_name_says.pytestmark
    assert {case[0] for case in marks[0].args[1]} == set(KINDS)


# --- the catalogue: for every signal a team that shows it and a twin that only looks alike ---

_NOT_SIMULATED = {"time_entries", "annotations", "business_calendars", "holidays"}
_FEW = {"scenario": "catalogue", "weeks": 12, "scale": 0.1}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogue's organisation at half the usual volume, with its labels beside the folder."""
    folder = tmp_path_factory.mktemp("catalogue")
    simulate(folder / "data", labels_path=folder / "labels.csv", scenario="catalogue", scale=0.5)
    return folder


@pytest.fixture(scope="module")
def organisation(catalogue: Path) -> duckdb.DuckDBPyConnection:
    """Its tables, loaded as a user's would be; beside them `teams_of`: kind and onset of each team."""
    connection = duckdb.connect()
    summary = load_folder(connection, catalogue / "data", schema="main")
    assert summary.notes == 0
    connection.execute(
        "create table teams_of as select * replace (coalesce(onset_week, date '2026-03-16') as onset_week)"
        f" from read_csv('{catalogue}/labels.csv') where kind <> 'quiet'"
    )
    connection.execute(_FINISHED)
    return connection


_FINISHED = """
create table finished as
select i.*, e.*, l.kind, l.onset_week,
    epoch(first_resolved - i.created_at) / 3600 as hours,
    epoch(i.due_at - i.created_at) / 3600 as promised
from work_items i
join teams_of l on l.team_id = left(i.work_item_id, 9)
left join (
    select work_item_id as item,
        min(occurred_at) filter (event_type = 'resolved') as first_resolved,
        count(*) filter (event_type = 'resolved') as resolutions,
        bool_or(event_type = 'reopened') as came_back,
        bool_or(event_type in ('reviewed', 'checked')) as checked,
        bool_or(event_type = 'edited' and field_name = 'resolved_at') as mended,
        bool_or(event_type = 'commented' and actor_role = 'requester') as heard,
        count(*) filter (event_type = 'handed_off') as handovers,
        count(*) filter (event_type in ('status_changed', 'edited')) as tracking,
        count(*) filter (event_type = 'assigned') as assigned,
        min(occurred_at) filter (event_type = 'started') as begun
    from work_item_events group by 1
) e on item = i.work_item_id
"""


def test_the_catalogue_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("once", "again"):
        simulate(tmp_path / name, labels_path=tmp_path / f"{name}.csv", **_FEW)
    assert _hashes(tmp_path / "once") == _hashes(tmp_path / "again")
    assert (tmp_path / "once.csv").read_bytes() == (tmp_path / "again.csv").read_bytes()


def test_every_signal_has_a_team_and_a_twin(catalogue: Path) -> None:
    with (find_project_dir() / "seeds/registry/signal_registry.csv").open(encoding="utf-8") as file:
        signals = {row["signal_id"] for row in csv.DictReader(file)}
    rows = duckdb.execute(
        f"select signal_id, is_twin, kind, is_paradox from read_csv('{catalogue}/labels.csv')"
    ).fetchall()
    assert len(rows) == 57
    found = {(signal_id, is_twin): kind for signal_id, is_twin, kind, _ in rows if signal_id is not None}
    assert found == {
        (signal_id, is_twin): f"{signal_id}_twin" if is_twin else signal_id
        for signal_id in signals
        for is_twin in (True, False)
    }
    assert not [kind for _, is_twin, kind, is_paradox in rows if is_twin and is_paradox]


def test_the_catalogue_is_always_whole(tmp_path: Path) -> None:
    summary = simulate(tmp_path / "data", teams=2, **_FEW | {"weeks": 4})
    assert summary.teams == 57
    assert summary.rows["capacity"] == 57 * 4


def test_demo_teams_say_which_signal_they_show(made: Path) -> None:
    rows = duckdb.execute(f"select kind, signal_id, is_twin from read_csv('{made}/labels.csv')").fetchall()
    assert {kind: signal for kind, signal, _ in rows} == {
        "early_close": "premature_close", "splitting": "fragmented_work", "stopped_clock": "stopped_clock",
        "noise": None, "real_improvement": None, "season": None,
    }  # fmt: skip
    assert not any(is_twin for *_, is_twin in rows)


def test_the_other_scenarios_have_nothing_of_the_catalogue_s(database: duckdb.DuckDBPyConnection) -> None:
    events = {name for (name,) in database.execute("select distinct event_type from work_item_events").fetchall()}
    assert not events & {"status_changed", "edited", "blocked", "checked", "deployed", "reverted"}
    columns = {name for name, *_ in database.execute("describe work_items").fetchall()}
    assert not columns & {"due_at", "goal_id", "ai_assisted", "ai_policy_class"}


def test_every_table_of_the_contract_is_there(organisation: duckdb.DuckDBPyConnection) -> None:
    tables = {name for (name,) in organisation.execute("show tables").fetchall()}
    assert set(load_contract()) - tables <= _NOT_SIMULATED
    allowed = {
        "activity": ("team_hours", 11), "construct": ("survey_answers", 9), "layer": ("norms", 4),
        "cost_type": ("costs", 3), "link_type": ("work_item_links", 4),
    }  # fmt: skip
    for column, (table, words) in allowed.items():
        assert _count(organisation, f"select distinct {column} from {table}") == words, column


def test_what_happens_in_the_catalogue_is_possible(organisation: duckdb.DuckDBPyConnection) -> None:
    assert not _count(organisation, "from work_item_events where recorded_at < occurred_at or _loaded_at < recorded_at")
    assert not _count(organisation, "from outcomes where recorded_at < occurred_at or _loaded_at < recorded_at")
    assert not _count(organisation, "from work_item_events where event_seq = 1 and event_type <> 'created'")
    assert not _count(organisation, "from work_items where due_at <= created_at")
    assert not _count(organisation, "from process_runs where ended_at <= started_at")
    end = "timestamp '2026-09-28'"
    for table, column in (("work_item_events", "recorded_at"), ("outcomes", "recorded_at"), ("process_runs", "ended_at"),
                          ("metric_changes", "approved_at"), ("metric_reviews", "reviewed_at")):  # fmt: skip
        assert not _count(organisation, f"from {table} where {column} >= {end}"), table
    for table in ("work_items", "capacity", "costs", "norms", "metric_reviews", "process_runs", "targets"):
        orphans = f"from {table} where team_id is not null and team_id not in (select team_id from teams)"
        assert not _count(organisation, orphans), table


# What the items first resolved show: a measure of them, and between which factors it changes from the year before the onset to
# the weeks after the ramp, for the team and for its twin (which may change alike where the difference is elsewhere).
_WEEKS_OF = "count(distinct date_trunc('week', first_resolved))"
_ITEMS = {
    "outcome_divergence": ("avg(came_back::int)", (2.0, 9.0), (0.5, 1.7)),
    "fragmented_work": ("avg((origin = 'split')::int)", (5.0, 99.0), (0.2, 2.0)),
    "rework_loop": (f"sum(resolutions) / {_WEEKS_OF}", (1.2, 3.0), (0.5, 1.0)),
    "burst_and_quiet": ("avg((day(first_resolved + interval 7 day) <= 7)::int)", (1.8, 9.0), (1.5, 9.0)),
    "crowded_out_work": (f"sum(resolutions) / {_WEEKS_OF}", (1.2, 2.0), (0.8, 1.2)),
    "backdated_edits": ("avg(mended::int)", (5.0, 99.0), (0.3, 2.0)),
    "premature_close": ("avg(came_back::int)", (1.7, 9.0), (0.5, 1.5)),
    "skipped_checks": ("avg(checked::int)", (0.1, 0.4), (0.1, 0.4)),
    "cherry_picking": ("avg((category in ('change', 'fault'))::int)", (0.1, 0.7), (0.1, 0.7)),
    "siloed_gain": ("avg((handovers > 1)::int)", (4.0, 20.0), (0.4, 1.9)),
    "overloaded_queue": ("median(epoch(begun - created_at))", (2.0, 9.0), (0.7, 1.4)),
    "proof_of_work": ("avg(tracking)", (3.0, 9.0), (0.8, 1.2)),
    "austerity": (f"sum(resolutions) / {_WEEKS_OF}", (0.85, 1.3), (0.5, 0.85)),
    "expectation_inflation": ("median(promised)", (0.25, 0.5), (0.8, 1.25)),
    "meta_work_explosion": ("avg(ai_assisted::int)", (2.0, 6.0), (2.0, 6.0)),
    "permission_ambiguity": ("avg((ai_policy_class is null)::int) filter (ai_assisted)", (3.0, 20.0), (0.2, 1.5)),
    "amplification_loop": (f"sum(assigned) / {_WEEKS_OF}", (1.5, 5.0), (0.7, 1.3)),
    "ownership_gap": ("avg((handovers > 1)::int)", (4.0, 20.0), (0.4, 1.9)),
    "stopped_clock": ("median(hours)", (1.1, 3.0), (0.3, 0.9)),
    "acknowledge_only": ("median(epoch(begun - created_at))", (2.0, 20.0), (0.1, 0.8)),
    "threshold_bunching": ("avg(came_back::int)", (1.1, 4.0), (0.2, 1.0)),
}  # fmt: skip
# The same for records that stand around the items: a value since the onset, and between which bounds it lies.
_RECORDS = {
    "definition_churn": ("select count(*)::double from metric_changes where {team}", (5, 99), (1, 1)),
    "unreviewed_outcomes": (
        "select avg((not outcome_shown)::int) from metric_reviews where {team} and reviewed_at >= timestamp '{since}'"
        " and metric_id = 'throughput'",
        (0.7, 1.0), (0.0, 0.0),
    ),
    "fewer_experiments": (
        "select sum(hours) filter (activity = 'experiment') / sum(hours) from team_hours"
        " where {team} and week_start >= date '{since}'",
        (0.0, 0.02), (0.03, 0.12),
    ),
    "metric_fixation": (
        "select avg((metric_id like 'first_response%')::int) from targets"
        " where {team} and valid_to is null and tied_to_reward and publicly_ranked",
        (1.0, 1.0), (0.2, 0.6),
    ),
    "invisible_work": (
        "select avg((owner_team_id is null)::int) from process_runs where {team} and process_id like '%reconciliation'",
        (1.0, 1.0), (0.0, 0.0),
    ),
    "lost_slack": (
        # Items of the first peak's week (created five weeks after the onset) that wait for longer than a week.
        "select avg((epoch(begun - created_at) > 604800)::int) from finished where {item}"
        " and created_at >= date '{since}' + 14 and created_at < date '{since}' + 21",
        (0.3, 1.0), (0.0, 0.1),
    ),
}  # fmt: skip


def test_every_signal_is_looked_at(catalogue: Path) -> None:
    found = duckdb.execute(f"select distinct signal_id from read_csv('{catalogue}/labels.csv') where signal_id > ''")
    assert {signal for (signal,) in found.fetchall()} == set(_ITEMS) | set(_RECORDS)


@pytest.mark.parametrize("signal", _ITEMS)
def test_items_show_the_signal_and_the_twin_does_not(signal: str, organisation: duckdb.DuckDBPyConnection) -> None:
    measure, *expected = _ITEMS[signal]
    query = f"""
        select {measure} from finished
        where kind = $kind and first_resolved >= onset_week - interval 364 day
            and (first_resolved < onset_week or first_resolved >= onset_week + interval 21 day)
        group by first_resolved >= onset_week order by first_resolved >= onset_week
    """
    for kind, (low, high) in zip((signal, f"{signal}_twin"), expected, strict=True):
        (before,), (after,) = organisation.execute(query, {"kind": kind}).fetchall()
        assert low <= after / before <= high, (kind, before, after)


@pytest.mark.parametrize("signal", _RECORDS)
def test_records_show_the_signal_and_the_twin_does_not(signal: str, organisation: duckdb.DuckDBPyConnection) -> None:
    query, *expected = _RECORDS[signal]
    for kind, (low, high) in zip((signal, f"{signal}_twin"), expected, strict=True):
        team_id, since = organisation.execute(
            "select team_id, onset_week + 21 from teams_of where kind = ?", [kind]
        ).fetchone()
        filled = query.format(team=f"team_id = '{team_id}'", item=f"kind = '{kind}'", since=f"{since:%Y-%m-%d}")
        value = organisation.execute(filled).fetchone()[0]
        assert low <= value <= high, (kind, value)


def test_tables_have_no_names_of_people(made: Path) -> None:
    for name in ("work_items", "work_item_events", "team_members"):
        table = pq.read_table(made / "data" / f"{name}.parquet")
        for column in {"requester_id", "actor_id", "person_id"} & set(table.column_names):
            ids = pc.unique(table[column].drop_null()).to_pylist()
            assert all(value[:2] in ("p-", "r-") and len(value) == 14 for value in ids)
