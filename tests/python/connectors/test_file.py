"""`counterpoise run --connectors FILE`: a DuckDB file that somebody else fills is read where it lies, and only read."""

import hashlib
import json
from pathlib import Path

import duckdb
import pytest

from command_line import Place, counterpoise
from connectors import zendesk_fixture
from connectors.harness import write
from counterpoise.inputs import load_folder

pytestmark = pytest.mark.slow


@pytest.fixture
def loaded(tmp_path: Path, small_raw: Path) -> Path:
    """A file with the tables of the contract, as a loader fills it."""
    file = tmp_path / "loaded.duckdb"
    with duckdb.connect(str(file)) as connection:
        load_folder(connection, small_raw, schema="work_system")
    return file


def test_the_contract_alone_is_read_and_checked_there(loaded: Path, tmp_path: Path) -> None:
    place, before = Place(tmp_path / "place"), hashlib.sha256(loaded.read_bytes()).hexdigest()
    ran = place.run("--connectors", loaded)
    assert ran.exit_code == 0, ran.said
    [(teams, items)] = place.read(
        "select count(distinct team_id), count(*) from counterpoise.fct_work_item where team_id is not null"
    )
    assert teams == 6 and items > 1000
    checked = {
        table
        for (table,) in place.read("select distinct table_name from counterpoise.check_results where stage = 'raw'")
    }
    assert {"teams", "work_items", "work_item_events"} <= checked
    assert hashlib.sha256(loaded.read_bytes()).hexdigest() == before
    told = counterpoise("explain", "Atlas", "--db", place.database, "--connectors", loaded, "--json")
    assert told.exit_code == 0, told.said
    assert any(figure["reads"] == "private" for figure in json.loads(told.stdout)["figures"].values())
    published = place.published()
    with duckdb.connect(str(loaded)) as connection:
        connection.execute("update work_system.work_item_events set event_id = null")
    held = place.run("--connectors", loaded)
    assert held.exit_code == 3 and "work_item_events" in held.said, held.said
    assert place.published() == published


def test_beside_a_tool_the_contract_may_be_absent_and_is_checked_where_it_is_not(loaded: Path, tmp_path: Path) -> None:
    alone = tmp_path / "tool.duckdb"
    for file in (alone, loaded):
        write(file, {"zendesk": zendesk_fixture.account()})
    switch = ("--vars", "{counterpoise_zendesk_enabled: true}")
    place = Place(tmp_path / "alone")
    ran = place.run("--connectors", alone, *switch)
    assert ran.exit_code == 0, ran.said
    [(tools,)] = place.read("select list(distinct source_system) from counterpoise.fct_work_item")
    assert tools == ["zendesk"]
    both = Place(tmp_path / "both")
    ran = both.run("--connectors", loaded, *switch)
    assert ran.exit_code == 0, ran.said
    [(tools,)] = both.read("select count(distinct source_system) from counterpoise.fct_work_item")
    assert tools > 1
    [(checked,)] = both.read(
        "select count(*) from counterpoise.check_results where stage = 'raw' and table_name = 'work_items'"
    )
    assert checked > 5
    with duckdb.connect(str(loaded)) as connection:
        connection.execute("update work_system.work_item_events set event_id = null")
    held = both.run("--connectors", loaded, *switch)
    assert held.exit_code == 3 and "work_item_events" in held.said, held.said


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loaded.duckdb").write_text("id,name\n1,a\n", "utf-8")
    ran = Place(tmp_path / "place").run("--connectors", tmp_path / "loaded.duckdb")
    assert ran.exit_code == 1 and "loaded.duckdb could not be read" in ran.said and "DuckDB file" in ran.said, ran.said
