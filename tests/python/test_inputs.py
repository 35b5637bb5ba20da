"""The input room: folders of contract tables and event logs, good and bad."""

import csv
import gzip
import io
from datetime import UTC, date, datetime
from pathlib import Path
from textwrap import dedent

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterpoise.contract import load_contract
from counterpoise.errors import InputError
from counterpoise.inputs import LoadSummary, load_event_log, load_folder
from counterpoise.inputs.casts import SQL_TYPES, SourceColumn
from counterpoise.inputs.checks import Check, run_checks
from counterpoise.inputs.mapping import MEANINGS
from counterpoise.inputs.sources import Source
from counterpoise.inputs.words import trim

ROOT = Path(__file__).resolve().parents[2]
REAL_LOG = ROOT.parent / "shared" / "data" / "incidents" / "incidents.csv.gz"
REAL_MAPPING = ROOT / "tests" / "mappings" / "incidents.yml"
needs_real_log = pytest.mark.skipif(
    not REAL_LOG.exists(), reason="the real incident log (../shared/data/incidents) is not on this machine"
)

TEAMS = "team_id,team_name\nT1,Desk\n"
ITEMS = "work_item_id,item_type,created_at\nW1,ticket,2024-03-04T09:00:00Z\n"
EVENTS = "event_id,work_item_id,event_type,occurred_at\nE1,W1,created,2024-03-04T09:00:00Z\n"


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        yield connection


@pytest.fixture
def folder(tmp_path):
    """A folder with the three required tables, one row each."""
    folder = tmp_path / "work"
    folder.mkdir()
    put(folder, teams=TEAMS, work_items=ITEMS, work_item_events=EVENTS)
    return folder


def put(folder: Path, **tables: str | bytes) -> None:
    for table, content in tables.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / f"{table}.csv").write_bytes(data)


def rows(connection, sql: str) -> list[tuple]:
    return connection.execute(sql).fetchall()


def tables(connection) -> set[str]:
    return {t for (t,) in rows(connection, "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'work_system'")}


def notes(connection) -> list[str]:
    return [s for (s,) in rows(connection, "SELECT sentence FROM work_system.load_notes ORDER BY note_id")]


def refusal(connection, folder: Path) -> str:
    with pytest.raises(InputError) as refused:
        load_folder(connection, folder)
    return str(refused.value)


# --- folders that load


def test_a_folder_becomes_typed_tables_with_exactly_the_columns_of_the_contract(connection, folder):
    told = []
    summary = load_folder(connection, folder, progress=told.append)

    assert summary == LoadSummary({"teams": 1, "work_items": 1, "work_item_events": 1}, 0, str(folder))
    assert told == ["teams: 1 row", "work_items: 1 row", "work_item_events: 1 row"]
    assert tables(connection) == {"teams", "work_items", "work_item_events", "load_notes"}
    for table in ("teams", "work_items", "work_item_events"):
        found = [(name, kind) for name, kind, *_ in rows(connection, f"DESCRIBE work_system.{table}")]
        assert found == [(c.name, SQL_TYPES[c.data_type]) for c in load_contract()[table].columns]
    assert rows(connection, "SELECT team_id, team_name, parent_team_id, active_from FROM work_system.teams") == [
        ("T1", "Desk", None, None)
    ]


def test_every_type_of_the_contract_can_be_read(connection, folder):
    contract_types = {column.data_type for table in load_contract().values() for column in table.columns}
    assert contract_types <= set(SQL_TYPES)


def test_text_becomes_times_dates_numbers_and_truths(connection, folder):
    put(
        folder,
        teams="team_id,team_name,active_from\nT1,Desk,2024-01-31\nT2,Desk,2024-01-31 00:00:00\n"
        "T3,Desk,2024-01-31T00:00:00+02:00\n",
        work_items="work_item_id,item_type,created_at,size,planned\n"
        "W1,ticket,2024-03-04T09:00:00.250+02:00,1.5,true\n"
        "W2,ticket,2024-03-04 09:00,1e3,1.0\n"
        "W3,ticket, 2024-03-04T09:00:00-0530 ,,f\n"
        "W4,ticket,2024-03-04,-0.5,\n",
    )
    connection.execute("SET TimeZone = 'Asia/Tokyo'")
    load_folder(connection, folder)

    assert rows(connection, "SELECT DISTINCT active_from FROM work_system.teams") == [(date(2024, 1, 31),)]
    assert rows(connection, "SELECT created_at, size, planned FROM work_system.work_items ORDER BY work_item_id") == [
        (datetime(2024, 3, 4, 7, 0, 0, 250_000), 1.5, True),
        (datetime(2024, 3, 4, 9, 0), 1000.0, True),
        (datetime(2024, 3, 4, 14, 30), None, False),
        (datetime(2024, 3, 4), -0.5, None),
    ]
    assert rows(connection, "SELECT current_setting('TimeZone')") == [("Asia/Tokyo",)]


def test_parquet_types_other_than_the_contracts_are_cast(connection, folder):
    (folder / "work_items.csv").unlink()
    when = datetime(2024, 3, 4, 9, 0)
    table = pa.table(
        {
            "work_item_id": pa.array([7, 8], pa.int64()),
            "item_type": pa.array([b"ticket", b"issue"], pa.binary()),
            "created_at": pa.array([when, when], pa.timestamp("ns")),
            "resolved_at": pa.array([when, None], pa.timestamp("us", "Europe/Berlin")),
            "team_id": pa.array([12.0, None], pa.float64()),
            "size": pa.array([3, None], pa.int32()),
            "planned": pa.array([1.0, None], pa.float64()),
        }
    )
    pq.write_table(table, folder / "work_items.parquet")
    load_folder(connection, folder)
    columns = "work_item_id, item_type, created_at, resolved_at, team_id, size, planned"
    assert rows(connection, f"SELECT {columns} FROM work_system.work_items ORDER BY 1") == [
        ("7", "ticket", when, when, "12", 3.0, True),
        ("8", "issue", when, None, None, None, None),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "team_id;team_name\nT1;Desk, first\n",
        "team_id\tteam_name\nT1\tDesk, first\n",
        '\ufeffteam_id,team_name\r\nT1,"Desk, first"\r\n',
        'TEAM_ID, Team_Name\nT1,"Desk, first"',
        'team_id,team_name\n"T1","Desk, first"\n\n',
        'team_id,team_name,size\r\nT1,"Desk, first",3\nT2,"Desk, first",4\r\n',
        'team_id,team_name,"size\r"\nT1,"Desk, first","3\r\n"\n',
        'team_id,team_name,size\nT1,"Desk, first",5" wide\n',
    ],
    ids=[
        "semicolon",
        "tab",
        "bom and crlf",
        "upper case header",
        "quoted",
        "mixed line ends",
        "line break",
        "inch",
    ],
)
def test_the_usual_kinds_of_csv_are_read(connection, folder, content):
    put(folder, teams=content)
    load_folder(connection, folder)
    assert rows(connection, "SELECT min(team_id), min(team_name), max(team_name) FROM work_system.teams") == [
        ("T1", "Desk, first", "Desk, first")
    ]


