"""Planted names, e-mails and ids of persons are looked for everywhere a run leaves something: none is found outside the raw rows."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from command_line import SALT, Place, Ran
from counterpoise.simulation import simulate
from test_run_bad_input import TABLES

# the whole of it builds an organisation
pytestmark = pytest.mark.slow

NAME = "Canaria Vogelsang"
MARKS = ("canary-", "Canaria", "Vogelsang", "canary@example.org")
SMALL = "team-0001"
# where a person is named, and where a column of ours or one nobody asked for may name one
IDS = {"work_items": ["requester_id"], "work_item_events": ["actor_id"], "team_members": ["person_id"]}
EXTRA = {
    "work_items": {"assignee_name": NAME, "title": f"Password of {NAME} <canary@example.org>", "description": NAME},
    "work_item_events": {"comment_body": f"Thanks, {NAME}", "actor_email": "canary@example.org"},
    "team_members": {"display_name": NAME, "email": "canary@example.org"},
    "outcomes": {"respondent": "canary@example.org", "comment": f"{NAME} was kind"},
    "survey_answers": {"respondent_id": "canary-0", "free_text": f"{NAME} shouts"},
    "interventions": {"decided_by": NAME},
}
# what a person may be in a view of a mart that has no figures to hide
KEYS = re.compile(
    r".*_id|week_start|stratum|period_(start|end)|is_.*|layer.*|practices.*|reviewed_practices|holds|counts|status|verdict|aspect|"
    r"load_reference|reference_overhead|threshold|band|story|alert|coverage|exposure|exception_reason|has_fewer_people"
)


def _plant(raw: Path) -> None:
    """Canaries for ids and in columns beside; the first team shrinks to three people."""
    for table, columns in IDS.items():
        path = raw / f"{table}.parquet"
        changed = [f"'canary-' || {column} || '@example.org' as {column}" for column in columns]
        added = [f"'{text}' as {name}" for name, text in EXTRA.get(table, {}).items()]
        select = f"select * replace ({', '.join(changed)}), {', '.join(added)} from '{path}'"
        if table == "team_members":
            select += (
                f" where team_id <> '{SMALL}' or person_id in "
                f"(select distinct person_id from '{path}' where team_id = '{SMALL}' order by 1 limit 3)"
            )
        _rewrite(path, select)
    for table in EXTRA.keys() - IDS.keys():
        path = raw / f"{table}.parquet"
        if path.exists():
            added = [f"'{text}' as {name}" for name, text in EXTRA[table].items()]
            _rewrite(path, f"select *, {', '.join(added)} from '{path}'")


def _rewrite(path: Path, select: str) -> None:
    duckdb.sql(f"copy ({select}) to '{path}.new' (format parquet)")
    Path(f"{path}.new").replace(path)


def made_raw(raw: Path) -> Path:
    """Raw tables of an organisation with canaries."""
    simulate(raw, teams=3, weeks=40, seed=5, scenario="demo", scale=0.3)
    _plant(raw)
    return raw


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Ran]]:
    """A whole run on an organisation with canaries."""
    place = Place(tmp_path_factory.mktemp("watched"))
    ran = place.run("--raw", made_raw(place.folder / "raw"))
    assert ran.exit_code == 0, ran.said
    yield place, ran


def _marked(text: str) -> list[str]:
    return [mark for mark in (*MARKS, SALT) if mark.lower() in text.lower()]


def _found(connection: duckdb.DuckDBPyConnection, catalog: str) -> set[str]:
    """Columns of all relations of a file, as `schema.table.column`, in which a mark stands."""
    found = set()
    columns = connection.execute(
        "select table_schema, table_name, column_name from information_schema.columns where table_catalog = ?", [catalog]
    ).fetchall()
    assert len(columns) > 300
    tables: dict[tuple[str, str], list[str]] = {}
    for schema, table, column in columns:
        tables.setdefault((schema, table), []).append(column)
    for (schema, table), names in tables.items():
        tests = [
            "bool_or(" + " or ".join(f"contains(lower(\"{name}\"::varchar), '{mark.lower()}')" for mark in (*MARKS, SALT)) + ")"
            for name in names
        ]
        marked = connection.execute(f'select {", ".join(tests)} from {catalog}."{schema}"."{table}"').fetchone() or ()
        found |= {f"{schema}.{table}.{name}" for name, is_marked in zip(names, marked, strict=True) if is_marked}
    return found


def test_no_relation_outside_the_raw_rows_holds_a_person(watched: tuple[Place, Ran]) -> None:
    place, _ = watched
    with duckdb.connect(str(place.database), read_only=True) as connection:
        assert _found(connection, "marts") == set()
    [build] = place.private.glob("*.duckdb")
    with duckdb.connect(str(build), read_only=True) as connection:
        found = _found(connection, build.stem)
    assert {name for name in found if not name.startswith("work_system.")} == {"counterpoise_private.person_salt.salt"}
    assert {f"work_system.{table}.{column}" for table, columns in IDS.items() for column in columns} <= found, "planted"


def test_no_published_column_holds_a_hash_of_a_person(watched: tuple[Place, Ran]) -> None:
    """Nor the pseudonym: whoever knows the salt could tell who it is."""
    place, _ = watched
    [build] = place.private.glob("*.duckdb")
    with duckdb.connect(str(build), read_only=True) as connection:
        hashes = {
            row[0]
            for row in connection.execute(
                "select distinct actor_id from counterpoise_private.int_item_steps where actor_id is not null union "
                "select distinct person_id from counterpoise_private.stg_team_members"
            ).fetchall()
        }
    assert len(hashes) > 10
    with duckdb.connect(str(place.database), read_only=True) as connection:
        connection.execute("create temp table hashes as select unnest($1) as hash", [sorted(hashes)])
        for schema, table, column in connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns "
            "where table_catalog = 'marts' and data_type = 'VARCHAR'"
        ).fetchall():
            held = f'select count(*) from marts."{schema}"."{table}" where "{column}" in (from hashes)'
            assert connection.execute(held).fetchone() == (0,), f"{table}.{column}"


def test_no_page_log_state_or_compiled_text_holds_a_person_or_the_salt(watched: tuple[Place, Ran]) -> None:
    place, ran = watched
    assert _marked(ran.stdout + ran.stderr) == []
    read = []
    for path in place.folder.rglob("*"):
        # the private file and what is copied of it hold the raw rows themselves
        if path.is_file() and "raw" not in path.relative_to(place.folder).parts and ".duckdb" not in path.name:
            read.append(path.name)
            assert _marked(path.read_bytes().decode("utf-8", "replace")) == [], path
    assert {"index.html", "checks.html", "dbt.log", "run.json", "fct_metric_week.sql", "partial_parse.msgpack"} <= set(read) and len(read) > 100


def test_a_small_team_has_no_figure_anywhere(watched: tuple[Place, Ran]) -> None:
    """In no mart that marks what it holds back, not in the item-free ones that leave its weeks out, not on its page."""
    place, _ = watched
    marked = [row[0] for row in place.read("select table_name from duckdb_columns() where column_name = 'is_suppressed'")]
    marked += [row[0] for row in place.read("select view_name from duckdb_views() where not internal")]
    tables = {name for name in marked if name != "fct_metric_week_rollup"}
    assert len(tables) >= 10
    for table in tables:
        columns = [row[0] for row in place.read(f"describe counterpoise.{table}")]
        figures = [name for name in columns if not KEYS.fullmatch(name)]
        count = ", ".join(f"count({name})" for name in figures)
        [told] = place.read(f"select {count} from counterpoise.{table} where team_id = '{SMALL}'")
        assert not any(told), (table, dict(zip(figures, told, strict=True)))
        [others] = place.read(f"select {count} from counterpoise.{table} where team_id <> '{SMALL}'")
        assert any(others) or table in {"fct_flow_week", "fct_ai_readiness", "fct_ai_week"}, table
        [rows] = place.read(
            f"select count(*), count(*) filter (is_suppressed) from counterpoise.{table} where team_id = '{SMALL}'"
        )
        assert rows[0] == rows[1] and (rows[0] or table == "fct_ai_readiness"), table
    for table in ("fct_metric_week_bins", "fct_ai_outcome_week", "fct_narrative_due", "signal_evidence", "team_risk_reasons"):
        assert place.read(f"select count(*) from counterpoise.{table} where team_id = '{SMALL}'") == [(0,)], table
    assert place.read(f"select active_people, is_small from counterpoise.dim_team where team_id = '{SMALL}'") == [(None, True)]
    status = place.read(f"select distinct status from counterpoise.team_risk where team_id = '{SMALL}'")
    assert status == [("insufficient_data",)]


def test_a_team_of_enough_people_keeps_its_figures(watched: tuple[Place, Ran]) -> None:
    place, _ = watched
    [(suppressed, told)] = place.read(
        "select count(*) filter (is_suppressed), count(value) from counterpoise.fct_metric_week "
        f"where team_id <> '{SMALL}' and metric_id = 'throughput'"
    )
    assert suppressed == 0 and told > 50


def test_a_person_is_gone_after_a_purge_and_another_salt(watched: tuple[Place, Ran]) -> None:
    """As docs/privacy.md says: deleted in the source, another salt, the build folder away, everything built anew."""
    place, _ = watched
    raw = place.folder / "raw"
    hashes = _hashes(place)
    [(person,)] = duckdb.sql(f"select max(actor_id) from '{raw}/work_item_events.parquet'").fetchall()
    for table, columns in IDS.items():
        path = raw / f"{table}.parquet"
        [column] = columns
        if table == "team_members":
            _rewrite(path, f"select * from '{path}' where {column} is distinct from '{person}'")
        else:
            _rewrite(path, f"select * replace (nullif({column}, '{person}') as {column}) from '{path}'")
    shutil.rmtree(place.private)
    ran = place.run("--raw", raw, "--full-refresh", salt="another long random text")
    assert ran.exit_code == 0, ran.said
    left = _hashes(place)
    assert left and not left & hashes, "no hash by the old salt is left"
    [build] = place.private.glob("*.duckdb")
    with duckdb.connect(str(build), read_only=True) as connection:
        for schema, table in connection.execute("select schema_name, table_name from duckdb_tables()").fetchall():
            held = f'select count(*) from "{schema}"."{table}" as kept where contains(kept::varchar, $1)'
            assert connection.execute(held, [person]).fetchone() == (0,), f"{schema}.{table}"
    assert not [path for path in place.folder.rglob("*.old*")]


def _hashes(place: Place) -> set[str]:
    [build] = place.private.glob("*.duckdb")
    with duckdb.connect(str(build), read_only=True) as connection:
        columns = connection.execute(
            "select table_name, column_name from information_schema.columns where table_schema = 'counterpoise_private' "
            "and column_name in ('actor_id', 'requester_id', 'person_id')"
        ).fetchall()
        assert len(columns) > 5
        found = set()
        for table, column in columns:
            select = f'select distinct "{column}"::varchar from counterpoise_private."{table}" where "{column}" is not null'
            found |= {value for (value,) in connection.execute(select).fetchall()}
    return found


BROKEN = {
    "a person where a time belongs": (
        "work_item_events", "e2,1,resolved,canary@example.org,canary-bob,blue",
    ),
    "a person where a kind of event belongs": ("work_item_events", "e2,1,canary@example.org,2025-01-06T12:00:00Z,canary-bob,blue"),
    "a key twice": (
        "work_item_events",
        "e2,1,resolved,2025-01-06T12:00:00Z,canary-bob,blue\ne2,1,resolved,2025-01-06T12:00:00Z,canary-eve,blue",
    ),
    "a row too long": ("work_item_events", "e2,1,resolved,2025-01-06T12:00:00Z,canary-bob,blue,Canaria,Vogelsang"),
    "a quote that never ends": ("work_item_events", 'e2,1,resolved,2025-01-06T12:00:00Z,"canary-bob,blue'),
    "bytes that are no text": ("work_item_events", "e2,1,resolved,2025-01-06T12:00:00Z,canary-b\udcffb,blue"),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_said_of_broken_input_names_nobody(what: str, tmp_path: Path, shared_place: Place) -> None:
    table, line = BROKEN[what]
    raw = tmp_path / "raw"
    raw.mkdir()
    for name, text in TABLES.items():
        if name == table:
            text = text.replace("e2,1,resolved,2025-01-06T12:00:00Z,bob,blue", line)
        (raw / f"{name}.csv").write_bytes(text.encode("utf-8", "surrogateescape"))
    ran = shared_place.run("--raw", raw)
    assert _marked(ran.said) == []
    for path in shared_place.folder.rglob("*"):
        if path.is_file() and ".duckdb" not in path.name:
            assert _marked(path.read_bytes().decode("utf-8", "replace")) == [], path


@pytest.fixture(scope="module")
def shared_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One place for all, so that dbt parses once."""
    folder = tmp_path_factory.mktemp("broken")
    yield Place(folder)
    shutil.rmtree(folder, ignore_errors=True)
