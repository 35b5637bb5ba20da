"""Answers find their way back: into the folder or the warehouse the next run reads, once, and only if they mean something."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ROOT
from counterpoise.answers import Answer, Known, read_answer, write_to_folder, write_to_warehouse
from counterpoise.cli import main
from counterpoise.contract import load_contract
from counterpoise.errors import InputError, UsageError
from counterpoise.inputs import load_folder
from counterpoise.simulation import simulate
from counterpoise.warehouse import DuckDBFile, Layout, Postgres
from counterpoise.warehouse.dbt import DbtProject

COLUMNS = [column.name for column in load_contract()["annotations"].columns]
NASTY = '\'); drop table work_system.annotations; -- "quoted", ünï\n=2+2'
DIMENSIONS = {
    "dim_team": ("team_id", ["team-1", "team-2", "o'team"]),
    "dim_signal": ("signal_id", ["rework_loop", "stopped_clock"]),
    "dim_response": ("response_id", ["monitor_downstream"]),
    "dim_metric": ("metric_id", ["throughput"]),
}
GIVEN = ["--team", "team-1", "--week", "2026-09-14", "--signal", "rework_loop", "--state", "done"]


def _answer(*arguments: str | Path):
    return CliRunner().invoke(main, ["answer", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "teams.csv").write_text("team_id,team_name\nteam-1,One\nteam-2,Two\n")
    return tmp_path


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """A published file and its private build, with the dimensions only."""
    path = tmp_path / "marts.duckdb"
    (tmp_path / ".marts.build").mkdir()
    for file in (path, tmp_path / ".marts.build" / "work.duckdb"):
        with duckdb.connect(str(file)) as connection:
            connection.execute("create schema counterpoise")
            for mart, (column, ids) in DIMENSIONS.items():
                connection.execute(f"create table counterpoise.{mart} as select unnest(?) as {column}", [ids])
    return path


def _written(db: Path) -> list[tuple]:
    with duckdb.connect(str(db.parent / ".marts.build" / "work.duckdb"), read_only=True) as connection:
        return connection.execute(
            "select team_id, week_start, signal_id, response_id, state, note from work_system.annotations order by recorded_at"
        ).fetchall()


def test_an_answer_in_a_folder(folder: Path) -> None:
    said = _answer("--raw", folder, *GIVEN, "--note", "a release, mended", "--due", "2026-10-12")
    assert said.exit_code == 0, said.output
    [row] = csv.DictReader((folder / "annotations.csv").open(newline=""))
    assert list(row) == COLUMNS
    assert (row["team_id"], row["week_start"], row["state"], row["due_on"]) == (
        "team-1",
        "2026-09-14",
        "done",
        "2026-10-12",
    )
    assert row["note"] == "a release, mended" and row["response_id"] == "" and row["recorded_at"]
    assert not list(folder.glob(".*")), "something was left beside it"


def test_the_same_answer_again_is_one_row_and_another_is_two(folder: Path) -> None:
    first = _answer("--raw", folder, *GIVEN)
    before = (folder / "annotations.csv").read_bytes()
    again = _answer("--raw", folder, *GIVEN)
    assert "1 row into" in first.output and "0 rows into" in again.output and "1 stood there already" in again.output
    assert (folder / "annotations.csv").read_bytes() == before
    _answer("--raw", folder, *GIVEN[:-1], "declined")
    assert len(list(csv.DictReader((folder / "annotations.csv").open()))) == 2


def test_the_same_answer_after_another_counts_anew(folder: Path) -> None:
    for state in ("done", "declined", "done"):
        assert "1 row into" in _answer("--raw", folder, *GIVEN[:-1], state).output
    rows = list(csv.DictReader((folder / "annotations.csv").open()))
    assert sorted(row["state"] for row in rows) == ["declined", "done"]
    assert max(rows, key=lambda row: row["recorded_at"])["state"] == "done"


def test_rows_and_columns_that_are_there_stay(folder: Path) -> None:
    path = folder / "annotations.csv"
    path.write_text(
        'annotation_id,team_id,week_start,state,recorded_at,mine\nx,team-2,2026-01-05,explained,2026-01-06 09:00:00,"a,b"\n'
    )
    assert _answer("--raw", folder, *GIVEN).exit_code == 0
    old, new = csv.DictReader(path.open(newline=""))
    assert old["annotation_id"] == "x" and old["mine"] == "a,b" and new["mine"] == ""
    assert new["signal_id"] == "rework_loop"


def test_a_written_folder_loads(tmp_path: Path) -> None:
    simulate(tmp_path / "raw", teams=1, weeks=6, seed=3, scale=0.2, file_format="csv")
    with (tmp_path / "raw" / "teams.csv").open(newline="") as file:
        team = next(csv.DictReader(file))["team_id"]
    own = tmp_path / "raw" / "annotations.csv"
    before = len(list(csv.DictReader(own.open(newline="")))) if own.exists() else 0
    given = ["--team", team, "--week", "2024-10-07", "--signal", "rework_loop", "--state", "explained", "--note", NASTY]
    said = _answer("--raw", tmp_path / "raw", *given)
    assert said.exit_code == 0, said.output
    connection = duckdb.connect()
    load_folder(connection, tmp_path / "raw")
    rows = connection.execute(
        "select note, week_start, _deleted from work_system.annotations where state = 'explained' and signal_id = 'rework_loop' and team_id = ?",
        [team],
    ).fetchall()
    assert (NASTY.strip(), date(2024, 10, 7), False) in rows
    assert connection.execute("select count(*) from work_system.annotations").fetchone() == (before + 1,)


@pytest.mark.parametrize("ending", [".parquet", ".csv.gz"])
def test_a_folder_with_annotations_in_another_format_is_left_alone(folder: Path, ending: str) -> None:
    (folder / f"annotations{ending}").write_bytes(b"")
    with pytest.raises(InputError, match=r"Save it as annotations\.csv"):
        write_to_folder(folder, [Answer("team-1", date(2026, 9, 14), "done", "rework_loop")])


def test_an_answer_in_a_duckdb_file(db: Path) -> None:
    said = _answer("--db", db, "--team", "o'team", *GIVEN[2:], "--note", NASTY)
    assert said.exit_code == 0, said.output
    assert _written(db) == [("o'team", date(2026, 9, 14), "rework_loop", None, "done", NASTY.strip())]
    assert "stood there already" in _answer("--db", db, "--team", "o'team", *GIVEN[2:], "--note", NASTY).output
    assert len(_written(db)) == 1
    assert "filled from files" not in said.output


def test_who_fills_the_warehouse_from_files_is_told(db: Path) -> None:
    with duckdb.connect(str(db.parent / ".marts.build" / "work.duckdb")) as connection:
        connection.execute("create schema work_system; create table work_system.load_notes (note_id varchar)")
    assert "answer with --raw FOLDER" in _answer("--db", db, *GIVEN).output


def test_answers_from_a_file(db: Path, tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    file.write_text(
        "team_id,week_start,signal_id,response_id,state,note\n"
        'team-1,2026-09-14,rework_loop,,explained,"a release, mended"\n'
        "team-2,2026-09-07,,monitor_downstream,accepted,\n"
        "team-2,2026-09-07,,monitor_downstream,accepted,\n"
    )
    said = _answer("--db", db, "--file", file)
    assert said.exit_code == 0 and "2 rows" in said.output, said.output
    assert [row[4] for row in _written(db)] == ["explained", "accepted"]


def test_one_bad_line_writes_nothing(db: Path, tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    file.write_text(
        "team_id,week_start,signal_id,state\nteam-1,2026-09-14,rework_loop,done\nteam-1,2026-09-15,rework_loop,done\n"
    )
    said = _answer("--db", db, "--file", file)
    assert said.exit_code == 2 and "answers.csv, line 3" in said.output and "begins on 2026-09-14" in said.output
    with pytest.raises(duckdb.CatalogException):
        _written(db)


@pytest.mark.parametrize(
    "change, says",
    [
        ({"--team": "team-9"}, "There is no team 'team-9'. Did you mean"),
        ({"--team": NASTY}, "There is no team"),
        ({"--signal": "rework"}, "There is no signal 'rework'"),
        ({"--response": "nothing"}, "There is no response"),
        ({"--metric": "happiness"}, "There is no metric"),
        ({"--state": "ignored"}, "'ignored' is no state. Say explained, accepted, done or declined."),
        ({"--week": "2026-09-15"}, "no Monday"),
        ({"--week": "14.9.2026"}, "no date"),
        ({"--due": "soon"}, "no date"),
        ({"--team": None}, "--team is missing"),
        ({"--state": None}, "--state is missing"),
        ({"--signal": None}, "names a signal, a response or a metric"),
        ({"--file": "answers.csv"}, "not both"),
    ],
)
def test_what_means_nothing_is_refused(change: dict, says: str, db: Path, folder: Path) -> None:
    options = dict(zip(GIVEN[::2], GIVEN[1::2], strict=True)) | change
    arguments = [part for name, value in options.items() if value is not None for part in (name, value)]
    for where in (["--db", db], ["--raw", folder]):
        said = _answer(*where, *arguments)
        assert said.exit_code == 2 and says in said.output, said.output
    assert not (folder / "annotations.csv").exists()
    with pytest.raises(duckdb.CatalogException):
        _written(db)


def test_where_there_is_nothing_to_answer(tmp_path: Path) -> None:
    for where, says in (
        (["--db", tmp_path / "none.duckdb"], "does not exist"),
        (["--raw", tmp_path / "none"], "is not a folder"),
        (["--raw", tmp_path], "no teams.csv"),
        ([], "Say where the answer goes"),
        (["--raw", tmp_path, "--db", tmp_path / "none.duckdb"], "not both"),
    ):
        said = _answer(*where, *GIVEN)
        assert said.exit_code == 2 and says in said.output, said.output
    assert list(tmp_path.iterdir()) == []
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    said = _answer("--db", tmp_path / "empty.duckdb", *GIVEN)
    assert said.exit_code == 2 and "Call `counterpoise run` first" in said.output


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_ids_of_answers_tell_answers_apart(note: str, other: str) -> None:
    one, two = (
        Answer("t", date(2026, 9, 14), "done", signal_id="s", note=text.strip() or None) for text in (note, other)
    )
    assert (one.annotation_id == two.annotation_id) == (one == two)


def test_a_user_s_own_ids_are_known_where_the_marts_are(folder: Path) -> None:
    known = Known({"signal_id": frozenset({"mine"}), "team_id": None})
    answer = read_answer({"team_id": "anybody", "week_start": "2026-09-14", "state": "done", "signal_id": "mine"})
    assert write_to_folder(folder, [answer], known) == 1
    with pytest.raises(UsageError):
        write_to_folder(folder, [answer])


@pytest.fixture
def postgres(postgres_server: dict[str, str], tmp_path: Path) -> Iterator[Postgres]:
    credentials = {key: value for key, value in postgres_server.items() if value} | {"options": "-c timezone=UTC"}
    with Postgres(
        credentials, DbtProject(ROOT, tmp_path), Layout("answers_marts", "answers_private", "answers_raw")
    ) as warehouse:
        with warehouse.connect().cursor() as cursor:
            cursor.execute("create schema answers_marts")
            for mart, (column, ids) in DIMENSIONS.items():
                cursor.execute(f"create table answers_marts.{mart} as select unnest(%s) as {column}", (ids,))
        yield warehouse
        with warehouse.connect().cursor() as cursor:
            cursor.execute("drop schema if exists answers_marts cascade; drop schema if exists answers_raw cascade")


def test_answers_in_postgresql(postgres: Postgres) -> None:
    answer = Answer("o'team", date(2026, 9, 14), "done", "rework_loop", due_on=date(2026, 10, 1), note=NASTY)
    assert write_to_warehouse(postgres, [answer]) == 1
    assert write_to_warehouse(postgres, [answer]) == 0
    [row] = postgres.query("select * from answers_raw.annotations").to_pylist()
    assert list(row) == COLUMNS
    assert (row["team_id"], row["week_start"], row["note"], row["_deleted"]) == (
        "o'team",
        date(2026, 9, 14),
        NASTY,
        False,
    )
    with pytest.raises(UsageError, match="no signal"):
        write_to_warehouse(postgres, [Answer("team-1", date(2026, 9, 14), "done", "none")])


def test_a_duckdb_answer_waits_for_no_run(db: Path) -> None:
    """While a run holds the lock, an answer is refused and nothing is half written."""
    with DuckDBFile(db, DbtProject(ROOT, db.parent / ".marts.build")):
        said = _answer("--db", db, *GIVEN)
    assert said.exit_code == 1 and "Another run is at work" in said.output