def test_quotes_and_newlines_in_values_survive(connection, folder):
    put(folder, teams='team_id,team_name\nT1,"a ""b""\nc"\nT2,";DROP TABLE x"\n')
    load_folder(connection, folder)
    names = rows(connection, "SELECT team_name FROM work_system.teams ORDER BY team_id")
    assert names == [('a "b"\nc',), (";DROP TABLE x",)]


def test_gzip_upper_case_endings_and_odd_folder_names(connection, tmp_path):
    folder = tmp_path / "week=10 [a]*?'s"
    folder.mkdir()
    put(folder, work_items=ITEMS, work_item_events=EVENTS)
    (folder / "Teams.CSV.GZ").write_bytes(gzip.compress(TEAMS.encode(), mtime=0))
    assert load_folder(connection, folder).tables["teams"] == 1


def test_a_header_alone_is_an_empty_table(connection, folder):
    put(folder, work_items=ITEMS.splitlines()[0], outcomes="outcome_id,outcome_type,occurred_at\n")
    summary = load_folder(connection, folder)
    assert summary.tables["work_items"] == summary.tables["outcomes"] == 0
    assert rows(connection, "SELECT * FROM work_system.outcomes") == []


def test_a_load_leaves_nothing_of_the_one_before(connection, folder):
    put(folder, costs="team_id,month,cost_type,amount\nT1,2024-03-01,people,12\n", norm="x\n")
    load_folder(connection, folder)
    assert "costs" in tables(connection)
    assert len(notes(connection)) == 1
    connection.execute("CREATE TABLE work_system.event_log (a INTEGER); CREATE TABLE work_system.mine (a INTEGER)")

    (folder / "costs.csv").unlink()
    (folder / "norm.csv").unlink()
    load_folder(connection, folder)
    assert tables(connection) == {"teams", "work_items", "work_item_events", "load_notes", "mine"}
    assert notes(connection) == []


def test_what_is_accepted_with_a_loss_is_noted(connection, folder):
    put(
        folder,
        work_items="work_item_id,item_type,created_at,resolved,size,due_at\n"
        "W1,ticket,2024-03-04,2024-03-05,big,31.03.2024\n"
        "W2,ticket,2024-03-04,2024-03-05,nan,infinity\n"
        "W3,ticket,2024-03-04,2024-03-05,3,\n",
        outcome="a\n1\n",
    )
    (folder / "notes.txt").write_text("x")
    (folder / ".hidden").write_text("x")
    (folder / "old").mkdir()
    summary = load_folder(connection, folder)

    assert rows(connection, "SELECT size, due_at FROM work_system.work_items ORDER BY work_item_id") == [
        (None, None),
        (None, None),
        (3.0, None),
    ]
    found = rows(
        connection,
        "SELECT note_id, source_table, column_name, row_count, example FROM work_system.load_notes ORDER BY note_id",
    )
    assert summary.notes == len(found)
    assert found == [
        ("unknown_column.work_items.resolved", "work_items", "resolved", 3, None),
        ("unknown_file.notes.txt", None, None, None, None),
        ("unknown_file.outcome.csv", None, None, None, None),
        ("unknown_folder.old", None, None, None, None),
        ("unreadable_values.work_items.due_at", "work_items", "due_at", 2, "31.03.2024"),
        ("unreadable_values.work_items.size", "work_items", "size", 2, "big"),
    ]
    said = "\n".join(notes(connection))
    assert 'column "resolved" is not in the contract and is ignored. Did you mean "resolved_at"?' in said
    assert 'The file "outcome.csv" is no table of the contract. Did you mean "outcomes"?' in said
    assert (
        'work_items.csv: column due_at: 2 of 3 rows cannot be read as a time (first: "31.03.2024",'
        ' "infinity"); they count as not given.' in said
    )


# --- folders that are refused


def test_a_refusal_leaves_what_was_loaded_before(connection, folder):
    put(folder, costs="team_id,month,cost_type,amount\nT1,2024-03-01,people,12\n")
    load_folder(connection, folder)
    before = {t: rows(connection, f"FROM work_system.{t}") for t in sorted(tables(connection))}
    connection.execute("SET TimeZone = 'Asia/Tokyo'")
    (folder / "costs.csv").unlink()
    head = "work_item_id,item_type,created_at,category\n" + "W1,ticket,2024-03-04,a\n" * 20_000
    put(folder, teams=TEAMS + "T2,More\n", work_items=head.encode() + b"W2,ticket,2024-03-04,\xe9\n")
    assert "work_items.csv is not UTF-8 text (row 20,002; the header is row 1). Save it as UTF-8." in refusal(
        connection, folder
    )
    assert {t: rows(connection, f"FROM work_system.{t}") for t in sorted(tables(connection))} == before
    assert rows(connection, "SELECT current_setting('TimeZone')") == [("Asia/Tokyo",)]


def test_a_load_that_breaks_in_its_middle_leaves_what_was_loaded_before(connection, folder, monkeypatch):
    load_folder(connection, folder)
    put(folder, teams=TEAMS + "T2,More\n")

    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("counterpoise.inputs.landing.Notes.write", fail)
    with pytest.raises(KeyboardInterrupt):
        load_folder(connection, folder)
    assert rows(connection, "SELECT count(*) FROM work_system.teams") == [(1,)]


def test_values_that_cannot_be_read_are_counted_and_shown(connection, folder):
    put(
        folder,
        work_items="work_item_id,item_type,created_at\nW1,ticket,31.03.2024\nW2,ticket,soon\nW3,ticket,soon\n"
        "W4,ticket,epoch\nW5,ticket,later\nW6,ticket,\n ,ticket,2024-03-04\n",
    )
    message = refusal(connection, folder)
    assert (
        'work_items.csv: column created_at: 5 of 7 rows cannot be read as a time (first: "31.03.2024",'
        ' "soon", "epoch"). Write times like 2024-03-31T14:05:00Z' in message
    )
    assert "work_items.csv: column created_at: 1 of 7 rows have no value, and every row needs one." in message
    assert "work_items.csv: column work_item_id: 1 of 7 rows have no value" in message
    assert "Fill it in, or leave those rows out." in message


@pytest.mark.parametrize(
    ("table", "header", "bad", "good", "parts"),
    [
        (
            "costs",
            "team_id,month,cost_type,amount",
            "T1,2024-03-01,people,1.2.3",
            "T1,2024-03-01,people,1",
            "a number",
        ),
        (
            "costs",
            "team_id,month,cost_type,amount",
            "T1,2024-03-01,people,inf",
            "T1,2024-03-01,people,1",
            "a number",
        ),
        ("capacity", "team_id,week_start,available_hours", "T1,04/03/2024,1", "T1,2024-03-04,1", "a date"),
        ("capacity", "team_id,week_start,available_hours", "T1,04/03/24,1", "T1,2024-03-04,1", "a date"),
        (
            "process_runs",
            "run_id,process_id,started_at",
            "1,P,04/03/24 10:00",
            "1,P,2024/03/04 10:00",
            "a time",
        ),
    ],
)
def test_each_type_says_what_it_expected(connection, folder, table, header, bad, good, parts):
    put(folder, **{table: f"{header}\n{good}\n{bad}\n"})
    message = refusal(connection, folder)
    assert f"{table}.csv: column" in message
    assert f"1 of 2 rows cannot be read as {parts}" in message


def test_a_fraction_is_no_whole_number(connection, folder):
    header = "calendar_id,weekday,opens_at,closes_at,timezone,valid_from"
    put(folder, business_calendars=f"{header}\nC,1.0,09:00,17:00,UTC,2024-01-01\n")
    load_folder(connection, folder)
    assert rows(connection, "SELECT weekday FROM work_system.business_calendars") == [(1,)]
    put(folder, business_calendars=f"{header}\nC,1.7,09:00,17:00,UTC,2024-01-01\n")
    assert '1 of 1 rows cannot be read as a whole number (first: "1.7")' in refusal(connection, folder)


def test_a_missing_table_is_named_with_what_resembles_it(connection, folder):
    (folder / "teams.csv").rename(folder / "Team.csv")
    (folder / "work_items.csv").rename(folder / "work_items.xlsx")
    message = refusal(connection, folder)
    assert "Table teams is missing from" in message
    assert '"Team.csv" is there, but has another name or format. Add teams.csv or teams.parquet' in message
    assert "Table work_items is missing" in message
    assert '"work_items.xlsx" is there' in message


def test_a_missing_column_is_named_with_what_there_is(connection, folder):
    put(folder, teams="team_id,name\nT1,Desk\n")
    assert 'teams.csv: column team_name is missing. Did you mean "name"? It has "team_id", "name".' in refusal(
        connection, folder
    )


def test_a_missing_header_does_not_show_the_first_row(connection, folder):
    put(folder, team_members="p-anna,T1,2024-01-01\np-bert,T1,2024-01-01\n")
    message = refusal(connection, folder)
    assert "team_members.csv: column person_id is missing, and the first row looks like data. Add a header" in message
    assert "anna" not in message


def test_a_folder_that_is_none(connection, folder, tmp_path):
    assert "does not exist. Name the folder that holds teams.csv" in refusal(connection, tmp_path / "nowhere")
    assert "teams.csv is not a folder" in refusal(connection, folder / "teams.csv")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "is empty. Put the files of the work system there, at least teams.csv" in refusal(connection, empty)


def test_one_table_in_two_files(connection, folder):
    pq.write_table(pa.table({"team_id": ["T1"], "team_name": ["x"]}), folder / "teams.parquet")
    assert "teams: teams.csv and teams.parquet are both there. Keep one." in refusal(connection, folder)


def test_a_folder_in_the_place_of_a_table(connection, folder):
    (folder / "outcomes.parquet").mkdir()
    assert "outcomes.parquet is a folder. Put the rows of outcomes into one file." in refusal(connection, folder)


@pytest.mark.parametrize(
    ("name", "content", "parts"),
    [
        ("teams.csv", b"", ["teams.csv is empty (0 bytes)"]),
        ("teams.csv", b"\n" + TEAMS.encode(), ["teams.csv: the first line is no header"]),
        (
            "teams.csv",
            b"PK\x03\x04junk",
            ["teams.csv is not CSV but a spreadsheet", "Save it as CSV (UTF-8)"],
        ),
        ("teams.csv", b"PAR1junk", ["teams.csv is not CSV but Parquet. Name it .parquet"]),
        (
            "teams.csv",
            gzip.compress(b"x", mtime=0),
            ["teams.csv is not CSV but compressed with gzip. Name it .csv.gz"],
        ),
        ("teams.csv", TEAMS.encode("utf-16"), ["teams.csv is not CSV but UTF-16 text. Save it as UTF-8"]),
        ("teams.csv", b"\x7fELF\x00\x01", ["teams.csv is not CSV: it holds binary data"]),
        (
            "teams.csv",
            "team_id,team_name\nT1,Büro\n".encode("latin-1"),
            ["teams.csv is not UTF-8 text (line 2)"],
        ),
        (
            "teams.csv",
            b"team_id,team_name,team_id\nT1,a,b\n",
            ["column team_id stands in the header 2 times. Keep one"],
        ),
        (
            "teams.csv",
            b"team_id,team_name\nT1,a\nT2\nT3,b,c\nT4\nT5\nT6,c\n",
            [
                "teams.csv: 4 rows with more or fewer than the 2 columns of the header",
                "(rows 3, 4, 5, …; the header is row 1). Put values that hold the separator into double",
            ],
        ),
        (
            "teams.csv",
            b'team_id,team_name\nT1,a\nT2,"b\nT3,c\n',
            ["teams.csv: row 3 has a double quote that is not closed or not doubled (the header is row 1)"],
        ),
        (
            "teams.csv",
            b'team_id,team_name\nT1,"' + b"x" * 20_000_000 + b'"\n',
            ["teams.csv: a row is longer than 8 MB, as happens where a double quote is not closed"],
        ),
        ("teams.csv.gz", b"", ["teams.csv.gz is empty (0 bytes)"]),
        ("teams.csv.gz", TEAMS.encode(), ["teams.csv.gz is not a whole gzip file"]),
        ("teams.csv.gz", gzip.compress(TEAMS.encode(), mtime=0)[:-4], ["teams.csv.gz is not a whole gzip file"]),
        (
            "teams.csv.gz",
            gzip.compress(TEAMS.encode(), mtime=0)[:-8] + b"12345678",
            ["teams.csv.gz is not a whole gzip file"],
        ),
        ("teams.csv.gz", gzip.compress(b"", mtime=0), ["teams.csv.gz is empty (0 bytes)"]),
        ("teams.parquet", b"", ["teams.parquet is empty (0 bytes)"]),
        (
            "teams.parquet",
            TEAMS.encode(),
            ["teams.parquet cannot be read as Parquet: it is damaged or something else"],
        ),
    ],
)
def test_files_that_are_not_what_they_say(connection, folder, name, content, parts):
    (folder / "teams.csv").unlink()
    (folder / name).write_bytes(content)
    message = refusal(connection, folder)
    for part in parts:
        assert part in message


def test_damage_inside_a_parquet_file(connection, folder):
    (folder / "teams.csv").unlink()
    path = folder / "teams.parquet"
    names = [str(i) for i in range(50_000)]
    pq.write_table(pa.table({"team_id": names, "team_name": names}), path)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle - 2000 : middle + 2000] = b"\xff" * 4000
    path.write_bytes(data)
    assert "teams.parquet cannot be read as Parquet" in refusal(connection, folder)


def test_a_broken_row_at_the_start_of_a_read_buffer_is_not_lost(connection, folder):
    """DuckDB 2.0.0, reading in parallel, drops the rest of an 8 MB buffer that starts with a broken row."""
    content = b"team_id,team_name\nT10,x\n" + b"T,x\n" * 1_999_995 + b"T\n" + b"T,x\n" * 10
    put(folder, teams=content)
    assert content.index(b"T\n", 30) == 8_000_004
    assert "teams.csv: 1 row with more or fewer than the 2 columns of the header (row 1,999,998; " in refusal(
        connection, folder
    )


def test_no_message_shows_the_id_of_a_person(connection, folder):
    put(
        folder,
        time_entries="time_entry_id,person_id,team_id,activity,started_at,hours\n1,p-anna,T1,review,soon,x\n",
        team_members="person_id,team_id,valid_from\np-anna,T1,2024-01-01,extra\n",
    )
    message = refusal(connection, folder)
    assert "time_entries.csv: column hours" in message
    assert "team_members.csv: 1 row with more" in message
    assert "anna" not in message


def test_values_about_people_are_counted_but_not_shown(connection):
    connection.execute("CREATE TABLE t AS SELECT 'p-anna' AS person_id")
    column = SourceColumn("person_id", "person_id", "VARCHAR")
    _, (finding,) = run_checks(
        connection, Source("t", (column,), "t"), [Check(column, "bigint", required=True, is_person=True)]
    )
    assert (finding.unreadable, finding.examples) == (1, ())


def test_all_that_is_wrong_is_said_at_once(connection, folder):
    put(
        folder,
        teams="team_id,team_name\nT1\n",
        work_items="work_item_id,item_type,created_at\nW1,ticket,soon\n",
    )
    message = refusal(connection, folder)
    assert "teams.csv: 1 row" in message
    assert "work_items.csv: column created_at" in message


def test_a_view_is_not_ours_to_drop(connection, folder):
    connection.execute("CREATE SCHEMA work_system; CREATE VIEW work_system.teams AS SELECT 1 AS team_id")
    assert "work_system.teams is a view" in refusal(connection, folder)
    assert rows(connection, "FROM work_system.teams") == [(1,)]


def test_long_and_odd_values_are_cut_in_messages(connection, folder):
    put(folder, work_items=f'work_item_id,item_type,created_at\nW1,ticket,"{"x" * 60}"\nW2,ticket,"a\x1bb"\n')
    message = refusal(connection, folder)
    assert f'"{"x" * 40}…"' in message
    assert '"a?b"' in message


# --- event logs


MAPPING = {
    "source_system": "desk",
    "item_type": "incident",
    "columns": {
        "case": "case",
        "order": "seq",
        "activity": ["state", "detail"],
        "time": "at",
        "resource": "who",
        "team": "grp",
        "category": "product",
    },
    "activities": {
        "queued": ["Queued"],
        "active": ["Open / Working"],
        "waiting": {"requester": ["Open / Wait user"], "vendor": ["Open / Wait vendor"]},
        "resolved": ["Done"],
        "closed": ["Closed"],
    },
    "system_resources": ["robot"],
}
LOG = """\
case,seq,state,detail,at,who,grp,product
C1,9,Open,Working,2024-03-04T10:00:00+01:00,p-anna,A,X
C1,10,Open,Wait user,2024-03-04T10:00:00+01:00,p-anna,A,X
C1,11,Done,,2024-03-05T10:00:00+01:00,p-bert,B,X
C1,12,Closed,,2024-03-09T10:00:00+01:00,robot,B,X
C2,1,Queued,,2024-03-04T23:30:00-02:00,p-anna,,Y
"""


@pytest.fixture
def write(tmp_path):
    """Write a log and a mapping; returns their paths."""

    def write(log: str | bytes = LOG, mapping: dict | str | None = None, name: str = "log.csv", **changes):
        path = tmp_path / name
        path.write_bytes(log if isinstance(log, bytes) else log.encode())
        mapping_path = tmp_path / "map.yml"
        if not isinstance(mapping, str):
            mapping = yaml.safe_dump((mapping or MAPPING) | changes)
        mapping_path.write_text(mapping)
        return path, mapping_path

    return write


def log_refusal(connection, log, mapping: Path) -> str:
    with pytest.raises(InputError) as refused:
        load_event_log(connection, log, mapping)
    return str(refused.value)


def loaded_log(connection) -> list[tuple]:
    return rows(connection, "SELECT * EXCLUDE (_loaded_at) FROM work_system.event_log ORDER BY case_id, event_seq")


def expected_log() -> list[tuple]:
    def event(case, seq, activity, at, who, team, product, is_system=False):
        return (
            "desk",
            case,
            seq,
            activity,
            at,
            None,
            who,
            team,
            None,
            "incident",
            product,
            None,
            None,
            None,
            is_system,
        )

    return [
        event("C1", 1, "Open / Working", datetime(2024, 3, 4, 9), "p-anna", "A", "X"),
        event("C1", 2, "Open / Wait user", datetime(2024, 3, 4, 9), "p-anna", "A", "X"),
        event("C1", 3, "Done", datetime(2024, 3, 5, 9), "p-bert", "B", "X"),
        event("C1", 4, "Closed", datetime(2024, 3, 9, 9), "robot", "B", "X", is_system=True),
        event("C2", 1, "Queued", datetime(2024, 3, 5, 1, 30), "p-anna", None, "Y"),
    ]


def test_a_csv_log_becomes_events_and_activities(connection, write, folder):
    load_folder(connection, folder)
    told = []
    log, mapping = write()
    before = datetime.now(UTC).replace(tzinfo=None)
    summary = load_event_log(connection, log, mapping, progress=told.append)

    assert summary == LoadSummary({"event_log": 5, "event_log_activities": 5}, 2, str(log))
    assert told == ["log.csv: 5 events", "log.csv: 5 activities"]
    assert tables(connection) == {"event_log", "event_log_activities", "load_notes"}
    assert loaded_log(connection) == expected_log()
    ((first, last),) = rows(connection, "SELECT min(_loaded_at), max(_loaded_at) FROM work_system.event_log")
    assert first == last
    assert first >= before
    assert rows(connection, "FROM work_system.event_log_activities ORDER BY activity") == [
        ("desk", "Closed", "closed", "done", None, True),
        ("desk", "Done", "resolved", "done", None, True),
        ("desk", "Open / Wait user", "paused", "waiting", "requester", True),
        ("desk", "Open / Working", "started", "active", None, True),
        ("desk", "Queued", "queued", "queued", None, True),
    ]
    assert notes(connection) == [
        "log.csv: 1 of 5 events have no team, so no team's figures hold them.",
        'Activity "Open / Wait vendor" of map.yml never occurs in the log; it may be a typing error.',
    ]


def test_the_tables_have_the_types_the_models_read(connection, write):
    load_event_log(connection, *write())
    assert [(n, t) for n, t, *_ in rows(connection, "DESCRIBE work_system.event_log")] == [
        ("source_system", "VARCHAR"),
        ("case_id", "VARCHAR"),
        ("event_seq", "BIGINT"),
        ("activity", "VARCHAR"),
        ("occurred_at", "TIMESTAMP"),
        ("recorded_at", "TIMESTAMP"),
        ("actor_id", "VARCHAR"),
        ("team_id", "VARCHAR"),
        ("parent_team_id", "VARCHAR"),
        ("item_type", "VARCHAR"),
        ("category", "VARCHAR"),
        ("priority", "VARCHAR"),
        ("requester_id", "VARCHAR"),
        ("account_id", "VARCHAR"),
        ("actor_is_system", "BOOLEAN"),
        ("_loaded_at", "TIMESTAMP"),
    ]
    assert [(n, t) for n, t, *_ in rows(connection, "DESCRIBE work_system.load_notes")] == [
        ("note_id", "VARCHAR"),
        ("source_table", "VARCHAR"),
        ("column_name", "VARCHAR"),
        ("row_count", "BIGINT"),
        ("example", "VARCHAR"),
        ("sentence", "VARCHAR"),
    ]


def test_gzip_parquet_and_tables_say_the_same(connection, write, tmp_path):
    _, mapping = write()
    zipped = tmp_path / "log.csv.gz"
    zipped.write_bytes(gzip.compress(LOG.encode(), mtime=0))
    parquet = tmp_path / "log.parquet"
    connection.execute(
        'CREATE TABLE main."my.log" AS'
        ' SELECT * REPLACE (CAST(seq AS INTEGER) AS seq, CAST("at" AS TIMESTAMPTZ) AS "at")'
        f" FROM read_csv('{tmp_path / 'log.csv'}', all_varchar = true)"
    )
    connection.execute(f"COPY main.\"my.log\" TO '{parquet}'")
    connection.execute('CREATE VIEW a_view AS FROM "my.log"')
    for log in (zipped, parquet, "table:main.my.log", "table:a_view"):
        assert load_event_log(connection, log, mapping).source == str(log)
        assert loaded_log(connection) == expected_log()


def test_without_an_order_the_time_decides_and_then_the_place_in_the_log(connection, write):
    columns = {name: column for name, column in MAPPING["columns"].items() if name != "order"}
    log = LOG + "C1,0,Open,Working,2024-03-01T10:00:00+01:00,p-anna,A,X\n"
    load_event_log(connection, *write(log, columns=columns))
    assert rows(connection, "SELECT activity FROM work_system.event_log WHERE case_id = 'C1' ORDER BY event_seq") == [
        ("Open / Working",),
        ("Open / Working",),
        ("Open / Wait user",),
        ("Done",),
        ("Closed",),
    ]


def test_many_events_of_the_same_time_stay_in_the_order_of_the_log(connection, write, tmp_path):
    _, mapping = write(mapping={"columns": {"case": "c", "activity": "a", "time": "t"}, "activities": {"active": "0"}})
    count, cases = 200_000, 7
    table = pa.table(
        {
            "c": [f"C{i % cases}" for i in range(count)],
            "a": [str(i) for i in range(count)],
            "t": ["2024-03-04T10:00:00Z"] * count,
        }
    )
    pa.csv.write_csv(table, tmp_path / "log.csv")
    pq.write_table(table, tmp_path / "log.parquet", row_group_size=10_000)
    for name in ("log.csv", "log.parquet"):
        load_event_log(connection, tmp_path / name, mapping)
        misplaced = f"SELECT count(*) FROM work_system.event_log WHERE activity::BIGINT // {cases} <> event_seq - 1"
        assert rows(connection, misplaced) == [(0,)]


def test_an_order_wins_over_the_time(connection, write):
    log = LOG + "C1,8.5,Queued,,2024-03-31T10:00:00+01:00,p-anna,A,X\n"
    load_event_log(connection, *write(log))
    assert rows(connection, "SELECT activity FROM work_system.event_log WHERE event_seq = 1 AND case_id = 'C1'") == [
        ("Queued",)
    ]


def test_time_zone_and_time_format(connection, write):
    log = "c,a,t,r\nC1,x,04/03/2024 10:00,05/07/2024 10:00\nC1,y,04/07/2024 10:00,soon\n"
    mapping = {
        "columns": {"case": "c", "activity": "a", "time": "t", "recorded_time": "r"},
        "timezone": "europe/berlin",
        "time_format": "%d/%m/%Y %H:%M",
        "activities": {"active": "x", "resolved": ["y"]},
    }
    load_event_log(connection, *write(log, mapping))
    assert rows(connection, "SELECT occurred_at, recorded_at FROM work_system.event_log ORDER BY event_seq") == [
        (datetime(2024, 3, 4, 9, 0), datetime(2024, 7, 5, 8, 0)),
        (datetime(2024, 7, 4, 8, 0), None),
    ]
    assert any('column r: 1 of 2 rows cannot be read as a time (first: "soon")' in note for note in notes(connection))
    assert rows(connection, "SELECT DISTINCT source_system, item_type FROM work_system.event_log") == [
        ("event_log", "other")
    ]


def test_times_without_an_offset_in_typed_columns_are_of_the_zone_of_the_mapping(connection, write, tmp_path):
    _, mapping = write(timezone="Asia/Tokyo")
    connection.execute(
        "CREATE TABLE log AS SELECT 'C' AS \"case\", 1 AS seq, 'Done' AS state, NULL::VARCHAR AS detail,"
        " TIMESTAMP '2024-03-04 09:00:00' AS \"at\", 'p' AS who, 'A' AS grp, 'X' AS product"
    )
    load_event_log(connection, "table:log", mapping)
    assert rows(connection, "SELECT occurred_at FROM work_system.event_log") == [(datetime(2024, 3, 4, 0, 0),)]


def test_every_meaning_is_an_event_type_and_state_of_the_contract():
    document = yaml.safe_load((ROOT / "models/staging/work_system/_work_system.yml").read_text())
    source = next(s for s in document["sources"] if s["name"] == "work_system")
    events = next(t for t in source["tables"] if t["name"] == "work_item_events")
    allowed = {c["name"]: c.get("config", {}).get("meta", {}).get("allowed_values") for c in events["columns"]}
    assert {m.event_type for m in MEANINGS.values()} == set(allowed["event_type"])
    assert {m.status_category for m in MEANINGS.values()} - {None} == set(allowed["status_category"])


def test_notes_on_what_the_mapping_does_not_know(connection, write):
    log = LOG + (
        "C3,1,Opne,Working,2024-03-04T10:00:00Z,p-anna,A,X\n"
        "C3,2,,,2024-03-04T11:00:00Z,p-anna,A,X\n"
        "C3,3,Closed,,2024-03-04T12:00:00Z,p-anna,A,X\n"
        "C3,4,Closed,,2024-03-04T12:00:00Z,p-anna,A,X\n"
    )
    activities = MAPPING["activities"] | {"blocked": ["Opne / Workin"]}
    summary = load_event_log(connection, *write(log, activities=activities, system_resources=["robot", "p-zoe"]))
    found = {
        note_id: (count, sentence)
        for note_id, count, sentence in rows(
            connection, "SELECT note_id, row_count, sentence FROM work_system.load_notes"
        )
    }
    assert summary.notes == len(found) == 8
    assert found["unknown_activity.event_log.Opne / Working"] == (
        1,
        (
            'Activity "Opne / Working" (1 event) has no meaning in map.yml: its events are kept, but change'
            ' no state. Say what it means. Did you mean "Opne / Workin"?'
        ),
    )
    assert found["unknown_activity.event_log.(none)"][0] == 1
    assert found["unused_activity.event_log.Opne / Workin"][1].endswith('Did you mean "Opne / Working"?')
    assert found["no_team.event_log"][0] == 1
    assert found["duplicate_events.event_log"][0] == 1
    assert found["closed_unresolved.event_log"][0] == 1
    assert "put it under resolved in map.yml" in found["closed_unresolved.event_log"][1]
    assert "entry 2 never occurs" in found["unused_system_resources.event_log"][1]
    assert "p-" not in " ".join(sentence for _, sentence in found.values())
    # Kept, though they have no meaning or are there twice.
    assert summary.tables["event_log"] == 9
    assert rows(
        connection,
        "SELECT event_type, status_category, is_known FROM work_system.event_log_activities"
        " WHERE activity = 'Opne / Working'",
    ) == [(None, None, False)]


def test_a_column_of_free_text_as_activity_does_not_flood_the_notes(connection, write):
    log = "c,a,t\n" + "".join(f"C,text {i},2024-03-04\n" for i in range(300)) + "C,done,2024-03-05\n"
    mapping = {"columns": {"case": "c", "activity": "a", "time": "t"}, "activities": {"resolved": "done"}}
    load_event_log(connection, *write(log, mapping))
    said = notes(connection)
    assert len(said) == 52
    assert any("250 more activities (250 events) without a meaning in map.yml" in note for note in said)


# --- event logs that are refused


@pytest.mark.parametrize(
    ("log", "parts"),
    [
        (LOG.splitlines()[0] + "\n", ["log.csv holds no events"]),
        (b"", ["log.csv is empty (0 bytes)"]),
        (LOG.replace("p-anna", "p-änna").encode("latin-1"), ["log.csv is not UTF-8 text (line 2)"]),
        (b"\x00\x01\x02", ["log.csv is not CSV: it holds binary data"]),
        (
            LOG + "C3,1\n",
            ["log.csv: 1 row with more or fewer than the 8 columns of the header (row 7; "],
        ),
        (
            LOG.replace("case,seq", "case_id,seq"),
            ['log.csv: column case is missing. Did you mean "case_id"?', 'It has "case_id", "seq", "state"'],
        ),
        (LOG.split("\n", 1)[1], ["log.csv: column case is missing, and the first row looks like data"]),
        (
            LOG + "C3,1,Done,,soon,p,A,X\nC3,2,Done,,,p,A,X\nC3,3,Done,,4.3.24,p,A,X\n",
            [
                'log.csv: column at: 2 of 8 rows cannot be read as a time (first: "soon", "4.3.24")',
                "or set time_format in map.yml",
                "log.csv: column at: 1 of 8 rows have no value",
            ],
        ),
        (
            LOG + " ,1,Done,,2024-03-04,p,A,X\n,1,Done,,2024-03-04,p,A,X\n",
            ["log.csv: column case: 2 of 7 rows have no value"],
        ),
        (
            LOG + "C3,first,Done,,2024-03-04,p,A,X\nC3,,Done,,2024-03-04,p,A,X\n",
            [
                'log.csv: column seq: 1 of 7 rows cannot be read as a number (first: "first")',
                "Leave order out of map.yml",
                "log.csv: column seq: 1 of 7 rows have no value",
            ],
        ),
    ],
    ids=["empty", "0 bytes", "latin-1", "binary", "ragged", "column", "no header", "times", "cases", "order"],
)
def test_logs_that_cannot_be_read(connection, write, log, parts):
    message = log_refusal(connection, *write(log))
    for part in parts:
        assert part in message
    assert "p-anna" not in message


def test_a_refused_log_leaves_what_was_loaded_before(connection, write):
    load_event_log(connection, *write())
    log_refusal(connection, *write(LOG + "C3,1\n"))
    assert loaded_log(connection) == expected_log()


def test_a_year_of_two_digits_is_not_one_of_the_first_century(connection, write):
    mapping = {
        "columns": {"case": "c", "activity": "a", "time": "t"},
        "time_format": "%d/%m/%Y",
        "activities": {"active": "x"},
    }
    message = log_refusal(connection, *write("c,a,t\n1,x,04/03/2024\n1,x,04/03/24\n", mapping))
    assert 'column t: 1 of 2 rows cannot be read as a time (first: "04/03/24")' in message


def test_a_wrong_time_format_is_the_remedy_named(connection, write):
    assert "rows cannot be read as a time" in (message := log_refusal(connection, *write(time_format="%d.%m.%Y")))
    assert "Change time_format in map.yml." in message


def test_logs_that_are_not_there(connection, write, tmp_path):
    _, mapping = write()
    connection.execute("CREATE SCHEMA work_system; CREATE TABLE work_system.event_log (a INTEGER)")
    connection.execute("CREATE SCHEMA other; CREATE TABLE other.logs (a INTEGER); CREATE TABLE main.logs (a INTEGER)")
    assert "nowhere.csv does not exist" in log_refusal(connection, tmp_path / "nowhere.csv", mapping)
    assert "is a folder, not a file" in log_refusal(connection, tmp_path, mapping)
    assert "map.yml: the ending says no format of an event log" in log_refusal(connection, mapping, mapping)
    assert 'table:log: there is no such table or view. Did you mean "main.logs"?' in log_refusal(
        connection, "table:main.log", mapping
    ).replace("table:main.log:", "table:log:")
    assert "table:logs: 2 schemas have one. Write table:schema.name." in log_refusal(connection, "table:logs", mapping)
    assert "would be replaced by this load" in log_refusal(connection, "table:event_log", mapping)
    assert "table main.logs: column case is missing" in log_refusal(connection, "table:main.logs", mapping)
    empty = tmp_path / "log.parquet"
    empty.write_bytes(b"")
    assert "log.parquet is empty (0 bytes)" in log_refusal(connection, empty, mapping)


# --- mappings that are refused


@pytest.mark.parametrize(
    ("mapping", "parts"),
    [
        ("columns: [", ["map.yml is not the YAML a mapping needs (line 1)"]),
        ("", ["map.yml: the file has to be keys with values. Known keys: source_system"]),
        ("- a", ["map.yml: the file has to be keys with values"]),
        ("!!python/object/apply:os.getcwd []", ["map.yml is not the YAML a mapping needs"]),
        (
            "columns: {case: a, activity: b, time: c}\nactivities: {active: x}\ncolumns: {}",
            ['(line 3): "columns" stands twice; put what belongs together under one'],
        ),
        (
            MAPPING | {"colums": {}},
            ['map.yml: the file has the unknown key "colums". Did you mean "columns"?'],
        ),
        (MAPPING | {"columns": {"case": "a"}}, ["map.yml: columns.activity is missing. Name the column"]),
        (
            MAPPING | {"columns": MAPPING["columns"] | {"ressource": "x"}},
            ['map.yml: columns has the unknown key "ressource". Did you mean "resource"?'],
        ),
        (
            MAPPING | {"columns": MAPPING["columns"] | {"activity": []}},
            ["map.yml: columns.activity names no column"],
        ),
        (
            MAPPING | {"columns": MAPPING["columns"] | {"team": ["a", "b"]}},
            ["map.yml: columns.team has", "Put it in quotes"],
        ),
        (
            MAPPING | {"columns": MAPPING["columns"] | {"category": "WHO"}},
            ['map.yml: columns.category is "WHO", which also names people', "use another column"],
        ),
        (
            MAPPING | {"activities": {"activ": ["x"]}},
            ['map.yml: activities has the unknown key "activ". Did you mean "active"?'],
        ),
        (MAPPING | {"activities": {"active": []}}, ["map.yml: activities names no activity"]),
        (
            MAPPING | {"activities": {"active": ["x"], "waiting": {"vendor": ["x"]}}},
            ['map.yml: activities.waiting.vendor has "x", which active has as well. Keep one.'],
        ),
        (
            MAPPING | {"activities": {"waiting": {"zzz": ["x"]}}},
            ['map.yml: activities.waiting has the unknown key "zzz". Known keys: requester'],
        ),
        (
            "columns: {case: a, activity: b, time: c}\nactivities: {active: [yes]}",
            ['has "True"', "Put it in quotes"],
        ),
        (MAPPING | {"activities": {"active": [" "]}}, ["map.yml: activities.active has a blank value"]),
        (
            MAPPING | {"item_type": "incidents"},
            ['item_type is "incidents"; it can be ticket', 'mean "incident"?'],
        ),
        (
            MAPPING | {"timezone": "Europe/Lisbonn"},
            ['map.yml: timezone "Europe/Lisbonn" is unknown. Did you mean "Europe/Lisbon"?', "IANA"],
        ),
        (MAPPING | {"time_format": "%Q"}, ['map.yml: time_format "%Q" is no strptime format']),
    ],
)
def test_mappings_that_cannot_be_meant(connection, write, mapping, parts):
    message = log_refusal(connection, *write(mapping=mapping))
    for part in parts:
        assert part in message


def test_mappings_that_cannot_be_opened(connection, write, tmp_path):
    log, mapping = write()
    assert "missing.yml does not exist. docs/event-log.md" in log_refusal(connection, log, tmp_path / "missing.yml")
    assert "cannot be opened" in log_refusal(connection, log, tmp_path)
    mapping.write_bytes("activities: {active: Büro}".encode("latin-1"))
    assert "map.yml is not UTF-8 text. Save it as UTF-8." in log_refusal(connection, log, mapping)


def test_numbers_may_stand_for_themselves(connection, write):
    mapping = {
        "columns": {"case": "c", "activity": "a", "time": "t"},
        "activities": {"active": 1, "resolved": [2]},
    }
    load_event_log(connection, *write("c,a,t\n1,1,2024-03-04\n1,2,2024-03-05\n", mapping))
    assert rows(connection, "SELECT bool_and(is_known) FROM work_system.event_log_activities") == [(True,)]


# --- XES


def xes(body: str, start: str = '<log xmlns="http://www.xes-standard.org/">') -> str:
    return f'<?xml version="1.0" encoding="UTF-8" ?>\n{start}\n{dedent(body)}</log>\n'


def as_xes(log: str) -> str:
    """The CSV log as XES: `product` is an attribute of the case, everything else of the event."""
    cases: dict[str, list[dict]] = {}
    for row in csv.DictReader(io.StringIO(log)):
        cases.setdefault(row["case"], []).append(row)
    body = '<global scope="event"><string key="state" value="UNKNOWN"/></global>\n'
    for case, events in cases.items():
        body += f'<trace><string key="concept:name" value="{case}"/>'
        body += f'<string key="product" value="{events[0]["product"]}"/>\n'
        for event in events:
            pairs = {key: value for key, value in event.items() if key not in ("case", "product", "at") and value}
            body += "<event>" + "".join(f'<string key="{key}" value="{value}"/>' for key, value in pairs.items())
            body += f'<date key="at" value="{event["at"]}"/>'
            body += '<list key="nested"><string key="who" value="inner"/></list></event>\n'
        body += "</trace>\n"
    return xes(body)


XES_COLUMNS = MAPPING["columns"] | {"case": "case:concept:name", "category": "case:product"}


@pytest.mark.parametrize("name", ["log.xes", "log.XES.gz"])
def test_xes_says_the_same_as_csv(connection, write, name):
    content = as_xes(LOG).encode()
    log, mapping = write(gzip.compress(content, mtime=0) if name.endswith("gz") else content, name=name, columns=XES_COLUMNS)
    assert load_event_log(connection, log, mapping).tables["event_log"] == 5
    assert loaded_log(connection) == expected_log()
    assert rows(connection, "SELECT count(*) FROM duckdb_tables() WHERE temporary") == [(0,)]


def test_xes_is_read_in_batches(connection, write, monkeypatch):
    monkeypatch.setattr("counterpoise.inputs.xes._ROWS_PER_BATCH", 1)
    load_event_log(connection, *write(as_xes(LOG), name="log.xes", columns=XES_COLUMNS))
    assert loaded_log(connection) == expected_log()


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (xes(""), ["log.xes: column case:concept:name is missing."]),
        ("", ["log.xes is not well-formed XML (line 1: no element found)"]),
        (as_xes(LOG)[:-20], ["log.xes is not well-formed XML (line"]),
        ("<html></html>", ["log.xes is XML, but no XES: its first element is not <log>"]),
        (
            '<!DOCTYPE log [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + as_xes(LOG).split("?>\n")[1],
            ["log.xes declares a DOCTYPE, which XES does not have. Take it out."],
        ),
        (
            as_xes(LOG).replace('"grp"', '"group"'),
            ['column grp is missing. Did you mean "group"?', '"state"'],
        ),
        (
            as_xes(LOG).replace("2024-03-05T10", "soon"),
            ["log.xes: column at: 1 of 5 rows cannot be read as a time"],
        ),
    ],
    ids=["no events", "empty", "cut", "other xml", "doctype", "attribute", "time"],
)
def test_xes_that_cannot_be_read(connection, write, content, parts):
    message = log_refusal(connection, *write(content, name="log.xes", columns=XES_COLUMNS))
    for part in parts:
        assert part in message
    assert rows(connection, "SELECT count(*) FROM duckdb_tables() WHERE temporary") == [(0,)]


# --- quoting, and the real log

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=12)
NAME = st.one_of(
    TEXT, st.sampled_from(['"', "'", "a\"b'c", "]; DROP TABLE x --", "select", "{c0}", "a b", ",", ";", "%s"])
)


@given(
    names=st.lists(
        NAME.filter(str.strip),
        min_size=4,
        max_size=4,
        unique_by=lambda n: n.strip().casefold(),
    ),
    values=st.lists(NAME.filter(trim), min_size=3, max_size=3),
    kind=st.sampled_from(["csv", "parquet"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_odd_names_and_values_survive(tmp_path, names, values, kind):
    case, activity, team = values
    row = [case, activity, "2024-03-04T09:00:00Z", team]
    log = tmp_path / f"log.{kind}"
    if kind == "csv":
        with log.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([names, row])
    else:
        pq.write_table(pa.table({name: [value] for name, value in zip(names, row, strict=True)}), log)
    columns = dict(zip(("case", "activity", "time", "team"), names, strict=True))
    mapping = tmp_path / "map.yml"
    mapping.write_text(
        yaml.safe_dump(
            {
                "source_system": activity,
                "columns": columns,
                "activities": {"active": [activity]},
                "system_resources": [team],
            }
        )
    )
    with duckdb.connect() as connection:
        load_event_log(connection, log, mapping, schema="odd \"' schema")
        stored = connection.execute('SELECT case_id, activity, team_id FROM "odd ""\' schema".event_log').fetchall()
        known = connection.execute('SELECT is_known FROM "odd ""\' schema".event_log_activities').fetchall()
    assert stored == [(case, trim(activity), team)]
    assert known == [(True,)]


def test_the_guide_shows_the_mapping_the_tests_use():
    guide = (ROOT / "docs" / "event-log.md").read_text()
    shown = {}
    for block in guide.split("```yaml\n")[1:]:
        shown |= yaml.safe_load(block.split("```")[0])
    assert shown | {"timezone": "UTC"} == yaml.safe_load(REAL_MAPPING.read_text())


@needs_real_log
def test_the_real_incident_log(connection):
    summary = load_event_log(connection, REAL_LOG, REAL_MAPPING)

    assert summary.tables == {"event_log": 65_533, "event_log_activities": 13}
    log = "work_system.event_log"
    assert rows(connection, f"SELECT count(DISTINCT case_id), count(DISTINCT team_id) FROM {log}") == [(7_554, 649)]
    both = f"{log} JOIN work_system.event_log_activities USING (activity)"
    waits = f"SELECT count(*), count(DISTINCT case_id) FROM {both}"
    assert rows(connection, f"{waits} WHERE waits_on = 'requester'") == [(4_217, 2_495)]
    assert rows(connection, f"{waits} WHERE event_type = 'resolved'") == [(6_115 + 2_035, 7_546)]
    assert rows(connection, f"SELECT min(occurred_at), max(occurred_at) FROM {log}") == [
        (datetime(2010, 3, 31, 14, 59, 42), datetime(2012, 5, 22, 23, 22, 25))
    ]
    # seq counts 1, 2, 3, … in this log, so the number made from it has to be the same.
    assert rows(
        connection,
        f"SELECT count(*) FROM {log} JOIN read_csv('{REAL_LOG}', all_varchar = true) AS raw"
        " ON raw.case_id = event_log.case_id AND raw.seq::BIGINT = event_seq"
        " AND raw.\"time:timestamp\"::TIMESTAMPTZ AT TIME ZONE 'UTC' = occurred_at"
        ' AND raw."org:group" = team_id AND raw."org:resource" = actor_id',
    ) == [(65_533,)]
    assert rows(connection, f"SELECT DISTINCT actor_id FROM {log} WHERE actor_is_system") == [("Siebel",)]
    assert rows(connection, "SELECT note_id, row_count FROM work_system.load_notes") == [
        ("unknown_activity.event_log.Unmatched / Unmatched", 5)
    ]
